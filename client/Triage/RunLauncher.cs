using System.Threading.Channels;
using Stress.Client.Clusters;
using Stress.Client.Concluding;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Contracts;
using Stress.Contracts.Triage;
using Stress.Emulator.Core;
using Stress.Observability;
using Stress.Scenarios;
using Stress.Silo;

namespace Stress.Client.Triage;

/// <summary>Starts runs requested from a browser: one after another, on a silo in this process or on a cluster.</summary>
public sealed class RunLauncher : IRunLauncher
{
    // Reloading the page often must not keep a cluster busy with answers.
    private static readonly TimeSpan SilosKept = TimeSpan.FromSeconds(2);

    /// <summary>Runs that have ended and are still listed.</summary>
    private const int MostEnded = 50;

    private readonly string _runs;
    private readonly RedisAddress? _cluster;
    private readonly Terminal _terminal;
    private readonly Lock _lock = new();
    private readonly List<Asked> _asked = [];
    private readonly Channel<Asked> _queue = Channel.CreateUnbounded<Asked>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _working;
    private readonly SemaphoreSlim _asking = new(1);
    private ClusterClient? _asks;
    private SilosState? _silos;
    private DateTimeOffset _silosAt;

    /// <summary>A launcher with nothing to do yet: no silo is started before the first run.</summary>
    /// <param name="runs">The folder of runs.</param>
    /// <param name="scenarios">The folder of the scenarios to start from.</param>
    /// <param name="cluster">Where runs are executed; null for a silo in this process.</param>
    /// <param name="terminal">Whose clock it is, and where a request for a run is reported.</param>
    public RunLauncher(string runs, string scenarios, RedisAddress? cluster, Terminal terminal)
    {
        (_runs, _cluster, _terminal) = (runs, cluster, terminal);
        Scenarios = [.. Offered(scenarios)];
        _working = Task.Run(Work);
    }

    /// <inheritdoc/>
    public string Where => _cluster is null ? "on a silo in this server" : $"on the cluster {_cluster}";

    /// <inheritdoc/>
    public IReadOnlyList<OfferedScenario> Scenarios { get; }

