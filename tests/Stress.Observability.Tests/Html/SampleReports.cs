using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Observability.Html;

namespace Stress.Observability.Tests.Html;

/// <summary>Reports with the shape of real ones. The figures are made up by arithmetic, so that the page is the same every time.</summary>
internal static class SampleReports
{
    public const string Title = "in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)";

    public static RunReport Seed(string design = "netbsd-2005", long divisor = 1)
    {
        const int bins = 144;
        long[] Bins(double level, int phase) => [.. Enumerable.Range(0, bins).Select(i => (long)Math.Max(0, (level / divisor) + (level / divisor * 0.3 * Math.Sin((i + phase) * 0.7))))];
        long[] Live(double level, int phase) => [.. Enumerable.Range(0, bins).Select(i => (long)Math.Max(0, (level / divisor * (1 - Math.Exp(-i / 20.0))) + (level / divisor * 0.08 * Math.Sin((i + phase) * 1.3))))];
        const long called = 71_712, calling = 72_038;
        PathRate Rate(string path, string role, long crashes, double? mail)
        {
            long n = role == "called" ? called : calling;
            WilsonInterval w = WilsonInterval.Of(crashes / divisor, n);
            return new PathRate(path, role, crashes / divisor, n, w.Rate, w.Low, w.High, mail);
        }

        CodePathRate Code(string title, string path, string role, long crashes)
        {
            PathRate p = Rate(path, role, crashes, null);
            return new CodePathRate(title, path, role, p.Crashes, p.Disconnects, p.Rate, p.Low, p.High, CrashRecord.IdOf(title, role));
        }

        return new RunReport
        {
            Build = new ReportBuild("0.1.0", "0123abc", 1, "0123456789abcdef"),
            RunId = $"seed-{design}-42",
            Scenario = "seed",
            ScenarioFile = "scenarios/seed.yaml",
            Description = "The set-up of the mail: two systems, modems, ospfd and ripngd, pkill -HUP pppd every ten minutes.",
            Design = design,
            Seed = 42,
            Pairs = 1000,
            Sites = 1000,
            VirtualHours = 24,
            WallSeconds = 41.3,
            Workers = 2,
            Complete = true,
            Digest = "9f3c2a71d0be4485",
            Counters = PairTopology.Counters(
                new() { Disconnects = called, Panics = 54_011 / divisor, Aliases = 112, LeakedSlots = 12_004 },
                new() { Disconnects = calling, Panics = 24_930 / divisor, Redials = 71_001, Aliases = 95, LeakedSlots = 9_340 },
                new() { Events = 181_200_331, Frames = 28_544_120 }),
            Paths =
            [
                Rate(CodePath.Membership, "called", 53_210, 75),
                Rate(CodePath.Membership, "calling", 17_950, 25),
                Rate(CodePath.In6SelectHlim, "called", 801, null),
                Rate(CodePath.In6SelectHlim, "calling", 6_980, 10),
            ],
            CodePaths =
            [
                Code(Title, CodePath.Membership, "called", 53_210),
                Code(Title, CodePath.Membership, "calling", 17_950),
                Code("in6_selecthlim: stale in6p_route.ro_rt->rt_ifp (stored after the purge)", CodePath.In6SelectHlim, "calling", 6_980),
                Code("in6_selecthlim: stale in6p_route.ro_rt->rt_ifp (stored after the purge)", CodePath.In6SelectHlim, "called", 801),
                Code("mld6_sendpkt: stale in6_multi.in6m_ifp (no AF_INET6 address at if_detach)", "mld6_sendpkt", "calling", 31),
            ],
            Stale =
            [
                new StaleCounts("in_multi.inm_ifp", "called", 60_000, 1_200, 418),
            ],
            FirstCrash = new FirstCrashSummary(17.4, 0.962, 1000, 998,
                [.. Enumerable.Range(1, 60).Select(i => new CurvePoint(i * 3, Math.Round(0.998 * (1 - Math.Exp(-i * 3 / 25.0)), 3)))]),
            Work = new WorkCounts(1000, 1000, 0, 0),
            Expectations =
            [
                new ExpectationVerdict(CodePath.Membership, "called", 70, 80, 74.2, true, 41),
                new ExpectationVerdict(CodePath.Membership, "calling", 20, 30, 24.9, true, 42),
                new ExpectationVerdict(CodePath.In6SelectHlim, "calling", 5, 15, 9.69, true, 43),
            ],
            Probes = new Dictionary<string, long> { ["in6_savemkludge"] = 31 },
            Series = new RunSeries(10, bins, [new SeriesLine(RunSeries.DisconnectsName, "called", Bins(498, 0)), new SeriesLine(RunSeries.DisconnectsName, "calling", Bins(500, 1))],
                [
                    new SeriesLine(CodePath.Membership, "called", Bins(369, 0)),
                    new SeriesLine(CodePath.Membership, "calling", Bins(124, 3)),
                    new SeriesLine(CodePath.In6SelectHlim, "calling", Bins(48, 5)),
                    new SeriesLine(CodePath.In6SelectHlim, "called", Bins(5, 5)),
                ],
                [
                    new SeriesLine("in_multi.inm_ifp", "called", Live(418, 0)),
                    new SeriesLine("in_multi.inm_ifp", "calling", Live(301, 2)),
                    new SeriesLine("in6p_route.ro_rt->rt_ifp", "calling", Live(122, 4)),
                    new SeriesLine("router_info.rti_ifp", "called", Live(35, 1)),
                ]),
            Command = $"stress run scenarios/seed.yaml --seed 42 --design {design}",
        };
    }

