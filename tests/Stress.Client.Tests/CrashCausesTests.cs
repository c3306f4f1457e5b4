using Stress.Client.Triage;
using Stress.Contracts.Triage;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Scenarios;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class CrashCausesTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task Why_a_crash_came_is_told_by_its_futures_by_a_list_of_which_nothing_can_go_and_by_who_else_has_it()
    {
        await _screen.Run("run", Repository.At("scenarios", "troxel-2005.yaml"), "--pairs=24", "--hours=3", "--seed=3", $"--out={_screen.Folder}", "--no-progress");
        string folder = Directory.GetDirectories(_screen.Folder).Single();
        foreach (CrashRecord crash in new RunFolder(folder).ReadCrashes().DistinctBy(c => c.Title))
        {
            CrashCause cause = await new CrashCauses(futures: 30).Cause(folder, crash.Id, CancellationToken.None);

            Assert.Equal(cause.Steps.OrderBy(step => step.Event), cause.Steps);
            Assert.Equal((crash.Event, 1.0), (cause.Steps[^1].Event, cause.Steps[^1].Crash.Share));
            Assert.True(cause.Turn is not { } turn || (cause.Steps[turn - 1].Event + 1 == cause.Steps[turn].Event && cause.Steps[turn - 1].Crash.High < cause.Steps[turn].Crash.Low));
            Assert.NotEmpty(cause.Operations);
            Assert.All(cause.Operations, operation => Assert.NotEqual("the same crash", operation.Without));
            Assert.True(cause.Elsewhere.Single(other => (other.Stack, other.Design) == ("netbsd-2005", "netbsd-2005")).Has);
            Assert.Contains(cause.Elsewhere, other => other.Has == false);
        }
    }

    // Of the flagship: six sites for three hours, 18 crashes of both of the mail's kinds.
    [Fact]
    public void The_moment_a_crash_was_lost_is_an_event_without_which_no_future_crashes_so_and_that_the_least_list_needs()
    {
        SiteOptions options = ScenarioLoader.Load(Repository.At("scenarios", "troxel-2005.yaml")).Site;
        List<string> titles = [];
        for (uint number = 0; number < 6; number++)
        {
            Site site = Site.Create(options, number);
            site.RunUntil(VirtualTime.FromMinutes(180), long.MaxValue);
            foreach (CrashTally crash in site.Crashes)
            {
                CrashCause cause = new CrashCauses(futures: 40, steps: 1).Of(options, number, crash, CancellationToken.None)!;
                CauseStep moment = cause.Steps[Assert.NotNull(cause.Moment)];

                Assert.Equal((0L, 40L), (cause.Without!.Hits, cause.Without.Trials));
                Assert.True(moment.Crash.Low > 0);
                Assert.Equal("no crash", cause.Operations.Single(operation => operation.Text == cause.Needed).Without);
                titles.Add(cause.Title);
            }
        }

        Assert.Equal((18, 2), (titles.Count, titles.Distinct().Count()));
    }

    [Fact]
    public async Task A_folder_without_a_run_and_a_run_with_a_library_of_designs_are_refused()
    {
        TriageException none = await Assert.ThrowsAsync<TriageException>(() => new CrashCauses().Cause(_screen.Folder, "c00000000", CancellationToken.None));
        await _screen.Run("run", Repository.At("scenarios", "troxel-2005.yaml"), "--pairs=2", "--hours=1", $"--out={_screen.Folder}", "--no-progress");
        string folder = Directory.GetDirectories(_screen.Folder).Single(), kept = Path.Combine(folder, "run.json");
        await File.WriteAllTextAsync(kept, (await File.ReadAllTextAsync(kept)).Replace("\"designAssembly\":null", "\"designAssembly\":\"/tmp/evil.dll\"", StringComparison.Ordinal).Replace("\"designAssembly\": null", "\"designAssembly\": \"/tmp/evil.dll\"", StringComparison.Ordinal));
        Assert.Contains("evil.dll", await File.ReadAllTextAsync(kept), StringComparison.Ordinal);
        TriageException library = await Assert.ThrowsAsync<TriageException>(() => new CrashCauses().Cause(folder, "c00000000", CancellationToken.None));

        Assert.Contains("no run", none.Message, StringComparison.Ordinal);
        Assert.Contains("a library, which is not loaded here", library.Message, StringComparison.Ordinal);
    }
}
