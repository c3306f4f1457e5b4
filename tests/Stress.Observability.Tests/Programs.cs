using System.Diagnostics;
using System.Text;
using Stress.Tests.Shared;

namespace Stress.Observability.Tests;

/// <summary>Runs programs of the system, and ends by process id what it started.</summary>
internal static class Programs
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    public static (int ExitCode, string Output, string Errors) Run(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {Limit}");
        }

        return (process.ExitCode, output.Result, errors.Result);
    }

    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Tools.Find(program) ?? throw new FileNotFoundException($"{program} is not on PATH"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
