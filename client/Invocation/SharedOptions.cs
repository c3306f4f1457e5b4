using System.CommandLine;

namespace Stress.Client;

/// <summary>Options that several commands have, each declared once: they say and accept the same everywhere.</summary>
public static class SharedOptions
{
    /// <summary><c>--seed</c>.</summary>
    /// <param name="usual">What it is where the command line names none.</param>
    public static Option<string?> Seed(string usual = "the scenario's") => new("--seed") { Description = $"Seed of every random stream (default: {usual})." };

    /// <summary><c>--design-assembly</c>.</summary>
    public static Option<string?> DesignAssembly() => new("--design-assembly") { Description = "Library (.dll) with teardown designs of your own (docs/designs.md)." };

    /// <summary><c>--out</c>.</summary>
    public static Option<string?> Out() => new("--out") { Description = "Folder that gets the run's folder (default: runs)." };

    /// <summary><c>--json</c>.</summary>
    public static Option<string?> Json() => new("--json") { Description = "Write the report to this file too." };

    /// <summary><c>--workers</c>.</summary>
    public static Option<string?> Workers() => new("--workers") { Description = "Sites executed at once (default: one a processor). The result does not depend on it." };

    /// <summary><c>--no-progress</c>.</summary>
    public static Option<bool> NoProgress() => new("--no-progress") { Description = "Show no progress." };
}
