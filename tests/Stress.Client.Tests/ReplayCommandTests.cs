using Stress.Emulator.Oracle;
using Stress.Observability;
using Stress.Observability.Html;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class ReplayCommandTests : IDisposable
{
    private static readonly string ScenarioFile = Repository.At("scenarios", "troxel-2005.yaml");
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task Every_crash_of_a_run_is_replayed_to_the_same_title_and_shows_the_pointers_story()
    {
        await _screen.Run("run", ScenarioFile, "--pairs=8", "--hours=2", "--seed=3", $"--out={_screen.Folder}", "--no-progress");
        string folder = Directory.GetDirectories(_screen.Folder).Single();
        IReadOnlyList<CrashRecord> crashes = new RunFolder(folder).ReadCrashes();

        Assert.NotEmpty(crashes);
        foreach (CrashRecord crash in crashes)
        {
            using var screen = new Screen();
            string html = Path.Combine(_screen.Folder, $"{crash.Id}.html");
            Assert.Equal(ExitCodes.Ok, await screen.Run("replay", folder, crash.Id, "--dump", "--html", html));
            Assert.Contains($"event {crash.Event} at {crash.At}", screen.Out);
            Assert.Contains(crash.Story[^1].Split("used: ")[1].Split(" read from")[0], screen.Out.Split("stack,")[0]);
            Assert.Contains("down: rebooting", screen.Out);
            string[] stages = [.. screen.Out.Split("the pointer")[1].Split('\n').Skip(1).TakeWhile(l => l.StartsWith("  ", StringComparison.Ordinal))];
            foreach (string stage in new[] { "allocated", "stored", "detached", "not purged", "did not run: ", "freed", $"used       {crash.At}" })
            {
                Assert.True(stages.Any(l => l.Contains(stage, StringComparison.Ordinal)), $"{crash.Title}: {stage}");
            }

            Assert.Contains("id=\"timeline\"", File.ReadAllText(html));

            // What matters is among the steps, however long before the crash it was.
            string steps = screen.Out.Split("stack, innermost first")[0];
            foreach (string stage in new[] { PointerStage.Detached, PointerStage.Freed, PointerStage.Used }.Select(SwimLanes.StageName))
            {
                Assert.Contains($"<- {stage}", steps);
            }

            Assert.InRange(steps.Split('\n').Length, 10, 60);
        }
    }

    [Fact]
    public async Task Steps_are_asked_for_from_a_pipe_one_event_a_line_and_stop_at_any_event()
    {
        await _screen.Run("run", ScenarioFile, "--pairs=4", "--hours=2", "--seed=3", $"--out={_screen.Folder}", "--no-progress");
        string folder = Directory.GetDirectories(_screen.Folder).Single();
        CrashRecord crash = new RunFolder(folder).ReadCrashes()[0];
        long from = crash.Event - 10;

        string asked = await Piped("\n\nnonsense\nd\nc\nq\n", "replay", folder, crash.Id, "--step", "--until", $"{from}");
        Assert.Contains($"at event {from} of {crash.Event}", asked);
        Assert.Contains($"\n{from + 1,8} ", asked);
        Assert.Contains($"\n{from + 2,8} ", asked);
        Assert.Contains($"nonsense: not accepted at event {from + 2}", asked);
        Assert.Contains("multicast memberships", asked);
        Assert.EndsWith($"event {crash.Event}: the crash", asked.TrimEnd());
        Assert.DoesNotContain($"\n{from + 1,8} ", await Piped("", "replay", folder, crash.Id, "--step", "--until", $"{from}"));

        using var until = new Screen();
        Assert.Equal(ExitCodes.Ok, await until.Run("replay", folder, crash.Id, "--until", $"{from}"));
        Assert.Contains($"event {from} at ", until.Out);
        Assert.DoesNotContain("the pointer", until.Out);
        Assert.Equal(ExitCodes.Usage, await until.Run("replay", folder, crash.Id, "--until", "2000000000"));
        Assert.Contains("the run ends before it", until.Error);
    }

    [Fact]
    public async Task A_crash_is_named_by_any_beginning_of_its_id_that_no_other_has()
    {
        await _screen.Run("run", ScenarioFile, "--pairs=4", "--hours=2", "--seed=3", $"--out={_screen.Folder}", "--no-progress");
        string folder = Directory.GetDirectories(_screen.Folder).Single();
        CrashRecord[] crashes = [.. new RunFolder(folder).ReadCrashes()];
        Assert.True(crashes.Length > 1, "a run with several crashes is needed");
        CrashRecord crash = crashes[0];
        int least = Enumerable.Range(1, crash.Id.Length).First(n => crashes.Count(c => c.Id.StartsWith(crash.Id[..n], StringComparison.Ordinal)) == 1);

        using var one = new Screen();
        Assert.Equal(ExitCodes.Ok, await one.Run("replay", folder, crash.Id[..least]));
        Assert.StartsWith(crash.Title, one.Out);

        // Every id begins with the same letter.
        using var many = new Screen();
        Assert.Equal(ExitCodes.Usage, await many.Run("replay", folder, "c"));
        Assert.All(crashes, c => Assert.Contains($"{c.Id} ({c.Title}, {c.Role})", many.Error));
        Assert.Single(many.Error.TrimEnd().Split('\n'));
    }

    private static async Task<string> Piped(string input, params string[] arguments)
    {
        using var screen = new Screen();
        Assert.Equal(ExitCodes.Ok, await StressCommand.Run(arguments, screen.Terminal with { In = new StringReader(input) }, CancellationToken.None));
        return screen.Out;
    }

    [Fact]
    public async Task An_unknown_crash_or_run_is_one_line_with_what_is_accepted()
    {
        await _screen.Run("run", ScenarioFile, "--pairs=4", "--hours=1", $"--out={_screen.Folder}", "--no-progress");
        string folder = Directory.GetDirectories(_screen.Folder).Single();

        Assert.Equal(ExitCodes.Usage, await _screen.Run("replay", folder, "c00000000"));
        Assert.Equal(ExitCodes.Usage, await _screen.Run("replay", "no-such-run", "c00000000"));
        Assert.Contains("no such crash", _screen.Error);
        Assert.Contains("no such run", _screen.Error);
    }
}
