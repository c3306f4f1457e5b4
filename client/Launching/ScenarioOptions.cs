using System.CommandLine;
using System.Globalization;
using Stress.Emulator.Core;

namespace Stress.Client.Launching;

/// <summary>
/// Options that <c>run</c>, <c>compare</c> and <c>sensitivity</c> share: the scenario and its size, and where the results go.
/// </summary>
public sealed class ScenarioOptions
{
    private readonly int? _defaultPairs;
    private readonly int? _defaultHours;
    private readonly Argument<string> _file = new("FILE") { Description = "The scenario, for example scenarios/troxel-2005.yaml, or - for standard input." };
    private readonly Option<int?> _pairs;
    private readonly Option<VirtualTime?> _hours;
    private readonly Option<ulong?> _seed = SharedOptions.Seed();
    private readonly Option<int?> _workers = SharedOptions.Workers();
    private readonly Option<string?> _json = SharedOptions.Json();
    private readonly Option<bool> _quiet = SharedOptions.NoProgress();
    private readonly Option<string?> _library = SharedOptions.DesignAssembly();
    private readonly Option<string?> _output = SharedOptions.Out();
    private readonly Option<int?> _metrics = RunOptions.MetricsPort();
    private readonly Option<string?> _kernel = new("--kernel") { Description = "Real kernels of both ends by name or key, or CALLED,CALLING (default: the scenario's, or the newest)." };
    private readonly Option<string?> _fault = new("--fault") { Description = "Switch on this fault of real kernels built with --faults, or none (default: the scenario's)." };
    private bool _keepsRuns;
    private bool _choosesKernels;

    /// <summary>The options.</summary>
    /// <param name="defaultPairs">Pairs if the command line names none; null for the scenario's.</param>
    /// <param name="defaultHours">Virtual hours if the command line names none; null for the scenario's.</param>
    public ScenarioOptions(int? defaultPairs = null, int? defaultHours = null)
    {
        (_defaultPairs, _defaultHours) = (defaultPairs, defaultHours);
        (_pairs, _hours) = (RunOptions.Pairs(Usual(defaultPairs)), RunOptions.Hours(Usual(defaultHours)));
    }

    /// <summary>Gives the scenario, its size and the report's file to a command.</summary>
    public ScenarioOptions AddTo(Command command)
    {
        command.Add(_file);
        Add(command, _pairs, _hours, _seed, _workers, _json, _quiet);
        return this;
    }

    /// <summary>Gives a command the options of commands that keep their runs: the folder, metrics, and the user's designs.</summary>
    public ScenarioOptions AddRunsTo(Command command)
    {
        _keepsRuns = true;
        Add(command, _library, _output, _metrics);
        return this;
    }

    /// <summary>Gives a command the options of commands that run real kernels: which, and with what fault.</summary>
    public ScenarioOptions AddKernelsTo(Command command)
    {
        _choosesKernels = true;
        Add(command, _kernel, _fault);
        return this;
    }

    /// <summary>The command line's changes to the scenario.</summary>
    public RunSettings Settings(ParseResult line) => new()
    {
        File = line.GetValue(_file)!,
        Pairs = line.GetValue(_pairs) ?? _defaultPairs,
        Hours = line.GetValue(_hours) ?? (_defaultHours is { } hours ? VirtualTime.FromHours(hours) : null),
        Seed = line.GetValue(_seed),
        Workers = line.GetValue(_workers),
        DesignAssembly = _keepsRuns ? line.GetValue(_library) : null,
        Kernel = _choosesKernels ? line.GetValue(_kernel) : null,
        Fault = _choosesKernels ? line.GetValue(_fault) : null,
        MetricsPort = _keepsRuns ? line.GetValue(_metrics) : null,
    };

    /// <summary>The folder that gets the run's folder; null for the default.</summary>
    public string? Folder(ParseResult line) => _keepsRuns ? line.GetValue(_output) : null;

    /// <summary>A further file for the report, or null.</summary>
    public string? Json(ParseResult line) => line.GetValue(_json);

    /// <summary>Whether progress is shown.</summary>
    public bool Progress(ParseResult line) => !line.GetValue(_quiet);

    private static string Usual(int? number) => number is { } given ? given.ToString(CultureInfo.InvariantCulture) : "the scenario's";

    private static void Add(Command command, params Option[] options)
    {
        foreach (Option option in options)
        {
            command.Add(option);
        }
    }
}
