using System.Text.Json;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class HistoryCommandTests : IDisposable
{
    private static readonly string Folder = Repository.At("scenarios", "history");

    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task History_runs_every_entry_and_says_where_it_comes_from()
    {
        int entries = Directory.EnumerateFiles(Folder, "*.ops").Count();

        Assert.Equal(ExitCodes.Ok, await _screen.Run("history", "--folder", Folder));
        Assert.Contains($"{entries} entries: {entries} found before the fix, {entries} gone after it", _screen.Out);
        Assert.Contains("freebsd-moptions-no-v4-ifdetach", _screen.Out);
        Assert.Contains("FreeBSD svn r150296", _screen.Out);
    }

    [Fact]
    public async Task History_finds_its_entries_from_any_folder()
    {
        Assert.False(Directory.Exists("scenarios/history"), "this test is for another working directory than the repository's root");
        Assert.Equal(ExitCodes.Ok, await _screen.Run("history", "linux-uncached-route-dev"));
        Assert.Contains("1 found before the fix", _screen.Out);
    }

    [Fact]
    public async Task A_named_entry_tells_how_each_side_came_to_its_verdict()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("history", "linux-uncached-route-dev", "--folder", Folder));
        Assert.Contains("1 entry: 1 found", _screen.Out);
        Assert.Contains("before notifier-tables-only: leak after 6 of 6 operations", _screen.Out);
        Assert.Contains("the detach waits for it", string.Join(' ', _screen.Out.Split(null as char[], StringSplitOptions.RemoveEmptyEntries)));
        Assert.Contains("after  notifier-hold: none after 6 of 6 operations", _screen.Out);
    }

    [Fact]
    public async Task History_writes_the_result_as_json()
    {
        string file = Path.Combine(_screen.Folder, "h.json");

        Assert.Equal(ExitCodes.Ok, await _screen.Run("history", "lwip-igmp-groups-outlive-netif", "--folder", Folder, "--json", file));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
        JsonElement entry = document.RootElement[0];
        Assert.Equal("lwip-igmp-groups-outlive-netif", entry.GetProperty("id").GetString());
        Assert.True(entry.GetProperty("foundBefore").GetBoolean() && entry.GetProperty("goneAfter").GetBoolean());
        Assert.Equal("crash", entry.GetProperty("before").GetProperty("verdict").GetString());
        Assert.Equal("none", entry.GetProperty("after").GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task An_entry_that_does_not_come_to_its_verdict_ends_with_exit_1()
    {
        string text = File.ReadAllText(Path.Combine(Folder, "lwip-igmp-groups-outlive-netif.ops")).Replace("design=purge-none", "design=purge-all");
        File.WriteAllText(Path.Combine(_screen.Folder, "x.ops"), text);

        Assert.Equal(ExitCodes.ExpectationFailed, await _screen.Run("history", "--folder", _screen.Folder));
        Assert.Contains("1 entry: 0 found before the fix, 1 gone after it", _screen.Out);
    }

    [Theory]
    [InlineData("nobody", "nobody: no such entry; accepted: ")]
    [InlineData("--folder", "no such folder; accepted is a folder of operation lists")]
    public async Task What_is_not_there_is_one_line_and_exit_2(string word, string message)
    {
        string[] arguments = word == "--folder" ? ["history", "--folder", Path.Combine(_screen.Folder, "none")] : ["history", word, "--folder", Folder];

        Assert.Equal(ExitCodes.Usage, await _screen.Run(arguments));
        Assert.Contains(message, _screen.Error);
        Assert.Empty(_screen.Out);
    }

    [Fact]
    public async Task A_wrong_header_names_file_and_line_and_nothing_is_run()
    {
        string file = Path.Combine(_screen.Folder, "x.ops");
        File.WriteAllText(file, "# title: t\n# colour: red\ncreate ppp0\n");

        Assert.Equal(ExitCodes.Usage, await _screen.Run("history", "--folder", _screen.Folder));
        Assert.StartsWith($"stress: {file}:2: '# colour: red' is not a line of a header; accepted: ", _screen.Error);
        Assert.Empty(_screen.Out);
    }

    [Fact]
    public async Task Exec_takes_a_switch_and_refuses_one_that_is_not_there()
    {
        string file = Path.Combine(Folder, "freebsd-in6multi-two-owners.ops");

        Assert.Equal(ExitCodes.Ok, await _screen.Run("exec", file, "--switch", "in6-multi-counted"));
        Assert.Contains("verdict: clean", _screen.Out);
        Assert.Equal(ExitCodes.Usage, await _screen.Run("exec", file, "--switch", "nothing"));
        Assert.Contains("switch \"nothing\" is not known; accepted: ", _screen.Error);
        Assert.Equal(ExitCodes.Usage, await _screen.Run("exec", file, "--stack", "netbsd-7", "--switch", "in6-multi-counted"));
        Assert.Contains("stack 'netbsd-7' has no switches", _screen.Error);
    }
}
