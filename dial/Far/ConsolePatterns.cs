using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Stress.Dial.Far;

/// <summary>
/// A table of what a system's console prints when something is wrong: sentences that begin a report, frames, registers, the marks of a trap, functions that are
/// never to blame. The systems' own tables are <c>Systems/*.patterns</c>; a user's file has the same form (docs/dial.md). Patterns are .NET regular
/// expressions without look-around and back references, so that no line takes more than linear time. Immutable.
/// </summary>
public sealed class ConsolePatterns
{
    private const int MaxFileBytes = 1 << 20;
    private const string Function = @"\.?(?<function>[A-Za-z_][\w.$]*)";
    private static readonly string[] Directives =
        ["banner", "tells", "cause", "ignore", "register", "frame", "mark", "section", "object", "holds", "task", "end", "entry", "machinery", "helper"];

    // A table takes a tenth of a second and more to make: only those that are asked for are.
    private static readonly (FarSystem System, Lazy<ConsolePatterns> Table)[] BuiltInTables =
    [
        BuiltInLater("linux", FarSystem.Linux),
        BuiltInLater("freebsd", FarSystem.FreeBsd),
        BuiltInLater("netbsd", FarSystem.NetBsd),
        BuiltInLater("openbsd", FarSystem.OpenBsd),
        BuiltInLater("dragonfly", FarSystem.DragonFly),
        BuiltInLater("illumos", FarSystem.Illumos),
        BuiltInLater("bsd", FarSystem.Unknown),
    ];

    private readonly List<(string Prefix, string Suffix, FunctionRole Role)> _globs = [];
    private readonly Dictionary<string, FunctionRole> _roles = new(StringComparer.Ordinal);

    private ConsolePatterns(FarSystem system) => System = system;

    /// <summary>The built-in tables, in the order in which an unknown console is compared with them.</summary>
    public static IReadOnlyList<ConsolePatterns> BuiltIn => [.. BuiltInTables.Select(table => table.Table.Value)];

    /// <summary>Whose table it is; <see cref="FarSystem.Unknown"/> for sentences that several share, and for a user's.</summary>
    public FarSystem System { get; }

    internal List<Regex> Banners { get; } = [];

    internal List<Regex> Tells { get; } = [];

    internal List<CausePattern> Causes { get; } = [];

    internal List<Regex> Ignored { get; } = [];

    internal List<Regex> Registers { get; } = [];

    internal List<Regex> Frames { get; } = [];

    internal List<Regex> Marks { get; } = [];

    internal List<(SectionRole Role, Regex Pattern)> Sections { get; } = [];

    internal List<Regex> Objects { get; } = [];

    internal List<Regex> Holds { get; } = [];

    internal List<Regex> Tasks { get; } = [];

    internal List<Regex> Ends { get; } = [];