    /// <inheritdoc/>
    public IReadOnlyList<LaunchedRun> Runs
    {
        get
        {
            lock (_lock)
            {
                return [.. _asked.Select(asked => asked.Run).Reverse()];
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<ScenarioProblem> Check(string scenario) => Accepted(new LaunchRequest { Scenario = scenario }).Problems;

    /// <inheritdoc/>
    public LaunchAnswer Start(LaunchRequest request, string by)
    {
        (Scenario? scenario, IReadOnlyList<ScenarioProblem> problems) = Accepted(request);
        if (scenario is null)
        {
            return new LaunchAnswer(null, problems);
        }

        lock (_lock)
        {
            if (_asked.Count(asked => asked.Run.Phase == LaunchPhase.Waiting) >= IRunLauncher.MostWaiting)
            {
                throw new TriageException($"{IRunLauncher.MostWaiting} runs are waiting already; ask again when one has ended", TriageProblem.Unavailable);
            }

            Asked asked = Keep(scenario, request, by);
            _asked.Add(asked);
            while (_asked.Count(one => one.Run.Phase == LaunchPhase.Ended) > MostEnded)
            {
                _asked.Remove(_asked.First(one => one.Run.Phase == LaunchPhase.Ended));
            }

            _queue.Writer.TryWrite(asked);
            return new LaunchAnswer(asked.Run, []);
        }
    }

    /// <inheritdoc/>
    public async Task Tell(string run, LaunchOrder order)
    {
        Asked asked;
        IRunGrain? grain;
        lock (_lock)
        {
            asked = _asked.FirstOrDefault(one => one.Run.Name == run) ?? throw new TriageException($"no such run was asked for here: {run}", TriageProblem.Wrong);

            if (asked.Run.Phase == LaunchPhase.Ended)
            {
                throw new TriageException($"{run} has ended; accepted is an unfinished run", TriageProblem.Wrong);
            }

            grain = asked.Grain;
            if (grain is null)
            {
                if (order != LaunchOrder.Cancel)
                {
                    throw new TriageException($"{run} has not started; accepted is cancelling it", TriageProblem.Wrong);
                }

                // Whatever takes it from the queue sees that it is no longer wanted.
                End(asked, "cancelled before it began");
                return;
            }
        }

        if (await grain.Describe() is null)
        {
            throw new TriageException($"{run} is just starting; ask again in a moment", TriageProblem.Unavailable);
        }

        await (order == LaunchOrder.Cancel ? grain.Cancel() : grain.Pause(order == LaunchOrder.Pause));
        lock (_lock)
        {
            if (asked.Run.Phase != LaunchPhase.Ended && order != LaunchOrder.Cancel)
            {
                asked.Run = asked.Run with { Phase = order == LaunchOrder.Pause ? LaunchPhase.Paused : LaunchPhase.Running };
            }
        }
    }

    /// <inheritdoc/>
    public async Task<SilosState> Silos(CancellationToken stop)
    {
        await _asking.WaitAsync(stop);
        try
        {
            if (_silos is null || _terminal.Time.GetUtcNow() - _silosAt > SilosKept)
            {
                _silos = await Ask(stop);
                _silosAt = _terminal.Time.GetUtcNow();
            }

            return _silos;
        }
        catch (Exception e) when (e is ClusterUnavailableException or OrleansException or TimeoutException)
        {
            if (_asks is { } broken)
            {
                _asks = null;
                await broken.DisposeAsync();
            }

            throw new TriageException(e.GetBaseException().Message.ReplaceLineEndings(" "), TriageProblem.Unavailable);
        }
        finally
        {
            _asking.Release();
        }
    }

    private async Task<SilosState> Ask(CancellationToken stop)
    {
        if (_cluster is { } cluster)
        {
            _asks ??= await ClusterOption.Connect(cluster, stop);
            return await SiloView.Of(_asks, Where);
        }

        IRunHost? embedded;
        lock (_lock)
        {
            embedded = _asked.FirstOrDefault(asked => asked.Grain is not null)?.Host;
        }

        return embedded is null ? new SilosState(Where, [], []) : await SiloView.Of(embedded, Where);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await _working;
        if (_asks is { } asks)
        {
            await asks.DisposeAsync();
        }

        _asking.Dispose();
        _stop.Dispose();
    }

    // The same strict reader as for files; text from a browser may not name another file, or a real kernel of this machine.
    private static (Scenario? Scenario, IReadOnlyList<ScenarioProblem> Problems) Accepted(LaunchRequest request)
    {
        const string Name = RunFolder.ScenarioName;
        FileCheck check = FileCheck.OfText(request.Scenario, Name);
        if (check.Scenario is not { } scenario)
        {
            ScenarioProblem[] found = [.. check.Problems.Select(problem => new ScenarioProblem(problem.Line, problem.Message))];
            return (null, found.Length > 0 ? found : [new(0, $"{Name}: no scenario of a run; accepted is what ./stress run takes")]);
        }

        if (scenario.IsReal)
        {
            return (null, [new(LineOf(request.Scenario, "backend:"), $"{Name}: backend: real kernels are not started from here; accepted is backend: emulated, or ./stress run on the machine itself")]);
        }

        try
        {
            var settings = new RunSettings
            {
                File = Name,
                Pairs = Given(request.Pairs) is { } pairs ? RunOptions.ReadPairs(pairs) : null,
                Hours = Given(request.Hours) is { } hours ? RunOptions.ReadHours(hours) : null,
                Seed = Given(request.Seed) is { } seed ? Numbers.Seed(seed) : null,
                Design = Given(request.Design),
            };
            scenario = settings.Accept(scenario);
            double pairHours = scenario.Pairs * (scenario.Duration.Microseconds / (double)VirtualTime.FromHours(1).Microseconds);
            return pairHours <= IRunLauncher.MostPairHours ? (scenario, [])
                : (null, [new(0, $"{scenario.Pairs} pairs for {Durations.SpellHours(scenario.Duration)} h: accepted from here are at most {IRunLauncher.MostPairHours} pairs times hours; larger ones with ./stress run")]);
        }
        catch (UsageException e)
        {
            return (null, [new(0, e.Message)]);
        }
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static int LineOf(string text, string begins) => Array.FindIndex(text.Split('\n'), line => line.StartsWith(begins, StringComparison.Ordinal)) + 1;

    // A file that is not a scenario of emulated kernels is not offered; stress check says what is wrong with it.
    private static IEnumerable<OfferedScenario> Offered(string folder)
    {
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.yaml") : [];
        foreach (string path in files.Order(StringComparer.Ordinal))
        {
            if (FileCheck.Of(path).Scenario is { IsReal: false } scenario)
            {
                yield return new OfferedScenario(Path.GetFileNameWithoutExtension(path), scenario.Description.ReplaceLineEndings(" ").Trim(), scenario.SourceText);
            }
        }
    }

    // The run's folder is created at once: this reserves its name, and keeps the request whatever happens to the server.
    private Asked Keep(Scenario scenario, LaunchRequest request, string by)
    {
        try
        {
            Output output = Output.Choose(_runs, null, scenario.Name, _terminal.Time.GetUtcNow(), shared: _cluster is not null).Claim();
            scenario = scenario with { FileName = output.Folder.ScenarioPath };
            var settings = new RunSettings { File = scenario.FileName, Design = Given(request.Design), Workers = Math.Max(1, Environment.ProcessorCount - 1) };
            Launch launch = Launch.Create(settings, scenario, output.RunId, check: false, resumable: true);
            launch.Save(output.Folder);
            return new Asked(settings, launch, output, new LaunchedRun(output.RunId, scenario.Name, by, _terminal.Time.GetUtcNow(), LaunchPhase.Waiting, ""));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UsageException)
        {
            throw new TriageException($"{_runs}: {e.Message.ReplaceLineEndings(" ")}", TriageProblem.Unavailable);
        }
    }

    private async Task Work()
    {
        await foreach (Asked asked in _queue.Reader.ReadAllAsync())
        {
            if (_stop.IsCancellationRequested)
            {
                End(asked, "not begun: the server ended");
                continue;
            }

            try
            {
                // It may no longer be wanted by now.
                if (asked.Run.Phase == LaunchPhase.Waiting)
                {
                    End(asked, Words(await Execute(asked)));
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Whatever ends a run, the next one is unaffected.
                _terminal.Error.WriteLine($"stress: {asked.Run.Name}: {e.GetBaseException().Message.ReplaceLineEndings(" ")}");
                End(asked, $"failed: {e.GetBaseException().Message.ReplaceLineEndings(" ")}");
            }
        }
    }

    private async Task<int> Execute(Asked asked)
    {
        Launch launch = asked.Launch;
        await using IRunHost host = _cluster is { } cluster
            ? await ClusterOption.Connect(cluster, _stop.Token)
            : await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = launch.Workers, StateFolder = StateFolder.Of(asked.Output.Folder) }, _stop.Token);
        if (host.Cluster is { } shared)
        {
            (int workers, _) = TakingPart.Of(await host.Silos(), shared);
            launch = Launch.Create(asked.Settings, launch.Scenario, asked.Output.RunId, check: false, resumable: true, workers);
            launch.Save(asked.Output.Folder);
        }

        lock (_lock)
        {
            if (asked.Run.Phase == LaunchPhase.Ended)
            {
                return ExitCodes.Interrupted;
            }

            asked.Host = host;
            asked.Grain = host.Grains.GetGrain<IRunGrain>(asked.Output.RunId);
            asked.Run = asked.Run with { Phase = LaunchPhase.Running };
        }

        // Nobody sees its screen: everything is in the report.
        return await new RunConclusion(_terminal.Unread(), launch, asked.Output, new RunConclusion.Wishes(_runs, null, Progress: false, Check: false, CheckFiles.None)).Follow(host, _stop.Token);
    }

    private static string Words(int code) => code switch
    {
        ExitCodes.Ok => "as expected",
        ExitCodes.ExpectationFailed => "an expectation was not met",
        ExitCodes.Incomplete => "incomplete: work failed or was lost",
        ExitCodes.NotDecided => "not decided",
        ExitCodes.NotWritten => "its result could not be written",
        ExitCodes.Interrupted => "ended early; its result is partial",
        _ => $"ended with {code}",
    };

    private void End(Asked asked, string outcome)
    {
        lock (_lock)
        {
            (asked.Grain, asked.Host) = (null, null);
            if (asked.Run.Phase != LaunchPhase.Ended)
            {
                asked.Run = asked.Run with { Phase = LaunchPhase.Ended, Outcome = outcome };
            }
        }
    }

    private sealed class Asked(RunSettings settings, Launch launch, Output output, LaunchedRun run)
    {
        public RunSettings Settings => settings;

        public Launch Launch => launch;

        public Output Output => output;

        public LaunchedRun Run { get; set; } = run;

        // What executes it, and the run itself, while it is executed.
        public IRunHost? Host { get; set; }

        public IRunGrain? Grain { get; set; }
    }
}
