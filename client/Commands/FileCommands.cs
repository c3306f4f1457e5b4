using System.CommandLine;
using System.Text.RegularExpressions;
using Stress.Client.Launching;
using Stress.Emulator.Stacks;
using Stress.Guests;
using Stress.Scenarios;

namespace Stress.Client.Commands;

/// <summary><c>stress new</c>, <c>list</c>, <c>check</c> and <c>schema</c>: for authors of scenarios and small worlds.</summary>
public static partial class FileCommands
{
    private const string Folder = "scenarios", WorldFolder = "explore", ListFolder = "ops", ListExtension = ".ops", Extension = ".yaml", Usual = "troxel-2005";
    private const string ScenarioSchema = "scenario.schema.json", WorldSchema = "world.schema.json";

    /// <summary><c>stress new FILE [--from NAME]</c>: a file to start from, a copy of a shipped one. It never overwrites a file.</summary>
    public static Command New(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The file to write, for example mine.yaml; - is standard output." };
        var from = new Option<string>("--from") { Description = "A scenario or small world that stress list names.", DefaultValueFactory = _ => Usual };
        var command = new Command("new", "Write your own scenario, as a copy of a shipped one.") { file, from };
        command.SetAction(line => WriteNew(terminal, line.GetValue(file)!, line.GetValue(from)!));
        return command;
    }

    /// <summary><c>stress list</c>: the shipped scenarios, small worlds and operation lists, each with a sentence.</summary>
    public static Command List(Terminal terminal)
    {
        var command = new Command("list", "List the shipped scenarios, small worlds and operation lists, each with what it shows.");
        command.SetAction(_ => WriteList(terminal));
        return command;
    }