    /// <summary>Reads a file of patterns.</summary>
    /// <param name="path">Where it is.</param>
    /// <exception cref="FormatException">It cannot be read, or a line of it is wrong: the message names file, line, field and what is accepted.</exception>
    public static ConsolePatterns Load(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            if (length > MaxFileBytes)
            {
                throw new FormatException($"{path}: {length} bytes: accepted are at most {MaxFileBytes}");
            }

            return Parse(File.ReadAllText(path), path, FarSystem.Unknown);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{path}: {e.Message}");
        }
    }

    /// <summary>Reads the text of a file of patterns.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">Its name in errors.</param>
    /// <param name="system">Whose table it is.</param>
    /// <exception cref="FormatException">A line is wrong.</exception>
    public static ConsolePatterns Parse(string text, string name, FarSystem system = FarSystem.Unknown)
    {
        var table = new ConsolePatterns(system);
        int number = 0;
        bool any = false;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.TrimEnd();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            try
            {
                table.Add(line);
                any = true;
            }
            catch (FormatException e)
            {
                throw new FormatException($"{name}:{number}: {e.Message}");
            }
        }

        return any ? table : throw new FormatException($"{name}: no pattern in it: accepted are lines that begin with {string.Join(", ", Directives)}");
    }

    internal FunctionRole RoleOf(string function)
    {
        if (_roles.TryGetValue(function, out FunctionRole role))
        {
            return role;
        }

        foreach ((string prefix, string suffix, FunctionRole of) in _globs)
        {
            if (function.Length >= prefix.Length + suffix.Length
                && function.StartsWith(prefix, StringComparison.Ordinal)
                && function.EndsWith(suffix, StringComparison.Ordinal))
            {
                return of;
            }
        }

        return FunctionRole.Ordinary;
    }

    /// <summary>The built-in tables for the console of one system.</summary>
    /// <param name="system">The system.</param>
    internal static IReadOnlyList<ConsolePatterns> BuiltInOf(FarSystem system) =>
        [.. BuiltInTables.Where(table => table.System == system || (table.System == FarSystem.Unknown && system is not (FarSystem.Linux or FarSystem.Illumos))).Select(table => table.Table.Value)];

    private static (FarSystem System, Lazy<ConsolePatterns> Table) BuiltInLater(string name, FarSystem system) => (system, new(() => BuiltInTable(name, system)));

    private static ConsolePatterns BuiltInTable(string name, FarSystem system)
    {
        string resource = $"{name}.patterns";
        using Stream stream = typeof(ConsolePatterns).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"resource {resource} is not in the assembly");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return Parse(reader.ReadToEnd(), resource, system);
    }

    private void Add(string line)
    {
        (string directive, string rest) = Word(line);
        switch (directive)
        {
            case "banner":
                Banners.Add(Pattern(rest));
                break;
            case "tells":
                Tells.Add(Pattern(rest));
                break;
            case "cause":
                AddCause(rest);
                break;
            case "ignore":
                Ignored.Add(Pattern(rest));
                break;
            case "register":
                Registers.Add(Pattern(rest, "function"));
                break;
            case "frame":
                Frames.Add(Pattern(rest, "function"));
                break;
            case "mark":
                Marks.Add(Pattern(rest));
                break;
            case "section":
                (string role, string pattern) = Word(rest);
                Sections.Add((RoleNamed(role), Pattern(pattern)));
                break;
            case "object":
                Objects.Add(Pattern(rest));
                break;
            case "holds":
                Holds.Add(Pattern(rest, "text"));
                break;
            case "task":
                Tasks.Add(Pattern(rest, "task"));
                break;
            case "end":
                Ends.Add(Pattern(rest));
                break;
            case "entry":
                Names(rest, FunctionRole.Entry);
                break;
            case "machinery":
                Names(rest, FunctionRole.Machinery);
                break;
            case "helper":
                Names(rest, FunctionRole.Helper);
                break;
            default:
                throw new FormatException($"'{directive}': accepted are {string.Join(", ", Directives)}");
        }
    }

    // cause KIND[,OPTION...] "TITLE" PATTERN
    private void AddCause(string rest)
    {
        (string kindAndOptions, rest) = Word(rest);
        string[] words = kindAndOptions.Split(',');
        if (!Enum.TryParse(words[0], ignoreCase: true, out FarKind kind) || char.IsDigit(words[0][0]) || words[0] != words[0].ToLowerInvariant())
        {
            throw new FormatException($"cause: kind '{words[0]}': accepted are {string.Join(", ", Enum.GetNames<FarKind>().Select(n => n.ToLowerInvariant()))}");
        }

        int rank = CausePattern.Plain;
        bool once = false, joins = false, adds = false;
        foreach (string option in words.Skip(1))
        {
            switch (option)
            {
                case "weak":
                    rank = CausePattern.Weak;
                    break;
                case "vague":
                    rank = CausePattern.Vague;
                    break;
                case "once":
                    once = true;
                    break;
                case "joins":
                    joins = true;
                    break;
                case "adds":
                    adds = true;
                    break;
                default:
                    throw new FormatException($"cause: option '{option}': accepted are weak, vague, once, joins, adds");
            }
        }

        if (rest.Length < 2 || rest[0] != '"' || rest.IndexOf('"', 1) is var quote && quote < 0)
        {
            throw new FormatException("cause: the title is missing: accepted is cause KIND \"TITLE\" PATTERN");
        }

        string title = rest[1..quote];
        Regex pattern = Pattern(rest[(quote + 1)..].TrimStart());
        foreach (Match name in Regex.Matches(title, @"\$=?(\w+)"))
        {
            if (!pattern.GetGroupNames().Contains(name.Groups[1].Value, StringComparer.Ordinal))
            {
                throw new FormatException($"cause: title names ${name.Groups[1].Value}: accepted are the groups of its pattern ({string.Join(", ", pattern.GetGroupNames())})");
            }
        }

        if (once && !pattern.GetGroupNames().Contains("key", StringComparer.Ordinal))
        {
            throw new FormatException("cause: option 'once' needs a group (?<key>...) in the pattern that says once of what");
        }

        Causes.Add(new CausePattern(kind, title, pattern, rank, once, joins, adds));
    }

    private static (string First, string Remainder) Word(string line)
    {
        int blank = line.IndexOf(' ', StringComparison.Ordinal);
        return blank < 0 ? (line, "") : (line[..blank], line[blank..].TrimStart());
    }

    private static SectionRole RoleNamed(string role) => role switch
    {
        "stack" => SectionRole.Stack,
        "access" => SectionRole.Access,
        "allocated" => SectionRole.Allocated,
        "freed" => SectionRole.Freed,
        "related" => SectionRole.Related,
        "holder" => SectionRole.Holder,
        "other" => SectionRole.Other,
        _ => throw new FormatException($"section '{role}': accepted are stack, access, allocated, freed, related, holder, other"),
    };

    private static Regex Pattern(string pattern, string? group = null)
    {
        if (pattern.Length == 0)
        {
            throw new FormatException("the pattern is missing: accepted is a regular expression to the end of the line");
        }

        Regex regex;
        try
        {
            regex = new Regex(
                pattern.Replace("{function}", Function, StringComparison.Ordinal), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new FormatException($"pattern '{pattern}': {e.Message} Accepted is a .NET regular expression without look-around and back references");
        }

        return group is null || regex.GetGroupNames().Contains(group, StringComparer.Ordinal)
            ? regex
            : throw new FormatException($"pattern '{pattern}' has no group '{group}': accepted is one with {(group == "function" ? "{function} or " : "")}(?<{group}>...)");
    }

    private void Names(string rest, FunctionRole role)
    {
        string[] names = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0)
        {
            throw new FormatException("no function is named: accepted are names with at most one * each");
        }

        foreach (string name in names)
        {
            int star = name.IndexOf('*', StringComparison.Ordinal);
            if (name.LastIndexOf('*') != star || name == "*" || name.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '_' or '*' or '$')))
            {
                throw new FormatException($"function '{name}': accepted are names with at most one *, and letters beside it");
            }

            if (star < 0)
            {
                _roles[name] = role;
            }
            else
            {
                _globs.Add((name[..star], name[(star + 1)..], role));
            }
        }
    }
}

