using System.Diagnostics;
using System.Text;
using Xunit;

namespace Stress.Observability.Tests;

/// <summary>A fact that needs a program of the system: skipped where it is missing, unless <c>STRESS_REQUIRE_TOOLS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProgramFactAttribute : FactAttribute
{
    public ProgramFactAttribute(string program)
    {
        if (Programs.Find(program) is null && Environment.GetEnvironmentVariable("STRESS_REQUIRE_TOOLS") != "1")
        {
            Skip = $"{program} is not installed";
        }
    }
}

/// <summary>Runs programs of the system, and ends by process id what it started.</summary>
internal static class Programs
{
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);

    public static (int ExitCode, string Output, string Errors) Run(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(90)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within 90 s");
        }

        return (process.ExitCode, output.Result, errors.Result);
    }

    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Find(program) ?? throw new FileNotFoundException($"{program} is not on PATH"))
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

    /// <summary>The repository's root: the folder that holds Stress.sln.</summary>
    public static string Root()
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "Stress.sln")))
            {
                return d.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no Stress.sln above {AppContext.BaseDirectory}");
    }
}
