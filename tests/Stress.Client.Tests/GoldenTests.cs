using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Exploration;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.NetBsd;
using Stress.Observability;
using Stress.Scenarios;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>
/// What the model gives, pinned to the byte in <c>tests/golden</c>: a change of structure leaves every file as it is, a change of behaviour writes the files
/// again (<c>tests/golden/write</c>) in the commit that says why.
/// </summary>
public sealed partial class GoldenTests
{
    /// <summary>Set to 1: the files are written, and nothing is compared.</summary>
    private const string WriteVariable = "STRESS_WRITE_GOLDEN";

    private static readonly ulong[] Seeds = [1, 2, 2005];

    public static TheoryData<string> Scenarios =>
        [.. Directory.EnumerateFiles(Repository.At("scenarios"), "*.yaml").Where(f => !ScenarioLoader.Load(f).IsReal).Order(StringComparer.Ordinal).Select(f => Path.GetFileNameWithoutExtension(f))];

    public static TheoryData<string> Worlds =>
        [.. Directory.EnumerateFiles(Repository.At("scenarios", "explore"), "*.yaml").Order(StringComparer.Ordinal).Select(f => Path.GetFileNameWithoutExtension(f))];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void A_scenario_gives_the_same_digests_and_counters_under_every_design(string name)
    {
        const uint Sites = 2;
        const int Windows = 12;
        SiteOptions shipped = ScenarioLoader.Load(Repository.At("scenarios", name + ".yaml")).Site;
        var text = new StringBuilder();
        foreach (ulong seed in Seeds)
        {
            string[] designs = [shipped.Design, .. TeardownDesigns.All.Select(d => d.Name).Where(d => d != shipped.Design)];
            foreach (string design in designs)
            {
                for (uint number = 0; number < Sites; number++)
                {
                    Site site = Site.Create(shipped with { Seed = seed, Design = design }, number);
                    for (int window = 0; window < Windows; window++)
                    {
                        site.RunWindow();
                    }

                    Write(text, $"seed {seed} {design} site {number}", site.Tally, stories: design == shipped.Design && number == 0);
                }
            }
        }

        Pin($"sites/{name}.txt", text);
    }

