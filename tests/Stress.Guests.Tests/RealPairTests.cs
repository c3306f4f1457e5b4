using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Guests.Systems;
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

        Assert.Contains(result.Crashes, crash => crash.Panic.Title.Contains("ppp", StringComparison.Ordinal));
        Assert.True(result.Boots.Count > 2);
        Assert.Equal(Short.Duration, result.Reached);
    }

    [KernelFact]
    public async Task A_list_that_the_clone_of_a_socket_inherits_a_membership_in_is_found_with_the_fault_and_clean_without()
    {
        (GuestKernel kernel, GuestSystem system, string launcher) = await RealKernel.GetAsync();
        var run = new ListRun(RealKernel.TheCache, launcher, system, kernel);
        (string, string)[] list =
        [
            ("clone", "create tun0\nopen tun0\naddr4 tun0 10.0.0.1 10.0.0.2\nup tun0\ntcp4 l 5000\ngjoin4 l 239.1.2.3 tun0\naccept4 l c\nclose c\ntick 1000\nclose l\nifclose tun0\ndestroy tun0\ntick 1000"),
        ];

        ListResult faulty = run.Run(list, 1, "clone-mc-list", default), sound = run.Run(list, 1, null, default);

        Assert.Contains(faulty.Reports, report => report.Title.Contains("ip_mc_drop_socket", StringComparison.Ordinal));
        Assert.True(sound.IsComplete);
        Assert.Empty(sound.Reports);
        Assert.Equal("END normal", sound.Answers[^1]);
    }

    private static async Task<PairRun> PairAsync()
    {
        (GuestKernel kernel, GuestSystem system, string launcher) = await RealKernel.GetAsync();
        return new PairRun(new PairParts(RealKernel.TheCache, launcher, system, kernel, kernel));
    }

    private static string Text(PairResult result, Role role) => string.Concat(result.Boots.Where(boot => boot.Role == role).Select(boot => Encoding.Latin1.GetString(boot.Console)));
}
