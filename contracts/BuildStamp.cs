using System.Globalization;
using System.IO.Hashing;
using System.Reflection;
using System.Text;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>
/// The format of the plans, books, checkpoints and messages that a build writes and reads. Format and layout decide whether two builds share a run; version and commit are a
/// label for people.
/// </summary>
/// <param name="Format">The number of the format; it is raised when the meaning of what is written changes and its layout does not.</param>
/// <param name="Layout">A hash of the layout: that of the images, and the names of the counters.</param>
/// <param name="Version">The build's version.</param>
/// <param name="Commit">The commit that it was built from, in hexadecimal; empty for a build outside a repository.</param>
[GenerateSerializer, Immutable, Alias("stress.BuildStamp")]
public sealed record BuildStamp([property: Id(0)] int Format, [property: Id(1)] ulong Layout, [property: Id(2)] string Version, [property: Id(3)] string Commit)
{
    /// <summary>Name of the assembly's metadata with the number of the format that this build writes and reads; its project file sets it.</summary>
    public const string FormatProperty = "StressFormat";

    /// <summary>The description of a file or message without a stamp.</summary>
    public const string Unversioned = "without a format number, as builds before format 1 wrote it";

    /// <summary>This build's.</summary>
    public static BuildStamp Current { get; } = OfThisBuild();

    /// <summary>The deciding part, in one word: <c>1-0123456789abcdef</c>.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{Format}-{Layout:x16}");

    /// <summary>What decides, in words.</summary>
    public string Words => string.Create(CultureInfo.InvariantCulture, $"format {Format}, layout {Layout:x16}");

    /// <summary>True when the two builds read each other: the same format and layout.</summary>
    public bool Shares(BuildStamp other) => Format == other.Format && Layout == other.Layout;

    /// <summary>Why what another build wrote is not accepted here, as <c>format 1, layout ... (build 0.1.0); accepted is format 2, ...</c>; null when it is.</summary>
    /// <param name="written">Its stamp, or null without one.</param>
    public string? Refusal(BuildStamp? written) =>
        written is null ? $"{Unversioned}; accepted is {Words}" : Shares(written) ? null : $"{written}; accepted is {Words}";

    /// <inheritdoc/>
    public override string ToString() => $"{Words} (build {Version}{(Commit.Length == 0 ? "" : $", commit {Commit[..Math.Min(12, Commit.Length)]}")})";

    private static BuildStamp OfThisBuild()
    {
        string informational = typeof(BuildStamp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        int plus = informational.IndexOf('+', StringComparison.Ordinal);
        string layout = $"{Site.Format}\n{string.Join('\n', CounterInfo.All.Select(counter => counter.Name))}";
        int format = int.Parse(
            typeof(BuildStamp).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == FormatProperty).Value!, CultureInfo.InvariantCulture);
        return new BuildStamp(
            format, XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(layout)), plus < 0 ? informational : informational[..plus], plus < 0 ? "" : informational[(plus + 1)..]);
    }
}

/// <summary>What storage holds was written by a build of another format: nothing of it is read.</summary>
/// <param name="message">What it is of, and what is accepted.</param>
[GenerateSerializer, Alias("stress.StateFormatException")]
public sealed class StateFormatException(string message) : Exception(message);
