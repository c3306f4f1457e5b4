using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Stress.Silo;

namespace Stress.Tests.Shared;

/// <summary>Runs programs of the system, and ends by process id what it started.</summary>
public static class Programs
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly ConcurrentBag<LoopbackPort> Taken = [];

    /// <summary>Runs a program to its end.</summary>
    public static (int ExitCode, string Output, string Errors) Run(string program, params string[] arguments) => Feed(program, "", arguments);

    /// <summary>Runs a program to its end with a text as its standard input.</summary>
    public static (int ExitCode, string Output, string Errors) Feed(string program, string input, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        if (input.Length > 0)
        {
            process.StandardInput.Write(input);
        }

        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {Limit}");
        }

        return (process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>A free TCP port on loopback, kept for the test process to its end: tests that run beside it get others, and no outgoing connection takes it.</summary>
    public static int FreeLoopbackPort()
    {
        LoopbackPort port = LoopbackPort.Take();
        Taken.Add(port);
        return port.Number;
    }

    /// <summary>Starts a program whose output the caller reads. The caller ends it.</summary>
    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Tools.Find(program) ?? throw new FileNotFoundException($"{program} is not on PATH"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