    /// <summary><c>stress check FILE...</c>: every error in the files, one per line. Exit code 2 if there is one.</summary>
    public static Command Check(Terminal terminal)
    {
        var files = new Argument<string[]>("FILE") { Description = "Scenarios, small worlds (.yaml) or operation lists (.ops); - is standard input.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("check", "Report every error of a scenario, a small world or an operation list, and run nothing.") { files };
        command.SetAction(line => WriteCheck(terminal, line.GetValue(files)!));
        return command;
    }

    /// <summary><c>stress schema [KIND]</c>: the JSON Schema of a format, for editors.</summary>
    public static Command Schema(Terminal terminal)
    {
        var kind = new Argument<string>("KIND") { Description = "scenario or world.", DefaultValueFactory = _ => "scenario" };
        var command = new Command("schema", "Print the JSON Schema of scenarios or of small worlds, for editors.") { kind };
        command.SetAction(line =>
        {
            string schema = line.GetValue(kind)! switch
            {
                "scenario" => ScenarioReference.Schema(),
                "world" => WorldReference.Schema(),
                var other => throw new UsageException($"{other}: no such format{NearestWord.Hint(other, ["scenario", "world"])}; accepted: scenario, world"),
            };
            OutputFile.Write(OutputFile.Standard, schema, terminal);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static int WriteNew(Terminal terminal, string file, string from)
    {
        (string Name, string Path, bool IsWorld)[] shipped = Shipped();
        if (shipped.FirstOrDefault(s => s.Name == from) is not { Name: not null } source)
        {
            throw new UsageException($"--from {from}: no such scenario{NearestWord.Hint(from, shipped.Select(s => s.Name))}; accepted: {string.Join(", ", shipped.Select(s => s.Name))}");
        }

        bool toScreen = file == OutputFile.Standard;
        if (!toScreen && (!file.EndsWith(Extension, StringComparison.Ordinal) || Path.GetFileName(file).Length == Extension.Length))
        {
            throw new UsageException($"{file}: not the name of a scenario; accepted is a name that ends with {Extension}, or {OutputFile.Standard}");
        }

        if (File.Exists(file))
        {
            throw new UsageException($"{file}: exists already and is not overwritten; accepted is the name of a new file");
        }

        Output.CheckFile("FILE", file);
        string name = toScreen ? from : Path.GetFileNameWithoutExtension(file);
        string schema = Path.Combine(Path.GetDirectoryName(source.Path)!, source.IsWorld ? WorldSchema : ScenarioSchema);
        string text = source.IsWorld ? File.ReadAllText(source.Path) : ScenarioLoader.Load(source.Path).SourceText;
        text = SchemaLine().Replace(text, "", 1);
        text = NameLine().Replace(text, match => $"{match.Groups[1].Value}: '{name.Replace("'", "''", StringComparison.Ordinal)}'", 1);
        string near = Path.GetRelativePath(toScreen ? Directory.GetCurrentDirectory() : Path.GetDirectoryName(Path.GetFullPath(file))!, Path.GetFullPath(schema)).Replace('\\', '/');
        text = $"# yaml-language-server: $schema={near}\n{text}";

        // The new file must be accepted, whatever its name.
        if (source.IsWorld)
        {
            WorldLoader.Parse(text, file);
        }
        else
        {
            ScenarioLoader.Parse(text, file);
        }

        OutputFile.Write(file, text, terminal);
        if (!toScreen)
        {
            terminal.Text.WriteLine($"{file}: a copy of {from}. Next: ./stress check {file}, ./stress {(source.IsWorld ? "explore" : "run")} {file}");
        }

        return ExitCodes.Ok;
    }

    private static int WriteList(Terminal terminal)
    {
        (string Name, string Path, bool IsWorld)[] shipped = Shipped();
        string lists = Path.Combine(ProgramFolders.Find(Folder), ListFolder);
        (string Title, (string Name, string Text)[] Files)[] kinds =
        [
            ($"Scenarios ({Folder}, ./stress run FILE):", [.. shipped.Where(s => !s.IsWorld).Select(s => (s.Name, ScenarioLoader.Load(s.Path).Description))]),
            (
                $"Small worlds ({Folder}/{WorldFolder}, ./stress explore FILE):",
                [.. shipped.Where(s => s.IsWorld).Select(s => (s.Name, WorldLoader.DescriptionOf(ScenarioLoader.ReadFile(s.Path, null), s.Path)))]
            ),
            (
                $"Operation lists ({Folder}/{ListFolder}, ./stress exec FILE):",
                [.. In(lists, ListExtension).Select(path => (Path.GetFileNameWithoutExtension(path), File.ReadLines(path).First().TrimStart('#', ' ')))]
            ),
        ];
        int names = kinds.SelectMany(kind => kind.Files).Max(file => file.Name.Length);
        foreach ((string title, (string Name, string Text)[] files) in kinds)
        {
            terminal.Text.WriteLine(title);
            foreach ((string name, string text) in files)
            {
                foreach (string line in Wrapped.Lines($"  {name.PadRight(names)}  {text}", Terminal.Width(terminal.Out), names + 4))
                {
                    terminal.Out.Profile.Out.Writer.WriteLine(line);
                }
            }
        }

        return ExitCodes.Ok;
    }

    private static int WriteCheck(Terminal terminal, string[] files)
    {
        int code = ExitCodes.Ok;
        foreach (string file in files)
        {
            FileCheck check;
            try
            {
                check = FileCheck.Of(file, terminal.In);
            }
            catch (ScenarioException e)
            {
                terminal.Error.WriteLine(e.Message);
                code = ExitCodes.Usage;
                continue;
            }

            foreach (FileProblem problem in check.Problems)
            {
                terminal.Error.WriteLine(problem.Message);
                code = ExitCodes.Usage;
            }

            if (check.IsCut)
            {
                terminal.Error.WriteLine($"{file}: more than {FileCheck.MaxProblems} errors; the others are not shown");
            }

            if (check.Problems.Count == 0)
            {
                terminal.Text.WriteLine($"{file}: accepted, {Describe(check)}");
            }
        }

        return code;
    }

    private static string Describe(FileCheck check) => check switch
    {
        { Scenario: { } s } => $"a scenario: {s.Pairs} pairs, {ScenarioFields.SpellTime(s.Duration)}, {(s.IsReal ? $"backend {s.Backend}" : $"design {s.Site.Design}")}",
        { Kind: InputKind.World } => "a small world",
        _ => "an operation list",
    };

    private static (string Name, string Path, bool IsWorld)[] Shipped()
    {
        string folder = ProgramFolders.Find(Folder);
        return !Directory.Exists(folder)
            ? throw new UsageException($"{Folder}: no such folder here or above the program; accepted is running it in the source tree, or beside a folder {Folder}")
            : [
                .. In(folder, Extension).Select(path => (Path.GetFileNameWithoutExtension(path), path, false)),
                .. In(Path.Combine(folder, WorldFolder), Extension).Select(path => (Path.GetFileNameWithoutExtension(path), path, true)),
            ];
    }

    private static IEnumerable<string> In(string folder, string extension) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*" + extension).Order(StringComparer.Ordinal) : [];

    [GeneratedRegex(@"^# yaml-language-server:.*\n", RegexOptions.Multiline)]
    private static partial Regex SchemaLine();

    [GeneratedRegex(@"^(name|world):.*$", RegexOptions.Multiline)]
    private static partial Regex NameLine();
}
