using System.CommandLine;
using System.Text;
using System.Text.Json;
using Stress.Client.Launching;
using Stress.Client.RealStacks;
using Stress.Client.Reports;
using Stress.Emulator.Kernel;
using Stress.Emulator.Stacks;
using Stress.Fuzz.Lists;
using Stress.Observability.Ci;
using Stress.Scenarios;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress exec FILE.ops</c>: runs a list of operations on one router, prints what the stack answers step by step, then what the oracle saw. A bad
/// access is a result, not a failure: the exit code is 0 when the list could be run, and 5 when an operation of it is not modelled.
/// </summary>
public static class ExecCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The operation list, one operation per line; - is standard input." };
        var stack = new Option<string?>("--stack") { Description = $"The stack: {string.Join(", ", StackCatalog.Names)} (default: {StackCatalog.NetBsd2005}); or a real kernel: {GuestExec.Accepted}; or {LwipGrammar.Stack}, which has operations of its own." };
        var fault = new Option<string?>("--fault") { Description = "On uml:KERNEL, switch on a fault of a kernel built with --faults." };
        var design = new Option<string?>("--design") { Description = "Teardown design (default: the stack's own)." };
        Option<string?> library = SharedOptions.DesignAssembly();
        var switches = new Option<string[]>("--switch") { Description = $"A deviation from the kernel of 2005; may be repeated: {KernelSwitches.Names}." };
        var conditions = new Option<string?>("--conditions") { Description = "The conditions of a list whose header says none, as in a header (docs/operations.md)." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of lines." };
        var command = new Command("exec", "Run a list of operations on one router, emulated or real.") { file, stack, design, library, switches, conditions, json, fault };
        var checks = new CheckFileOptions();
        checks.AddTo(command);
        command.SetAction(async (line, stop) => line.GetValue(stack) is { } named && GuestExec.IsReal(named)
            ? await GuestExec.ExecuteAsync(terminal, line.GetValue(file)!, ReadText(line.GetValue(file)!, terminal.In), named, line.GetValue(fault), stop)
            : line.GetValue(stack) == LwipGrammar.Stack ? await LwipExec.ExecuteAsync(terminal, line.GetValue(file)!, ReadText(line.GetValue(file)!, terminal.In), stop)
            : Execute(
                terminal, line.GetValue(file)!, line.GetValue(stack) ?? StackCatalog.NetBsd2005, line.GetValue(design), line.GetValue(library), line.GetValue(switches) ?? [], line.GetValue(conditions),
                line.GetValue(json), checks.Read(line)));
        return command;
    }

    private static int Execute(Terminal terminal, string file, string stackName, string? design, string? library, string[] switches, string? conditions, bool json, CheckFiles files)
    {
        files.Check();
        OperationFile list = Read(file, terminal.In);
        OperationRun run = new OperationRunner(Choose(stackName, design, library, list.Conditions ?? ConditionsOf(conditions), switches)).Run(list.Operations);
        TextWriter writer = json ? terminal.Out.Profile.Out.Writer : terminal.Text;
        if (json)
        {
            writer.WriteLine(ToJson(run));
            return Conclude(terminal, file, design, library, switches, run, files);
        }

        foreach (StepResult step in run.Steps)
        {
            writer.WriteLine(step);
        }

        writer.WriteLine(run.End);
        writer.WriteLine($"verdict: {run.Verdict}");
        foreach (BadAccess access in run.Stack.Oracle.Accesses)
        {
            writer.WriteLine($"  step {access.Step}, {access.Function}: {access.Story}");
        }

        return Conclude(terminal, file, design, library, switches, run, files);
    }

    private static int Conclude(Terminal terminal, string file, string? design, string? library, string[] switches, OperationRun run, CheckFiles files)
    {
        var deliveries = new Deliveries(terminal);
        files.Write(Cases(file, design, library, switches, run), terminal, deliveries);
        return deliveries.Conclude(Code(terminal, file, run));
    }

    private static int Code(Terminal terminal, string file, OperationRun run)
    {
        if (run.IsDecided)
        {
            return ExitCodes.Ok;
        }

        StepResult first = run.NotModelled[0];
        terminal.Error.WriteLine(
            $"stress: {file}:{first.Operation.Line}: not decided: {run.WhyNotDecided}; accepted are operations that the stack models{(run.Stack.Name == StackCatalog.NetBsd2005 ? "" : $", or --stack {StackCatalog.NetBsd2005}, which models them all")}");
        return ExitCodes.NotDecided;
    }

    // A bad access is a result of the list and not a failure, as in the exit code; its location is the operation's line.
    private static CheckReport Cases(string file, string? design, string? library, string[] switches, OperationRun run)
    {
        string suite = $"{Path.GetFileName(file)} on {run.Stack.Name} with {run.Stack.Design}";
        List<CheckCase> cases =
        [
            new CheckCase
            {
                Kind = run.IsDecided ? "work" : "undecided", Suite = suite, Name = "the list is executed", Key = "work",
                Outcome = run.IsDecided ? CheckOutcome.Passed : CheckOutcome.NotDecided, File = file, Line = run.IsDecided ? 0 : run.NotModelled[0].Operation.Line,
                Message = $"{run.Steps.Count - run.NotModelled.Count} of the operations executed; verdict: {run.Verdict}",
            },
        ];
        cases.AddRange(run.Stack.Oracle.Accesses.Select(access => new CheckCase
        {
            Kind = "access",
            Suite = suite,
            Name = $"{access.Kind switch { BadAccessKind.Segv => "SEGV", BadAccessKind.Panic => "panic", _ => "use after free" }} in {access.Function}",
            Key = $"{access.Kind} in {access.Function}",
            Outcome = CheckOutcome.Passed,
            Message = access.ToString(),
            Detail = [access.Story],
            File = file,
            Line = run.Steps.FirstOrDefault(step => step.Number == access.Step)?.Operation.Line ?? 0,
        }));
        return new CheckReport(
            Path.GetFileNameWithoutExtension(file), $"./stress exec {file} --stack {run.Stack.Name}{(design is null ? "" : $" --design {design}")}{(library is null ? "" : $" --design-assembly {library}")}{string.Concat(switches.Select(s => $" --switch {s}"))}",
            DateTimeOffset.UtcNow, 0, [new("stack", run.Stack.Name), new("design", run.Stack.Design)], cases);
    }

    /// <summary>Reads and parses a list; a wrong one is a usage error that names file and line.</summary>
    internal static OperationFile Read(string file, TextReader? input = null)
    {
        try
        {
            return OperationFile.Parse(ReadText(file, input), file);
        }
        catch (OperationListException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>What <c>--conditions</c> says; null when it is not given.</summary>
    internal static RecordingConditions? ConditionsOf(string? words)
    {
        try
        {
            return words is null ? null : RecordingConditions.Parse(words, "--conditions", 1);
        }
        catch (OperationListException e)
        {
            throw new UsageException(e.Message);
        }
    }

    internal static string ReadText(string file, TextReader? input)
    {
        bool piped = file == ScenarioLoader.StandardInput && input is not null;
        return piped ? input!.ReadToEnd() : File.Exists(file) ? File.ReadAllText(file) : throw new UsageException($"{file}: no such file; accepted is an operation list");
    }

    private static IStack Choose(string stack, string? design, string? library, RecordingConditions? conditions, string[] switches)
    {
        try
        {
            return StackCatalog.Create(stack, design, conditions, switches.Aggregate(KernelSwitch.None, (sum, name) => sum | KernelSwitches.Named(name)),
                library is null ? null : DesignLibrary.Read(library));
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static string ToJson(OperationRun run)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("stack", run.Stack.Name);
            json.WriteString("design", run.Stack.Design);
            json.WriteStartArray("steps");
            foreach (StepResult step in run.Steps)
            {
                WriteStep(json, step);
            }

            json.WriteEndArray();
            json.WriteString("end", run.End);
            json.WriteBoolean("died", run.Stack.Oracle.HasDied);
            json.WriteString("verdict", run.Verdict);
            json.WriteBoolean("decided", run.IsDecided);
            json.WriteStartArray("notModelled");
            foreach (StepResult step in run.NotModelled)
            {
                json.WriteNumberValue(step.Number);
            }

            json.WriteEndArray();
            json.WriteStartArray("accesses");
            foreach (BadAccess access in run.Stack.Oracle.Accesses)
            {
                json.WriteStartObject();
                json.WriteNumber("step", access.Step);
                json.WriteString("operation", access.Operation);
                json.WriteString("kind", access.Kind.ToString());
                json.WriteString("function", access.Function);
                json.WriteString("file", access.File);
                json.WriteString("story", access.Story);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteStep(Utf8JsonWriter json, StepResult step)
    {
        json.WriteStartObject();
        json.WriteNumber("step", step.Number);
        json.WriteNumber("line", step.Operation.Line);
        json.WriteString("operation", step.Operation.Text);
        json.WriteNumber("value", step.Result.Value);
        if (step.Result.Error is { } error)
        {
            json.WriteString("errno", error.Name);
            json.WriteString("number", error.Number);
        }

        if (step.Result.Detail is { } detail)
        {
            json.WriteString("detail", detail);
        }

        if (step.Result.Otherwise.Count > 0)
        {
            json.WriteStartArray("otherwise");
            foreach (OperationResult other in step.Result.Otherwise)
            {
                json.WriteStringValue(other.Error is null ? $"{other.Value}" : $"{other.Value} {other.Error}");
            }

            json.WriteEndArray();
        }

        if (step.Operation.Kind == OperationKind.Drain)
        {
            json.WriteStartArray("frames");
            foreach (Frame frame in step.Result.Frames)
            {
                json.WriteStringValue(frame.ToLinuxText());
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
