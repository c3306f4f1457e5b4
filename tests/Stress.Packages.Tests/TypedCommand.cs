using System.Diagnostics;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Packages.Tests;

/// <summary>A command as typed by a user, whose output the test shows and whose exit code must be 0.</summary>
internal static class TypedCommand
{
    /// <summary>Runs it to its end.</summary>
    /// <returns>What it wrote on its standard output, without the last line's end.</returns>
    public static string Run(ITestOutputHelper output, ProcessStartInfo start, TimeSpan longest)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        start.Environment["STRESS_NO_BUILD"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        string line = $"{start.FileName} {string.Join(' ', start.ArgumentList)}";
        using Process process = Process.Start(start)!;
        Task<string> said = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(longest))
        {
            process.Kill(entireProcessTree: true);
        }

        output.WriteLine($"{line}\n{said.Result}{errors.Result}");
        Assert.True(process.ExitCode == 0, $"{line}: exit code {process.ExitCode}\n{said.Result}{errors.Result}");
        return said.Result.TrimEnd();
    }
}
