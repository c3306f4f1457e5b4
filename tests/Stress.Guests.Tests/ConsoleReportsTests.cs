using System.Text;
using Stress.Dial.Far;
using Stress.Guests.Running;
using Stress.Guests.Sites;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Guests.Tests;

public sealed class ConsoleReportsTests
{
    // What a guest of 6.12.117 with the fault ppp-channel-hold printed at a hang-up.
    private static readonly string Kasan = File.ReadAllText(Repository.At("tests", "Stress.Guests.Tests", "consoles", "ppp_release.6.12.txt"));

    [Fact]
    public void A_crash_is_named_by_use_allocation_and_free()
    {
        FarPanic report = Assert.Single(ConsoleText.Reports(Encoding.Latin1.GetBytes(Kasan)));

        Assert.Equal("KASAN slab-use-after-free in ppp_release (allocated by alloc_netdev_mqs, freed by netdev_release)", CrashWords.Of(report));
    }

    [Fact]
    public void A_console_that_comes_in_pieces_gives_the_same_reports_and_each_once()
    {
        byte[] whole = Encoding.Latin1.GetBytes(Kasan + Kasan);
        var watch = new ConsoleReports();
        foreach (byte b in whole)
        {
            watch.Take([b]);
        }

        watch.Complete();

        Assert.Equal(ConsoleText.Reports(whole).Select(CrashWords.Of), watch.Reports.Select(CrashWords.Of));
        Assert.Single(watch.Reports);
    }

    [Fact]
    public void The_last_whole_account_of_a_guest_is_shown()
    {
        byte[] console = Encoding.ASCII.GetBytes("boot\naccount: up 10 s\naccount: end\nother\naccount: up 20 s\naccount: if 1 lo\naccount: end\naccount: up 30 s\n");

        Assert.Equal("up 20 s\nif 1 lo", Account.Last(console));
        Assert.Equal("", Account.Last([]));
        Assert.Null(Account.Last(null));
    }
}