    public static IReadOnlyList<CrashRecord> Crashes() =>
    [
        new CrashRecord
        {
            Id = CrashRecord.IdOf(Title, "called"),
            Title = Title,
            Path = CodePath.Membership,
            Role = "called",
            Count = 53_210,
            Site = 0,
            Seed = 42,
            Event = 5_120,
            At = "00:11:04.218330",
            AtMicroseconds = 664_218_330,
            Stack = ["in_delmulti+0x3a", "ip_freemoptions+0x2f", "in_pcbdetach+0x61", "rip_usrreq+0x1c4", "soclose+0xa2", "sys_close+0x5d"],
            Story = ["allocated by pppalloc for ppp0", "stored in in_multi.inm_ifp by ip_setmoptions", "if_detach asked no AF_INET protocol", "freed by ppp_clone_destroy", "reused for a tty ring", "read by in_delmulti"],
            Replay = "stress replay seed-netbsd-2005-42 " + CrashRecord.IdOf(Title, "called"),
        },
    ];

    /// <summary>The mail's crash on the called system, as a trace tells it.</summary>
    public static CrashTimeline Timeline()
    {
        var recorder = new TimelineRecorder(crashEvent: 5_120);
        long number = 5_000;
        void At(long ms, int router, TraceSource source, string text, PointerStage stage = PointerStage.None) =>
            recorder.Step(number++, VirtualTime.FromMilliseconds(ms), router, source, text, stage);

        At(31_000, 1, TraceSource.Pppd, "chat: ATDT, CONNECT 33600");
        At(31_040, 0, TraceSource.Line, "carrier up, delay 143 ms");
        At(31_900, 0, TraceSource.Getty, "login ppp: exec pppd");
        At(32_010, 0, TraceSource.Pppd, "ioctl(TIOCSETD, PPPDISC)");
        At(32_010, 0, TraceSource.Kernel, "ppp_clone_create: ppp0 at 0xc1a3c800, index 4", PointerStage.Allocated);
        At(33_870, 0, TraceSource.Line, "LCP Configure-Ack both ways");
        At(34_402, 0, TraceSource.Pppd, "IPCP up: SIOCAIFADDR 10.1.1.1 > 10.1.1.2");
        At(34_402, 0, DaemonKind.Named("zebra").Source, "RTM_NEWADDR ppp0 10.1.1.1");
        At(34_455, 0, DaemonKind.Named("ospfd").Source, "setsockopt(IP_ADD_MEMBERSHIP, 224.0.0.5, ppp0)");
        At(34_455, 0, TraceSource.Kernel, "in_addmulti: inm_ifp = ppp0", PointerStage.Stored);
        At(35_100, 0, DaemonKind.Named("ripngd").Source, "setsockopt(IPV6_JOIN_GROUP, ff02::9, ppp0)");
        At(36_210, 1, DaemonKind.Named("ospfd").Source, "Hello to 224.0.0.5 on ppp0");
        At(600_340, 1, TraceSource.Cron, "pkill -HUP pppd");
        At(600_341, 1, TraceSource.Pppd, "SIGHUP: LCP Terminate-Request");
        At(600_484, 0, TraceSource.Line, "LCP Terminate-Request arrives");
        At(600_485, 0, TraceSource.Pppd, "sifdown: SIOCSIFFLAGS ppp0 down");
        At(600_485, 0, TraceSource.Pppd, "cifaddr: SIOCDIFADDR 10.1.1.1");
        At(600_485, 0, TraceSource.Kernel, "in_purgeaddr: ppp0 has no AF_INET address any more; the membership stays", PointerStage.AddressGone);
        At(600_486, 1, TraceSource.Kernel, "pppoutput: ppp0 is down");
        At(600_501, 0, DaemonKind.Named("zebra").Source, "RTM_IFINFO ppp0 down, RTM_DELADDR");
        At(600_630, 0, TraceSource.Line, "carrier lost");
        At(600_644, 0, TraceSource.Pppd, "exit: the line discipline is released");
        At(600_644, 0, TraceSource.Kernel, "if_detach(ppp0): address list holds AF_LINK and AF_INET6; rip_usrreq(PRU_PURGEIF) is not asked", PointerStage.Detached);
        At(600_644, 0, TraceSource.Kernel, "free(0xc1a3c800, M_DEVBUF)", PointerStage.Freed);
        At(600_660, 0, DaemonKind.Named("ospfd").Source, "interface ppp0 down: setsockopt(IP_DROP_MEMBERSHIP) fails with EADDRNOTAVAIL");
        At(660_344, 1, TraceSource.Pppd, "holdoff over: dialling");
        At(663_900, 0, TraceSource.Getty, "login: pty rings for the shell");
        At(663_901, 0, TraceSource.Kernel, "malloc(1024): 0xc1a3c800 goes to a tty ring", PointerStage.Reused);
        At(664_218, 0, DaemonKind.Named("ospfd").Source, "assert in ospf_add_to_if: exit closes the raw socket");
        number = 5_120;
        At(664_218, 0, TraceSource.Kernel, "panic: in_delmulti reads inm_ifp->if_flags at 0x74746179", PointerStage.Used);
        return recorder.Timeline(Title)!;
    }

