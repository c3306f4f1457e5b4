using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Scenarios;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>A part of what <c>./stress bench capture</c> does over 1,000 pair-hours.</summary>
public sealed class CaptureTests : IDisposable
{
    private static readonly string[] Expected =
        ["PPP LCP", "PPP IPCP", "PPP IPV6CP", "PPP PAP", "PPP CHAP", "OSPF", "RIPng", "IGMPv2", "ICMPv6"];

    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [ToolFact("tshark")]
    public async Task Tshark_dissects_every_frame_of_a_run_with_authentication_without_malformed_packets_or_wrong_checksums()
    {
        string file = Path.Combine(_screen.Folder, "run.pcapng");
        int code = await _screen.Run(
            "run", Repository.At("scenarios", "authenticated.yaml"), "--pairs=6", "--hours=6", $"--out={_screen.Folder}/runs", "--no-progress", "--pcap", file);

        Assert.Equal(ExitCodes.Ok, code);
        TsharkSummary summary = Tshark.Dissect(file);
        Assert.Empty(summary.Problems);
        Assert.Contains($"{summary.Frames:#,0} frames of 6 lines", _screen.Out);
        Assert.True(summary.Frames > 10_000, $"{summary.Frames} frames");
        Assert.Superset(Expected.ToHashSet(), summary.Protocols.Keys.ToHashSet());
        Assert.Contains("131", summary.IcmpV6Types.Keys);
        foreach (string said in new[] { "pkill -HUP pppd", "carrier lost", "if_detach", "in_delmulti: " })
        {
            Assert.Contains(said, summary.Comment);
        }
    }

    [ToolFact("tshark")]
    public async Task Tshark_dissects_every_frame_of_routers_at_full_and_of_what_they_forward()
    {
        TsharkSummary summary = await Dissected("routed", pairs: 17, hours: 1);

        Assert.True(summary.Protocols["OSPF"] > 1_000 && (summary.Protocols.ContainsKey("DISCARD") || summary.Protocols.ContainsKey("UDP")), string.Join(", ", summary.Protocols));
    }

    [ToolFact("tshark")]
    public async Task Tshark_dissects_every_segment_of_TCP()
    {
        TsharkSummary summary = await Dissected("ssh", pairs: 6, hours: 12);

        Assert.True(summary.Protocols["TCP"] > 100 && summary.Protocols["SSH"] > 20, string.Join(", ", summary.Protocols));
    }

    [ToolFact("tshark")]
    public async Task Tshark_dissects_every_frame_of_segments()
    {
        TsharkSummary summary = await Dissected("office-lan", pairs: 12, hours: 3);

        Assert.Contains("frames of 12 lines", _screen.Out);
        Assert.True(summary.Protocols["ARP"] > 10 && summary.Protocols["OSPF"] > 1_000, string.Join(", ", summary.Protocols));
        Assert.Superset(new HashSet<string> { "135", "136" }, summary.IcmpV6Types.Keys.ToHashSet());
        Assert.Contains("cable of the Ethernet pulled out", summary.Comment, StringComparison.Ordinal);
    }

    [ToolFact("tshark")]
    public async Task Tshark_dissects_every_frame_of_a_segment_at_full()
    {
        TsharkSummary summary = await Dissected("lan-full", pairs: 4, hours: 2);

        Assert.True(summary.Protocols["ARP"] > 10 && summary.Protocols["OSPF"] > 1_000, string.Join(", ", summary.Protocols));
    }

    [ToolFact("tshark")]
    public async Task Tshark_dissects_every_query_report_and_Done_of_a_segment()
    {
        TsharkSummary summary = await Dissected("lan-snooping", pairs: 2, hours: 4);

        Assert.True(summary.Protocols.ContainsKey("DISCARD") || summary.Protocols.ContainsKey("UDP"), string.Join(", ", summary.Protocols));
        Assert.True(summary.Protocols["IGMPv2"] > 100, string.Join(", ", summary.Protocols));
        Assert.Superset(new HashSet<string> { "130", "131", "132" }, summary.IcmpV6Types.Keys.ToHashSet());
    }

    [ToolFact("tshark")]
    public async Task Tshark_dissects_every_frame_of_duplicate_address_detection()
    {
        TsharkSummary summary = await Dissected("lan-dad", pairs: 2, hours: 1);

        Assert.Superset(new HashSet<string> { "131", "132", "135", "136" }, summary.IcmpV6Types.Keys.ToHashSet());
    }

    [Theory]
    [InlineData("{role: called, pppd: {require: pap}}")]
    [InlineData("{role: called, pppd: {require: chap-md5}}")]
    [InlineData("{role: calling, pppd: {require: chap-md5}}")]
    public void A_link_comes_up_whichever_end_asks_for_authentication(string role)
    {
        Scenario scenario = ScenarioLoader.Parse($"name: a\nroles:\n  - {role}\n", "a.yaml");
        Site site = Site.Create(scenario.Site, 0);
        site.RunWindow();

        Assert.All(site.Routers, router =>
        {
            var pppd = (Pppd)router.Processes.PortOwners[0];
            Assert.True(pppd.IsUp, $"{router.Label}: {pppd.Phase}");
        });
    }

    [Fact]
    public async Task A_run_that_is_too_large_for_one_file_is_refused()
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run(
            "run", Repository.At("scenarios", "troxel-2005.yaml"), "--hours=1000", $"--out={_screen.Folder}", "--pcap", Path.Combine(_screen.Folder, "a.pcapng")));

        Assert.Contains("pair-hours in one file", _screen.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_screen.Folder));
    }

    // A run's capture, in which tshark finds nothing malformed and no wrong checksum.
    private async Task<TsharkSummary> Dissected(string scenario, int pairs, int hours)
    {
        string file = Path.Combine(_screen.Folder, scenario + ".pcapng");
        await _screen.Run("run", Repository.At("scenarios", scenario + ".yaml"), $"--pairs={pairs}", $"--hours={hours}", $"--out={_screen.Folder}/runs", "--no-progress", "--pcap", file);
        TsharkSummary summary = Tshark.Dissect(file);
        Assert.Empty(summary.Problems);
        return summary;
    }
}
