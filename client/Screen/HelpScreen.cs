using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Stress.Client.Screen;

/// <summary>
/// The help of a command: what it does, how it is typed, and its arguments, options and commands. As System.CommandLine's own, but it fits the
/// screen, and an argument that may be left out is shown as such in the list of commands too.
/// </summary>
/// <param name="terminal">Where it is shown.</param>
public sealed class HelpScreen(Terminal terminal) : SynchronousCommandLineAction
{
    /// <summary>A name takes no more columns than this share of the screen; a longer one has its description below it.</summary>
    private const double MostForNames = 0.45;

    /// <summary>Commands that a newcomer wants first.</summary>
    private static readonly string[] First = ["run", "compare", "watch", "replay", "minimise", "explore", "dial", "silo", "test"];

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command, parseResult.InvocationConfiguration.Output);
        return ExitCodes.Ok;
    }

    /// <summary>Makes a command line's <c>--help</c> and <c>--version</c> ours.</summary>
    /// <param name="root">The command line.</param>
    /// <param name="terminal">Where they are shown.</param>
    public static void AddTo(RootCommand root, Terminal terminal)
    {
        root.Options.OfType<HelpOption>().Single().Action = new HelpScreen(terminal);
        root.Options.OfType<VersionOption>().Single().Action = new Version();
    }

    /// <summary>What is shown without a command: the commands to start with, and where the others are.</summary>
    /// <param name="root">The command line.</param>
    public void WriteShort(RootCommand root)
    {
        TextWriter o = terminal.Out.Profile.Out.Writer;
        int width = Terminal.Width(terminal.Out);
        Text(o, width, root.Description!);
        o.WriteLine();
        o.WriteLine("Usage:");
        o.WriteLine($"  {root.HelpName} COMMAND [options]");
        List(o, width, $"Commands ({First.Length} of {root.Subcommands.Count}):", First.Select(name => root.Subcommands.Single(c => c.Name == name)).Select(c => (Typed(c), c.Description ?? "")));
        o.WriteLine();
        Text(o, width, $"Begin with: ./{root.HelpName} run scenarios/troxel-2005.yaml");
        Text(o, width, $"All commands: {root.HelpName} --help. One of them: {root.HelpName} run --help.");
    }

    private void Write(Command command, TextWriter o)
    {
        int width = Terminal.Width(terminal.Out);
        o.WriteLine("Description:");
        Text(o, width, $"  {command.Description}", hang: 2);
        o.WriteLine();
        o.WriteLine("Usage:");
        Text(o, width, $"  {string.Join(' ', Path(command))}{(command.Subcommands.Count > 0 ? " [command]" : "")}{string.Concat(command.Arguments.Where(a => !a.Hidden).Select(a => " " + Typed(a)))} [options]");
        List(o, width, "Arguments:", command.Arguments.Where(a => !a.Hidden).Select(a => (Typed(a), a.Description ?? "")));
        List(o, width, "Options:", OptionsOf(command).Select(option => (Typed(option), Describe(option))));
        List(o, width, "Commands:", command.Subcommands.Where(c => !c.Hidden).Select(c => (Typed(c), c.Description ?? "")));
        o.WriteLine();
    }

    // The options that are shown of a command: its own, then those of the commands above it that go for it too.
    internal static IEnumerable<Option> OptionsOf(Command command) =>
        command.Options.Concat(command.Parents.SelectMany(Inherited)).Where(option => !option.Hidden).DistinctBy(option => option.Name);

    private static IEnumerable<Option> Inherited(Symbol parent) => parent is Command command
        ? command.Options.Where(option => option.Recursive).Concat(command.Parents.SelectMany(Inherited))
        : [];

    private static void List(TextWriter o, int width, string heading, IEnumerable<(string Name, string Text)> entries)
    {
        (string Name, string Text)[] all = [.. entries];
        if (all.Length == 0)
        {
            return;
        }

        int most = (int)(width * MostForNames);
        int names = all.Select(entry => entry.Name.Length).Where(length => length <= most).DefaultIfEmpty(most).Max();
        o.WriteLine();
        o.WriteLine(heading);
        foreach ((string name, string text) in all)
        {
            string left = $"  {name}".PadRight(names + 4);
            bool below = left.Length > names + 4;
            if (below)
            {
                Text(o, width, left.TrimEnd());
            }

            Text(o, width, (below ? new string(' ', names + 4) : left) + text, hang: names + 4);
        }
    }

    private static void Text(TextWriter o, int width, string text, int? hang = null)
    {
        foreach (string line in Wrapped.Lines(text, width, hang))
        {
            o.WriteLine(line);
        }
    }

    private static IEnumerable<string> Path(Command command) => command switch
    {
        RootCommand root => [root.HelpName ?? root.Name],
        _ => command.Parents.OfType<Command>().Take(1).SelectMany(Path).Append(command.Name),
    };

    // A command as it is typed, with its arguments.
    internal static string Typed(Command command) => string.Concat(command.Arguments.Where(a => !a.Hidden).Select(a => " " + Typed(a))).Insert(0, command.Name);

    internal static string Typed(Argument argument)
    {
        string name = $"<{argument.HelpName ?? argument.Name}>{(argument.Arity.MaximumNumberOfValues > 1 ? "..." : "")}";
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    internal static string Typed(Option option)
    {
        string names = string.Join(", ", option.Aliases.Where(alias => alias.StartsWith('-') && alias != "/h" && alias != "/?").Order(StringComparer.Ordinal).Append(option.Name).Distinct());
        return Takes(option) ? $"{names} <{option.HelpName ?? option.Name.TrimStart('-')}>" : names;
    }

    internal static bool Takes(Option option) => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool) && option.ValueType != typeof(void);

    internal static string Describe(Option option)
    {
        string text = option.Description ?? "";
        return option.HasDefaultValue && option.ValueType != typeof(bool) && !text.Contains("default", StringComparison.Ordinal) && option.GetDefaultValue() is { } value
            ? $"{text} [default: {value}]"
            : text;
    }

    /// <summary><c>--version</c>: the command's version, the commit that it was built from, and what it runs on.</summary>
    private sealed class Version : SynchronousCommandLineAction
    {
        private const int ShortCommit = 12;

        public override int Invoke(ParseResult parseResult)
        {
            string[] parts = (typeof(HelpScreen).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "").Split('+');
            string commit = parts.Length > 1 ? parts[1][..Math.Min(ShortCommit, parts[1].Length)] : "unknown";
            parseResult.InvocationConfiguration.Output.WriteLine($"stress {parts[0]}, commit {commit}, {RuntimeInformation.FrameworkDescription} on {RuntimeInformation.RuntimeIdentifier}");
            return ExitCodes.Ok;
        }
    }
}
