using System.Diagnostics;
using System.Text.Json;
using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>The result comes first. If something cannot be written there is one line and a separate exit code, and it can be written later.</summary>
public sealed class NotWrittenTests : IDisposable
{
    private const string Full = "/dev/full", NoSpace = "No space left on device";
    private static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Theory]
    [InlineData("run", "--json")]
    [InlineData("run", "--junit")]
    [InlineData("run", "--sarif")]
    [InlineData("run", "--pcap")]
    [InlineData("compare", "--json")]
    public async Task A_file_on_a_full_disk_is_one_line_and_exit_7_after_the_result(string command, string option)
    {
        string[] more = command == "compare" ? ["--designs=purge-all"] : ["--design=purge-all"];
        Assert.Equal(ExitCodes.NotWritten, await _screen.Run([command, Scenario, "--pairs=2", "--hours=1", "--no-progress", $"--out={_screen.Folder}", $"{option}={Full}", .. more]));

        Assert.Contains("repeat", _screen.Out);
        string line = Assert.Single(_screen.Error.TrimEnd().Split('\n'));
        Assert.StartsWith($"stress: the result is known, but {Full} could not be written: {NoSpace}", line);
        Assert.Contains("again with: ./stress report ", line);
    }

    [Theory]
    [InlineData("history", "linux-uncached-route-dev", "--json=/dev/full")]
    [InlineData("exec", "OPS", "--junit=/dev/full")]
    public async Task So_it_is_for_commands_without_a_run(params string[] arguments)
    {
        string ops = Repository.At("scenarios", "ops", "membership-crash.ops");
        Assert.Equal(ExitCodes.NotWritten, await _screen.Run([.. arguments.Select(word => word == "OPS" ? ops : word)]));

        Assert.NotEmpty(_screen.Out);
        Assert.Contains($"{Full} could not be written: {NoSpace}", Assert.Single(_screen.Error.TrimEnd().Split('\n')));
    }

    [Fact]
    public async Task A_page_that_is_gone_is_written_again_from_the_report_and_a_report_from_what_the_run_kept()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        await StressCommand.Run(["run", Scenario, "--pairs", "600", "--hours", "100000", "--out", _screen.Folder, "--no-progress"], _screen.Terminal, stop.Token);
        RunFolder folder = TheRun();
        RunReport report = folder.ReadReport();
        File.Delete(folder.PagePath);

        using var page = new Screen();
        Assert.Equal(ExitCodes.Interrupted, await page.Run("report", folder.Path));
        Assert.True(File.Exists(folder.PagePath));
        Assert.Contains("PARTIAL", page.Out);

        File.Delete(folder.ReportPath);
        using var rest = new Screen();
        Assert.Equal(ExitCodes.Interrupted, await rest.Run("report", folder.Path));
        Assert.Equal(report.Work.Planned, folder.ReadReport().Work.Planned);
        Assert.Equal(RunReport.Interrupted, folder.ReadReport().Incomplete);
    }

    [Fact]
    public async Task A_report_again_has_the_exit_code_of_the_run_and_a_folder_without_anything_is_refused()
    {
        int code = await _screen.Run("run", Scenario, "--pairs=2", "--hours=1", "--seed=3", "--no-progress", $"--out={_screen.Folder}");
        using var again = new Screen();
        string json = Path.Combine(again.Folder, "again.json");
        Assert.Equal(code, await again.Run("report", TheRun().Path, "--json", json));
        Assert.Equal(File.ReadAllText(TheRun().ReportPath), File.ReadAllText(json));
        Assert.Equal(ExitCodes.Usage, await again.Run("report", again.Folder));
        Assert.Contains("accepted is the folder of a run", again.Error);
    }

    [Fact]
    public async Task A_comparison_is_shown_again_and_its_page_written_again()
    {
        int code = await _screen.Run("compare", Scenario, "--designs=purge-all,epoch", "--pairs=2", "--hours=1", "--no-progress", $"--out={_screen.Folder}");
        string folder = Directory.EnumerateDirectories(_screen.Folder).Single(), page = Path.Combine(folder, "compare.html"), text = File.ReadAllText(page);
        File.Delete(page);
        using var again = new Screen();

        Assert.Equal(code, await again.Run("report", folder));
        Assert.Equal(text, File.ReadAllText(page));
    }

    [MountFact]
    public async Task On_a_file_system_that_is_full_the_run_is_executed_and_its_result_printed()
    {
        string small = Directory.CreateDirectory(Path.Combine(_screen.Folder, "small")).FullName;
        Assert.True(Ran("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", small));

        try
        {
            Assert.Equal(ExitCodes.NotWritten, await _screen.Run("run", Scenario, "--design=purge-all", "--pairs=2", "--hours=1", "--no-progress", "--out", small));
            Assert.Contains("digest", _screen.Out);
            Assert.Contains("2 of 2 met", _screen.Out);
            Assert.Contains("cannot be written: No space left on device; the run continues", _screen.Error);
            Assert.Contains("the result is known, but ", _screen.Error);
            Assert.DoesNotContain("   at ", _screen.Error);
            Assert.Empty(Directory.EnumerateFiles(small, "*.new", SearchOption.AllDirectories));
        }
        finally
        {
            Assert.True(Ran("umount", small));
        }
    }

    [Fact]
    public async Task A_dash_is_standard_output_and_the_screen_goes_to_standard_error_then()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("run", Scenario, "--design=purge-all", "--pairs=2", "--hours=1", "--no-progress", $"--out={_screen.Folder}", "--json", "-"));
        using JsonDocument document = JsonDocument.Parse(_screen.Out);
        ReportSchema.Check(document.RootElement);
        Assert.Contains("digest", _screen.Error);
        Assert.False(File.Exists("-"));

        using var junit = new Screen();
        await junit.Run("exec", Repository.At("scenarios", "ops", "membership-crash.ops"), "--junit=-");
        Assert.StartsWith("<?xml", junit.Out);
        Assert.Contains("verdict: ", junit.Error);

        using var two = new Screen();
        Assert.Equal(ExitCodes.Usage, await two.Run("run", Scenario, "--json=-", "--junit=-", $"--out={two.Folder}"));
        Assert.Contains("accepted is one result on standard output", two.Error);
        Assert.Equal(ExitCodes.Usage, await two.Run("run", Scenario, "--out=-"));
        Assert.Contains("--out -: accepted is the name of a folder", two.Error);
    }

    [Fact]
    public void A_screen_that_cannot_be_written_is_remembered_and_nothing_is_thrown()
    {
        using var full = new StreamWriter(new FileStream(Full, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0)) { AutoFlush = true };
        var guarded = new GuardedWriter(full);

        guarded.WriteLine("a result");
        guarded.Write('x');
        Assert.Contains(NoSpace, guarded.Failure!.Message);
    }

    private static bool Ran(string tool, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private RunFolder TheRun() => new(Directory.EnumerateDirectories(_screen.Folder).Single());
}
