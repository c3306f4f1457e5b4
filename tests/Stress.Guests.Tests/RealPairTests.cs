using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Guests.Systems;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>One pair of real kernels, and lists on one.</summary>
public sealed class RealPairTests
{
    private static readonly PairOptions Short = new()
    {
        Seed = 2005, Duration = VirtualTime.FromSeconds(400), HupEvery = VirtualTime.FromSeconds(150), HupPhase = TimeRange.Seconds(0, 0), Holdoff = VirtualTime.FromSeconds(20), Daemons = false,
        Line = new LineOptions { TrainingFailuresPerThousand = 0 },
    };

    [KernelFact]
    public async Task A_pair_that_is_hung_up_and_redialled_gives_the_same_bytes_each_time()
    {
        PairRun run = await PairAsync();

        PairResult first = run.Run(Short, default), second = run.Run(Short, default);

        Assert.Equal(first.Digest, second.Digest);
        Assert.True(first.Disconnects >= 4, $"{first.Disconnects} disconnects");
        Assert.Equal(0, first.Calendar.Unanswered);
        Assert.Empty(first.Crashes);
        Assert.Contains("Modem hangup", Text(first, Role.Called));
    }

    [KernelFact]
    public async Task Another_seed_gives_another_run()
    {
        PairRun run = await PairAsync();
        PairOptions brief = Short with { Duration = VirtualTime.FromSeconds(100) };

        Assert.NotEqual(run.Run(brief, default).Digest, run.Run(brief with { Seed = 2006 }, default).Digest);
    }

    [KernelFact]
    public async Task A_fault_of_ppp_kills_the_kernel_at_a_hang_up_and_the_run_goes_on_with_its_successor()
    {
        PairRun run = await PairAsync();

        PairResult result = run.Run(Short with { Fault = "ppp-channel-hold", Reboot = TimeRange.Seconds(20, 20) }, default);

        Assert.NotEmpty(result.AllCrashes);
        Assert.All(result.AllCrashes, crash => Assert.Equal("KASAN slab-use-after-free in ppp_release (allocated by alloc_netdev_mqs, freed by netdev_release)", crash.Title));
        Assert.True(result.Boots.Count > 2);
        Assert.Equal(Short.Duration, result.Reached);
    }

    public static TheoryData<string, string> Faults => new()
    {
        { "clone-mc-list", "KASAN slab-use-after-free in ip_mc_drop_socket (allocated by __ip_mc_join_group, freed by a grace period of RCU)" },
        { "igmp-delrec-hold", "refcount_t: underflow; use-after-free in inet_rcu_free_ifa" },
        { "mld-delrec-hold", "refcount_t: underflow; use-after-free in addrconf_ifdown" },
        { "addrconf-idev-hold", "WARNING in in6_dev_finish_destroy" },
        { "tun-socket-hold", "KASAN slab-use-after-free in tun_queue_purge (allocated by sk_prot_alloc, freed by __sk_destruct)" },
        { "ppp-channel-hold", "KASAN slab-use-after-free in ppp_release (allocated by alloc_netdev_mqs, freed by netdev_release)" },
    };

    [KernelTheory]
    [MemberData(nameof(Faults))]
    public async Task A_list_finds_the_fault_that_it_is_for_by_its_exact_title_and_nothing_without_it(string fault, string title)
    {
        (GuestKernel kernel, GuestSystem system, string launcher) = await RealKernel.GetAsync();
        var run = new ListRun(RealKernel.TheCache, launcher, system, kernel);
        (string, string)[] list = [(fault, File.ReadAllText(Repository.At("tests", "Stress.Guests.Tests", "lists", fault + ".ops")))];

        ListResult faulty = run.Run(list, 1, fault, default), sound = run.Run(list, 1, null, default);

        Assert.Equal(title, CrashWords.Of(faulty.Reports[0]));
        Assert.True(sound.IsComplete);
        Assert.Empty(sound.Reports);
        Assert.Equal("END normal", sound.Answers[^1]);
    }

    [KernelTheory]
    [MemberData(nameof(Faults))]
    public async Task The_C_program_that_a_list_is_exported_as_gives_the_same_title_in_a_guest_of_its_own(string fault, string title)
    {
        (GuestKernel kernel, GuestSystem system, string launcher) = await RealKernel.GetAsync();
        var run = new ListRun(RealKernel.TheCache, launcher, system, kernel);
        string list = File.ReadAllText(Repository.At("tests", "Stress.Guests.Tests", "lists", fault + ".ops"));
        byte[] program = await Reproducer.CompileAsync(Reproducer.ToC(fault + ".ops", list), default);

        ListResult faulty = run.RunProgram("reproducer", program, 1, fault, default), sound = run.RunProgram("reproducer", program, 1, null, default);

        Assert.Equal(title, CrashWords.Of(faulty.Reports[0]));
        Assert.Empty(sound.Reports);
        Assert.Equal("END normal", sound.Answers[^1]);
    }

    [KernelFact]
    public async Task A_list_with_much_beside_is_cut_down_on_the_kernel_to_a_few_operations_with_the_same_title()
    {
        (GuestKernel kernel, GuestSystem system, string launcher) = await RealKernel.GetAsync();
        var run = new ListRun(RealKernel.TheCache, launcher, system, kernel);
        string list = "create tun1\nopen tun1\nup tun1\n" + File.ReadAllText(Repository.At("tests", "Stress.Guests.Tests", "lists", "tun-socket-hold.ops")) + "create tun2\ndestroy tun2\n";

        MinimalList least = new ListMinimiser(text => run.Run([("list", text)], 1, "tun-socket-hold", default).Reports.Select(CrashWords.Of).FirstOrDefault()).Minimise(list)!;

        Assert.Equal("KASAN slab-use-after-free in tun_queue_purge (allocated by sk_prot_alloc, freed by __sk_destruct)", least.Title);
        Assert.True(least.IsMinimal);
        Assert.InRange(least.Lines.Count, 1, 4);
    }

    [KernelFact]
    public async Task A_session_that_is_run_to_a_crash_stops_there_and_has_heard_the_line_until_then()
    {
        (GuestKernel kernel, GuestSystem system, string launcher) = await RealKernel.GetAsync();
        var parts = new PairParts(RealKernel.TheCache, launcher, system, kernel, kernel);
        PairOptions options = Short with { Fault = "ppp-channel-hold" };
        GuestCrash whole = new PairRun(parts).Run(options, default).AllCrashes[0];
        var heard = new List<LineEvent>();
        using var session = new PairSession(parts, options, heard.Add);

        GuestCrash? found = session.RunToCrash(options.Duration, crash => crash.Title == whole.Title, default);

        Assert.Equal((whole.Role, whole.At, whole.Title), (found!.Role, found.At, found.Title));
        Assert.InRange(session.Now.Microseconds, found.At.Microseconds, found.At.Microseconds + 1_000_000);
        Assert.Contains(heard, e => e.Role == found.Role && e.Sent && !e.IsData && e.Lines == 0 && e.Nanoseconds / 1000 == found.At.Microseconds);
    }

    private static async Task<PairRun> PairAsync()
    {
        (GuestKernel kernel, GuestSystem system, string launcher) = await RealKernel.GetAsync();
        return new PairRun(new PairParts(RealKernel.TheCache, launcher, system, kernel, kernel));
    }

    private static string Text(PairResult result, Role role) => string.Concat(result.Boots.Where(boot => boot.Role == role).Select(boot => Encoding.Latin1.GetString(boot.Console)));
}
