using System.Text.RegularExpressions;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary><c>./stress test</c> and <c>.ci/run</c>: what they print last, and what makes them fail. The test projects are played by a program that writes their results.</summary>
public sealed partial class TestScriptTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("stress-script-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void The_last_line_sums_up_every_project_and_skipped_tests_name_the_package_to_install()
    {
        (int exit, string[] lines) = Test(("A", 5, 0, 0, 0), ("B", 7, 0, 3, 0));

        Assert.Equal(0, exit);
        Assert.Equal("12 passed, 0 failed, 3 skipped", lines[^1]);
        Assert.Contains(lines, line => line.Trim() == "3 skipped: needs tshark (Debian package tshark)");
    }

    [Theory]
    [InlineData(5, 1, 0, 1, "5 passed, 1 failed, 0 skipped")]
    [InlineData(0, 0, 0, 0, "0 passed, 0 failed, 0 skipped")]
    [InlineData(0, 0, 4, 0, "0 passed, 0 failed, 4 skipped")]
    [InlineData(5, 0, 0, 1, "5 passed, 0 failed, 0 skipped")]
    public void A_failed_test_no_test_at_all_and_a_test_host_that_died_make_it_fail(int passed, int failed, int skipped, int host, string last)
    {
        (int exit, string[] lines) = Test(("A", passed, failed, skipped, host));

        Assert.NotEqual(0, exit);
        Assert.Equal(last, lines[^1]);
    }

    [Fact]
    public void What_a_build_leaves_running_does_not_hold_the_lock_of_builds()
    {
        // The played dotnet fails when it has been handed the lock: a compiler's server that it starts would keep it, and the next command wait for that server's end.
        (int exit, string[] lines) = Test(("A", 1, 0, 0, 0));

        Assert.Equal(0, exit);
        Assert.Equal("1 passed, 0 failed, 0 skipped", lines[^1]);
    }

    [Fact]
    public void A_project_that_left_no_result_makes_it_fail()
    {
        (int exit, string[] lines) = Test(("A", 5, 0, 0, 0), ("B", -1, 0, 0, 1));

        Assert.NotEqual(0, exit);
        Assert.Equal("5 passed, 0 failed, 0 skipped", lines[^1]);
    }

    [Fact]
    public void Continuous_integration_installs_every_package_that_a_test_asks_for()
    {
        string script = File.ReadAllText(Repository.At(".ci", "run"));
        string list = script[script.IndexOf("programs=\"", StringComparison.Ordinal)..script.IndexOf("cd \"$(dirname", StringComparison.Ordinal)];
        HashSet<string> installed = [.. Word().Matches(list).Select(word => word.Value)];
        if (script.Contains("tests/lwip/fetch.sh", StringComparison.Ordinal))
        {
            installed.Add("lwip"); // the source package, which is not installed but unpacked
        }

        (string File, string Package)[] asked =
        [
            .. from file in Directory.EnumerateFiles(Repository.At("tests"), "*.cs", SearchOption.AllDirectories)
               where !file.Contains("/obj/") && Path.GetFileName(file) is not ("ToolFactTests.cs" or "TestScriptTests.cs" or "ToolFactAttribute.cs")
               from Match match in Asked().Matches(File.ReadAllText(file))
               from text in (string[])[Package(match)]
               where !text.Contains('{')
               select (Path.GetRelativePath(Repository.Root, file), text),
        ];

        Assert.True(asked.Length >= 8);
        Assert.All(asked, one => Assert.True(installed.Contains(one.Package), $"{one.File} asks for {one.Package}, which .ci/run does not install"));

        static string Package(Match match) => match.Groups["package"].Success ? match.Groups["package"].Value : match.Groups["tool"].Value;
    }

    // Runs a copy of the script on a tree of its own, with a dotnet that builds nothing and writes results.
    private (int Exit, string[] Lines) Test(params (string Name, int Passed, int Failed, int Skipped, int Exit)[] projects)
    {
        string stress = Path.Combine(_root, "stress"), tools = Directory.CreateDirectory(Path.Combine(_root, "bin")).FullName;
        File.Copy(Repository.At("stress"), stress);
        File.WriteAllLines(Path.Combine(_root, "Stress.sln"), projects.Select(project => $"\"tests\\{project.Name}\\{project.Name}.Tests.csproj\""));
        var cases = new System.Text.StringBuilder();
        foreach ((string name, int passed, int failed, int skipped, int exit) in projects)
        {
            Directory.CreateDirectory(Path.Combine(_root, "tests", name));
            File.WriteAllText(Path.Combine(_root, "tests", name, $"{name}.Tests.csproj"), "");
            string why = string.Concat(Enumerable.Repeat("<Message>needs tshark (Debian package tshark)</Message>\n", skipped));
            cases.Append($"{name}.Tests) ");
            if (passed >= 0)
            {
                cases.Append(
                    $"cat >\"$results/{name}.Tests.trx\" <<'TRX'\n{why}<Counters total=\"{passed + failed + skipped}\" executed=\"{passed + failed}\" passed=\"{passed}\" failed=\"{failed}\" error=\"0\" timeout=\"0\" aborted=\"0\" />\nTRX\n");
            }

            cases.Append($"exit {exit} ;;\n");
        }

        string dotnet = Path.Combine(tools, "dotnet");
        File.WriteAllText(dotnet, $"""
            #!/bin/bash
            if [ "$1" = build ]; then
                for descriptor in /proc/$$/fd/*; do
                    case $(readlink "$descriptor") in *.lock) echo "error: a build holds the lock" && exit 1 ;; esac
                done
            fi
            [ "$1" = test ] || exit 0
            name=$(basename "$2" .csproj)
            while [ "$1" != --results-directory ]; do shift; done
            results=$2
            mkdir -p "$results"
            case $name in
            {cases}esac

            """);
        Assert.Equal(0, Programs.Run("chmod", "+x", dotnet).ExitCode);
        (int code, string output, string errors) = Programs.Run("bash", "-c", $"PATH='{tools}':\"$PATH\" bash '{stress}' test");
        Assert.True(output.Length > 0, errors);
        return (code, output.TrimEnd().Split('\n'));
    }

    [GeneratedRegex("""(?:ToolFact\("|And = ")(?<tool>[^"]+)"(?:, (?:AndPackage = )?"(?<package>[^"]+)")?|\(Debian package (?<package>[\w.+-]+)\)""")]
    private static partial Regex Asked();

    [GeneratedRegex(@"[\w.+-]+")]
    private static partial Regex Word();
}
