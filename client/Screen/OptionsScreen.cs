using System.Globalization;
using Spectre.Console;
using Stress.Client.Launching;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Screen;

/// <summary>The first lines of a run: its options and seed. They are enough to run it again.</summary>
public static class OptionsScreen
{
    /// <summary>Writes scenario, size, seed and the options of both roles.</summary>
    public static void Write(IAnsiConsole console, Launch launch)
    {
        SiteOptions site = launch.Scenario.Site;
        Said.Line(console, 2, (launch.Scenario.Name, "bold"), ($"  {launch.Scenario.Description.ReplaceLineEndings(" ").Trim()}", ""));
        Said.Line(
            console, 2, ("seed ", ""), ($"{launch.Scenario.Seed}", "bold"), (launch.Real is null ? "   design " : "   kernels ", ""), (launch.DesignName, "bold"),
            ($"   {Counted.Of(launch.Plan.Sites * site.Topology.Links.Count, site.Graph is null ? "pair" : "line")} x {Hours(launch.Hours)} h in windows of {Span(site.Window)}   {Counted.Of(launch.Workers, "worker")}", ""));
        if (site.Graph is { } graph)
        {
            Said.Line(console, 8, ("network", "dim"), ($" {Counted.Of(launch.Plan.Sites, "site")}, each {RunConfiguration.NetworkOf(launch.Scenario.Network, graph)}", ""));
        }

        var table = new ScreenTable(["option", .. site.Topology.Labels], about: 1);
        if (launch.Real is { } real)
        {
            Row("kernel", role => (role.Role == Role.Called ? real.Called : real.Calling) is var kernel ? $"Linux {kernel.Release}, {(kernel.Kasan ? "KASAN" : "no KASAN")}" : "");
            Row("pppd", role => role.Role == Role.Called ? "as login shell" : $"persist, holdoff {Span(role.Pppd.Holdoff)}");
            Row("daemons", role => role.Daemons.Count == 0 ? "none" : $"{string.Join(' ', role.Daemons)} (FRR)");
            Row("HUP", role => role.Hup.Enabled ? $"every {Span(role.Hup.Every)}, phase {Range(role.Hup.Phase)}" : "none");
            Row("reboot", role => Range(role.Reboot));
            table.Write(console);
            WriteLine(console, site.Line);
            Said.Line(console, 6, ("fault", "dim"), ($"  {real.Fault ?? "none"} switched on", ""));
            console.WriteLine();
            return;
        }

        Row("kernel", role => $"{Lower(role.Kernel.Abi)}, {Lower(role.Kernel.Fill)}, {Lower(role.Kernel.PppUnits)} ppp units, {Counted.Of(role.Kernel.Competitors.Count, "competitor")}{(role.Kernel.Forwarding ? ", forwarding" : "")}");
        Row("pppd", role => string.Join(", ", Pppd(role.Pppd)));
        Row("daemons", role => role.Daemons.Count == 0 ? "none" : string.Join(' ', role.Daemons));
        foreach (DaemonKind daemon in RoleOptions.Known.Where(d => d.InEverySystem || site.Roles.Any(role => role.Daemons.Contains(d.Name))))
        {
            if (ScenarioFields.Properties(typeof(RoleOptions)).FirstOrDefault(p => ScenarioFields.FieldName(p.Name) == daemon.Name) is { } options
                && site.Roles.Any(role => Daemon(options.GetValue(role)!).Length > 0))
            {
                Row(daemon.Name, role => Daemon(options.GetValue(role)!));
            }
        }

        RowOfSome("rtadvd", Advertisements);
        RowOfSome("datagrams", role => role.Datagrams.Interval > VirtualTime.Zero ? $"{role.Datagrams.DatagramBytes} bytes every {Span(role.Datagrams.Interval)}" : "");
        RowOfSome("ssh", Logins);
        RowOfSome("group", role => role.GroupMember ?? "");
        Row("HUP", role => role.Hup.Enabled ? $"every {Span(role.Hup.Every)}, phase {Range(role.Hup.Phase)}, late {Range(role.Hup.Jitter)}" : "none");
        if (site.Roles.Any(role => role.Term.Enabled))
        {
            Row("TERM", role => role.Term.Enabled ? $"every {Span(role.Term.Every)}, phase {Range(role.Term.Phase)}, late {Range(role.Term.Jitter)}, {StartedAgain(role.Term.StartedAgain)}" : "none");
        }

        if (site.Roles.Any(role => role.Interfaces.Count > 0))
        {
            Row("interfaces", role => role.Interfaces.Count == 0 ? "none" : string.Join(' ', role.Interfaces.Select(i => i.Name)));
        }

        if (site.Roles.Any(role => role.Discovers))
        {
            Row("PPPoE", role => role.Discovers ? $"answered after {Range(role.Concentrator.Answer)}, {role.Concentrator.UnansweredPerThousand}/1000 not, {SessionsOf(role.Concentrator)}" : "none");
        }

        Row("reboot", role => Range(role.Reboot));
        table.Write(console);
        WriteLine(console, site.Line);
        foreach (SiteEventOptions programme in site.Events ?? [])
        {
            Said.Line(console, 6, ("event", "dim"), (
                $" {ScenarioFields.Spell(programme.What)} of {programme.Of}{(programme.To == EventScope.All ? ", all at once" : ", one of them")}, {(programme.Pattern == EventPattern.Random ? "at random, on average " : "")}every {Span(programme.Every)}{(programme.Spread.Max > VirtualTime.Zero ? $", spread over {Range(programme.Spread)}" : "")}", ""));
        }

        console.WriteLine();

        void Row(string name, Func<RoleOptions, string> of) =>
            table.Add([new ScreenCell(name, "dim"), .. site.Roles.Select(role => (ScreenCell)of(role))]);

        // What most scenarios have on no system gets no row.
        void RowOfSome(string name, Func<RoleOptions, string> of)
        {
            if (site.Roles.Any(role => of(role).Length > 0))
            {
                Row(name, role => of(role) is { Length: > 0 } said ? said : "none");
            }
        }
    }

