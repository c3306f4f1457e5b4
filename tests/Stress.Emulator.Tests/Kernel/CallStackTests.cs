using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Wire;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

public sealed class CallStackTests
{
    [Fact]
    public void A_frame_is_entered_only_by_a_using_declaration_which_leaves_it()
    {
        List<string> found = [];
        int entered = 0;
        foreach (string file in Directory.EnumerateFiles(Repository.At("emulator", "Kernel"), "*.cs", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "CallStack.cs"))
        {
            foreach (InvocationExpressionSyntax call in CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>())
            {
                if (call.Expression is not IdentifierNameSyntax { Identifier.Text: "Enter" or "FromUser" })
                {
                    continue;
                }

                entered++;
                if (call.Parent is not EqualsValueClauseSyntax { Parent.Parent.Parent: LocalDeclarationStatementSyntax declaration } || !declaration.UsingKeyword.IsKind(SyntaxKind.UsingKeyword))
                {
                    found.Add($"{Path.GetFileName(file)}:{call.GetLocation().GetLineSpan().StartLinePosition.Line + 1}: {call}");
                }
            }
        }

        Assert.Equal([], found);
        Assert.True(entered > 50, $"{entered} frames");
    }

    [Fact]
    public void A_system_call_that_fails_on_any_way_leaves_the_stack_as_it_found_it()
    {
        var machine = new Machine();
        BsdKernel kernel = machine.K;
        int raw = kernel.OpenSocket(PcbTable.Raw, IpProtocol.Ospf), udp6 = kernel.OpenSocket(PcbTable.Udp6, 521);
        kernel.EnterFromUser(KernelFunction.Syscall);
        Action[] calls =
        [
            () => kernel.IpAddMembership(raw, Machine.Peer, Machine.Local), () => kernel.IpDropMembership(raw, Machine.Peer, Machine.Local),
            () => kernel.IpMulticastIf(raw, Machine.Peer), () => kernel.SendRaw(raw, Machine.Peer, default, IpProtocol.Ospf, []),
            () => kernel.Ipv6JoinGroup(udp6, Ipv6Address.AllRipRouters, 99), () => kernel.Ipv6LeaveGroup(udp6, Ipv6Address.AllRipRouters, 99),
            () => kernel.SendUdp6(udp6, Ipv6Address.AllRipRouters, 521, 99, []), () => kernel.SendUdp6Plain(udp6, Machine.PeerLink, 521, []),
            () => kernel.SiocDifAddr(1, Machine.Peer), () => kernel.SiocDifAddr6(1, Machine.PeerLink), () => kernel.PppOpen(0, 1),
        ];
        foreach (Action call in calls)
        {
            call();
            Assert.Equal(1, kernel.FunctionStack.Length);
        }
    }

    [Fact]
    public void A_kernel_that_dies_keeps_the_stack_that_it_died_in_until_something_runs_again()
    {
        var machine = new Machine(MallocFill.Debug);
        BsdKernel kernel = machine.K;
        int slot = machine.Up();
        int socket = kernel.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        Assert.Equal(Errno.None, kernel.IpAddMembership(socket, Ipv4Address.AllSpfRouters, Machine.Local));
        machine.Down(slot);
        Assert.Throws<KernelPanic>(() => kernel.CloseSocket(socket, exiting: false));
        Assert.Equal(["in_delmulti", "ip_freemoptions", "in_pcbdetach", "soclose", "sys_close"], kernel.StackTrace());
        kernel.EnterFromUser(KernelFunction.Syscall);
        Assert.Equal(1, kernel.FunctionStack.Length);
    }
}
