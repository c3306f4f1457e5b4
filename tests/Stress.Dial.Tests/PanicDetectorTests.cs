using Stress.Dial.Far;
using Xunit;

namespace Stress.Dial.Tests;

/// <summary>Console texts in the form that each system prints.</summary>
public class PanicDetectorTests
{
    [Fact]
    public void NetBSD_stopped_in_ddb_is_named_by_the_function_that_faulted()
    {
        FarPanic panic = Single("""
            NetBSD 2.0.2_STABLE (ROUTER) #0: Tue May 10 10:00:00 EDT 2005
            uvm_fault(0xc0a2f6c0, 0xdeadb000, 0, 1) -> 0xe
            kernel: supervisor trap page fault, code=0
            Stopped in pid 312.1 (ospfd) at netbsd:in_delmulti+0x41: movl 0x34(%eax),%eax
            in_delmulti(c0c5f480,0,cad1bd2c,c01c2b9a,c0c5f480) at netbsd:in_delmulti+0x41
            ip_freemoptions(c0bf1e00,c0b2c380,cad1bd5c,c01a9f2c,c0bd6c60) at netbsd:ip_freemoptions+0x2b
            in_pcbdetach(c0bd6c60,cad1bd7c,c01d6e2f,c0bd6c60,0) at netbsd:in_pcbdetach+0x79
            db>
            """);
        Assert.Equal((FarSystem.NetBsd, "page fault in in_delmulti", "in_delmulti"), (panic.System, panic.Title, panic.Path));
        Assert.Equal(["in_delmulti", "ip_freemoptions", "in_pcbdetach"], panic.Stack);
    }

    [Fact]
    public void NetBSD_with_a_traceback_and_no_ddb_skips_the_panic_machinery()
    {
        FarPanic panic = Single("""
            fatal page fault in supervisor mode
            trap type 6 code 0 eip c01e1c34 cs 8 eflags 10246 cr2 deadbeef ilevel 0
            panic: trap
            Begin traceback...
            trap(cad1bc60) at netbsd:trap+0x2f1
            --- trap (number 6) ---
            in6_selecthlim(c0bd6c60,deadbeef,0,0) at netbsd:in6_selecthlim+0x1e
            udp6_output(c0bd6c60,c0a80100,0,0,c0a91000) at netbsd:udp6_output+0x2a4
            End traceback...
            syncing disks... done
            rebooting...
            """);
        Assert.Equal("page fault in in6_selecthlim", panic.Title);
        Assert.Equal(["in6_selecthlim", "udp6_output"], panic.Stack);
    }

    [Fact]
    public void FreeBSD_fatal_trap_with_kdb_backtrace()
    {
        FarPanic panic = Single("""
            FreeBSD 14.1-RELEASE-p3 GENERIC amd64
            Fatal trap 12: page fault while in kernel mode
            cpuid = 1; apic id = 01
            fault virtual address = 0x10
            panic: page fault
            cpuid = 1
            KDB: stack backtrace:
            #0 0xffffffff80b9009d at kdb_backtrace+0x5d
            #1 0xffffffff80b431a2 at vpanic+0x132
            #2 0xffffffff80b43063 at panic+0x43
            #3 0xffffffff8100c85c at trap_fatal+0x40c
            #4 0xffffffff8100c8af at trap_pfault+0x4f
            #5 0xffffffff80fe3a28 at calltrap+0x8
            #6 0xffffffff80d6a5a3 at in6_selecthlim+0x33
            #7 0xffffffff80d8ff1c at udp6_send+0x6bc
            Uptime: 1h2m3s
            """);
        Assert.Equal((FarSystem.FreeBsd, "page fault in in6_selecthlim"), (panic.System, panic.Title));
    }

    [Fact]
    public void OpenBSD_page_fault_trap_in_ddb()
    {
        FarPanic panic = Single("""
            OpenBSD 7.5 (GENERIC.MP) #82: Wed Mar 20 15:48:40 MDT 2024
            uvm_fault(0xffffffff824b8d60, 0xdeafbeaddeafbead, 0, 1) -> e
            kernel: page fault trap, code=0
            Stopped at      rt_ifa_del+0x4e: movq    0x18(%rax),%rax
                TID    PID    UID     PRFLAGS     PFLAGS  CPU  COMMAND
            *123456  7890      0     0x14000      0x200    0K softnet
            rt_ifa_del(ffff800000b3e000,800000,ffff800000b3e068,0) at rt_ifa_del+0x4e
            in6_unlink_ifa(ffff800000b3e000,ffff8000005f82a8) at in6_unlink_ifa+0xc4
            ddb{0}>
            """);
        Assert.Equal((FarSystem.OpenBsd, "page fault in rt_ifa_del"), (panic.System, panic.Title));
    }

