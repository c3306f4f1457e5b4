using System.Text;
using Stress.Dial.Far;
using Stress.Guests.Running;
using Stress.Guests.Sites;
using Xunit;

namespace Stress.Guests.Tests;

public sealed class ConsoleReportsTests
{
    private const string Kasan = """
        [  100.000000] ==================================================================
        [  100.000000] BUG: KASAN: slab-use-after-free in ip_mc_drop_socket+0x1d0/0x210
        [  100.000000] Read of size 8 at addr 0000000061e4f380 by task stress-agent/55
        [  100.000000]
        [  100.000000] CPU: 0 UID: 0 PID: 55 Comm: stress-agent Not tainted 6.12.117
        [  100.000000] Call Trace:
        [  100.000000]  [<6003a1b2>] show_stack+0x100/0x1a0
        [  100.000000]  [<601c2d54>] print_report+0x80/0x2a0
        [  100.000000]  [<605a1c30>] ip_mc_drop_socket+0x1d0/0x210
        [  100.000000]  [<605a2e10>] inet_release+0x40/0xd0
        [  100.000000]
        [  100.000000] Allocated by task 55:
        [  100.000000]  kasan_save_stack+0x30/0x60
        [  100.000000]  __kmalloc+0x110/0x2b0
        [  100.000000]  sock_kmalloc+0x60/0x90
        [  100.000000]  __ip_mc_join_group+0x150/0x2f0
        [  100.000000]
        [  100.000000] Freed by task 55:
        [  100.000000]  kasan_save_stack+0x30/0x60
        [  100.000000]  kfree+0xa0/0x140
        [  100.000000]  ip_mc_drop_socket+0x100/0x210
        [  100.000000] ==================================================================
        [  100.000000] Kernel panic - not syncing: kasan.fault=panic set ...

        """;

    [Fact]
    public void A_crash_is_named_by_use_allocation_and_free()
    {
        FarPanic report = Assert.Single(ConsoleText.Reports(Encoding.Latin1.GetBytes(Kasan)));

        Assert.Equal("KASAN: slab-use-after-free in ip_mc_drop_socket (allocated by sock_kmalloc, freed by ip_mc_drop_socket)", CrashWords.Of(report));
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
