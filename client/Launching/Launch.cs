using System.Text.Json;
using System.Text.Json.Serialization;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Sites;
using Stress.Guests.Sites;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Launching;

/// <summary>
/// One run as it is started: the scenario with the command line applied, and the plan for the grains. A short form of it is kept in the run's folder (<see cref="Save"/>), from
/// which any site can be executed again.
/// </summary>
/// <param name="Scenario">The scenario, with the command line's values.</param>
/// <param name="Plan">What the grains execute.</param>
/// <param name="Workers">Sites executed at once.</param>
/// <param name="DesignNamed">True when the command line names the design.</param>
/// <param name="OneSite">True when the command line names the only site to execute.</param>
/// <param name="DesignAssembly">The library that the user's designs come from, or null.</param>
public sealed record Launch(Scenario Scenario, RunPlan Plan, int Workers, bool DesignNamed, bool OneSite, string? DesignAssembly)
{
    /// <summary>Name of the file in the run's folder.</summary>
    public const string FileName = "run.json";

    /// <summary>Sites that <c>--check</c> executes again.</summary>
    private const int CheckedSites = 8;

    /// <summary>The format of <see cref="FileName"/> that this build writes and reads.</summary>
    public const int FileFormatNumber = 1;

    /// <summary>
    /// Windows between two checkpoints of a site: less than a second of work, of which a checkpoint then takes about one percent.
    /// </summary>
    public const int CheckpointWindows = 1000;

    // Enough that a worker never waits for a hand-over, but few, so that few images are in memory and a cancelled run closes at once.
    private const int SitesInFlightPerWorker = 4;

    /// <summary>A report's description of the build that writes it.</summary>
    public static ReportBuild ThisBuild { get; } = BuildOf(BuildStamp.Current);

    /// <summary>A report's description of a build.</summary>
    public static ReportBuild BuildOf(BuildStamp build) => new(build.Version, build.Commit, build.Format, $"{build.Layout:x16}");

    /// <summary>Plans a run.</summary>
    /// <param name="settings">The command line.</param>
    /// <param name="scenario">The scenario, with the command line applied.</param>
    /// <param name="runId">The run's name.</param>
    /// <param name="check">Whether a sample of sites is noted window by window.</param>
    /// <param name="resumable">Whether the run's results are stored as it goes.</param>
    /// <param name="workers">Sites executed at once on all silos together, or null for this process alone.</param>
    /// <param name="real">The real kernels of a scenario that asks for them; null in every other.</param>
    public static Launch Create(RunSettings settings, Scenario scenario, string runId, bool check, bool resumable = false, int? workers = null, UmlSettings? real = null)
    {
        if (scenario.IsReal != real is not null)
        {
            throw new ArgumentException($"backend {scenario.Backend} {(real is null ? "without" : "with")} real kernels", nameof(real));
        }

        workers ??= settings.WorkerCount;
        int sites = scenario.Sites;
        int first = settings.Site ?? 0, count = settings.Site is null ? sites : 1;
        int shardSize = Math.Max(RunPlan.DefaultShardSize, (count + RunPlan.MaxShards - 1) / RunPlan.MaxShards);
        int shards = (count + shardSize - 1) / shardSize;
        var plan = new RunPlan
        {
            RunId = runId,
            Site = scenario.Site,
            FirstSite = first,
            Sites = count,
            Windows = RunPlan.WindowsOf(scenario.Duration, scenario.Site.Window),
            ShardSize = shardSize,
            SitesInFlight = settings.InFlight is { } flight ? Math.Max(1, flight / shards) : Math.Max(1, InFlight(real, workers.Value) / shards),
            Backend = scenario.Backend,
            BackendSettings = real?.ToText(),
            CheckpointWindows = resumable ? settings.Checkpoint ?? CheckpointWindows : 0,
            LostAfterSeconds = settings.LostAfter ?? RunPlan.DefaultLostAfterSeconds,
            CheckedSites = check ? Sample(scenario.Seed, first, count) : [],
            Pace = settings.Pace ?? 0,
            Telemetry = TelemetryOf(scenario, real),
            Build = BuildStamp.Current,
        };
        return new Launch(scenario, plan, workers.Value, settings.Design is not null, settings.Site is not null, settings.DesignAssembly);
    }

    // A site of real kernels keeps its guests from its first window to its last.
    private static int InFlight(UmlSettings? real, int workers) => real is null ? SitesInFlightPerWorker * workers : workers;

    /// <summary>The real kernels of the run; null in a run of emulated ones.</summary>
    public UmlSettings? Real => Plan.Backend == Scenario.Uml ? UmlSettings.Read(Plan.BackendSettings) : null;

    /// <summary>What the run's systems are, for tables: a teardown design, or real kernels by their names and the fault that is switched on.</summary>
    public string DesignName => Real is { } real ? SystemsOf(real) : Scenario.Site.Design;

