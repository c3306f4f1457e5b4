using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Stress.Client.Commands;
using Stress.Client.Reports;
using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class CompareCommandTests : IDisposable
{
    private static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
    private static readonly string Library = Directory
        .EnumerateFiles(Repository.At("tests", "Stress.ExampleDesign", "bin"), "Stress.ExampleDesign.dll", SearchOption.AllDirectories)
        .OrderByDescending(File.GetLastWriteTimeUtc).First();

    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task Every_design_is_compared_on_the_same_worlds_and_what_it_costs_is_told()
    {
        string json = Path.Combine(_screen.Folder, "copy.json");
        await _screen.Run("compare", Scenario, "--designs", "all", "--pairs=2", "--hours=2", $"--out={_screen.Folder}/runs", "--json", json, "--no-progress");

        string folder = TheFolder();
        CompareReport report = Read(Path.Combine(folder, CompareCommand.JsonName));
        Assert.Equal(File.ReadAllText(json), File.ReadAllText(Path.Combine(folder, CompareCommand.JsonName)));
        Assert.True(report.Complete);
        Assert.Equal(11, report.Designs.Count);
        Assert.Equal("netbsd-2005", report.Designs[0].Design);
        Assert.Equal(report.Designs.Count * (report.Designs.Count - 1) / 2, report.Differences.Count);
        Assert.True(Crashes(report, "netbsd-2005", "membership") > 0);
        Assert.Equal(0, Crashes(report, "purge-all", "membership"));
        Assert.True(Crashes(report, "route-validate", "membership") > 0);
        Assert.True(Price(report, "purge-all", "pcbs walked") > 0);
        Assert.True(Price(report, "index", "table look-ups") > 0);
        Assert.Equal(0, Price(report, "netbsd-2005", "pcbs walked"));
        Assert.Contains(report.Tests, test => test is { First: "netbsd-2005", Second: "purge-all", Path: "membership", Role: "called", OnlyFirst: > 0, OnlySecond: 0 });
        string page = File.ReadAllText(Path.Combine(folder, CompareCommand.HtmlName));
        Assert.All(report.Designs, design => Assert.Contains(design.Design, page));
        Assert.Contains("McNemar", page);
        Assert.Contains($"./stress compare {Scenario} --pairs 2 --hours 2 --seed 2005 --designs all", _screen.Out);
    }

    [Fact]
    public async Task The_verdict_comes_first_and_the_details_are_asked_for()
    {
        string[] line = ["compare", Scenario, "--designs=netbsd-2005,purge-all,route-validate", "--pairs=2", "--hours=2", $"--out={_screen.Folder}/runs", "--no-progress"];
        await _screen.Run(line);
        Assert.InRange(_screen.Out.Split('\n').Length, 8, 30);
        Assert.Matches(@"1\. purge-all +all \d crashes", _screen.Out);
        Assert.Contains("the baseline", _screen.Out);
        Assert.DoesNotContain("Price per disconnect", _screen.Out);
        string page = File.ReadAllText(Path.Combine(TheFolder(), CompareCommand.HtmlName));
        Assert.True(page.IndexOf("id=\"verdict\"", StringComparison.Ordinal) < page.IndexOf("<section id=\"designs\"", StringComparison.Ordinal));

        using var detailed = new Screen();
        await detailed.Run([.. line[..^2], $"--out={detailed.Folder}", "--no-progress", "--details"]);
        Assert.Contains("Price per disconnect", detailed.Out);
    }

    [Fact]
    public void A_p_that_no_double_holds_is_a_bound_and_not_zero()
    {
        Assert.Equal(McNemar.LeastP, McNemar.ExactP(100_000, 0));
        Assert.InRange(McNemar.ExactP(50, 0), 1e-16, 1e-14);
    }

    [Fact]
    public async Task The_runs_of_every_design_are_scraped_while_they_are_compared()
    {
        int port = Programs.FreeLoopbackPort();
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        List<string> scraped = [];

        // The comparison goes on when its line has been written, and so waits for the scrape. An answer may be that of a moment ago, so the question is put again.
        using var held = new Screen(line: line =>
        {
            if (line.Contains(" 100%", StringComparison.Ordinal))
            {
                string design = line.Split(' ')[3];
                while (!Scrape().Any(series => series.StartsWith("stress_run_sites_done{", StringComparison.Ordinal) && series.Contains($"design=\"{design}\"", StringComparison.Ordinal)
                    && series.Contains($"-{design}\"", StringComparison.Ordinal) && series.Split(' ')[1] == "4"))
                {
                }

                scraped.Add(design);
            }
        });
        await held.Run("compare", Scenario, "--designs=netbsd-2005,index", "--pairs=4", "--hours=4", $"--metrics-port={port}", $"--out={held.Folder}/runs");
        Assert.Equal(["netbsd-2005", "index"], scraped);
        Assert.Contains($"metrics  http://127.0.0.1:{port}/metrics", held.Out);
        Assert.Contains("1 of 2 netbsd-2005  100%", held.Out);
        Assert.Contains("2 of 2 index  100%", held.Out);

        string[] Scrape()
        {
            using HttpResponseMessage answer = http.Send(new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/metrics"), limit.Token);
            using var text = new StreamReader(answer.Content.ReadAsStream(limit.Token));
            return text.ReadToEnd().Split('\n');
        }
    }

    [Fact]
    public async Task A_taken_metrics_port_is_refused_before_anything_is_written()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        Assert.Equal(ExitCodes.Usage, await _screen.Run(
            "compare", Scenario, $"--metrics-port={((IPEndPoint)taken.LocalEndpoint).Port}", "--out", _screen.Folder));
        Assert.Contains("accepted is a free port", _screen.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_screen.Folder));
    }

    [Fact]
    public async Task A_design_has_the_same_digest_alone_and_in_a_comparison()
    {
        await _screen.Run("compare", Scenario, "--designs=index,netbsd-2005", "--pairs=2", "--hours=1", $"--out={_screen.Folder}/runs", "--no-progress");
        await _screen.Run("run", Scenario, "--design=index", "--pairs=2", "--hours=1", $"--out={_screen.Folder}/alone", "--no-progress");

        DesignResult index = Read(Path.Combine(TheFolder(), CompareCommand.JsonName)).Designs.Single(design => design.Design == "index");
        Assert.Equal(new RunFolder(TheFolder("alone")).ReadReport().Digest, index.Digest);
        Assert.Contains("--design index", index.Command);
    }

    [Theory]
    [InlineData("purge-flagged", 0)]
    [InlineData("netbsd-2005", 1)]
    public async Task What_is_expected_of_a_design_decides_the_exit_code(string design, int code)
    {
        string file = Path.Combine(_screen.Folder, "expects.yaml");
        File.Copy(Scenario, Path.Combine(_screen.Folder, "troxel-2005.yaml"));
        File.WriteAllText(file, $"name: expects\ninclude: troxel-2005.yaml\nexpect:\n  - {{path: membership, design: {design}, percent: 0}}\n");

        Assert.Equal(code, await _screen.Run(
            "compare", file, "--designs=netbsd-2005,purge-flagged", "--pairs=2", "--hours=2", $"--out={_screen.Folder}/runs", "--no-progress"));
        Assert.Equal(code == 1, _screen.Error.Contains($"with {design}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--designs=netbsd-2005,nonesuch")]
    [InlineData("--design-assembly=nonesuch.dll")]
    [InlineData("--designs=purge-inet-only")]
    public async Task An_unknown_design_or_library_is_refused_before_anything_is_written(string option)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run("compare", Scenario, option, "--out", _screen.Folder));
        Assert.Contains("accepted", _screen.Error);
        Assert.Single(_screen.Error.TrimEnd().Split('\n'));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_screen.Folder));
    }

    [Fact]
    public async Task An_unknown_design_of_a_run_is_refused_with_the_list()
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run("run", Scenario, "--design=nonesuch", "--out", _screen.Folder));
        Assert.Contains("netbsd-2005, purge-all", _screen.Error);
    }

    [Fact]
    public async Task The_worked_example_is_loaded_from_its_library_and_closes_what_it_purges_and_nothing_else()
    {
        await _screen.Run(
            "compare", Scenario, $"--design-assembly={Library}", "--designs=netbsd-2005,purge-inet-only", "--pairs=2", "--hours=6", $"--out={_screen.Folder}/runs", "--no-progress");

        CompareReport report = Read(Path.Combine(TheFolder(), CompareCommand.JsonName));
        Assert.True(Crashes(report, "netbsd-2005", "membership") > 0);
        Assert.Equal(0, Crashes(report, "purge-inet-only", "membership"));
        IReadOnlyList<StaleCounts> left = report.Designs.Single(design => design.Design == "purge-inet-only").Stale;
        Assert.Contains(left, row => row is { Holder: "in6_multi.in6m_ifp", Created: > 0 });
        Assert.DoesNotContain(left, row => row.Holder is "in_multi.inm_ifp" or "ip_moptions.imo_multicast_ifp");
        using var shown = new Screen();
        Assert.Equal(ExitCodes.Ok, await shown.Run("show", "router", "0", Path.Combine(TheFolder(), "purge-inet-only")));
    }

    [Fact]
    public void The_worked_example_of_the_documentation_is_the_one_that_is_compiled() =>
        Assert.Contains(File.ReadAllText(Repository.At("tests", "Stress.ExampleDesign", "PurgeInetOnly.cs")).Trim(), File.ReadAllText(Repository.At("docs", "designs.md")));

    [Fact]
    public async Task A_library_without_a_design_is_refused()
    {
        string plain = typeof(CompareCommandTests).Assembly.Location;

        Assert.Equal(ExitCodes.Usage, await _screen.Run("run", Scenario, $"--design-assembly={plain}", "--out", _screen.Folder));
        Assert.Contains("no design in it", _screen.Error);
    }

    [Theory]
    [InlineData(6, 16, 4.55, 0.0525)] // Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13:91 (2013), both examples
    [InlineData(1, 7, 4.50, 0.0703)]
    [InlineData(59, 121, 21.36, 4e-6)]
    [InlineData(0, 0, 0, 1)]
    [InlineData(5, 5, 0, 1)]
    public void McNemar_gives_the_published_values(long first, long second, double chiSquared, double p)
    {
        Assert.Equal(chiSquared, McNemar.ChiSquared(first, second), 2);
        Assert.Equal(p, McNemar.ExactP(first, second), 4);
        Assert.Equal(McNemar.ExactP(first, second), McNemar.ExactP(second, first));
    }

    [Fact]
    public void McNemar_stays_a_probability_for_many_pairs()
    {
        Assert.InRange(McNemar.ExactP(50_000, 50_000), 0.99, 1);
        Assert.InRange(McNemar.ExactP(0, 100_000), 0, 1e-300);
    }

    private static long Crashes(CompareReport report, string design, string path) =>
        report.Designs.Single(d => d.Design == design).Paths.Where(row => row.Path == path).Sum(row => row.Crashes);

    private static long Price(CompareReport report, string design, string work) =>
        report.Designs.Single(d => d.Design == design).Prices.Single(line => line.Work == work).Count;

    private static CompareReport Read(string file) => JsonSerializer.Deserialize<CompareReport>(File.ReadAllText(file), RunFolder.Json)!;

    private string TheFolder(string under = "runs") => Directory.EnumerateDirectories(Path.Combine(_screen.Folder, under)).Single();
}