    private static string SessionsOf(ConcentratorOptions concentrator) => concentrator.Session.Max > VirtualTime.Zero ? $"sessions of {Range(concentrator.Session)}" : "sessions without end";

    private static string Advertisements(RoleOptions role)
    {
        (bool Is, string Said)[] parts =
        [
            (role.Rtadvd.Interval > VirtualTime.Zero, $"advertises every {Span(role.Rtadvd.Interval)}, lifetime {Span(role.Rtadvd.Lifetime)}"),
            (role.Kernel.AcceptRtadv, "accepted"),
            (role.Rtadvd.Listed > VirtualTime.Zero, $"ndp every {Span(role.Rtadvd.Listed)}"),
        ];
        return string.Join(", ", parts.Where(part => part.Is).Select(part => part.Said));
    }

    private static string Logins(RoleOptions role)
    {
        (bool Is, string Said)[] parts =
        [
            (role.Ssh.Listens, "sshd"),
            (role.Ssh.Login.Max > VirtualTime.Zero, $"logs in over {ScenarioFields.Spell(role.Ssh.Family)} after {Range(role.Ssh.Login)}, types every {Range(role.Ssh.Typing)}"),
            (role.Ssh.Login.Max > VirtualTime.Zero || role.Ssh.Listens, $"asked after {Span(role.Kernel.TcpKeepidle)}"),
        ];
        return string.Join(", ", parts.Where(part => part.Is).Select(part => part.Said));
    }

    private static void WriteLine(IAnsiConsole console, LineOptions line) =>
        Said.Line(console, 6, ("line", "dim"), (
            $"  {line.BitRate} bit/s, delay {Range(line.Delay)}, dial {Range(line.DialTime)}, training fails {line.TrainingFailuresPerThousand}/1000, noise {line.NoisePerMillionFrames}/1,000,000 frames", ""));

    /// <summary>Hours without needless digits.</summary>
    public static string Hours(double hours) => hours.ToString("0.##", CultureInfo.InvariantCulture);

    private static string StartedAgain(TimeRange after) => after.Min.IsNever ? "pppd is not started again" : $"started again after {Range(after)}";

