using System.CommandLine;
using System.Globalization;
using System.Text;
using Stress.Client.Screen;

namespace Stress.Client.Commands;

/// <summary><c>stress man</c>: the help of every command as one page for man(1), in the macros of man(7): <c>./stress man | man -l -</c>.</summary>
public static class ManCommand
{
    private static readonly (int Code, string Meaning)[] Codes =
    [
        (ExitCodes.Ok, "Done, and the result is as expected."),
        (ExitCodes.ExpectationFailed, "The run is complete, and an expectation is not met."),
        (ExitCodes.Usage, "The command line or a file is not accepted."),
        (ExitCodes.NotDeterministic, "A repetition differs from what was recorded."),
        (ExitCodes.Incomplete, "Work failed or was lost."),
        (ExitCodes.NotDecided, "Undecided; the output says why."),
        (ExitCodes.Unavailable, "Something that the command needs is not available; trying again may help."),
        (ExitCodes.NotWritten, "The result is known and printed, but could not be written."),
        (ExitCodes.BisectSkip, "With --bisect: this commit cannot be tested."),
        (ExitCodes.Interrupted, "Interrupted; the report is partial."),
    ];

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var command = new Command("man", "Print the help of every command as a man page: ./stress man | man -l -.");
        command.SetAction(line =>
        {
            OutputFile.Write(OutputFile.Standard, Page(line.RootCommandResult.Command), terminal);
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>The page.</summary>
    /// <param name="root">The command line.</param>
    public static string Page(Command root)
    {
        var page = new StringBuilder();
        page.Append(".TH STRESS 1\n.SH NAME\n");
        page.Append(CultureInfo.InvariantCulture, $"stress \\- {Text(root.Description!.Split(": ", 2)[1].TrimEnd('.'))}\n");
        page.Append(".SH SYNOPSIS\n.B stress\n.I COMMAND\n.RI [ options ]\n.SH OPTIONS\n");
        Entries(page, root.Options.Where(o => !o.Hidden).Select(o => (HelpScreen.Typed(o), HelpScreen.Describe(o))));
        page.Append(".SH COMMANDS\n");
        Commands(page, root, "");
        page.Append(".SH EXIT STATUS\n");
        Entries(page, Codes.Select(c => (c.Code.ToString(CultureInfo.InvariantCulture), c.Meaning)));
        return page.ToString();
    }

    private static void Commands(StringBuilder page, Command parent, string path)
    {
        foreach (Command command in parent.Subcommands.Where(c => !c.Hidden))
        {
            page.Append(CultureInfo.InvariantCulture, $".SS \"{Text(path + HelpScreen.Typed(command))}\"\n{Text(command.Description ?? "")}\n");
            Entries(page, command.Arguments.Where(a => !a.Hidden).Select(a => (HelpScreen.Typed(a), a.Description ?? "")));
            Entries(page, command.Options.Where(o => !o.Hidden).Select(o => (HelpScreen.Typed(o), HelpScreen.Describe(o))));
            Commands(page, command, $"{path}{command.Name} ");
        }
    }

    private static void Entries(StringBuilder page, IEnumerable<(string Name, string Text)> entries)
    {
        foreach ((string name, string text) in entries)
        {
            page.Append(CultureInfo.InvariantCulture, $".TP\n.B \"{Text(name)}\"\n{Text(text)}\n");
        }
    }

    // A hyphen that is typed is \-, and neither a point nor an apostrophe begins a line of text.
    private static string Text(string text)
    {
        string escaped = text.ReplaceLineEndings(" ").Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal).Replace("\"", "\\(dq", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? $"\\&{escaped}" : escaped;
    }
}
