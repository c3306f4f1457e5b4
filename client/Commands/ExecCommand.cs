using System.CommandLine;
using System.Text;
using System.Text.Json;
using Stress.Emulator.Stacks;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress exec FILE.ops</c>: runs a list of operations on one router, prints what the stack answers step by step, then what the oracle saw. A bad
/// access is a result, not a failure: the exit code is 0 when the list could be run.
/// </summary>
public static class ExecCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The operation list, one operation a line." };
        var stack = new Option<string?>("--stack") { Description = $"The stack: {string.Join(", ", StackCatalog.Names)} (default: {StackCatalog.NetBsd2005})." };
        var design = new Option<string?>("--design") { Description = "Teardown design (default: the stack's own)." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document in place of lines." };
        var command = new Command("exec", "Run a list of operations on one emulated router.") { file, stack, design, json };
        command.SetAction(line => Execute(
            terminal, line.GetValue(file)!, line.GetValue(stack) ?? StackCatalog.NetBsd2005, line.GetValue(design), line.GetValue(json)));
        return command;
    }

    private static int Execute(Terminal terminal, string file, string stackName, string? design, bool json)
    {
        IReadOnlyList<Operation> operations = Read(file);
        OperationRun run = new OperationRunner(Choose(stackName, design, Path.GetFileNameWithoutExtension(file))).Run(operations);
        TextWriter writer = terminal.Out.Profile.Out.Writer;
        if (json)
        {
            writer.WriteLine(ToJson(run));
            return ExitCodes.Ok;
        }

        foreach (StepResult step in run.Steps)
        {
            writer.WriteLine(step);
        }

        writer.WriteLine(run.End);
        writer.WriteLine($"verdict: {run.Stack.Oracle.Verdict}");
        foreach (BadAccess access in run.Stack.Oracle.Accesses)
        {
            writer.WriteLine($"  step {access.Step}, {access.Function}: {access.Story}");
        }

        return ExitCodes.Ok;
    }

    /// <summary>Reads and parses a list; a wrong one is a usage error that names file and line.</summary>
    internal static IReadOnlyList<Operation> Read(string file)
    {
        if (!File.Exists(file))
        {
            throw new UsageException($"{file}: no such file; accepted is an operation list");
        }

        try
        {
            return OperationList.Parse(File.ReadAllText(file), file);
        }
        catch (OperationListException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static IStack Choose(string stack, string? design, string list)
    {
        try
        {
            return StackCatalog.Create(stack, design, list);
        }
        catch (UnknownStackException e)
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
            json.WriteString("verdict", run.Stack.Oracle.Verdict);
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
