using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>A run in one process that is killed, and continues from its folder.</summary>
public sealed class EmbeddedResumeTests
{
    private const int Pairs = 8;
    private const int Hours = 4;

    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", $"{Pairs}", "--hours", $"{Hours}"];

    [Fact]
    public async Task An_embedded_run_that_was_killed_goes_on_to_the_same_report()
    {
        string folder = Directory.CreateTempSubdirectory("stress-test-").FullName;
        try
        {
            string[] work = ["run", .. Work, "--no-progress", "--pace", "2400", "--checkpoint", "2", "--out", Path.Combine(folder, "killed")];
            RunningProcess killed = Start(work);
            await UntilCheckpointed(killed, Path.Combine(folder, "killed"));
            await killed.Kill();
            string runFolder = Directory.EnumerateDirectories(Path.Combine(folder, "killed")).Single();
            RunningProcess resumed = Start(["resume", runFolder, "--no-progress"]);
            await resumed.End();
            RunningProcess whole = Start(["run", .. Work, "--no-progress", "--out", Path.Combine(folder, "whole")]);
            await whole.End();

            Assert.Equal(Digest(whole.Output), Digest(resumed.Output));
            Assert.False(Directory.Exists(Path.Combine(runFolder, "state")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static RunningProcess Start(IReadOnlyList<string> arguments) =>
        RunningProcess.Start("dotnet", [typeof(Stress.Client.StressCommand).Assembly.Location, .. arguments]);

    // A run that ends without a checkpoint will never have one.
    private static async Task UntilCheckpointed(RunningProcess run, string runs)
    {
        Task<int> ended = run.End();
        while (!Directory.Exists(runs) || !Directory.EnumerateFiles(runs, "router-*.state", SearchOption.AllDirectories).Any())
        {
            Assert.False(ended.IsCompleted, run.Output);
            await Task.WhenAny(ended, Task.Delay(50));
        }
    }

    private static string Digest(string output) => output.Split('\n').Single(line => line.StartsWith("digest", StringComparison.Ordinal));
}
