using System.CommandLine;

namespace Stress.Client;

/// <summary>Options that several commands have, each declared once: they say and accept the same everywhere.</summary>
public static class SharedOptions
{
    /// <summary>Most sites that a process executes at once.</summary>
    public const int MaxWorkers = 256;

    /// <summary><c>--seed</c>.</summary>
    /// <param name="usual">The default.</param>
    public static Option<ulong?> Seed(string usual = "the scenario's") => TypedOption.Of("--seed", $"Seed of every random stream (default: {usual}).", text => (ulong?)Numbers.Seed(text));

    /// <summary><c>--design-assembly</c>.</summary>
    public static Option<string?> DesignAssembly() => new("--design-assembly") { Description = "Library (.dll) with teardown designs of your own (docs/designs.md)." };

    /// <summary><c>--out</c>.</summary>
    public static Option<string?> Out() => new("--out") { Description = "Folder that gets the run's folder (default: runs)." };

    /// <summary><c>--json</c>.</summary>
    public static Option<string?> Json() => new("--json") { Description = "Write the report to this file too." };

    /// <summary><c>--workers</c>.</summary>
    /// <param name="most">Most that are accepted.</param>
    /// <param name="what">What is executed at once.</param>
    public static Option<int?> Workers(int most = MaxWorkers, string what = "Sites") => Numbers.Option("--workers", 1, most, $"{what} executed at once (default: one per processor). The result does not depend on it.");

    /// <summary><c>--no-progress</c>.</summary>
    public static Option<bool> NoProgress() => new("--no-progress") { Description = "Show no progress." };
}