    private static IEnumerable<string> Pppd(PppdOptions pppd)
    {
        yield return pppd.Persist ? "persist" : "no persist";
        if (pppd.Persist)
        {
            yield return $"holdoff {Span(pppd.Holdoff)}";
        }

        yield return $"{Lower(pppd.Addressing)} address";
        if (pppd.Demand)
        {
            yield return "demand";
        }

        if (pppd.DefaultRoute)
        {
            yield return "defaultroute";
        }

        if (pppd.ProxyArp)
        {
            yield return "proxyarp";
        }

        if (pppd.MaxFail > 0)
        {
            yield return $"maxfail {pppd.MaxFail}";
        }

        if (pppd.LcpEchoInterval > VirtualTime.Zero)
        {
            yield return $"lcp-echo {Span(pppd.LcpEchoInterval)} x {pppd.LcpEchoFailure}";
        }

        var usual = new PppdOptions();
        if (pppd.LcpRestart != usual.LcpRestart)
        {
            yield return $"lcp-restart {Span(pppd.LcpRestart)}";
        }

        if (pppd.LcpMaxConfigure != usual.LcpMaxConfigure)
        {
            yield return $"lcp-max-configure {pppd.LcpMaxConfigure}";
        }

        if (pppd.IpcpMaxFailure != usual.IpcpMaxFailure)
        {
            yield return $"ipcp-max-failure {pppd.IpcpMaxFailure}";
        }

        foreach ((VirtualTime restart, VirtualTime standard, string word) in ((VirtualTime, VirtualTime, string)[])
            [(pppd.IpcpRestart, usual.IpcpRestart, "ipcp-restart"), (pppd.Ipv6cpRestart, usual.Ipv6cpRestart, "ipv6cp-restart"), (pppd.PapRestart, usual.PapRestart, "pap-restart"), (pppd.ChapRestart, usual.ChapRestart, "chap-restart")])
        {
            if (restart != standard)
            {
                yield return $"{word} {Span(restart)}";
            }
        }

        if (pppd.IpcpMaxConfigure != usual.IpcpMaxConfigure)
        {
            yield return $"ipcp-max-configure {pppd.IpcpMaxConfigure}";
        }

        foreach ((bool set, string word) in ((bool, string)[])[(pppd.Silent, "silent"), (pppd.Passive, "passive"), (pppd.ReceiveAll, "receive-all")])
        {
            if (set)
            {
                yield return word;
            }
        }

        if (pppd.Asyncmap != usual.Asyncmap)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"asyncmap {pppd.Asyncmap:x}");
        }
    }

    private static string Daemon(object options) => options switch
    {
        OspfdOptions o => $"{ScenarioFields.Spell(o.Version)}, hello {Span(o.HelloInterval)}, dead {Span(o.DeadInterval)}{(o.Exit == OspfdExit.Never ? "" : $", exits {ScenarioFields.Spell(o.Exit)}")}{(o.Adjacency == OspfdAdjacency.Full ? ", to Full" : "")}{(o.Priority != new OspfdOptions().Priority ? $", priority {o.Priority}" : "")}",
        ZebraOptions z => z.RestartEvery == VirtualTime.Zero ? "" : $"restarted every {Span(z.RestartEvery)}, away for {Range(z.Downtime)}",
        RipngdOptions r => $"update {Span(r.Update)} ± {Span(r.UpdateJitter)}{(r.OnEthernet ? ", on Ethernet too" : "")}{(r.Routes ? ", learns routes" : "")}",
        _ => string.Join(", ", ScenarioFields.Properties(options.GetType()).Select(p => $"{ScenarioFields.FieldName(p.Name).Replace('_', ' ')} {ScenarioFields.SpellScalar(p.GetValue(options)!)}")),
    };

    private static string Lower<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Range(TimeRange range) => range.Min == range.Max ? Span(range.Min) : $"{Span(range.Min)} to {Span(range.Max)}";

    private static string Span(VirtualTime time)
    {
        long us = time.Microseconds;
        (decimal value, string unit) = time.IsNever ? (0, "never")
            : us >= 60_000_000 && us % 60_000_000 == 0 ? (us / 60_000_000m, "min")
            : us >= 1_000_000 ? (us / 1_000_000m, "s")
            : us == 0 ? (0, "s") : (us / 1000m, "ms");
        return time.IsNever ? unit : string.Create(CultureInfo.InvariantCulture, $"{value:0.###} {unit}");
    }
}