    private static RunTelemetry TelemetryOf(Scenario scenario, UmlSettings? real) =>
        new() { Scenario = scenario.Name, Bands = RunBands.Of(scenario), Systems = real is null ? "" : SystemsOf(real) };

    /// <summary>What real kernels are called in tables: their names, and the fault that is switched on.</summary>
    public static string SystemsOf(UmlSettings real)
    {
        string names = real.Called.Name == real.Calling.Name ? real.Called.Name : $"{real.Called.Name}/{real.Calling.Name}";
        return $"{Scenario.Uml}:{names}{(real.Fault is null ? "" : $"+{real.Fault}")}";
    }

    /// <summary>The part of <see cref="Command"/> that says which real kernels, by key since another may get the name, and what fault where it is not the file's.</summary>
    public string KernelOptions()
    {
        if (Real is not { } real)
        {
            return "";
        }

        string fault = real.Fault ?? "", kernels = real.Called.Key == real.Calling.Key ? real.Called.Key : $"{real.Called.Key},{real.Calling.Key}";
        bool named = Scenario.SourceText.Length == 0 || ScenarioLoader.Parse(Scenario.SourceText, Scenario.FileName).Fault != fault;
        return $" --kernel {kernels}{(named ? $" --fault {(fault.Length > 0 ? fault : RunSettings.NoFault)}" : "")}";
    }

    /// <summary>
    /// True when another plan does the same work under the same name. The number of sites in progress at once depends on the silos present at the start, and does not affect the result.
    /// </summary>
    public bool IsRunOf(RunPlan other) => (Plan with { SitesInFlight = other.SitesInFlight }).IsSameAs(other);

    /// <summary>The virtual time that the run covers: whole windows.</summary>
    public double Hours => Plan.Windows * (double)Scenario.Site.Window.Microseconds / 3_600_000_000;

    /// <summary>The command that repeats this run.</summary>
    public string Command => RunLine(OneSite ? $" --site {Plan.FirstSite}" : "");

    /// <summary>The command that executes one site again, on its own.</summary>
    public string SiteCommand(int site) => RunLine($" --site {site}");

    /// <summary>Keeps what is needed to execute a site again, or to continue the run.</summary>
    /// <remarks>The build is a label: a site is executed again by whichever build reads the format.</remarks>
    public void Save(RunFolder folder)
    {
        folder.Create(Scenario.SourceText);
        File.WriteAllText(Path.Combine(folder.Path, FileName), JsonSerializer.Serialize(ToKept(), RunFolder.Json) + "\n");
    }

    /// <summary>Reads the options of a run of emulated kernels from its folder.</summary>
    /// <exception cref="UsageException">There is no run in the folder, or it is one of real kernels.</exception>
    public static (SiteOptions Site, int Windows, int Pairs) Read(RunFolder folder)
    {
        Launch launch = Open(folder);
        if (launch.Real is not null)
        {
            throw new UsageException($"{folder.Path}: a run of real kernels (backend: {launch.Plan.Backend}), which this command does not know; accepted is a run of emulated ones");
        }

        return (launch.Scenario.Site, launch.Plan.Windows, launch.Scenario.Pairs);
    }

    /// <summary>The run of a folder, as it was started.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="mayLoadDesigns">Whether the library of a run with the user's own designs may be loaded.</param>
    /// <exception cref="UsageException">There is no run in the folder, or it needs a library that may not be loaded.</exception>
    public static Launch Open(RunFolder folder, bool mayLoadDesigns = true)
    {
        string file = Path.Combine(folder.Path, FileName);
        if (!File.Exists(file) || !File.Exists(folder.ScenarioPath))
        {
            throw new UsageException($"{folder.Path}: no run; accepted is a folder that stress run has written, with {FileName} and {RunFolder.ScenarioName}");
        }

        try
        {
            Kept kept = FileFormat.Read<Kept>(file, FileFormatNumber, RunFolder.Json);
            if (kept.DesignAssembly is not null && !mayLoadDesigns)
            {
                throw new UsageException($"{folder.Path}: a run with designs of a library, which is not loaded here; accepted is a run of designs that are built in");
            }

            DesignSet designs = DesignLibrary.Load(kept.DesignAssembly);
            return From(kept, File.ReadAllText(folder.ScenarioPath), designs, new DirectoryInfo(folder.Path).Name);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{file}: not written by stress run: {e.Message}");
        }
    }

    /// <summary>What another client needs to follow the run on a cluster and to report it.</summary>
    public string ToText() => JsonSerializer.Serialize(new KeptWithScenario(ToKept() with { DesignAssembly = null }, Scenario.SourceText), RunFolder.Json);

