using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.RegularExpressions;
using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>Every exit code that is documented is produced by a command, and every one that there is is documented.</summary>
public sealed partial class ExitCodeTests : IDisposable
{
    private static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/ci.md")]
    public void The_table_has_every_code_that_a_command_returns_and_no_other(string file)
    {
        int[] codes = [.. typeof(ExitCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral && field.Name != nameof(ExitCodes.BisectSkip)).Select(field => (int)field.GetRawConstantValue()!).Order()];
        string text = File.ReadAllText(Repository.At(file.Split('/')));
        int[] documented = [.. Row().Matches(text).Select(row => int.Parse(row.Groups[1].Value)).Order()];

        Assert.Equal(codes, documented);
        Assert.Equal(codes, Codes.Order());
    }

    private static readonly int[] Codes = [ExitCodes.Ok, ExitCodes.ExpectationFailed, ExitCodes.Usage, ExitCodes.NotDeterministic, ExitCodes.Incomplete, ExitCodes.NotDecided, ExitCodes.Unavailable, ExitCodes.NotWritten, ExitCodes.Interrupted];

    public static TheoryData<int> Produced => new(Codes);

    [Theory]
    [MemberData(nameof(Produced))]
    public async Task Every_code_that_is_documented_is_produced_by_a_command(int code) => Assert.Equal(code, await Produce(code));

    [Fact]
    public async Task Under_bisect_what_is_not_decided_skips_the_commit()
    {
        string list = Undecided();
        Assert.Equal(ExitCodes.BisectSkip, await _screen.Run("exec", list, "--stack=linux-6", "--bisect"));
    }

    private async Task<int> Produce(int code)
    {
        string[] run = ["run", Scenario, "--pairs=2", "--hours=1", "--seed=3", "--no-progress", $"--out={_screen.Folder}/runs"];
        switch (code)
        {
            case ExitCodes.Ok:
                return await _screen.Run([.. run, "--design=purge-all"]);
            case ExitCodes.ExpectationFailed:
                File.Copy(Scenario, Path.Combine(_screen.Folder, "troxel-2005.yaml"));
                string strict = Path.Combine(_screen.Folder, "s.yaml");
                File.WriteAllText(strict, "include: troxel-2005.yaml\nname: strict\nexpect: [{path: stale, percent: 0}]\n");
                return await _screen.Run(["run", strict, "--pairs=4", "--hours=2", "--no-progress", $"--out={_screen.Folder}/runs"]);
            case ExitCodes.Usage:
                return await _screen.Run("run", "no-such-file.yaml");
            case ExitCodes.NotDeterministic:
                // A crash that was recorded as another one does not come again.
                await _screen.Run(["run", Scenario, "--pairs=8", "--hours=2", "--seed=3", "--no-progress", $"--out={_screen.Folder}/runs"]);
                var folder = new RunFolder(Directory.EnumerateDirectories(Path.Combine(_screen.Folder, "runs")).Single());
                CrashRecord crash = folder.ReadCrashes()[0];
                File.WriteAllText(folder.CrashesPath, File.ReadAllText(folder.CrashesPath).Replace(crash.Title, "another title"));
                return await _screen.Run("replay", folder.Path, crash.Id);
            case ExitCodes.Incomplete:
                return await _screen.Run("dial", $"tcp://127.0.0.1:{ClosedPort()}", "--cycles=1", "--no-progress", $"--out={_screen.Folder}/runs");
            case ExitCodes.NotDecided:
                return await _screen.Run("exec", Undecided(), "--stack=linux-6");
            case ExitCodes.Unavailable:
                return await _screen.Run([.. run, $"--cluster=redis://127.0.0.1:{ClosedPort()}"]);
            case ExitCodes.NotWritten:
                return await _screen.Run([.. run, "--json=/dev/full"]);
            case ExitCodes.Interrupted:
                using (var stop = new CancellationTokenSource())
                {
                    stop.Cancel();
                    return await StressCommand.Run(["run", Scenario, "--pairs=600", "--hours=100000", "--no-progress", $"--out={_screen.Folder}/runs"], _screen.Terminal, stop.Token);
                }

            default:
                throw new ArgumentOutOfRangeException(nameof(code), code, "no command produces it");
        }
    }

    private string Undecided()
    {
        string list = Path.Combine(_screen.Folder, "x.ops");
        File.WriteAllLines(list, ["create tun0", "pipe 100"]);
        return list;
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"^\| (\d+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
