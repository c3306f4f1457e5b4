using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Stress.Client.Launching;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Grains;
using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>
/// Files of every released format (<c>tests/formats</c>): those of this build's format and layout are read, with the same result, and all others are refused in one
/// sentence that says what is accepted.
/// </summary>
public sealed class FormatFilesTests : IDisposable
{
    private const string WriteVariable = "STRESS_WRITE_FORMATS", Unversioned = "unversioned", OfToday = "format-1";
    private const uint Site = 3;
    private const int Windows = 12;
    private static readonly SiteOptions Options = new() { Seed = 7 };
    private static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
    private static readonly string[] Work = ["--pairs=40", "--hours=60", "--seed=7"];
    private readonly Screen _screen = new();

    private static string[] Folders => [.. Directory.GetDirectories(Repository.At("tests", "formats")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Formats => [.. Folders];

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task The_files_of_the_present_format_are_written_when_they_are_asked_for()
    {
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            await Write(Repository.At("tests", "formats", OfToday));
        }

        Assert.Equal([OfToday, Unversioned], Folders);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void An_image_is_read_when_format_and_layout_are_this_build_s_and_refused_in_a_sentence_otherwise(string format)
    {
        byte[] image = File.ReadAllBytes(At(format, "image.bin"));
        var own = new ImageWriter();
        Emulator.Sites.Site.Create(Options, Site).Save(own);
        if (image.AsSpan().StartsWith(own.Written.Span[..ImageFormat.Length]))
        {
            Site read = Emulator.Sites.Site.Load(Options, Site, new ImageReader(image));
            Assert.Equal((Windows, Digests(format)[0]), (read.NextWindow, $"{read.Digest:x16}"));
            return;
        }

        string refusal = Assert.Throws<ImageFormatException>(() => Emulator.Sites.Site.Load(Options, Site, new ImageReader(image))).Message;
        Assert.EndsWith($"; accepted is {Emulator.Sites.Site.Format}", refusal, StringComparison.Ordinal);
        Assert.StartsWith(format == Unversioned ? "image: without a format number" : "image: format ", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Books_and_checkpoints_are_read_when_format_and_layout_are_this_build_s_and_refused_in_a_sentence_otherwise(string format)
    {
        var storage = new StateSerializer(
            new ServiceCollection().AddSerializer(serializer => serializer.AddAssembly(typeof(RunPlan).Assembly).AddAssembly(typeof(RouterGrain).Assembly))
                .BuildServiceProvider().GetRequiredService<Serializer>(),
            BuildStamp.Current);
        string[] states = Directory.GetFiles(At(format, "interrupted", "state"), "*.state");
        Assert.Equal(["router", "run", "shard"], states.Select(file => Path.GetFileName(file).Split('-')[0]).Where(kind => kind != "index").Distinct().Order());
        foreach (string file in states)
        {
            var bytes = new BinaryData(File.ReadAllBytes(file));
            Func<object?> read = Path.GetFileName(file).Split('-')[0] switch
            {
                "router" => () => storage.Deserialize<RouterState>(bytes).Checkpoint,
                "run" => () => storage.Deserialize<RunState>(bytes).Run,
                "shard" => () => storage.Deserialize<ShardState>(bytes).Books,
                _ => () => storage.Deserialize<RunIndexState>(bytes).Runs,
            };
            if (format != Unversioned && (IsOwn(format) || Path.GetFileName(file).StartsWith("index", StringComparison.Ordinal)))
            {
                Assert.NotNull(read());
                continue;
            }

            string refusal = Assert.Throws<StateFormatException>(() => read()).Message;
            Assert.Contains("; accepted is format ", refusal, StringComparison.Ordinal);
            Assert.StartsWith(format == Unversioned ? "without a format number" : "format ", refusal, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_report_is_shown_again_by_builds_of_every_layout()
    {
        RunFolder folder = Copy(OfToday, "complete");

        // Forty pairs are too few for the scenario's bands, which the run said too.
        Assert.Equal(ExitCodes.NotDecided, await _screen.Run("report", folder.Path, $"--json={Path.Combine(_screen.Folder, "again.json")}"));
        Assert.Contains("repeat", _screen.Out);
        RunReport report = folder.ReadReport();
        Assert.Equal((ScenarioReport.CurrentFormat, 16, true), (report.Format, report.Build.Layout.Length, report.Disconnects.Of("calling") > 0));
        Assert.Equal(report.Disconnects.Of("calling"), report.Counters[(Emulator.Link.Role)1].Disconnects);
        Assert.NotEqual("", report.Build.Version);
        Assert.Equal(ExitCodes.Ok, await _screen.Run("show", "router", "0", folder.Path));
        Assert.Equal(ExitCodes.Ok, await _screen.Run("watch", folder.Path));
    }

    [Theory]
    [InlineData("report.json", "report")]
    [InlineData("run.json", "show", "router", "0")]
    [InlineData("progress.json", "watch")]
    [InlineData("report.json", "coverage")]
    public async Task A_run_of_a_build_before_format_1_is_refused_in_one_sentence_with_exit_2(string file, params string[] command)
    {
        RunFolder folder = Copy(Unversioned, "complete");

        Assert.Equal(ExitCodes.Usage, await _screen.Run([.. command, folder.Path]));
        string line = Assert.Single(_screen.Error.TrimEnd().Split('\n'));
        Assert.Matches($"^stress: .*{file}: (format 1; accepted is format 2|without a format number; accepted is format 1)$", line);
        Assert.DoesNotContain("disconnects", _screen.Out);
    }

    [Fact]
    public async Task An_interrupted_run_of_a_build_before_format_1_is_not_gone_on_with()
    {
        RunFolder folder = Copy(Unversioned, "interrupted");
        Assert.Equal(ExitCodes.Usage, await _screen.Run("resume", folder.Path));
        Assert.Matches("^stress: .*run.json: without a format number; accepted is format 1$", Assert.Single(_screen.Error.TrimEnd().Split('\n')));

        // Nor where only what is in its state is of that build.
        var run = JsonSerializer.Deserialize<Dictionary<string, object>>(File.ReadAllText(Path.Combine(folder.Path, Launch.FileName)))!;
        run["format"] = Launch.FileFormatNumber;
        File.WriteAllText(Path.Combine(folder.Path, Launch.FileName), JsonSerializer.Serialize(run));
        using var again = new Screen();
        Assert.Equal(ExitCodes.Usage, await again.Run("resume", folder.Path, "--no-progress"));
        string line = Assert.Single(again.Error.TrimEnd().Split('\n'), text => text.StartsWith("stress: ", StringComparison.Ordinal));
        Assert.Contains($".state: without a format number, as builds before format 1 wrote it; accepted is {BuildStamp.Current.Words}", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_run_goes_on_where_it_stood_or_is_refused_when_its_layout_is_another()
    {
        RunFolder folder = Copy(OfToday, "interrupted");
        int code = await _screen.Run("resume", folder.Path, "--no-progress");
        if (IsOwn(OfToday))
        {
            Assert.NotEqual(ExitCodes.Usage, code);
            Assert.Equal(Digests(OfToday)[1], folder.ReadReport().Digest);
            return;
        }

        Assert.Equal(ExitCodes.Usage, code);
        Assert.Contains($"; accepted is {BuildStamp.Current.Words}", _screen.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.ReportPath));
    }

    private static string At(string format, params string[] path) => Repository.At(["tests", "formats", format, .. path]);

    private static string[] Digests(string format) => File.ReadAllLines(At(format, "digests"));

    private static bool IsOwn(string format) =>
        File.ReadAllText(At(format, "interrupted", Launch.FileName)) is var text && JsonDocument.Parse(text).RootElement.GetProperty("build") is var build
        && build.GetProperty("format").GetInt32() == BuildStamp.Current.Format && build.GetProperty("layout").GetString() == $"{BuildStamp.Current.Layout:x16}";

    // As a user would have it, in a folder of the run's name.
    private RunFolder Copy(string format, string run)
    {
        string from = At(format, run), named = Path.Combine(from, "name");
        string to = Path.Combine(_screen.Folder, File.Exists(named) ? File.ReadAllText(named).Trim() : run);
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(file => file != named))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return new RunFolder(to);
    }

    private static async Task Write(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        Site site = Emulator.Sites.Site.Create(Options, Site);
        for (int window = 0; window < Windows; window++)
        {
            site.RunWindow();
        }

        var image = new ImageWriter();
        site.Save(image);
        File.WriteAllBytes(Path.Combine(folder, "image.bin"), image.Written.ToArray());

        using var complete = new Screen();
        await complete.Run("run", Scenario, "--pairs=200", "--hours=3", "--seed=7", $"--out={complete.Folder}", "--no-progress");
        Keep(complete, folder, "complete");
        using var whole = new Screen();
        await whole.Run(["run", Scenario, .. Work, $"--out={whole.Folder}", "--no-progress"]);
        using var interrupted = new Screen();
        using var stop = new CancellationTokenSource();
        Task<int> run = StressCommand.Run(
            ["run", Scenario, .. Work, $"--out={interrupted.Folder}", "--no-progress", "--in-flight=1", "--checkpoint=50", "--workers=1"], interrupted.Terminal, stop.Token);
        while (!run.IsCompleted && !Directory.GetFiles(interrupted.Folder, "shard-*.state", SearchOption.AllDirectories).Any(file => new FileInfo(file).Length > 2_000))
        {
            await Task.Delay(5);
        }

        await stop.CancelAsync();
        await run;
        Keep(interrupted, folder, "interrupted");
        string digest = new RunFolder(Directory.GetDirectories(whole.Folder).Single()).ReadReport().Digest;
        File.WriteAllText(Path.Combine(folder, "digests"), string.Create(CultureInfo.InvariantCulture, $"{site.Digest:x16}\n{digest}\n"));
    }

    private static void Keep(Screen screen, string folder, string run)
    {
        string from = Directory.GetDirectories(screen.Folder).Single(), to = Path.Combine(folder, run);
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is ".json" or ".ndjson" or ".yaml" or ".state"))
        {
            if (run == "interrupted" && Path.GetFileName(file) == RunFolder.ReportName)
            {
                continue;
            }

            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);

            // No file names a place of the machine that wrote it.
            if (Path.GetExtension(file) == ".state")
            {
                File.Copy(file, copy);
            }
            else
            {
                File.WriteAllText(copy, File.ReadAllText(file).Replace(screen.Folder, "runs", StringComparison.Ordinal).Replace(Repository.At() + Path.DirectorySeparatorChar, "", StringComparison.Ordinal));
            }
        }

        File.WriteAllText(Path.Combine(to, "name"), Path.GetFileName(from) + "\n");
    }
}
