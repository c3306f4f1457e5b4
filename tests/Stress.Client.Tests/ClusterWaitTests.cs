using Microsoft.Extensions.Time.Testing;
using Stress.Client.Clusters;
using Stress.Silo;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class ClusterWaitTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new() { AutoAdvanceAmount = TimeSpan.Zero };
    private readonly List<string> _said = [];
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task What_is_waited_for_is_said_at_once_and_every_five_seconds_until_it_is_there()
    {
        int attempts = 0;
        string got = await Through(new ClusterWait(TimeSpan.FromMinutes(5), _said.Add, _clock), () =>
            ++attempts <= 12 ? throw new ClusterUnavailableException("no Redis answers at redis://x:1; accepted is another") : Task.FromResult("there"));

        Assert.Equal("there", got);
        Assert.Equal(["waiting, 0 s of 300: no Redis answers at redis://x:1", "waiting, 5 s of 300: no Redis answers at redis://x:1", "waiting, 10 s of 300: no Redis answers at redis://x:1"], _said);
    }

    [Fact]
    public async Task When_the_time_is_over_the_last_problem_is_the_commands_and_without_any_the_first_is()
    {
        int attempts = 0;
        Task<string> Never() => throw new ClusterUnavailableException($"no, {++attempts}");

        Assert.Equal("no, 4", (await Assert.ThrowsAsync<ClusterUnavailableException>(() => Through(new ClusterWait(TimeSpan.FromSeconds(3), _said.Add, _clock), Never))).Message);
        Assert.Equal("no, 5", (await Assert.ThrowsAsync<ClusterUnavailableException>(() => Through(new ClusterWait(TimeSpan.Zero, _said.Add, _clock), Never))).Message);
        Assert.Equal(["waiting, 0 s of 3: no, 1"], _said);
    }

    [Fact]
    public async Task What_does_not_pass_is_not_waited_for()
    {
        var wait = new ClusterWait(TimeSpan.FromMinutes(5), _said.Add, _clock);

        await Assert.ThrowsAsync<UsageException>(() => wait.For<string>(() => throw new UsageException("wrong"), default));
        Assert.Empty(_said);
    }

    [Theory]
    [InlineData("run", "--wait=never")]
    [InlineData("run", "--wait=25h")]
    [InlineData("watch", "--wait=x")]
    [InlineData("silo", "--wait=-1")]
    public async Task A_wait_that_is_no_time_is_refused_in_one_line(string command, string option)
    {
        string[] file = command == "run" ? [Repository.At("scenarios", "troxel-2005.yaml")] : [];
        Assert.Equal(ExitCodes.Usage, await _screen.Run([command, .. file, "--cluster=redis://127.0.0.1:1", option]));
        Assert.Equal($"stress: {option.Replace('=', ' ')}: accepted are seconds, or a time with a unit, such as 40min, 90s or 2h, up to 24h", _screen.Error.TrimEnd());
    }

    // The clock stands still but where somebody waits for it.
    private async Task<string> Through(ClusterWait wait, Func<Task<string>> attempt)
    {
        Task<string> done = wait.For(attempt, default);
        while (!done.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await done;
    }
}
