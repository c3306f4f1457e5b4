using Spectre.Console;

namespace Stress.Client;

/// <summary>Where a command writes: results and progress to one stream, errors to the other.</summary>
/// <param name="Out">Results and progress.</param>
/// <param name="Error">Errors, one line each.</param>
public sealed record Terminal(IAnsiConsole Out, TextWriter Error)
{
    /// <summary>What a person or a pipe types, for a command that asks.</summary>
    public TextReader In { get; init; } = TextReader.Null;

    /// <summary>The clock of what a command does in real time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Columns of output that is piped into a file or another program, where nobody's screen sets a width.</summary>
    public const int PipedWidth = 132;

    /// <summary>True when a person watches: progress may redraw its line.</summary>
    public bool IsInteractive => Out.Profile.Out.IsTerminal && Out.Profile.Capabilities.Ansi;
}