    /// <summary>
    /// The run that another client has started. Its text comes over the network: it is parsed as a scenario that may not name files, with the built-in designs only.
    /// </summary>
    /// <exception cref="UsageException">The text was not written by this version of the command.</exception>
    public static Launch From(RunDescription run)
    {
        try
        {
            KeptWithScenario text = JsonSerializer.Deserialize<KeptWithScenario>(run.Launch, RunFolder.Json) ?? throw new JsonException("empty");
            return From(text.Run, text.Scenario, DesignSet.BuiltIn, run.Plan.RunId) with { Plan = run.Plan };
        }
        catch (JsonException e)
        {
            throw new UsageException($"run {run.Plan.RunId}: what its client left for a report cannot be read: {e.Message}");
        }
    }

    private static Launch From(Kept kept, string text, DesignSet designs, string runId)
    {
        Scenario scenario = ScenarioLoader.Parse(text, kept.ScenarioFile);
        SiteOptions site = scenario.Site with { Seed = kept.Seed, Design = kept.Design, Designs = designs, SkipQuiet = kept.SkipQuiet };
        var duration = new VirtualTime(kept.DurationMicroseconds);
        var plan = new RunPlan
        {
            RunId = runId,
            Site = site,
            FirstSite = kept.FirstSite,
            Sites = kept.Sites,
            Windows = RunPlan.WindowsOf(duration, site.Window),
            ShardSize = kept.ShardSize,
            SitesInFlight = kept.SitesInFlight,
            CheckpointWindows = kept.CheckpointWindows,
            LostAfterSeconds = kept.LostAfterSeconds,
            CheckedSites = kept.CheckedSites ?? [],
            Pace = kept.Pace,
            Backend = scenario.Backend,
            BackendSettings = kept.BackendSettings,
            Telemetry = TelemetryOf(scenario, scenario.IsReal ? UmlSettings.Read(kept.BackendSettings) : null),
            Build = BuildStamp.Current,
        };
        scenario = scenario with { Pairs = kept.Pairs, Duration = duration, Seed = kept.Seed, Site = site };
        return new Launch(scenario, plan, kept.Workers, kept.DesignNamed, kept.OneSite, kept.DesignAssembly);
    }

    private Kept ToKept() => new(
        Scenario.FileName, Scenario.Pairs, Scenario.Duration.Microseconds, Scenario.Seed, Scenario.Site.Design, Plan.FirstSite, Plan.Sites,
        DesignAssembly is null ? null : Path.GetFullPath(DesignAssembly), Workers, DesignNamed, OneSite, Plan.ShardSize, Plan.SitesInFlight,
        Plan.CheckpointWindows, Plan.LostAfterSeconds, Plan.CheckedSites, Plan.Pace, Plan.Site.SkipQuiet, Plan.BackendSettings);

    private string RunLine(string site)
    {
        string design = DesignNamed ? $" --design {Scenario.Site.Design}" : "";
        string library = DesignAssembly is null ? "" : $" --design-assembly {Quoted(DesignAssembly)}";
        return $"./stress run {Quoted(Scenario.FileName)} --pairs {Scenario.Pairs} --hours {Durations.SpellHours(Scenario.Duration)} --seed {Scenario.Seed}{library}{design}{KernelOptions()}{site}";
    }

    // Quotes what a shell would not take for a part of a name.
    private static string Quoted(string file) =>
        file.All(c => char.IsLetterOrDigit(c) || "/._-+=:,@%".Contains(c, StringComparison.Ordinal)) ? file : $"'{file.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // A sample determined by the seed, so that the same command checks the same sites.
    private static int[] Sample(ulong seed, int first, int count)
    {
        var draws = new RandomStream(seed, 0, RandomPurpose.Operations);
        SortedSet<int> sites = [];
        while (sites.Count < Math.Min(CheckedSites, count))
        {
            sites.Add(first + (int)draws.Below((uint)count));
        }

        return [.. sites];
    }

    private sealed record Kept(
        string ScenarioFile, int Pairs, long DurationMicroseconds, ulong Seed, string Design, int FirstSite, int Sites, string? DesignAssembly = null,
        int Workers = 1, bool DesignNamed = false, bool OneSite = false, int ShardSize = RunPlan.DefaultShardSize, int SitesInFlight = 1,
        int CheckpointWindows = 0, int LostAfterSeconds = RunPlan.DefaultLostAfterSeconds, IReadOnlyList<int>? CheckedSites = null,
        double Pace = 0, bool SkipQuiet = true, string? BackendSettings = null)
    {
        // The format comes first; the build is a label.
        [JsonPropertyOrder(-1)]
        public int Format { get; init; } = FileFormatNumber;

        [JsonPropertyOrder(-1)]
        public ReportBuild? Build { get; init; } = ThisBuild;
    }

    private sealed record KeptWithScenario(Kept Run, string Scenario);
}
