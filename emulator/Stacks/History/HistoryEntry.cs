using Stress.Emulator.Designs.History;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;

namespace Stress.Emulator.Stacks.History;

/// <summary>
/// A bug of a real network stack as an operation list: what it left behind before the fix, and what after. The file starts with a header of comment lines
/// <c># key: value</c>, each key once; a line <c>#</c> and three blanks continues the value before it.
/// </summary>
/// <param name="Id">The file's name without extension.</param>
/// <param name="Title">One line for people.</param>
/// <param name="System">System and date.</param>
/// <param name="Source">Where the bug and its fix are published.</param>
/// <param name="Class">Kind of mistake.</param>
/// <param name="Holder">The holder that the bug is about.</param>
/// <param name="Verdict">The verdict before the fix.</param>
/// <param name="Before">The kernel before the fix.</param>
/// <param name="After">The kernel with it.</param>
/// <param name="Inferred">What no source states, or <c>nothing</c>.</param>
/// <param name="Operations">The list.</param>
public sealed record HistoryEntry(
    string Id, string Title, string System, string Source, string Class, HolderKind Holder, Verdict Verdict, HistorySide Before, HistorySide After, string Inferred,
    IReadOnlyList<Operation> Operations)
{
    /// <summary>The keys of a header; all of them are needed.</summary>
    public static readonly IReadOnlyList<string> Keys = ["title", "system", "source", "class", "holder", "verdict", "before", "after", "inferred"];

    private static readonly Verdict[] Verdicts = [Verdict.Leak, Verdict.Stale, Verdict.Alias, Verdict.Crash];

    /// <summary>Parses header and list.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">The name for error messages.</param>
    /// <param name="id">The entry's id.</param>
    /// <exception cref="OperationListException">A wrong header or list; the message names file and line and says what is accepted.</exception>
    public static HistoryEntry Parse(string text, string file, string id)
    {
        var values = new SortedDictionary<string, (int Line, string Text)>(StringComparer.Ordinal);
        string[] lines = text.Split('\n');
        int at = 0;
        for (string key = ""; at < lines.Length && lines[at].StartsWith('#'); at++)
        {
            string line = lines[at].TrimEnd();
            if (line.StartsWith("#   ", StringComparison.Ordinal) && key.Length > 0)
            {
                values[key] = (values[key].Line, $"{values[key].Text} {line[1..].Trim()}");
                continue;
            }

            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            key = colon > 2 && line[1] == ' ' ? line[2..colon] : "";
            if (!Keys.Contains(key))
            {
                throw new OperationListException(file, at + 1, $"'{line}' is not a line of a header; accepted: # KEY: VALUE with KEY one of {string.Join(", ", Keys)}, or # and three blanks to go on");
            }

            if (!values.TryAdd(key, (at + 1, line[(colon + 2)..].Trim())))
            {
                throw new OperationListException(file, at + 1, $"'{key}' stands on line {values[key].Line} already; accepted: each key once");
            }
        }

        foreach (string key in Keys)
        {
            if (!values.ContainsKey(key))
            {
                throw new OperationListException(file, at + 1, $"the header ends without '{key}'; accepted: {string.Join(", ", Keys)}, each once");
            }
        }

        string Value(string key) => values[key].Text;
        IReadOnlyList<Operation> operations = OperationList.Parse(text, file);
        return operations.Count == 0
            ? throw new OperationListException(file, lines.Length, "no operation; accepted: a header, then an operation list")
            : new HistoryEntry(
                id, Value("title"), Value("system"), Value("source"), Value("class"), HolderOf(file, values["holder"]), VerdictOf(file, values["verdict"]),
                Side(file, values["before"]), Side(file, values["after"]), Value("inferred"), operations);
    }

    private static HolderKind HolderOf(string file, (int Line, string Text) value)
    {
        if (Holders.Named(value.Text) is not HolderKind.None and var kind)
        {
            return kind;
        }

        IEnumerable<string> names = Holders.All.OrderBy(holder => holder.Kind).Select(holder => holder.Name);
        throw new OperationListException(file, value.Line, $"holder '{value.Text}' is not known; accepted: {string.Join(", ", names)}");
    }

    private static Verdict VerdictOf(string file, (int Line, string Text) value)
    {
        foreach (Verdict verdict in Verdicts)
        {
            if (NameOf(verdict) == value.Text)
            {
                return verdict;
            }
        }

        throw new OperationListException(file, value.Line, $"verdict '{value.Text}' is not known; accepted: {string.Join(", ", Verdicts.Select(NameOf))}");
    }

    /// <summary>The verdict as a header spells it; <c>none</c> for a clean one.</summary>
    public static string NameOf(Verdict verdict) => verdict == Verdict.Clean ? "none" : verdict.ToString().ToLowerInvariant();

    private static HistorySide Side(string file, (int Line, string Text) value)
    {
        HistorySide? side = null;
        foreach (string word in value.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                if (side is null && word.StartsWith("design=", StringComparison.Ordinal))
                {
                    side = new HistorySide(HistoryDesigns.All.Named(word["design=".Length..]), KernelSwitch.None);
                    continue;
                }

                if (side is not null && word.StartsWith("switch=", StringComparison.Ordinal))
                {
                    side = side with { Switches = side.Switches | KernelSwitches.Named(word["switch=".Length..]) };
                    continue;
                }
            }
            catch (ArgumentException e)
            {
                throw new OperationListException(file, value.Line, e.Message);
            }

            throw new OperationListException(file, value.Line, $"'{word}' is not part of a side; accepted: design=NAME, then switch=NAME as often as needed");
        }

        return side ?? throw new OperationListException(file, value.Line, "an empty side; accepted: design=NAME, then switch=NAME as often as needed");
    }
}