/// <summary>What a function's name says about its role in a stack.</summary>
internal enum FunctionRole
{
    /// <summary>May be to blame.</summary>
    Ordinary,

    /// <summary>Copies, locks, counts or links what its caller passed: the caller is to blame.</summary>
    Helper,

    /// <summary>Stands between the trouble and its report.</summary>
    Machinery,

    /// <summary>A trap's entry: what is below it has trapped.</summary>
    Entry,
}

/// <summary>Whose frames follow a heading.</summary>
internal enum SectionRole
{
    Stack,
    Access,
    Allocated,
    Freed,
    Related,
    Holder,
    Other,
}

/// <summary>A sentence that begins a report.</summary>
/// <param name="Kind">Of what kind.</param>
/// <param name="Title">The cause; <c>$name</c> stands for a group of the pattern without its addresses and numbers, <c>$=name</c> for the group as printed.</param>
/// <param name="Pattern">The sentence. A group <c>function</c> is the function to blame, <c>key</c> what is told once a boot.</param>
/// <param name="Rank">A sentence of a higher rank in the same report gives the title.</param>
/// <param name="Once">Is one report a boot and key, however often it is repeated.</param>
/// <param name="Joins">Is the consequence of what was reported before it, where there is such a report.</param>
/// <param name="Adds">Belongs to a report of its kind where one has begun.</param>
internal sealed record CausePattern(FarKind Kind, string Title, Regex Pattern, int Rank, bool Once, bool Joins, bool Adds)
{
    public const int Weak = 0, Vague = 1, Plain = 2;

    public string Expand(Match match, Func<string, string> plain)
    {
        var text = new StringBuilder(Title);
        foreach (Group group in match.Groups.Values.OrderByDescending(g => g.Name.Length))
        {
            text.Replace(string.Create(CultureInfo.InvariantCulture, $"$={group.Name}"), group.Value);
            text.Replace(string.Create(CultureInfo.InvariantCulture, $"${group.Name}"), plain(group.Value));
        }

        return text.ToString();
    }
}
