using System.Diagnostics;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>The script <c>stress</c>, in a tree of its own with a <c>dotnet</c> that only says what it was asked.</summary>
public sealed class StressScriptTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("stress-script-").FullName;

    public StressScriptTests()
    {
        File.Copy(Repository.At("stress"), Path.Combine(_root, "stress"));
        Write("Directory.Build.props", "<Project/>");
        Write("emulator/Stress.Emulator.csproj", "<Project/>");
        Write("client/Stress.Client.csproj", "<Project><ItemGroup><ProjectReference Include=\"../emulator/Stress.Emulator.csproj\" /></ItemGroup></Project>");
        Write("emulator/Kernel.cs", "// a source");
        Write("bin/dotnet", """
            #!/usr/bin/env bash
            if [ "$1" = build ]; then
                echo "  Determining projects to restore..."
                echo "  Stress.Emulator -> $PWD/Stress.Emulator.dll"
                [ -z "${FAIL:-}" ] || { echo "Kernel.cs(1,1): error CS0001: no such thing"; exit 1; }
                mkdir -p "$(dirname "$2")/bin/Release/net10.0"
                touch "$(dirname "$2")/bin/Release/net10.0/Stress.Client.dll"
                echo "  Stress.Client -> $PWD/Stress.Client.dll"
            else
                echo "ran ${*:2}"
            fi
            """);
#pragma warning disable CA1416 // The script is for systems that have bash.
        File.SetUnixFileMode(Path.Combine(_root, "bin", "dotnet"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
#pragma warning restore CA1416
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void The_first_command_says_that_it_builds_what_and_how_far_and_the_second_says_nothing()
    {
        (int code, string output, string errors) = Stress([], "run", "x.yaml");
        Assert.Equal((0, "ran run x.yaml\n"), (code, output));
        Assert.Contains("building the client: 2 projects", errors);
        Assert.Contains("0 of 2 projects: fetching packages", errors);
        Assert.Contains("1 of 2 projects: Stress.Emulator", errors);
        Assert.Contains("2 of 2 projects: Stress.Client", errors);
        Assert.Contains("built in", errors);
        Assert.DoesNotContain("\u001b", errors);

        Assert.Equal((0, "ran --version\n", ""), Stress([], "--version"));
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("gone")]
    public void A_source_that_is_changed_or_gone_is_built_again(string how)
    {
        Stress([], "run");
        string source = Path.Combine(_root, "emulator", "Kernel.cs");
        if (how == "gone")
        {
            File.Delete(source);
            Directory.SetLastWriteTimeUtc(Path.GetDirectoryName(source)!, DateTime.UtcNow.AddMinutes(1));
        }
        else
        {
            File.SetLastWriteTimeUtc(source, DateTime.UtcNow.AddMinutes(1));
        }

        Assert.Contains("building the client", Stress([], "run").Errors);
    }

    [Theory]
    [InlineData(2, "run")]
    [InlineData(125, "run", "--bisect")]
    public void A_build_that_fails_says_its_errors_and_leaves_stdout_clean(int expected, params string[] words)
    {
        (int code, string output, string errors) = Stress([("FAIL", "1")], words);
        Assert.Equal((expected, ""), (code, output));
        Assert.Contains("the build failed:\nKernel.cs(1,1): error CS0001", errors);
    }

    private void Write(string path, string text)
    {
        string file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);

        // Older than what is built of it, whatever the clock's grain.
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        Directory.SetLastWriteTimeUtc(Path.GetDirectoryName(file)!, DateTime.UtcNow.AddHours(-1));
    }

    private (int Code, string Output, string Errors) Stress((string Name, string Value)[] environment, params string[] words)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in words.Prepend(Path.Combine(_root, "stress")))
        {
            start.ArgumentList.Add(word);
        }

        start.Environment["PATH"] = $"{Path.Combine(_root, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return (process.ExitCode, output.Result, errors.Result);
    }
}
