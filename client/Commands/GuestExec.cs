using Stress.Client.Screen;
using Stress.Dial.Far;
using Stress.Emulator.Stacks;
using Stress.Guests;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Guests.Systems;

namespace Stress.Client.Commands;

/// <summary><c>stress exec LIST --stack uml:NAME|host|exec:COMMAND</c>: the same lists on real kernels, through the agent (docs/guests.md).</summary>
internal static class GuestExec
{
    /// <summary>What these stacks are called, for messages.</summary>
    public const string Accepted = "uml:KERNEL, host, exec:COMMAND";

    private const string Uml = "uml:", Command = "exec:", Host = "host";

    // Operations that a real kernel has and no emulated stack.
    private static readonly string[] RealOnly = ["tcp4", "accept4", "gjoin4", "gdrop4", "sleep"];

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

        var host = new AgentHost(cache);
        IReadOnlyList<string> answers = stack == Host ? await host.RunOnHostAsync(text, stop) : await host.RunCommandAsync(stack[Command.Length..], text, stop);
        foreach (string answer in answers)
        {
            terminal.Text.WriteLine(answer);
        }

        terminal.Text.WriteLine("verdict: not known: nobody watches that kernel's console (dial --console does)");
        return ExitCodes.Ok;
    }

    private static async Task<int> InGuestAsync(Terminal terminal, GuestCache cache, string file, string text, string kernel, string? fault, CancellationToken stop)
    {
        GuestKernel found = new KernelStore(cache).Find(kernel);
        GuestSystem system = await new SystemBuilder(cache).EnsureAsync(terminal.Error.WriteLine, stop);
        var run = new ListRun(cache, await Launcher.EnsureAsync(cache, stop), system, found);
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

        if (result.IsHung)
        {
            terminal.Text.WriteLine("verdict: the kernel stood still and was ended");
            return ExitCodes.Ok;
        }

        if (result.Reports.Count == 0 && !result.IsComplete)
        {
            terminal.Error.WriteLine($"stress: the guest ended before the list did ({result.End}) and reported nothing");
            return ExitCodes.Incomplete;
        }

        if (result.Reports.Count == 0)
        {
            terminal.Text.WriteLine(found.Kasan ? "verdict: no report" : "verdict: no report, and this kernel has no KASAN that would make one");
        }

        return ExitCodes.Ok;
    }

    // Line by line, since a real kernel knows more operations.
    internal static void Check(string file, string text)
    {
        string known = string.Join('\n', text.Split('\n').Select(line => RealOnly.Contains(line.Trim().Split((char[]?)null)[0]) ? "" : line));
        HashSet<string> opened = [.. text.Split('\n').Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length > 1 && w[0] is "tcp4").Select(w => w[1])];
        opened.UnionWith(text.Split('\n').Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length > 2 && w[0] is "accept4").Select(w => w[2]));
        known = string.Join('\n', known.Split('\n').Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [_, var socket, ..] && opened.Contains(socket) ? "" : line));
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
