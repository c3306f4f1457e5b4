using System.Diagnostics;
using Stress.Guests.Kernels;
using Stress.Guests.Processes;

namespace Stress.Guests.Running;

/// <summary>Runs an operation list through the agent outside any guest: on the host's own kernel, or wherever a command leads.</summary>
public sealed class AgentHost(GuestCache cache)
{
    private const string Source = "agent/stress-agent.c";

    /// <summary>The agent for this machine, compiled once.</summary>
    public async Task<string> EnsureAgentAsync(CancellationToken stop)
    {
        byte[] source = Resources.Bytes(Source);
        string folder = Path.Combine(cache.Root, "agent", GuestCache.Key([("source", source)])), program = Path.Combine(folder, "stress-agent");
        if (!File.Exists(program))
        {
            BuildTools.Check(BuildTools.ForSystems);
            Directory.CreateDirectory(folder);
            string input = Path.Combine(folder, "stress-agent.c"), output = $"{program}.{Environment.ProcessId}";
            await File.WriteAllBytesAsync(input, source, stop).ConfigureAwait(false);
            await Tool.OutputAsync(folder, stop, "gcc", "-std=c99", "-O2", "-Wall", "-Werror", "-o", output, input).ConfigureAwait(false);
            File.Move(output, program, overwrite: true);
        }

        return program;
    }

    /// <summary>On the host's kernel, in a network namespace that goes with the agent.</summary>
    /// <exception cref="GuestException">We are not root, or namespaces are not available.</exception>
    public async Task<IReadOnlyList<string>> RunOnHostAsync(string list, CancellationToken stop)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new GuestException(GuestProblem.Unavailable, "--stack host makes interfaces in a network namespace of its own and needs root; accepted without: uml:NAME");
        }

        if (Tool.Find("unshare") is not { } unshare)
        {
            throw new GuestException(GuestProblem.Unavailable, "--stack host needs unshare (Debian package util-linux)");
        }

        return await RunAsync(unshare, ["--net", "--", await EnsureAgentAsync(stop).ConfigureAwait(false), "--loopback"], list, stop).ConfigureAwait(false);
    }

    /// <summary>Through a command of the shell whose standard input and output are an agent's.</summary>
    public Task<IReadOnlyList<string>> RunCommandAsync(string command, string list, CancellationToken stop) => RunAsync("/bin/sh", ["-c", command], list, stop);

    private static async Task<IReadOnlyList<string>> RunAsync(string program, string[] arguments, string list, CancellationToken stop)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(stop), errors = process.StandardError.ReadToEndAsync(stop);
        try
        {
            await process.StandardInput.WriteAsync(list.AsMemory(), stop).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended before it read everything: its exit code and output say why.
        }

        try
        {
            await process.WaitForExitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        string[] lines = (await output.ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return process.ExitCode == 0 && lines.Length > 0 && lines[^1].StartsWith("END", StringComparison.Ordinal)
            ? lines
            : throw new GuestException(GuestProblem.Failed, $"the agent did not finish the list: exit {process.ExitCode}: {(await errors.ConfigureAwait(false)).Trim()}");
    }
}
