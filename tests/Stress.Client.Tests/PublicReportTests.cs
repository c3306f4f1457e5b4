using Stress.Emulator.Stacks;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>Operation lists made from public reports, with what each stack answers to the last operation and what the oracle saw.</summary>
public sealed class PublicReportTests
{
    private static readonly string Folder = Repository.At("tests", "cases", "ops");

    [Theory]
    [InlineData("o01-rejoin-after-ifdown", "netbsd-2005", "-1 EADDRINUSE(48)", "clean")]
    [InlineData("o01-rejoin-after-ifdown", "netbsd-7", "-1 EADDRINUSE(48)", "clean")]
    [InlineData("o01-rejoin-after-ifdown", "linux-6", "-1 EADDRINUSE(98)", "clean")]
    [InlineData("o02-stale-scope", "netbsd-2005", "0", "clean")]
    [InlineData("o02-stale-scope", "netbsd-7", "0", "clean")]
    [InlineData("o02-stale-scope", "linux-6", "-1 ENODEV(19)", "clean")]
    [InlineData("o03-unbind-two-v6", "netbsd-2005", "0", "clean")]
    [InlineData("o03-unbind-two-v6", "netbsd-7", "0", "clean")]
    [InlineData("o03-unbind-two-v6", "linux-6", "0", "clean")]
    [InlineData("o04-drop-order", "netbsd-2005", "-1 EADDRINUSE(48)", "clean")]
    [InlineData("o04-drop-order", "netbsd-7", "-1 EADDRINUSE(48)", "clean")]
    [InlineData("o04-drop-order", "linux-6", "-1 EADDRINUSE(98)", "clean")]
    [InlineData("o05-two-sockets-one-leaves", "netbsd-2005", "0", "clean")]
    [InlineData("o05-two-sockets-one-leaves", "netbsd-7", "0", "clean")]
    [InlineData("o05-two-sockets-one-leaves", "linux-6", "0", "clean")]
    [InlineData("o06-wakeup-after-del", "netbsd-2005", "0", "clean")]
    [InlineData("o06-wakeup-after-del", "netbsd-7", "0", "clean")]
    [InlineData("o06-wakeup-after-del", "linux-6", "0", "clean")]
    [InlineData("o07-igmp-leave-after-detach", "netbsd-2005", "-1 panic(0)", "step 9 (close o): heap-use-after-free in igmp_leavegroup (igmp.c); step 9 (close o): heap-use-after-free in ip_output (ip_output.c); step 9 (close o): SEGV in ip_output (ip_output.c)")]
    [InlineData("o07-igmp-leave-after-detach", "netbsd-7", "0", "step 8 (destroy tun0): heap-use-after-free in igmp_leavegroup (igmp.c)")]
    [InlineData("o08-route-no-address", "netbsd-2005", "0", "clean")]
    [InlineData("o08-route-no-address", "netbsd-7", "0", "not decided: netbsd-7 does not model step 3 (route4 ppp0 1.1.1.0 24)")]
    [InlineData("o08-route-no-address", "linux-6", "0", "clean")]
    [InlineData("o09-stf-route", "netbsd-2005", "0", "clean")]
    [InlineData("o10-v6-only-last", "netbsd-2005", "-1 panic(0)", "step 13 (close a): heap-use-after-free in mld6_stop_listening (mld6.c); step 13 (close a): SEGV in mld6_sendpkt (mld6.c)")]
    public void A_list_made_from_a_public_report_is_answered_as_the_report_says(string list, string stack, string last, string verdict)
    {
        OperationRun run = Run(list, stack);

        Assert.Equal(last, $"{run.Steps[^1].Result.Value} {run.Steps[^1].Result.Error}".TrimEnd());
        Assert.Equal(verdict, run.Verdict);
    }

    [Theory]
    [InlineData("o02-stale-scope", 12, "0")]
    [InlineData("o04-drop-order", 8, "0")]
    [InlineData("o04-drop-order", 9, "0")]
    [InlineData("o05-two-sockets-one-leaves", 15, "-1 EADDRNOTAVAIL(49)")]
    [InlineData("o05-two-sockets-one-leaves", 16, "-1 EADDRINUSE(48)")]
    [InlineData("o06-wakeup-after-del", 9, "-1 ENXIO(6)")]
    public void The_operation_that_the_report_is_about_is_answered_so_by_netbsd(string list, int step, string answer)
    {
        StepResult result = Run(list, StackCatalog.NetBsd7).Steps[step - 1];

        Assert.Equal(answer, $"{result.Result.Value} {result.Result.Error}".TrimEnd());
    }

    private static OperationRun Run(string list, string stack)
    {
        string file = Path.Combine(Folder, list + ".ops");
        OperationFile read = OperationFile.Parse(File.ReadAllText(file), file);
        return new OperationRunner(StackCatalog.Create(stack, null, read.Conditions)).Run(read.Operations);
    }
}
