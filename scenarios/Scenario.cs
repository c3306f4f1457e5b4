using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;

namespace Stress.Scenarios;

/// <summary>A reported figure, to be shown next to the measured one.</summary>
/// <param name="Path">Code path: <c>membership</c>, <c>in6_selecthlim</c>, or a kernel function.</param>
/// <param name="Role">The role it was reported for, or null for any.</param>
/// <param name="Percent">Per cent of disconnects.</param>
public sealed record ReportedFigure(string Path, Role? Role, double Percent);

/// <summary>A band that a run's result must lie in.</summary>
public sealed record Expectation
{
    /// <summary><c>membership</c>, <c>in6_selecthlim</c>, <c>any</c>, <c>stale</c>, <c>first_crash_within_hour</c>, or an exact crash title.</summary>
    public string Path { get; init; } = "";

    /// <summary>The role, or null for both together.</summary>
    public Role? Role { get; init; }

    /// <summary>The design it holds for, or null for any.</summary>
    public string? Design { get; init; }

    /// <summary>Lower end of the band, per cent, inclusive.</summary>
    public double MinPercent { get; init; }

    /// <summary>Upper end of the band, per cent, inclusive.</summary>
    public double MaxPercent { get; init; } = 100;

    /// <summary>Line of the file that states it.</summary>
    public int Line { get; init; }
}

/// <summary>A run as a file describes it: how many pairs for how long, what each role is, and what result is expected.</summary>
public sealed record Scenario
{
    /// <summary>Short name, as the file gives it.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its purpose, in a sentence.</summary>
    public string Description { get; init; } = "";

    /// <summary>Pairs of a calling and a called line. A site has <see cref="SiteOptions.Lines"/> of them.</summary>
    public int Pairs { get; init; } = 100;

    /// <summary>Virtual time of the run.</summary>
    public VirtualTime Duration { get; init; } = VirtualTime.FromHours(24);

    /// <summary>The run's seed; the site options carry the same.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The shape that <see cref="SiteOptions.Graph"/> was made from; null where the file gives nodes and links, or pairs.</summary>
    public NetworkOptions? Network { get; init; }

    /// <summary>How many sites a run of networks has.</summary>
    internal int SitesOfNetwork { get; init; } = 1;

    /// <summary>The roles by label before a file gave other nodes: what <c>like</c> may name.</summary>
    internal IReadOnlyDictionary<string, RoleOptions> RolesBefore { get; init; } = new Dictionary<string, RoleOptions>();

    /// <summary>What every site of the run is.</summary>
    public SiteOptions Site { get; init; } = new();

    /// <summary>What executes the sites: <see cref="Emulator"/>, or <see cref="Uml"/>.</summary>
    public string Backend { get; init; } = Emulator;

    /// <summary>Emulated kernels.</summary>
    public const string Emulator = "emulator";

    /// <summary>Real Linux kernels, as User-Mode Linux.</summary>
    public const string Uml = "uml";

    /// <summary>True for a run of real kernels.</summary>
    public bool IsReal => Backend != Emulator;

    /// <summary>The real kernel of the called end, by name or key; empty for the newest. Only for a run of real kernels.</summary>
    public string CalledKernel { get; init; } = "";

    /// <summary>The real kernel of the calling end, by name or key; empty for the newest. Only for a run of real kernels.</summary>
    public string CallingKernel { get; init; } = "";

    /// <summary>The real kernel of a role, by name or key; empty for the newest.</summary>
    public string KernelOf(Role role) => role == Role.Called ? CalledKernel : CallingKernel;

    /// <summary>The same scenario with another real kernel for a role.</summary>
    public Scenario WithKernel(Role role, string name) => role == Role.Called ? this with { CalledKernel = name } : this with { CallingKernel = name };

    /// <summary>A fault that both kernels were built with and that is switched on; empty for none. Only for a run of real kernels.</summary>
    public string Fault { get; init; } = "";

    /// <summary>Bands that the result must lie in.</summary>
    public IReadOnlyList<Expectation> Expect { get; init; } = [];

    /// <summary>
    /// The design that <see cref="Expect"/> and <see cref="ExpectReached"/> were written for, for entries that name none: the scenario's own unless the file says otherwise.
    /// <see cref="AnyDesign"/>, or null in a scenario that no file gave, for every design.
    /// </summary>
    public string? ExpectDesign { get; init; }

    /// <summary>What <see cref="ExpectDesign"/> says of bands that hold for every design.</summary>
    public const string AnyDesign = "any";

    /// <summary>Why nothing can happen in this run, if that is its purpose; empty in every other. A link that is lost nevertheless is then a failure.</summary>
    public string ExpectNothing { get; init; } = "";

    /// <summary>True when the bands that name no design belong to the design of the run.</summary>
    public bool BandsAreOfItsDesign => ExpectDesign is null or AnyDesign || ExpectDesign == Site.Design;

    /// <summary>Whether a band is for the design of the run.</summary>
    public bool IsOfItsDesign(Expectation band) => band.Design is { } named ? named == Site.Design : BandsAreOfItsDesign;

    /// <summary>Names of probes that the run must reach.</summary>
    public IReadOnlyList<string> ExpectReached { get; init; } = [];

    /// <summary>Figures to be shown next to the measured ones.</summary>
    public IReadOnlyList<ReportedFigure> Reported { get; init; } = [];

    /// <summary>Where each value comes from: field path to <c>reference 5.4</c>, <c>fitted</c> or <c>inferred</c>.</summary>
    public IReadOnlyDictionary<string, string> Sources { get; init; } = new Dictionary<string, string>();

    /// <summary>The file as it was named.</summary>
    public string FileName { get; init; } = "";

    /// <summary>The text that gives this scenario, without any other file: the file's own, or the merged text if it includes another.</summary>
    public string SourceText { get; init; } = "";

    /// <summary>Sites of the run.</summary>
    /// <exception cref="InvalidOperationException">The pairs do not fill the answering systems. A scenario from the loader never does that.</exception>
    public int Sites => Pairs % Site.Lines == 0
        ? Pairs / Site.Lines
        : throw new InvalidOperationException($"{Pairs} pairs are not divisible by the {Site.Lines} lines of a site");

    /// <summary>A role by its label.</summary>
    public string NameOf(Role role) => Site.Topology.NameOf(role);

    /// <summary>Every option with its value and source, one line each, for people.</summary>
    public IEnumerable<(string Field, string Value, string Source)> Options() => ScenarioFields.List(this);
}

/// <summary>A scenario that cannot be accepted. The message is one line.</summary>
public sealed class ScenarioException(string file, int line, string field, string problem, string accepted)
    : Exception(OneLine($"{file}:{(line > 0 ? $"{line}:" : "")} {(field.Length == 0 ? "" : field + ": ")}{problem}; accepted: {accepted}"))
{
    private const int LongestMessage = 2_000;

    /// <summary>The file as it was named.</summary>
    public string File => file;

    /// <summary>Line, from 1; 0 when there is none.</summary>
    public int Line => line;

    /// <summary>Field path, such as <c>roles.called.kernel.fill</c>.</summary>
    public string Field => @field;

    /// <summary>What is wrong, without where and what would be accepted.</summary>
    public string Problem => problem;

    /// <summary>What would be accepted.</summary>
    public string Accepted => accepted;

    // The message contains text from the file, which may have line ends, terminal sequences and very long words.
    private static string OneLine(string message) =>
        string.Concat(message.Take(LongestMessage).Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? $"\\u{(int)c:x4}" : c.ToString()));
}
