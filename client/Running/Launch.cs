using System.Globalization;
using System.Text.Json;
using Stress.Emulator.Designs;
using Stress.Emulator.Simulation;
using Stress.Grains;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Running;

/// <summary>
/// One run as it is started: the scenario with the command line applied, and the plan for the grains. A few lines of it are kept in the run's
/// folder (<see cref="Save"/>), from which any site can be executed again.
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

    // Enough that a worker never waits for a hand-over; few, so that few images are alive and a cancelled run closes at once.
    private const int SitesInFlightPerWorker = 4;

    /// <summary>Plans a run.</summary>
    public static Launch Create(RunSettings settings, Scenario scenario, string runId, bool check)
    {
        int sites = scenario.Pairs / scenario.Site.CallersPerAnswerer;
        int first = settings.SiteNumber ?? 0, count = settings.SiteNumber is null ? sites : 1;
        int shards = (count + RunPlan.DefaultShardSize - 1) / RunPlan.DefaultShardSize;
        var plan = new RunPlan
        {
            RunId = runId,
            Site = scenario.Site,
            FirstSite = first,
            Sites = count,
            Windows = RunPlan.WindowsOf(scenario.Duration, scenario.Site.Window),
            SitesInFlight = Math.Max(1, SitesInFlightPerWorker * settings.WorkerCount / shards),
            CheckedSites = check ? Sample(scenario.Seed, first, count) : [],
            Pace = settings.PaceFactor,
            Telemetry = new RunTelemetry { Scenario = scenario.Name, Bands = RunBands.Of(scenario) },
        };
        return new Launch(scenario, plan, settings.WorkerCount, settings.Design is not null, settings.SiteNumber is not null, settings.DesignAssembly);
    }

    /// <summary>The virtual time that the run covers: whole windows.</summary>
    public double Hours => Plan.Windows * (double)Scenario.Site.Window.Microseconds / 3_600_000_000;

    /// <summary>The command that does this run again.</summary>
    public string Command => RunLine(OneSite ? $" --site {Plan.FirstSite}" : "");

    /// <summary>The command that executes one site again, alone.</summary>
    public string SiteCommand(int site) => RunLine($" --site {site}");

    /// <summary>Keeps what is needed to execute a site again.</summary>
    public void Save(RunFolder folder)
    {
        folder.Create(Scenario.SourceText);
        var kept = new Kept(Scenario.FileName, Scenario.Pairs, Scenario.Duration.Microseconds, Scenario.Seed, Scenario.Site.Design, Plan.FirstSite, Plan.Sites,
            DesignAssembly is null ? null : Path.GetFullPath(DesignAssembly));
        File.WriteAllText(Path.Combine(folder.Path, FileName), JsonSerializer.Serialize(kept, RunFolder.Json) + "\n");
    }

    /// <summary>Reads the options of a run from its folder.</summary>
    /// <exception cref="UsageException">There is no run in the folder.</exception>
    public static (SiteOptions Site, int Windows, int Pairs) Read(RunFolder folder)
    {
        string file = Path.Combine(folder.Path, FileName);
        if (!File.Exists(file) || !File.Exists(folder.ScenarioPath))
        {
            throw new UsageException($"{folder.Path}: no run; accepted is a folder that stress run has written, with {FileName} and {RunFolder.ScenarioName}");
        }

        try
        {
            Kept kept = JsonSerializer.Deserialize<Kept>(File.ReadAllText(file), RunFolder.Json) ?? throw new JsonException("empty");
            Scenario scenario = ScenarioLoader.Parse(File.ReadAllText(folder.ScenarioPath), kept.ScenarioFile);
            SiteOptions site = scenario.Site with { Seed = kept.Seed, Design = kept.Design, Designs = kept.DesignAssembly is { } library ? DesignLibrary.Load(library) : DesignSet.BuiltIn };
            return (site, RunPlan.WindowsOf(new VirtualTime(kept.DurationMicroseconds), site.Window), kept.Pairs);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{file}: not written by stress run: {e.Message}");
        }
    }

    private string RunLine(string site)
    {
        string hours = ((decimal)Scenario.Duration.Microseconds / 3_600_000_000m).ToString("0.##########", CultureInfo.InvariantCulture);
        string design = DesignNamed ? $" --design {Scenario.Site.Design}" : "";
        string library = DesignAssembly is null ? "" : $" --design-assembly {Quoted(DesignAssembly)}";
        return $"./stress run {Quoted(Scenario.FileName)} --pairs {Scenario.Pairs} --hours {hours} --seed {Scenario.Seed}{library}{design}{site}";
    }

    private static string Quoted(string file) => file.Contains(' ') ? $"'{file}'" : file;

    // A sample that the seed decides, so that the same command checks the same sites.
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

    private sealed record Kept(string ScenarioFile, int Pairs, long DurationMicroseconds, ulong Seed, string Design, int FirstSite, int Sites, string? DesignAssembly = null);
}
