using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Spectre.Console;
using Stress.Bench.Speed;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;

namespace Stress.Bench;

/// <summary>
/// <c>stress bench repeat</c>: the tests that use time, processes or sockets again and again on a busy machine, and the whole suite several times. A test that passes only when
/// something is early or late fails here.
/// </summary>
internal static partial class RepeatCommand
{
    private static readonly string[] TimedProjects = ["Stress.Grains.Tests", "Stress.Cluster.Tests", "Stress.Dial.Tests", "Stress.Client.Tests", "Stress.Observability.Tests", "Stress.K8s.Tests", "Stress.Guests.Tests"];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var times = new Option<int>("--times") { Description = "How often each project with time, processes or sockets.", DefaultValueFactory = _ => 30 };
        var suite = new Option<int>("--suite") { Description = "How often the whole suite.", DefaultValueFactory = _ => 5 };
        var load = new Option<int>("--load") { Description = "Busy processes beside the tests; they are started and ended here.", DefaultValueFactory = _ => 8 };
        var lanes = new Option<int>("--lanes") { Description = "How many projects at once; each is the others' load too.", DefaultValueFactory = _ => 1 };
        var project = new Option<string[]>("--project") { Description = "Only this project, for example Stress.Grains.Tests (default: all that use time, processes or sockets).", AllowMultipleArgumentsPerToken = true };
        var filter = new Option<string?>("--filter") { Description = "Only these tests, as dotnet test takes it." };
        foreach ((Option<int> count, int least) in ((Option<int>, int)[])[(times, 0), (suite, 0), (load, 0), (lanes, 1)])
        {
            count.Validators.Add(result =>
            {
                if (result.Tokens.Count == 1 && !(int.TryParse(result.Tokens[0].Value, out int n) && n >= least))
                {
                    result.AddError($"{count.Name} {result.Tokens[0].Value}: accepted is a whole number from {least}");
                }
            });
        }

        var command = new Command("repeat", "Tests that use time, processes or sockets, again and again under load: none may depend on who is faster.") { times, suite, load, lanes, project, filter };
        command.SetAction((line, stop) => Execute(
            line.GetValue(times), line.GetValue(suite), line.GetValue(load), line.GetValue(lanes), line.GetValue(project) is { Length: > 0 } named ? named : TimedProjects, line.GetValue(filter), stop));
        return command;
    }

    private static async Task<int> Execute(int times, int suite, int load, int lanes, string[] projects, string? filter, CancellationToken stop)
    {
        string[] all = [.. Directory.EnumerateDirectories(Repository.At("tests"), "*.Tests").Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];
        if (projects.FirstOrDefault(project => !all.Contains(project)) is { } unknown)
        {
            Console.Error.WriteLine($"stress bench: --project {unknown}: accepted are {string.Join(", ", all)}");
            return Client.ExitCodes.Usage;
        }

        RunningProcess build = RunningProcess.Start("dotnet", ["build", Repository.At("Stress.sln"), "-c", "Release", "-v:q", "-clp:NoSummary", "-nodeReuse:false"]);
        if (await build.End(Timeout.InfiniteTimeSpan) != 0)
        {
            Console.Error.WriteLine($"stress bench: the build failed: {build.Output}");
            return 1;
        }

        Machine.Write();

        Console.WriteLine($"load       {load} busy processes, {lanes} projects at once");
        Console.WriteLine();
        List<RunningProcess> busy = [];
        ConcurrentBag<Outcome> outcomes = [];
        // Round by round, so that what is stopped early has seen every project.
        var work = new ConcurrentQueue<(string Name, string Project, int Round)>(
            [.. Rounds(times, projects, project => project), .. Rounds(suite, all, project => $"suite: {project}")]);
        try
        {
            for (int i = 0; i < load; i++)
            {
                busy.Add(RunningProcess.Start("sh", ["-c", "while :; do :; done"]));
            }

            await Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => Task.Run(
                async () =>
                {
                    while (!stop.IsCancellationRequested && work.TryDequeue(out (string Name, string Project, int Round) next))
                    {
                        outcomes.Add(await Once(next.Name, next.Project, next.Round, filter));
                    }
                },
                CancellationToken.None)));
        }
        finally
        {
            foreach (RunningProcess process in busy)
            {
                await process.Kill();
            }
        }

        return Report([.. outcomes]);
    }

    private static IEnumerable<(string Name, string Project, int Round)> Rounds(int times, string[] projects, Func<string, string> name) =>
        Enumerable.Range(1, times).SelectMany(round => projects.Select(project => (name(project), project, round)));

    private static async Task<Outcome> Once(string name, string project, int round, string? filter)
    {
        long start = Stopwatch.GetTimestamp();
        string[] only = filter is null ? [] : ["--filter", filter];
        RunningProcess test = RunningProcess.Start(
            "dotnet", ["test", Repository.At("tests", project), "-c", "Release", "--no-build", "--nologo", "--blame-hang", "--blame-hang-timeout", "10m", "--blame-hang-dump-type", "none", .. only]);
        int code = await test.End(Timeout.InfiniteTimeSpan);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        string atLoad = Machine.Load();
        string[] failed = [.. FailedTest().Matches(test.Output).Select(match => match.Groups[1].Value).Distinct()];

        // One that somebody ended exits with 0 as well.
        bool passed = code == 0 && failed.Length == 0 && test.Output.Contains("Passed!", StringComparison.Ordinal);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name} {round}: {(passed ? "passed" : "FAILED")} in {took.TotalSeconds:0} s, at a load of {atLoad} {string.Join(' ', failed)}"));
        if (!passed)
        {
            Console.Error.WriteLine(test.Output);
        }

        return new Outcome(name, passed, took, double.TryParse(atLoad, CultureInfo.InvariantCulture, out double mean) ? mean : 0, failed);
    }

    private static int Report(List<Outcome> outcomes)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("project", "times", "passed", "failed", "shortest, s", "longest, s", "load");
        foreach (IGrouping<string, Outcome> project in outcomes.GroupBy(outcome => outcome.Name).OrderBy(project => project.Key, StringComparer.Ordinal))
        {
            table.AddRow(
                project.Key, Text(project.Count()), Text(project.Count(outcome => outcome.Passed)), Text(project.Count(outcome => !outcome.Passed)),
                Text((int)project.Min(outcome => outcome.Took).TotalSeconds), Text((int)project.Max(outcome => outcome.Took).TotalSeconds),
                $"{Text((int)project.Min(outcome => outcome.Load))} to {Text((int)project.Max(outcome => outcome.Load))}");
        }

        AnsiConsole.Write(table);
        foreach (IGrouping<string, string> test in outcomes.SelectMany(outcome => outcome.Failed).GroupBy(name => name).OrderByDescending(group => group.Count()))
        {
            Console.WriteLine($"failed {test.Count()} times: {test.Key}");
        }

        return outcomes.All(outcome => outcome.Passed) ? 0 : 1;
    }

    private static string Text(int n) => n.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s+Failed (\S+)", RegexOptions.Multiline)]
    private static partial Regex FailedTest();

    private sealed record Outcome(string Name, bool Passed, TimeSpan Took, double Load, string[] Failed);
}
