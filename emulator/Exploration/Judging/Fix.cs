using Stress.Emulator.Designs.History;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.History;

namespace Stress.Emulator.Exploration.Judging;

/// <summary>A fix of the emulated kernel, as a file declares it: lines <c>KEY: VALUE</c>, each key once, <c>#</c> begins a comment (docs/judge.md).</summary>
/// <param name="Name">The file's name without extension.</param>
/// <param name="Side">The kernel with the fix.</param>
/// <param name="Expected">The verdict that the file expects; <see cref="FixVerdict.Ends"/> where it says nothing.</param>
public sealed record Fix(string Name, HistorySide Side, FixVerdict Expected)
{
    private const string Yes = "yes", No = "no", None = "none", All = "all";

    private static readonly string[] Hooks = ["before-detach", "at-detach", "at-inet-address-delete", "at-last-inet-address", "at-last-inet6-address"];

    private static readonly string[] Flags =
        ["holds", "releases", "waits", "asks-addressed-families", "validates-routes", "invalidates-routes", "checks-generation", "waits-for-readers", "family-data-waits-for-readers"];

    /// <summary>The keys that a file may have.</summary>
    public static IReadOnlyList<string> Keys { get; } = ["design", "switches", "expect", .. Hooks, .. Flags, "stores-index"];

    /// <summary>Parses a file.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="file">The name for error messages.</param>
    /// <param name="name">The fix's name.</param>
    /// <exception cref="OperationListException">A wrong line; the message names file and line and says what is accepted.</exception>
    public static Fix Parse(string text, string file, string name)
    {
        var values = new SortedDictionary<string, (int Line, string Text)>(StringComparer.Ordinal);
        string[] lines = text.Split('\n');
        for (int n = 0; n < lines.Length; n++)
        {
            string line = lines[n].Split(" #", 2)[0].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string key = colon < 0 ? line : line[..colon].Trim();
            if (colon < 0 || !Keys.Contains(key))
            {
                throw new OperationListException(file, n + 1, $"'{key}' is not a key of a fix{NearestWord.Hint(key, Keys)}; accepted: KEY: VALUE with KEY one of {string.Join(", ", Keys)}");
            }

            if (!values.TryAdd(key, (n + 1, line[(colon + 1)..].Trim())))
            {
                throw new OperationListException(file, n + 1, $"'{key}' stands on line {values[key].Line} already; accepted: each key once");
            }
        }

        return new FixReader(file, values).Read(name, lines.Length);
    }

    private sealed class FixReader(string file, SortedDictionary<string, (int Line, string Text)> values)
    {
        public Fix Read(string name, int last)
        {
            if (!values.TryGetValue("design", out (int Line, string Text) named))
            {
                throw new OperationListException(file, last, $"the file ends without 'design'; accepted: design: NAME with NAME one of {HistoryDesigns.All.Names}");
            }

            TeardownDesign design = Known(named.Line, () => HistoryDesigns.All.Named(named.Text));
            KernelSwitch switches = KernelSwitch.None;
            if (values.TryGetValue("switches", out (int Line, string Text) words))
            {
                switches = Words(words.Text).Aggregate(KernelSwitch.None, (sum, word) => sum | Known(words.Line, () => KernelSwitches.Named(word)));
            }

            bool changes = values.Keys.Any(key => key is not ("design" or "switches" or "expect"));
            return new Fix(name, new HistorySide(changes ? new DeclaredDesign(name, design, Changes()) : design, switches), Expected());
        }

        private DesignChanges Changes() => new()
        {
            BeforeDetach = Steps(Hooks[0]),
            AtDetach = Steps(Hooks[1]),
            AtInetAddressDelete = Steps(Hooks[2]),
            AtLastInetAddress = Steps(Hooks[3]),
            AtLastInet6Address = Steps(Hooks[4]),
            Holds = Flag(Flags[0]),
            Releases = Flag(Flags[1]),
            Waits = Flag(Flags[2]),
            AsksAddressedFamilies = Flag(Flags[3]),
            ValidatesRoutes = Flag(Flags[4]),
            InvalidatesRoutes = Flag(Flags[5]),
            ChecksGeneration = Flag(Flags[6]),
            WaitsForReaders = Flag(Flags[7]),
            FamilyDataWaitsForReaders = Flag(Flags[8]),
            StoresIndex = Index(),
        };

        private IReadOnlyList<DesignStep>? Steps(string key) => !values.TryGetValue(key, out (int Line, string Text) value) ? null
            : value.Text == None ? []
            : [.. Words(value.Text).Select(word => DesignStep.All.FirstOrDefault(step => step.Name == word)
                ?? throw Wrong(value.Line, $"'{word}' is not a step{NearestWord.Hint(word, DesignStep.All.Select(s => s.Name))}; accepted: {None}, or in their order {string.Join(", ", DesignStep.All.Select(s => s.Name))}"))];

        private bool? Flag(string key) => !values.TryGetValue(key, out (int Line, string Text) value) ? null
            : value.Text is Yes or No ? value.Text == Yes
            : throw Wrong(value.Line, $"'{key}: {value.Text}'; accepted: {key}: {Yes} or {key}: {No}");

        private IReadOnlyList<HolderKind>? Index()
        {
            if (!values.TryGetValue("stores-index", out (int Line, string Text) value))
            {
                return null;
            }

            return value.Text switch
            {
                None => [],
                All => [.. Holders.All.Select(h => h.Kind)],
                _ => [.. Words(value.Text).Select(word => Holders.Named(word) is not HolderKind.None and var kind ? kind
                    : throw Wrong(value.Line, $"'{word}' is not a holder; accepted: {All}, {None}, or of {string.Join(", ", Holders.All.Select(h => h.Name))}"))],
            };
        }

        private FixVerdict Expected() => !values.TryGetValue("expect", out (int Line, string Text) value) ? FixVerdict.Ends
            : FixVerdictNames.Named(value.Text) ?? throw Wrong(value.Line, $"'{value.Text}' is not a verdict; accepted: {string.Join(", ", FixVerdictNames.All)}");

        private T Known<T>(int line, Func<T> named)
        {
            try
            {
                return named();
            }
            catch (ArgumentException e)
            {
                throw Wrong(line, e.Message);
            }
        }

        private OperationListException Wrong(int line, string problem) => new(file, line, problem);

        private static string[] Words(string text) => text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
    }
}
