using Spectre.Console;
using Stress.Client.Screen;

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

    /// <summary>Columns of tables that are piped into a file or another program, where nobody's screen sets a width.</summary>
    public const int PipedWidth = 132;

    /// <summary>Columns of other text that is piped: it is never broken.</summary>
    internal const int UnboundedWidth = 1_000_000;

    /// <summary>Plain lines of results; on a terminal they are broken at blanks where they are wider than it.</summary>
    public TextWriter Text { get; } = Out.Profile.Out.IsTerminal ? new WrappingWriter(Out.Profile.Out.Writer, () => Out.Profile.Width) : Out.Profile.Out.Writer;

    /// <summary>Columns for tables and help.</summary>
    /// <param name="console">Where they are shown.</param>
    public static int Width(IAnsiConsole console) => console.Profile.Out.IsTerminal ? console.Profile.Width : PipedWidth;

    /// <summary>True when a person watches: progress may redraw its line.</summary>
    public bool IsInteractive => Out.Profile.Out.IsTerminal && Out.Profile.Capabilities.Ansi;
}