    [Fact]
    public void DragonFly_keeps_its_name_though_its_traps_read_like_FreeBSDs()
    {
        FarPanic panic = Single("""
            DragonFly v6.4.0-RELEASE #1: Fri Dec 30 12:00:00 EST 2022
            Fatal trap 12: page fault while in kernel mode
            cpuid = 0; lapic id = 0
            Stopped at      in_delmulti_locked+0x1f:        movq    0x8(%rax),%rax
            db>
            """);
        Assert.Equal((FarSystem.DragonFly, "page fault in in_delmulti_locked"), (panic.System, panic.Title));
    }

    [Fact]
    public void Linux_KASAN_and_the_oops_after_it_are_one_panic()
    {
        FarPanic panic = Single("""
            [    0.000000] Linux version 6.8.0 (builder@host) (gcc 13.2.0) #1 SMP
            [  812.120001] BUG: KASAN: slab-use-after-free in ppp_push+0x9a/0x410 [ppp_generic]
            [  812.120010] Read of size 8 at addr ffff888104a8a010 by task pppd/1234
            [  812.120020] Call Trace:
            [  812.120022]  <TASK>
            [  812.120024]  dump_stack_lvl+0x48/0x70
            [  812.120026]  print_report+0xcf/0x610
            [  812.120028]  kasan_report+0xbe/0xf0
            [  812.120030]  ppp_push+0x9a/0x410 [ppp_generic]
            [  812.120032]  ppp_start_xmit+0x10f/0x1c0 [ppp_generic]
            """);
        Assert.Equal((FarSystem.Linux, "KASAN slab-use-after-free in ppp_push", "ppp_push"), (panic.System, panic.Title, panic.Path));
        Assert.Equal(["ppp_push", "ppp_start_xmit"], panic.Stack);
    }

    [Fact]
    public void Linux_oops_is_named_by_RIP_and_a_held_device_by_its_sentence()
    {
        Assert.Equal("BUG: unable to handle page fault in ip6_dst_hoplimit", Single("""
            BUG: unable to handle page fault for address: ffffffffdeadbeef
            #PF: supervisor read access in kernel mode
            RIP: 0010:ip6_dst_hoplimit+0x2c/0x70
            Call Trace:
             udpv6_sendmsg+0x9a2/0xd60
            Kernel panic - not syncing: Fatal exception in interrupt
            """).Title);
        Assert.Equal(
            "unregister_netdevice waits for an interface to become free",
            Single("[  99.1] unregister_netdevice: waiting for ppp0 to become free. Usage count = 2").Title);
    }

    [Fact]
    public void Addresses_and_numbers_are_taken_out_of_a_panics_text()
    {
        Assert.Equal("panic: ifa X: bad refcount X in ifafree", Single("panic: ifa 0xc0c5f480: bad refcount 7\nStopped at netbsd:cpu_Debugger+0x4: leave\nifafree(c0) at netbsd:ifafree+0x12\n").Title);
    }

    [Fact]
    public void A_boot_message_completes_a_panic_and_ordinary_lines_are_none()
    {
        var detector = new PanicDetector();
        Assert.Null(detector.Line("ppp0: connected"));
        Assert.Null(detector.Line("Jan  1 pppd[3]: Modem hangup"));
        Assert.Null(detector.Complete());
        Assert.Null(detector.Line("panic: first"));
        Assert.Equal("panic: first", detector.Line("NetBSD 2.0 (GENERIC) #0: now")!.Title);
        Assert.False(detector.Pending);
    }

    private static FarPanic Single(string console)
    {
        ConsoleWatch watch = ConsoleWatch.Of("file:/dev/null", TimeProvider.System);
        watch.Input(System.Text.Encoding.ASCII.GetBytes(console));
        watch.CompletePending();
        return Assert.Single(watch.Panics);
    }
}
