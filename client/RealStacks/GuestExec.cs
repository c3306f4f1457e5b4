using Stress.Client.Screen;
using Stress.Dial.Far;
using Stress.Emulator.Stacks;
using Stress.Guests;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Guests.Systems;

namespace Stress.Client.RealStacks;

/// <summary><c>stress exec LIST --stack uml:NAME|host|exec:COMMAND</c>: the same lists on real kernels, through the agent (docs/guests.md).</summary>
public static class GuestExec
{
    /// <summary>What these stacks are called, for messages.</summary>
    public const string Accepted = "uml:KERNEL, host, exec:COMMAND";

    private const string Uml = "uml:", Command = "exec:", Host = "host";

    // Operations that a real kernel has and no emulated stack.
    private static readonly string[] RealOnly = ["sleep", "call", "hangup"];

    /// <summary>Whether a name means a real kernel.</summary>
    public static bool IsReal(string stack) => stack == Host || stack.StartsWith(Uml, StringComparison.Ordinal) || stack.StartsWith(Command, StringComparison.Ordinal);

    /// <summary>The kernel of a stack <c>uml:KERNEL</c>; null of any other stack.</summary>
    public static string? KernelOf(string stack) => stack.StartsWith(Uml, StringComparison.Ordinal) ? stack[Uml.Length..] : null;

    /// <summary>Runs the list; what the kernel reports is a result, as in <c>exec</c>.</summary>
    public static async Task<int> ExecuteAsync(Terminal terminal, string file, string text, string stack, string? fault, CancellationToken stop)
    {
        Check(file, text);
        GuestCache cache = GuestCache.OfUser();
        if (stack.StartsWith(Uml, StringComparison.Ordinal))
        {
            return await InGuestAsync(terminal, cache, file, text, stack[Uml.Length..], fault, stop);
        }

        IReadOnlyList<string> answers = await RunAsync(new AgentHost(cache), stack, text, stop);
        foreach (string answer in answers)
        {
            terminal.Text.WriteLine(answer);
        }

        return Conclude(terminal, file, answers, new GuestOutcome(IsWatched: false));
    }

    /// <summary>The agent's lines for a list on <c>host</c> or <c>exec:COMMAND</c>.</summary>
    internal static Task<IReadOnlyList<string>> RunAsync(AgentHost host, string stack, string text, CancellationToken stop) =>
        stack == Host ? host.RunOnHostAsync(text, stop) : host.RunCommandAsync(stack[Command.Length..], text, stop);

    /// <summary>The outcome of a list on a real kernel.</summary>
    /// <param name="IsWatched">The kernel's console is read, so its reports are seen.</param>
    /// <param name="Reported">It reported something.</param>
    /// <param name="IsHung">It hung and was killed.</param>
    /// <param name="HasSanitizer">It has KASAN, which makes a report of a use after free.</param>
    /// <param name="EndedEarly">How it ended before the list did; null when the list was executed to its end.</param>
    public sealed record GuestOutcome(bool IsWatched, bool Reported = false, bool IsHung = false, bool HasSanitizer = false, string? EndedEarly = null);

    /// <summary>
    /// Prints the verdict, unless the reports are it, and gives the code. A report is a result (0). Without one, a kernel that hung or ended lost the work (4), and nothing is
    /// decided (5) if the console was not read, if nothing would have made a report, or if an operation was not executed: not seen is not clean.
    /// </summary>
    public static int Conclude(Terminal terminal, string file, IReadOnlyList<string> answers, GuestOutcome outcome)
    {
        if (outcome.IsHung)
        {
            terminal.Text.WriteLine("verdict: the kernel hung and was killed");
            return ExitCodes.Incomplete;
        }

        if (outcome.Reported)
        {
            return ExitCodes.Ok;
        }

        if (outcome.EndedEarly is { } end)
        {
            terminal.Error.WriteLine($"stress: the guest ended before the list did ({end}) and reported nothing");
            return ExitCodes.Incomplete;
        }

        string[] skipped = [.. answers.Where(a => a.Contains(NotExecuted, StringComparison.Ordinal)).Select(a => a.TrimStart().Split(' ')[0])];
        string? why = skipped.Length > 0 ? $"the agent does not execute step {string.Join(", ", skipped)} on that system"
            : !outcome.IsWatched ? "that kernel's console is not watched (dial --console does)"
            : !outcome.HasSanitizer ? "no report, and this kernel has no KASAN that would make one"
            : null;
        terminal.Text.WriteLine(why is null ? "verdict: no report" : $"verdict: not decided: {why}");
        if (why is not null)
        {
            terminal.Error.WriteLine($"stress: {file}: not decided: {why}; accepted for a verdict is --stack uml:KERNEL with a kernel that has KASAN");
        }

        return why is null ? ExitCodes.Ok : ExitCodes.NotDecided;
    }

    // How the agent answers an operation that its system does not have.
    private const string NotExecuted = "-> -1 not modelled(0)";

    private static async Task<int> InGuestAsync(Terminal terminal, GuestCache cache, string file, string text, string kernel, string? fault, CancellationToken stop)
    {
        ListRun run = await ListRun.OpenAsync(cache, kernel, terminal.Error.WriteLine, stop);
        ListResult result = await Task.Run(() => run.Run([(Path.GetFileNameWithoutExtension(file), text)], 1, fault, stop), stop);
        foreach (string answer in result.Answers)
        {
            terminal.Text.WriteLine(answer);
        }

        foreach (FarPanic report in result.Reports)
        {
            terminal.Text.WriteLine($"verdict: {CrashWords.Of(report)}");
            KernelStacks.Write(terminal.Text, report, "  ", most: 10);
        }

        return Conclude(
            terminal, file, result.Answers,
            new GuestOutcome(IsWatched: true, result.Reports.Count > 0, result.IsHung, run.Kernel.Kasan, result.IsComplete ? null : result.End.ToString()));
    }

    // Line by line, since a real kernel knows more operations.
    internal static void Check(string file, string text)
    {
        string known = string.Join('\n', text.Split('\n').Select(line => RealOnly.Contains(line.Trim().Split((char[]?)null)[0]) ? "" : line));
        try
        {
            _ = OperationList.Parse(known, file);
        }
        catch (OperationListException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
