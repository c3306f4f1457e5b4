using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Sites;
using Stress.Scenarios;

namespace Stress.Client.Launching;

/// <summary>The changes that a command line makes to a scenario. <see cref="RunOptions"/> has read its numbers; <see cref="Apply"/> says what the scenario accepts of them.</summary>
public sealed record RunSettings
{
    /// <summary>The scenario file.</summary>
    public required string File { get; init; }

    /// <summary>Pairs, or null for the scenario's.</summary>
    public int? Pairs { get; init; }

    /// <summary>Virtual time of each pair, or null for the scenario's.</summary>
    public VirtualTime? Hours { get; init; }

    /// <summary>Seed, or null for the scenario's.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Teardown design, or null for the scenario's.</summary>
    public string? Design { get; init; }

    /// <summary>A library with designs of the user, or null.</summary>
    public string? DesignAssembly { get; init; }

    /// <summary>Real kernels of both ends by name or key, or <c>CALLED,CALLING</c>; null for the scenario's.</summary>
    public string? Kernel { get; init; }

    /// <summary>The fault to switch on in real kernels, or <see cref="NoFault"/>; null for the scenario's.</summary>
    public string? Fault { get; init; }

    /// <summary>The word for no fault.</summary>
    public const string NoFault = "none";

    /// <summary>The only site to execute, or null for all.</summary>
    public int? Site { get; init; }

    /// <summary>Sites executed at once, or null for one per processor.</summary>
    public int? Workers { get; init; }

    /// <summary>The events of quiet stretches are executed in full too.</summary>
    public bool NoSkip { get; init; }

    /// <summary>Virtual seconds per second of wall time, or null for as fast as possible.</summary>
    public double? Pace { get; init; }

    /// <summary>Loopback port of the embedded silo's metrics, 0 for any that is free, or null for none.</summary>
    public int? MetricsPort { get; init; }

    /// <summary>Windows between two checkpoints of a site, or null for <see cref="Launch.CheckpointWindows"/>.</summary>
    public int? Checkpoint { get; init; }

    /// <summary>Wall seconds after which a silent site is lost, or null for <see cref="RunPlan.DefaultLostAfterSeconds"/>.</summary>
    public int? LostAfter { get; init; }

    /// <summary>Sites that are under way at once, or null for a few per worker.</summary>
    public int? InFlight { get; init; }

    /// <summary>Sites executed at once.</summary>
    public int WorkerCount => Workers ?? Environment.ProcessorCount;

    /// <summary>Loads the scenario and applies the command line to it.</summary>
    /// <param name="input">Standard input, for a scenario that is called <c>-</c>.</param>
    /// <exception cref="UsageException">A value is not accepted, or the file cannot be read.</exception>
    /// <exception cref="ScenarioException">The file's content is not accepted.</exception>
    public Scenario Load(TextReader? input = null)
    {
        if (Directory.Exists(File))
        {
            throw new UsageException($"{File}: a folder; a scenario is a .yaml file");
        }

        if (!System.IO.File.Exists(File) && (File != ScenarioLoader.StandardInput || input is null))
        {
            throw new UsageException($"{File}: no such file; a scenario is a .yaml file, for example scenarios/troxel-2005.yaml");
        }

        try
        {
            return Accept(ScenarioLoader.Load(File, input));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{File}: cannot be read: {e.Message}");
        }
    }

    /// <summary>Applies the command line to a scenario, and checks whether it can be executed.</summary>
    /// <exception cref="UsageException">A value is not accepted.</exception>
    public Scenario Accept(Scenario scenario)
    {
        scenario = Apply(scenario);
        CheckReal(scenario);
        if (!scenario.IsReal)
        {
            TrySite(scenario);
        }
        else if (Design is not null || DesignAssembly is not null || NoSkip)
        {
            throw new UsageException($"{File}: real kernels (backend: {scenario.Backend}) have no teardown designs and no quiet stretches; accepted is a run without --design, --design-assembly and --no-skip");
        }

        return scenario;
    }

