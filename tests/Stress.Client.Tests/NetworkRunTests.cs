using System.Text.Json;
using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>Runs whose sites are networks.</summary>
public sealed class NetworkRunTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task A_run_of_networks_reports_by_label_link_and_path_and_its_crash_is_replayed()
    {
        await _screen.Run("run", Repository.At("scenarios", "grid.yaml"), "--pairs", "48", "--hours", "1", "--check", "--no-progress", $"--out={_screen.Folder}/a");
        var folder = new RunFolder(Assert.Single(Directory.GetDirectories(Path.Combine(_screen.Folder, "a"))));
        RunReport report = folder.ReadReport();
        NetworkReport network = report.Network!;

        Assert.Contains("no difference", _screen.Out);
        Assert.Equal((2, 48), (report.Sites, report.Pairs));
        Assert.Equal(["inner", "edge"], report.Disconnects.Labels);
        Assert.Equal(("grid", 4, 16, 24), (network.Shape, network.Width, network.Nodes.Count, network.Links.Count));
        Assert.Equal(report.Panics.Total, network.Nodes.Sum(node => node.Panics));
        Assert.Equal(report.Counters.Total.DecidedDisconnects, network.Links.Sum(link => link.Disconnects));
        Assert.All(network.Links, link => Assert.Equal(link.Crashes, link.Paths.Sum(path => path.Crashes)));
        Assert.Contains("of 24 links", _screen.Out);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(folder.ReportPath));
        ReportSchema.Check(document.RootElement);
        string page = File.ReadAllText(folder.PagePath);
        Assert.Contains("<section id=\"network\">", page);
        Assert.Contains("class=\"net net5\"", page);

        CrashRecord crash = folder.ReadCrashes()[0];
        Assert.Equal(0, await _screen.Run("replay", folder.Path, crash.Id));
        Assert.Contains(crash.Title, _screen.Out);
    }

    [Fact]
    public async Task The_screen_of_routers_that_route_says_so_and_how_much_they_forwarded()
    {
        await _screen.Run("run", Repository.At("scenarios", "routed.yaml"), "--pairs", "17", "--hours", "1", "--no-progress", $"--out={_screen.Folder}/r");

        Assert.Contains("17 lines x 1 h", _screen.Out);
        Assert.Matches("competitors,\\s+forwarding", _screen.Out);
        Assert.Contains("at-address-add, to Full", _screen.Out);
        Assert.Matches("forwarding +[0-9,]+ packets sent on, [0-9,]+ that went no further; [0-9,]+ datagrams over IPv4 arrived", _screen.Out);
    }

    [Fact]
    public async Task A_NIC_of_a_segment_kills_the_station_that_stopped_it_first_and_leaves_nothing_where_it_was_just_pulled_out()
    {
        string file = Repository.At("scenarios", "lan-nic.yaml");
        await _screen.Run("run", file, "--pairs=2", "--hours=6", "--no-progress", $"--out={_screen.Folder}/a");
        var folder = new RunFolder(Assert.Single(Directory.GetDirectories(Path.Combine(_screen.Folder, "a"))));
        RunReport report = folder.ReadReport();

        Assert.True(report.Panics.Of("stopped") > 0, _screen.Out);
        Assert.Equal(report.Panics.Total, report.Panics.Of("stopped"));
        Assert.All(report.Stale, stale => Assert.True(stale.Role == "stopped" || stale.Created == 0, $"{stale.Role} {stale.Holder}"));
        Assert.True(report.Disconnects.Of("pulled") > 10 && report.Disconnects.Of("stopped") > 10);
        Assert.All(folder.ReadCrashes(), crash => Assert.Contains(crash.Story, line => line.Contains("allocated: aue0", StringComparison.Ordinal)));
        Assert.Equal(0, report.Network!.Links.Sum(link => link.Crashes));

        // No line is dialled again in this run, and something came back all the same.
        Assert.Equal(0, await _screen.Run("run", file, "--pairs=2", "--hours=6", "--design=purge-all", "--no-progress", $"--out={_screen.Folder}/b"));
    }

    [Fact]
    public async Task A_report_timer_that_a_query_has_armed_kills_the_station_that_stopped_its_NIC_first()
    {
        string file = Repository.At("scenarios", "lan-querier.yaml");
        await _screen.Run("run", file, "--no-progress", $"--out={_screen.Folder}/a");
        var folder = new RunFolder(Assert.Single(Directory.GetDirectories(Path.Combine(_screen.Folder, "a"))));
        RunReport report = folder.ReadReport();

        Assert.True(report.Panics.Of("stopped") > 0, _screen.Out);
        Assert.Equal(report.Panics.Total, report.Panics.Of("stopped"));
        Assert.All(folder.ReadCrashes(), crash => Assert.Contains("igmp_fasttimo", crash.Stack));
        Assert.All(report.Stale, stale => Assert.True(stale.Role == "stopped" || stale.Created == 0, $"{stale.Role} {stale.Holder}"));
        Assert.True(report.Disconnects.Of("pulled") > 100 && report.Disconnects.Of("stopped") > 100);
    }

    [Fact]
    public async Task What_a_snooping_switch_keeps_from_stations_is_counted_and_more_where_records_were_left()
    {
        string file = Repository.At("scenarios", "lan-snooping.yaml");
        long[] missed = [await Missed("netbsd-2005"), await Missed("purge-all")];
        Assert.Matches("snooping +[0-9,]+ frames to a group kept from a station, [0-9,]+ that its NIC would have taken; [0-9,]+ datagrams over IPv4 arrived", _screen.Out);
        Assert.True(missed[0] > 2 * missed[1], string.Join(" ", missed));

        async Task<long> Missed(string design)
        {
            await _screen.Run("run", file, "--pairs=10", "--no-progress", $"--design={design}", $"--out={_screen.Folder}/{design}");
            return new RunFolder(Assert.Single(Directory.GetDirectories(Path.Combine(_screen.Folder, design)))).ReadReport().Counters.OfSite().Missed;
        }
    }

    [Fact]
    public async Task NICs_that_go_in_the_middle_of_duplicate_address_detection_leave_nothing_of_it()
    {
        Assert.Equal(0, await _screen.Run("run", Repository.At("scenarios", "lan-dad.yaml"), "--no-progress", $"--out={_screen.Folder}/d"));
        RunReport report = new RunFolder(Assert.Single(Directory.GetDirectories(Path.Combine(_screen.Folder, "d")))).ReadReport();

        Assert.Equal(0, report.Panics.Total);
        Assert.True(report.Probes["address removed during DAD"] > 1_000 && report.Probes["duplicate address found"] > 1_000, _screen.Out);
        Assert.DoesNotContain(report.Stale, stale => stale.Holder.StartsWith("dadq", StringComparison.Ordinal) && stale.Created > 0);
    }

    [Fact]
    public async Task The_screen_of_a_site_with_a_segment_names_it()
    {
        await _screen.Run("run", Repository.At("scenarios", "office-lan.yaml"), "--pairs", "3", "--hours", "1", "--no-progress", $"--out={_screen.Folder}/s");

        Assert.Contains("each 6 nodes, 3 links, the segment lan of 3 stations", _screen.Out);
    }

    [Fact]
    public async Task A_number_of_pairs_that_is_no_number_of_networks_is_refused()
    {
        Assert.Equal(2, await _screen.Run("run", Repository.At("scenarios", "grid.yaml"), "--pairs", "25"));
        Assert.Contains("a site of this scenario has 24 links, each a pair; accepted are multiples of 24", _screen.Error);
    }

    [Theory]
    [InlineData("sensitivity")]
    [InlineData("dial")]
    public async Task What_knows_pairs_alone_refuses_a_network_in_a_sentence(string command)
    {
        string file = Repository.At("scenarios", "grid.yaml");
        Assert.Equal(2, await (command == "dial" ? _screen.Run("dial", "tcp://127.0.0.1:1", "--scenario", file) : _screen.Run(command, file)));
        Assert.Contains("accepted is a scenario of pairs", _screen.Error);
    }
}
