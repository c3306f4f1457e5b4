using System.Text;
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

    /// <summary>Opens standard output for the bytes of a file that is named <c>-</c>. The caller closes it.</summary>
    public Func<Stream> Standard { get; init; } = () => new TextStream(Out.Profile.Out.Writer);

    /// <summary>Columns of tables that are piped into a file or another program, where no screen sets a width.</summary>
    public const int PipedWidth = 132;

    /// <summary>Columns of other text that is piped: it is never broken.</summary>
    internal const int UnboundedWidth = 1_000_000;

    /// <summary>Plain lines of results; on a terminal they are wrapped at blanks if they are too wide.</summary>
    public TextWriter Text { get; } = Out.Profile.Out.IsTerminal ? new WrappingWriter(Out.Profile.Out.Writer, () => Out.Profile.Width) : Out.Profile.Out.Writer;

    /// <summary>Columns for tables and help.</summary>
    /// <param name="console">Where they are shown.</param>
    public static int Width(IAnsiConsole console) => console.Profile.Out.IsTerminal ? console.Profile.Width : PipedWidth;

    /// <summary>True when a person watches: progress may redraw its line.</summary>
    public bool IsInteractive => Out.Profile.Out.IsTerminal && Out.Profile.Capabilities.Ansi;

    /// <summary>The same terminal with the screen's text on standard error, since standard output is taken by a result.</summary>
    public Terminal WithScreenOnError()
    {
        IAnsiConsole screen = AnsiConsole.Create(new AnsiConsoleSettings { Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(Error) });
        if (!screen.Profile.Out.IsTerminal)
        {
            screen.Profile.Width = UnboundedWidth;
        }

        // Not a copy of this one: everything that depends on the screen is created anew.
        return new Terminal(screen, Error) { In = In, Time = Time, Standard = Standard };
    }

    /// <summary>A terminal with the same clock whose output is discarded.</summary>
    public Terminal Unread() =>
        new(AnsiConsole.Create(new AnsiConsoleSettings { Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(TextWriter.Null) }), TextWriter.Null) { Time = Time };

    // Where standard output is a writer of text, as under a test: the bytes of a result are UTF-8, or shown as they are.
    private sealed class TextStream(TextWriter writer) : MemoryStream
    {
        private bool _written;

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_written)
            {
                _written = true;
                writer.Write(Encoding.UTF8.GetString(ToArray()));
                writer.Flush();
            }

            base.Dispose(disposing);
        }
    }
}