    /// <summary>Loads a scenario for a command that knows emulated kernels alone.</summary>
    /// <param name="command">The command's name.</param>
    /// <param name="input">Standard input.</param>
    /// <exception cref="UsageException">As <see cref="Load"/>, and for a scenario of real kernels.</exception>
    public Scenario LoadEmulated(string command, TextReader? input)
    {
        Scenario scenario = Load(input);
        return scenario.IsReal
            ? throw new UsageException($"{File}: real kernels (backend: {scenario.Backend}), which {command} does not know; accepted is a scenario of emulated ones")
            : scenario;
    }

    /// <summary>The scenario with the command line's values instead of its own.</summary>
    /// <exception cref="UsageException">A value is not accepted.</exception>
    public Scenario Apply(Scenario scenario)
    {
        int pairs = Pairs ?? scenario.Pairs;
        int callers = scenario.Site.Lines;
        if (pairs % callers != 0)
        {
            throw new UsageException($"--pairs {pairs}: {(scenario.Site.Graph is null ? $"an answering system of this scenario has {callers} callers" : $"a site of this scenario has {callers} links, each a pair")}; accepted are multiples of {callers}");
        }

        if (Site is { } site && site >= pairs / callers)
        {
            throw new UsageException($"--site {site}: accepted are 0 to {(pairs / callers) - 1} for {pairs} pairs");
        }

        ulong seed = Seed ?? scenario.Seed;
        DesignSet designs = DesignAssembly is null ? scenario.Site.Designs : DesignLibrary.Load(DesignAssembly);
        Known(designs, "--design", Design);
        Known(designs, $"{scenario.FileName}: design", scenario.Site.Design);
        foreach (Expectation expected in scenario.Expect)
        {
            Known(designs, $"{scenario.FileName}:{expected.Line}: expect.design", expected.Design);
        }

        SiteOptions options = scenario.Site with { Seed = seed, Design = Design ?? scenario.Site.Design, Designs = designs, SkipQuiet = !NoSkip };
        (string called, string calling) = Kernel is null ? (scenario.CalledKernel, scenario.CallingKernel) : KernelsOf(Kernel);
        scenario = scenario with { CalledKernel = called, CallingKernel = calling, Fault = Fault is null ? scenario.Fault : Fault == NoFault ? "" : Fault };
        return scenario with { Pairs = pairs, Duration = Hours ?? scenario.Duration, Seed = seed, Site = options };
    }

    // Which kernels and what fault: for a scenario of real kernels only.
    private void CheckReal(Scenario scenario)
    {
        if (!scenario.IsReal && (Kernel ?? Fault) is { } named)
        {
            throw new UsageException($"{(Kernel is null ? "--fault" : "--kernel")} {named}: of real kernels, and the backend of {File} is {scenario.Backend}; accepted is a scenario with backend: {Scenario.Uml}");
        }
    }

    private static (string Called, string Calling) KernelsOf(string names)
    {
        string[] words = names.Split(',', StringSplitOptions.TrimEntries);
        return words.Length is 1 or 2 && words.All(word => word.Length > 0)
            ? (words[0], words[^1])
            : throw new UsageException($"--kernel {names}: accepted is the name or key of a kernel (./stress kernel list), or two with a comma between them: of the called and of the calling end");
    }

    // The emulator reports what it does not accept when a site is created; better here than in the middle of a run.
    private static void TrySite(Scenario scenario)
    {
        try
        {
            VirtualTime latest = Emulator.Sites.Site.Create(scenario.Site, 0).Queue.Latest;
            if (scenario.Duration >= latest)
            {
                throw new UsageException($"{scenario.FileName}: {scenario.Duration} of sites of {scenario.Site.Topology.Nodes.Count} nodes, whose queue of events has room for {latest}; accepted are shorter runs or smaller sites");
            }
        }
        catch (ArgumentException e)
        {
            string message = e.ParamName is { } name ? e.Message.Replace($" (Parameter '{name}')", "") : e.Message;
            throw new UsageException($"{scenario.FileName}: {message.ReplaceLineEndings(" ")}");
        }
    }

    private static void Known(DesignSet designs, string where, string? name)
    {
        if (name is not null)
        {
            _ = DesignLibrary.Named(designs, where, name);
        }
    }
}
