using Stress.Contracts.Triage;

namespace Stress.Triage.Tests;

/// <summary>Starts nothing, and remembers what it was asked. A line that says <c>wrong</c> is not accepted.</summary>
internal sealed class ToldLauncher : IRunLauncher
{
    private readonly List<LaunchedRun> _runs = [];

    public string Where => "nowhere";

    public IReadOnlyList<OfferedScenario> Scenarios { get; } = [new("troxel-2005", "Two systems and a line.", "name: troxel-2005\npairs: 640\n")];

    public IReadOnlyList<LaunchedRun> Runs => _runs;

    public List<LaunchRequest> Started { get; } = [];

    public List<(string Run, LaunchOrder Order)> Told { get; } = [];

    public IReadOnlyList<ScenarioProblem> Check(string scenario) =>
        [.. scenario.Split('\n').Index().Where(line => line.Item.Contains("wrong", StringComparison.Ordinal)).Select(line => new ScenarioProblem(line.Index + 1, $"scenario.yaml:{line.Index + 1}: {line.Item} is not accepted"))];

    public LaunchAnswer Start(LaunchRequest request, string by)
    {
        if (Check(request.Scenario) is { Count: > 0 } problems)
        {
            return new LaunchAnswer(null, problems);
        }

        Started.Add(request);
        _runs.Insert(0, new LaunchedRun($"asked-{Started.Count}", "troxel-2005", by, DateTimeOffset.UnixEpoch, LaunchPhase.Waiting, ""));
        return new LaunchAnswer(_runs[0], []);
    }

    public Task Tell(string run, LaunchOrder order)
    {
        int at = _runs.FindIndex(one => one.Name == run);
        if (at < 0)
        {
            throw new TriageException($"no such run was asked for here: {run}", TriageProblem.Wrong);
        }

        Told.Add((run, order));
        _runs[at] = _runs[at] with { Phase = order switch { LaunchOrder.Pause => LaunchPhase.Paused, LaunchOrder.Resume => LaunchPhase.Running, _ => LaunchPhase.Ended }, Outcome = order == LaunchOrder.Cancel ? "cancelled" : "" };
        return Task.CompletedTask;
    }

    public Task<SilosState> Silos(CancellationToken stop) => Task.FromResult(new SilosState(
        Where,
        [
            new SiloRow("10.0.0.1:11111", "active", 2, 3, 640, 700, 300 << 20, 400 << 20, "492c6344770a", [new("RouterGrain", 640), new("ShardGrain", 3)]),
            new SiloRow("10.0.0.2:11111", "no answer", 0, 0, 0, 0, 0, 0, "", []),
        ],
        [new ClusterRunRow("soak-1", DateTimeOffset.UnixEpoch, "running", 640, 12, 1)]));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
