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

    // The forms below are those of public reports (github.com/opnsense/src 184, 207 and 285; xebd/accel-ppp 5; xelerance/xl2tpd 28; syzkaller's reports of OpenBSD;
    // a DragonFly audit's double fault; NetBSD's current-users of June 2003), shortened, with other functions and addresses.
    [Fact]
    public void FreeBSD_frames_with_addresses_and_time_stamps_skip_the_copying_function_under_the_culprit()
    {
        FarPanic panic = Single("""
            [383490] Fatal trap 12: page fault while in kernel mode
            [383490] cpuid = 1; apic id = 02
            [383490] current process = 12 (swi1: netisr 0)
            [383490] panic: page fault
            [383490] KDB: stack backtrace:
            [383490] db_trace_self_wrapper() at db_trace_self_wrapper+0x2b/frame 0xfffffe00c5fc3670
            [383490] vpanic() at vpanic+0x151/frame 0xfffffe00c5fc36c0
            [383490] trap_pfault() at trap_pfault+0x65/frame 0xfffffe00c5fc37e0
            [383490] calltrap() at calltrap+0x8/frame 0xfffffe00c5fc37e0
            [383490] --- trap 0xc, rip = 0xffffffff8114d675, rsp = 0xfffffe00c5fc38b0 ---
            [383490] memmove_erms() at memmove_erms+0xe5/frame 0xfffffe00c5fc38b0
            [383490] in6_purgeaddr() at in6_purgeaddr+0x40/frame 0xfffffe00c5fc3910
            """);
        Assert.Equal((FarSystem.FreeBsd, "page fault in in6_purgeaddr", "in6_purgeaddr"), (panic.System, panic.Title, panic.Path));
    }

    [Fact]
    public void FreeBSD_general_protection_fault_is_not_taken_for_Linux()
    {
        FarPanic panic = Single("""
            Fatal trap 9: general protection fault while in kernel mode
            cpuid = 0; apic id = 00
            panic: general protection fault
            KDB: stack backtrace:
            trap() at trap+0x6c/frame 0xfffffe00004e5830
            calltrap() at calltrap+0x8/frame 0xfffffe00004e5830
            ip6_forward() at ip6_forward+0x60c/frame 0xfffffe00107db7c0
            """);
        Assert.Equal((FarSystem.FreeBsd, "general protection fault in ip6_forward"), (panic.System, panic.Title));
    }

    [Fact]
    public void OpenBSD_whose_panic_follows_a_prompt_prints_its_trace_before_the_debugger_stops_elsewhere()
    {
        FarPanic panic = Single("""
            login: uvm_fault(0xfffffd806bee0b58, 0x0, 0, 1) -> e
            fatal page fault in supervisor mode
            trap type 6 code 0 rip ffffffff8152ac20 cs 8 rflags 10207 cr2 0 cpl 0 rsp ffff80003c424ee0
            panic: trap type 6, code=0, pc=ffffffff8152ac20
            Starting stack trace...
            panic(ffffffff8332a419) at panic+0x1d0 sys/kern/subr_prf.c:229
            kerntrap(ffff80003c424e30) at kerntrap+0x29b sys/arch/amd64/amd64/trap.c:327
            alltraps_kern_meltdown() at alltraps_kern_meltdown+0x7b
            igmp_leavegroup(ffff800000045880,ffff8000006b8000) at igmp_leavegroup+0xaf sys/netinet/igmp.c:512
            in_delmulti(ffff800000045880) at in_delmulti+0xd8 sys/netinet/in.c:908
            End of stack trace.
            Stopped at      savectx+0xae:   movl    $0,%gs:0x680
            ddb{0}> show panic
            *cpu0: uvm_fault(0xfffffd806e39f1d8, 0x4, 0, 1) -> e
            ddb{0}> trace
            igmp_leavegroup(ffff800000045880,ffff8000006b8000) at igmp_leavegroup+0xaf
            """);
        Assert.Equal((FarSystem.OpenBsd, "page fault in igmp_leavegroup"), (panic.System, panic.Title));
        Assert.Equal(["igmp_leavegroup", "in_delmulti"], panic.Stack.Take(2));
    }

    [Fact]
    public void What_somebody_types_at_the_debugger_s_prompt_is_no_second_panic()
    {
        var detector = new PanicDetector();
        foreach (string line in (string[])["uvm_fault(0x1, 0x4, 0, 1) -> e", "Stopped at      rt_ifa_del+0x4e: movq    0x18(%rax),%rax", "ddb{0}> "])
        {
            Assert.Null(detector.Line(line));
        }

        Assert.Equal("page fault in rt_ifa_del", detector.Complete()!.Title);
        foreach (string line in (string[])["ddb{0}> show panic", "*cpu0: uvm_fault(0x1, 0x4, 0, 1) -> e", "panic: once more", "ddb{0}> boot reboot"])
        {
            Assert.Null(detector.Line(line));
        }

        Assert.Null(detector.Complete());
        Assert.Null(detector.Line("OpenBSD 7.5 (GENERIC.MP) #82: Wed Mar 20 15:48:40 MDT 2024"));
        Assert.Null(detector.Line("panic: after the boot"));
        Assert.Equal("panic: after the boot", detector.Complete()!.Title);
    }

    [Fact]
    public void NetBSD_is_known_by_its_symbols_though_OpenBSD_prints_the_same_sentence()
    {
        FarPanic panic = Single("""
            kernel: page fault trap, code=0
            Stopped in pid 3895.1 (ifconfig) at netbsd:in6ifa_ifpforlinklocal+0x1b: cmpl $0,0(%eax)
            """);
        Assert.Equal((FarSystem.NetBsd, "page fault in in6ifa_ifpforlinklocal"), (panic.System, panic.Title));
    }

    [Fact]
    public void DragonFly_double_fault_is_known_by_its_lapic()
    {
        FarPanic panic = Single("""
            login: DOUBLE FAULT
            Fatal double fault
            rip = 0xffffffff806564d4
            cpuid = 1; lapic id = 1
            panic: double fault
            Trace beginning at frame 0xfffff8004602eec8
            dblfault_handler() at dblfault_handler+0x10c 0xffffffff80bd5f3c
            Debugger("panic")
            Stopped at      Debugger+0x7c:  movb    $0,0xbd77f9(%rip)
            db>
            """);
        Assert.Equal((FarSystem.DragonFly, "double fault", "unknown"), (panic.System, panic.Title, panic.Path));
    }

    [Theory]
    [InlineData("[6105016.769260] BUG: unable to handle kernel NULL pointer dereference at 00000000000003d8\n[6105016.770296] IP: [<ffffffffa0713af7>] ppp_release+0x147/0x1c0 [ppp_generic]\n", "BUG: unable to handle kernel NULL pointer dereference in ppp_release")]
    [InlineData("Jun 28 16:58:23 gw kernel: BUG: unable to handle kernel NULL pointer dereference at 0000000000000020\nJun 28 16:58:23 gw kernel: RIP: e030:[<ffffffff81651430>]  [<ffffffff81651430>] xfrm_output_resume+0x8f/0x125\n", "BUG: unable to handle kernel NULL pointer dereference in xfrm_output_resume")]
    [InlineData("[   12.1] Unable to handle kernel paging request at virtual address dead000000000108\n[   12.2] pc : ppp_disconnect_channel+0x2c/0x90 [ppp_generic]\n", "BUG: unable to handle kernel paging request in ppp_disconnect_channel")]
    [InlineData("[   12.1] refcount_t: underflow; use-after-free.\n[   12.2] RIP: 0010:refcount_warn_saturate+0x1/0x2\n[   12.3]  ppp_destroy_channel+0x1/0x2\n", "refcount_t: underflow; use-after-free in ppp_destroy_channel")]
    public void Linux_of_several_ages_names_the_function_in_its_own_way(string console, string title)
    {
        FarPanic panic = Single(console);
        Assert.Equal((FarSystem.Linux, title), (panic.System, panic.Title));
    }

    [Fact]
    public void A_device_that_Linux_waits_for_is_one_crash_however_often_it_says_so()
    {
        ConsoleWatch watch = ConsoleWatch.Of("file:/dev/null", TimeProvider.System);
        for (int n = 0; n < 5; n++)
        {
            watch.Input("unregister_netdevice: waiting for ppp0 to become free. Usage count = 2\n"u8);
            watch.CompletePending();
        }

        watch.Input("unregister_netdevice: waiting for ppp1 to become free. Usage count = 1\n"u8);
        watch.CompletePending();
        Assert.Equal(2, watch.Panics.Count);
    }

    private static FarPanic Single(string console)
    {
        ConsoleWatch watch = ConsoleWatch.Of("file:/dev/null", TimeProvider.System);
        watch.Input(System.Text.Encoding.ASCII.GetBytes(console));
        watch.CompletePending();
        return Assert.Single(watch.Panics);
    }
}