    /// <summary>A run that was interrupted before anything happened.</summary>
    public static RunReport Interrupted() => Seed() with
    {
        Scenario = "a-scenario-with-a-name-that-is-longer-than-a-telephone-is-wide-0123456789",
        Complete = false,
        Incomplete = "interrupted",
        WallSeconds = 0,
        Counters = new NodeCounters(),
        Paths = [.. Seed().Paths.Select(p => p with { Crashes = 0, Disconnects = 0, Rate = 0, Low = 0, High = 1 })],
        CodePaths = [],
        Stale = [],
        FirstCrash = new FirstCrashSummary(null, 0, 0, 0, []),
        Series = RunSeries.Empty(10, PairTopology.Labels),
        Expectations = [new ExpectationVerdict(CodePath.Membership, "called", 70, 80, 0, false, 41), new ExpectationVerdict("in6_savemkludge", null, null, null, 0, false, 44)],
    };

    /// <summary>A design that is complete: disconnects, and no crash.</summary>
    public static RunReport Clean() => Seed("psref", 1_000_000) with { CodePaths = [], Expectations = [] };

    /// <summary>The largest page: every section is there.</summary>
    public static string Page()
    {
        var page = new StringWriter();
        HtmlReport.Write(Seed(), page, Crashes(), Timeline(), [Seed("purge-all", 4), Seed("purge-flagged", 1_000_000), Seed("index-generation", 1_000_000), Seed("ifdetach-refcount", 40)]);
        return page.ToString();
    }
}