    [Fact]
    public void Every_list_of_operations_gets_the_same_answers_from_every_stack()
    {
        string[] spelled = ["pppd", "membership-crash", "in6-selecthlim-crash", "rnd001"];
        var text = new StringBuilder();
        var answers = new StringBuilder();
        foreach (string file in Lists())
        {
            string name = Path.GetFileNameWithoutExtension(file);
            OperationFile list = OperationFile.Parse(File.ReadAllText(file), file);
            foreach (string stack in StackCatalog.Names)
            {
                var all = new StringBuilder();
                foreach (string design in StackCatalog.DesignsOf(stack))
                {
                    string answer = Answers(new OperationRunner(StackCatalog.Create(stack, design, list.Conditions)).Run(list.Operations));
                    all.Append(design).Append('\n').Append(answer);
                    if (spelled.Contains(name) && design == StackCatalog.DesignsOf(stack)[0])
                    {
                        answers.Append($"{name} {stack} {design}\n{answer}\n");
                    }
                }

                text.Append($"{Hash(all.ToString())} {Path.GetRelativePath(Repository.Root, file)} {stack}\n");
            }
        }

        Pin("exec.txt", text);
        Pin("exec-answers.txt", answers);
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void A_world_has_the_same_states_and_findings_under_every_design(string name)
    {
        World world = WorldLoader.Load(Repository.At("scenarios", "explore", name + ".yaml"));
        var text = new StringBuilder();
        foreach (TeardownDesign design in TeardownDesigns.All)
        {
            Explore(text, world, design, new ExplorationLimits(Preemptions: 0));
        }

        Explore(text, world, TeardownDesigns.All[0], new ExplorationLimits(Depth: name == "pair" ? 12 : 40, Preemptions: 1));
        Pin($"explore/{name}.txt", text);
    }

    [Fact]
    public async Task History_and_compare_give_the_same_table()
    {
        using var history = new Screen();
        string file = Path.Combine(history.Folder, "history.json");
        Assert.Equal(ExitCodes.Ok, await history.Run("history", "--folder", Repository.At("scenarios", "history"), "--json", file));
        Pin("history.txt", Lines(JsonDocument.Parse(File.ReadAllText(file)).RootElement));

        using var compare = new Screen();
        string json = Path.Combine(compare.Folder, "compare.json");
        await compare.Run(
            "compare", Repository.At("scenarios", "troxel-2005.yaml"), "--designs", "all", "--pairs=2", "--hours=2", $"--out={compare.Folder}/runs", "--json", json, "--no-progress");
        JsonElement root = JsonDocument.Parse(File.ReadAllText(json)).RootElement;
        Pin("compare.txt", Lines(root.GetProperty("designs")).Append(Lines(root.GetProperty("tests"))));
    }

    [Fact]
    public void A_site_tells_the_same_story_step_by_step_and_puts_the_same_frames_on_the_line()
    {
        var text = new StringBuilder();
        foreach (string name in (string[])["troxel-2005", "multi-line", "control-demand"])
        {
            Site site = Site.Create(ScenarioLoader.Load(Repository.At("scenarios", name + ".yaml")).Site, 0);
            var told = new Told();
            site.Trace = told;
            for (int window = 0; window < 6; window++)
            {
                site.RunWindow();
            }

            text.Append($"{name}: {told.Count} steps {told.Steps.GetCurrentHashAsUInt64():x16}, {told.FrameCount} frames {told.Frames.GetCurrentHashAsUInt64():x16}, digest {site.Digest:x16}\n");
            text.Append(told.First);
        }

        Pin("story.txt", text);
    }

    [Fact]
    public async Task A_crash_of_a_run_is_minimised_to_the_same_list_and_replayed_to_the_same_pointers_life()
    {
        using var run = new Screen();
        await run.Run("run", Repository.At("scenarios", "troxel-2005.yaml"), "--pairs=24", "--hours=3", "--seed=3", $"--out={run.Folder}", "--no-progress");
        string folder = Directory.GetDirectories(run.Folder).Single();
        var text = new StringBuilder();
        foreach (CrashRecord crash in new RunFolder(folder).ReadCrashes())
        {
            text.Append($"{crash.Id} {crash.Role} {crash.Count} site {crash.Site} event {crash.Event} at {crash.At}: {crash.Title}\n");
            using var screen = new Screen();
            string ops = Path.Combine(screen.Folder, "x.ops");
            Assert.Equal(ExitCodes.Ok, await screen.Run("minimise", folder, crash.Id, $"--ops={ops}"));
            foreach (string line in File.ReadLines(ops).Where(l => !l.StartsWith('#')))
            {
                text.Append($"  {line}\n");
            }

            using var replay = new Screen();
            Assert.Equal(ExitCodes.Ok, await replay.Run("replay", folder, crash.Id));
            foreach (string line in replay.Out.Split("stack, innermost first")[1].Split('\n'))
            {
                text.Append($"  {line.TrimEnd()}\n");
            }
        }

        Pin("minimise.txt", text);
    }

    [Fact]
    public async Task The_flagship_run_has_the_digest_that_README_prints()
    {
        using var run = new Screen();
        await run.Run("run", Repository.At("scenarios", "troxel-2005.yaml"), $"--out={run.Folder}", "--no-progress");
        string digest = run.Out.Split('\n').Single(l => l.StartsWith("digest ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.Contains(digest, File.ReadAllText(Repository.At("README.md")), StringComparison.Ordinal);
        Pin("flagship.txt", new StringBuilder($"{digest}\n"));

        // The pictures of the same run that README and the docs show.
        string pictures = Path.Combine(run.Folder, "pictures");
        await run.Run("report", Directory.GetDirectories(run.Folder).Single(), "--pictures", pictures);
        string[] shown = ["crash.svg", "first-crash.svg", "rates.svg"];
        Assert.Equal(shown, Directory.GetFiles(pictures).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (string picture in shown)
        {
            string drawn = File.ReadAllText(Path.Combine(pictures, picture));
            XDocument.Parse(drawn);
            Assert.True(drawn.Length < 100_000, $"{picture}: {drawn.Length} characters; a picture of the docs is small");
            Pin(Path.Combine("..", "..", "docs", "pictures", picture), new StringBuilder(drawn));
        }
    }

    // A run's cells stand in its own golden file, under the design that it ships with.
    [Fact]
    public void The_shipped_scenarios_together_reach_two_fifths_of_the_cells_that_the_kernel_has()
    {
        var reached = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        void Reach(string cell, string by) => (reached.TryGetValue(cell, out SortedSet<string>? files) ? files : reached[cell] = new(StringComparer.Ordinal)).Add(by);
        foreach (string file in Directory.EnumerateFiles(Repository.At("tests", "golden", "sites")))
        {
            string name = Path.GetFileNameWithoutExtension(file), design = ScenarioLoader.Load(Repository.At("scenarios", name + ".yaml")).Site.Design, under = "";
            foreach (string line in File.ReadLines(file))
            {
                under = line.StartsWith("seed ", StringComparison.Ordinal) ? line.Split(' ')[2] : under;
                foreach (Match use in under == design && line.StartsWith("  probes ", StringComparison.Ordinal) ? Use().Matches(line) : (IEnumerable<Match>)[])
                {
                    Reach($"use {use.Groups[1].Value}: stale {use.Groups[2].Value}", "runs");
                }
            }
        }

        foreach (string file in Lists().Where(file => !file.Contains("recorded", StringComparison.Ordinal)))
        {
            OperationFile list = OperationFile.Parse(File.ReadAllText(file), file);
            foreach (string stack in (string[])["netbsd-2005", "netbsd-4.0.1"])
            {
                var kernel = (NetBsd2005Stack)StackCatalog.Create(stack, StackCatalog.DesignsOf(stack)[0], list.Conditions);
                _ = new OperationRunner(kernel).Run(list.Operations);
                for (int i = 0; i < kernel.Cells.Count; i++)
                {
                    CoverageCell cell = kernel.Cells[i];
                    Reach(Coverage.Name(cell.Holder, cell.Order, cell.Site, alias: false), Path.GetFileName(file));
                }
            }
        }

        string[] possible =
        [
            .. from use in Coverage.Uses
               from order in Coverage.IsRecord(use.Holder) ? [TeardownOrder.DuringDetach] : Coverage.Orders
               select Coverage.Name(use.Holder, order, use.Site, alias: false),
        ];
        string[] cells = [.. possible.Where(reached.ContainsKey).Order(StringComparer.Ordinal)];
        string sum = $"{cells.Length} of {possible.Length}";
        var text = new StringBuilder();
        text.AppendJoin('\n', cells.Select(cell => $"{cell}: {string.Join(", ", reached[cell])}")).Append($"\n{sum}\n");
        text.AppendJoin('\n', possible.Except(cells).Order(StringComparer.Ordinal).Select(cell => $"never {cell}")).Append('\n');
        Pin("coverage.txt", text);

        Assert.True(cells.Length >= 40, sum);
        Assert.Contains(sum, File.ReadAllText(Repository.At("docs", "coverage.md")), StringComparison.Ordinal);
    }

    // A row a list, a column a design. No design that stores an index with a generation follows it to another interface; what else a design leaves, the file says.
    [Fact]
    public void Each_shipped_list_ends_under_each_design_as_the_table_says()
    {
        var text = new StringBuilder($"list {string.Join(' ', TeardownDesigns.All.Select(design => design.Name))}\n");
        foreach (string file in Lists().Where(file => file.StartsWith(Repository.At("scenarios", "ops"), StringComparison.Ordinal)))
        {
            OperationFile list = OperationFile.Parse(File.ReadAllText(file), file);
            text.Append(Path.GetFileNameWithoutExtension(file));
            foreach (TeardownDesign design in TeardownDesigns.All)
            {
                var kernel = (NetBsd2005Stack)StackCatalog.Create("netbsd-2005", design.Name, list.Conditions);
                StackOracle oracle = new OperationRunner(kernel).Run(list.Operations).Stack.Oracle;
                text.Append(oracle.IsClean ? " clean" : oracle.HasDied ? " dead" : oracle.Accesses.All(access => access.Kind == BadAccessKind.Alias) ? " alias" : " used");
                Assert.True(design.Name != "index-generation" || Enumerable.Range(0, kernel.Cells.Count).All(i => Coverage.IsRecord(kernel.Cells[i].Holder)), $"{file} {design.Name}");
            }

            text.Append('\n');
        }

        Pin("designs.txt", text);
    }

    private static IEnumerable<string> Lists() =>
        from folder in (string[])[Repository.At("tests", "recorded"), Repository.At("scenarios", "ops"), Repository.At("scenarios", "history")]
        from file in Directory.EnumerateFiles(folder, "*.ops", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        select file;

    private static string Answers(OperationRun run)
    {
        var text = new StringBuilder();
        foreach (StepResult step in run.Steps)
        {
            text.Append(step).Append('\n');
        }

        text.Append(run.End).Append('\n').Append($"verdict: {run.Stack.Oracle.Verdict}\n");
        foreach (BadAccess access in run.Stack.Oracle.Accesses)
        {
            text.Append($"  step {access.Step}, {access.Function}: {access.Story}\n");
        }

        return text.ToString();
    }

    private static void Explore(StringBuilder text, World world, TeardownDesign design, ExplorationLimits limits)
    {
        var explorer = new Explorer(world, design, limits);
        explorer.Run(() => false);
        text.Append($"{design.Name} depth {limits.Depth} preemptions {limits.Preemptions}: {explorer.States} states, {explorer.Transitions} transitions, {explorer.Images} images, ")
            .Append($"{explorer.Executed} executed, {explorer.StatesAsleep} asleep, depth {explorer.DepthReached}\n");
        foreach (Counterexample found in explorer.Found())
        {
            text.Append($"  {found.Finding.Kind} {found.Router}: {found.Finding.Title}: {string.Join("; ", found.Schedule.Select(s => $"{s.Router} {s.Actor} {s.Step} {s.Answer}"))}\n");
        }
    }

    private static void Write(StringBuilder text, string head, SiteTally t, bool stories)
    {
        NodeCounters c = t.Counters;
        text.Append($"{head}: {t.Digest:x16} events {t.Counters.OfSite().Events} frames {t.Counters.OfSite().Frames} first crash {t.FirstCrash.Microseconds}\n");
        text.Append($"  disconnects {Join(c.By(n => n.Disconnects))} panics {Join(c.By(n => n.Panics))} redials {Join(c.By(n => n.Redials))} aliases {Join(c.By(n => n.Aliases))} slots {Join(c.By(n => n.LeakedSlots))} prices {Prices(c[0])} {Prices(c[1])}\n");
        text.Append($"  probes {string.Join(", ", t.Probes.Select(p => $"{p.Key} {p.Value}"))}\n");
        foreach (StaleTally stale in t.Stale)
        {
            text.Append($"  stale {stale.Holder} {Label(stale.Role)}: {stale.Created} {stale.Healed} {stale.Live}\n");
        }

        foreach (CrashTally crash in t.Crashes)
        {
            text.Append($"  crash {crash.Title} {Label(crash.Role)}: {crash.Count} first {crash.First.Microseconds} event {crash.FirstEvent}\n");
            if (stories)
            {
                text.Append($"    {string.Join(" < ", crash.Stack)}\n");
                foreach (string line in crash.Story)
                {
                    text.Append($"    {line}\n");
                }
            }
        }
    }

    // Sixteen places a role, of which the last seven were never used.
    private static string Prices(Counters c) => Join(
        [c.Uses, c.PointerChecks, c.References, c.TableLookups, c.PcbsWalked, c.MembershipsPurged, c.RoutesInvalidated, c.DetachWaits, c.DetachesPending, 0, 0, 0, 0, 0, 0, 0]);

    // The golden files spell a pair's labels as C# once did.
    private static string Label(Role role) => role == Role.Called ? "Called" : "Calling";

    private static string Join(long[] values) => string.Join(' ', values);

    // One element a line, without what names a place or a moment.
    private static StringBuilder Lines(JsonElement array)
    {
        var text = new StringBuilder();
        foreach (JsonElement element in array.EnumerateArray())
        {
            foreach (JsonProperty property in element.EnumerateObject())
            {
                if (property.Name is not ("command" or "file" or "wallSeconds" or "summary"))
                {
                    text.Append($"{property.Name}={JsonSerializer.Serialize(property.Value)} ");
                }
            }

            text.Append('\n');
        }

        return text;
    }

    [GeneratedRegex(@"\buse (\S+): (?:stale|alias) ([^()]+ \([^)]+\)) ")]
    private static partial Regex Use();

    private static string Hash(string text) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text)).ToString("x16");

    private static void Pin(string file, StringBuilder text)
    {
        string path = Repository.At(["tests", "golden", .. file.Split('/')]);
        string actual = text.ToString();
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }

        Assert.True(File.Exists(path), $"tests/golden/{file}: is missing; tests/golden/write makes it");
        string[] expected = File.ReadAllText(path).Split('\n'), got = actual.Split('\n');
        for (int i = 0; i < Math.Max(expected.Length, got.Length); i++)
        {
            string? was = i < expected.Length ? expected[i] : null, now = i < got.Length ? got[i] : null;
            Assert.True(was == now, $"tests/golden/{file}:{i + 1}: was\n  {was}\nand is\n  {now}");
        }
    }

    private sealed class Told : ISiteTrace
    {
        private const int Spelled = 150;

        public XxHash3 Steps { get; } = new();

        public XxHash3 Frames { get; } = new();

        public StringBuilder First { get; } = new();

        public int Count { get; private set; }

        public int FrameCount { get; private set; }

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage = PointerStage.None) =>
            Add($"{number} {at} {router} {source} {text} {stage}\n");

        public void Pointer(in PointerEvent e) =>
            Add($"{e.Number} {e.At} {e.Router} pointer {e.Stage} {e.Generation} {e.Address:x8} {e.Holder} {e.Unit} {e.By}\n");

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
        {
            FrameCount++;
            Frames.Append(Encoding.UTF8.GetBytes($"{at} {link} {Label((Role)from)}"));
            Frames.Append(frame);
        }

        private void Add(string line)
        {
            Steps.Append(Encoding.UTF8.GetBytes(line));
            if (Count++ < Spelled)
            {
                First.Append("  ").Append(line);
            }
        }
    }
}
