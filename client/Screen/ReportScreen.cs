using System.Globalization;
using Spectre.Console;
using Stress.Observability;

namespace Stress.Client.Screen;

/// <summary>The result of a run, for a person.</summary>
public static class ReportScreen
{
    /// <summary>Most lines for things of one kind: the report has all of them.</summary>
    private const int MaxLines = 5;

    /// <summary>Memory per router is shown from this many routers on: for a few, it is mostly the process's own.</summary>
    private const int ManyRouters = 1_000;

    /// <summary>Writes the tables, the digest, what is missing, the verdicts, and where the files are.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="report">The result.</param>
    /// <param name="folder">The run's folder, or null where its report is not written yet.</param>
    public static void Write(IAnsiConsole console, RunReport report, string? folder)
    {
        if (!report.Complete)
        {
            Said.Line(console, 2, ("PARTIAL", "bold yellow"), (
                $" ({report.Incomplete}): {Count(report.Work.Done)} of {Counted.Of(report.Work.Planned, "site")} {(report.Work.Planned == 1 ? "is" : "are")} finished, {Left(report.Work)}", ""));
        }

        Rates(console, report);
        if (report.Network is { } network)
        {
            Links(console, network);
        }

        if (report.Kernels is { } kernels)
        {
            Kernels(console, kernels);
        }
        else if (report.Stale.Count > 0)
        {
            var stale = new ScreenTable(["stale pointer", "role", "#created", "#healed", "#live at the end"]);
            foreach (StaleCounts row in report.Stale)
            {
                stale.Add(row.Holder, row.Role, Count(row.Created), Count(row.Healed), Count(row.Live));
            }

            stale.Write(console);
        }
        else
        {
            console.MarkupLine("stale pointers   none");
        }

        if (report.Kernels is null)
        {
            Fact(console, "aliases", string.Join(", ", report.Alias.Labels.Select(role => $"{Count(report.Alias.Of(role))} {role}")));
        }

        foreach ((string alias, long count) in report.Probes.Where(p => p.Key.StartsWith("alias ", StringComparison.Ordinal)).OrderByDescending(p => p.Value).Take(5))
        {
            Fact(console, "", $"{alias[6..]}: {Counted.Of(count, "use")}");
        }

        RoleCounts sent = RoleCounts.Of(report.Counters, c => c.Forwarded), stopped = RoleCounts.Of(report.Counters, c => c.NotForwarded), arrived = RoleCounts.Of(report.Counters, c => c.Delivered);
        if (sent.Total + stopped.Total > 0)
        {
            Fact(console, "forwarding", $"{Counted.Of(sent.Total, "packet")} sent on, {Count(stopped.Total)} that went no further; {Counted.Of(arrived.Total, "datagram")} over IPv4 arrived");
        }

        Emulator.Kernel.Ports.Counters site = report.Counters.OfSite();
        if (site.Filtered > 0)
        {
            Fact(console, "snooping", $"{Counted.Of(site.Filtered, "frame")} to a group kept from a station, {Count(site.Missed)} that its NIC would have taken; {Counted.Of(arrived.Total, "datagram")} over IPv4 arrived");
        }

        FirstCrashSummary first = report.FirstCrash;
        string median = first.MedianMinutes is { } minutes ? string.Create(CultureInfo.InvariantCulture, $"median {minutes:0.0} min") : "median never";
        Fact(console, "first crash", $"{median}, {Percent(first.WithinHour)} of sites within their first hour, {Count(first.Crashed)} of {Counted.Of(first.Sites, "site")} crashed");
        Fact(console, "work", string.Create(
            CultureInfo.InvariantCulture,
            $"{Counted.Of(report.Events, "event")}, {Counted.Of(report.Frames, "frame")} in {report.WallSeconds:0.0} s; sites: {report.Work.Statement}"));
        if (report.Execution is { } on)
        {
            Execution(console, on);
        }

        Fact(console, "digest", report.Complete ? report.Digest : $"{report.Digest} (of the finished sites)");
        foreach (SiteProblem problem in report.Problems.Take(MaxLines))
        {
            Said.Line(console, 2, ($"site {problem.Site}", "red"), ($", window {problem.Window}: {problem.Problem.Split('\n')[0].Trim()}", ""));
            Said.Command(console, "  again with:", problem.Command);
        }

        if (report.Work.Failed + report.Work.Lost - MaxLines is var more and > 0)
        {
            console.MarkupLineInterpolated($"[red]and {more:#,0} more[/], in the report");
        }

        Verdicts(console, report);
        Said.Command(console, "repeat", report.Command);
        if (folder is not null)
        {
            Fact(console, "report", $"{folder}/{RunFolder.ReportName}");
        }
    }

    private static void Links(IAnsiConsole console, NetworkReport network)
    {
        NetworkLink[] worst = [.. network.Worst()];
        if (worst.Length == 0)
        {
            console.MarkupLine("links            no crash through the interface of any link");
            return;
        }

        bool groups = network.Links.Any(link => link.Group.Length > 0);
        var table = new ScreenTable(["link", .. groups ? ["group"] : Array.Empty<string>(), "#crashes", "#disconnects", "#rate", "code paths"]);
        foreach (NetworkLink link in worst.Take(MaxLines))
        {
            table.Add([link.Name, .. groups ? [(ScreenCell)link.Group] : Array.Empty<ScreenCell>(), Count(link.Crashes), Count(link.Disconnects), Rate(link.Rate, link.Disconnects), link.PathsInWords()]);
        }

        table.Write(console);
        Fact(console, "links", $"{Count(worst.Length)} of {Counted.Of(network.Links.Count, "link")} had a crash through one of their interfaces{(worst.Length > MaxLines ? "; the report has them all" : "")}");
    }

    private static void Kernels(IAnsiConsole console, RealKernels kernels)
    {
        bool same = kernels.Called == kernels.Calling || kernels.Called.Key == kernels.Calling.Key;
        foreach ((string role, RealKernel kernel) in same ? [("kernel", kernels.Called)] : new[] { ("called", kernels.Called), ("calling", kernels.Calling) })
        {
            Fact(console, role, $"{kernel.Name}: Linux {kernel.Release} of {kernel.Source}, key {kernel.Key}, config {Short(kernel.ConfigSha256)}, checks {kernel.Checks}");
            if (kernel.Patches.Count > 0)
            {
                Fact(console, "", $"with {string.Join(", ", kernel.Patches)}; switched on: {(kernels.Fault.Length > 0 ? kernels.Fault : "none")}");
            }
        }

        string[] packages = [.. kernels.Packages.Where(package => package.StartsWith("ppp ", StringComparison.Ordinal) || package.StartsWith("frr ", StringComparison.Ordinal) || package.StartsWith("busybox", StringComparison.Ordinal))];
        Fact(console, "system", $"{string.Join(", ", packages.Select(package => string.Join(' ', package.Split(' ').Take(2))))} and {kernels.Packages.Count - packages.Length} more packages, initramfs {Short(kernels.SystemSha256)}");
        Fact(console, "clean", kernels.Bound);
        foreach (string limit in kernels.Limits)
        {
            Fact(console, "limit", limit);
        }
    }

    private static string Short(string sha256) => sha256.Length > 12 ? sha256[..12] : sha256;

    private static void Execution(IAnsiConsole console, ExecutionFacts on)
    {
        string routers = on.RoutersInMemory == 0 ? "" : $"; up to {Count(on.RoutersInMemory)} of {Counted.Of(on.Routers, "router")} in it at once";
        string alone = on.Memory is [var one] ? $", {Memory(one)}" : "";
        Fact(console, "execution", string.Create(
            CultureInfo.InvariantCulture, $"{Counted.Of(on.Silos, "silo")}, first window after {on.StartSeconds:0.0} s{alone}{routers}"));
        foreach (SiloMemoryFacts silo in on.Memory.Take(alone.Length > 0 ? 0 : MaxLines))
        {
            Fact(console, "", $"silo {silo.Silo}: {Memory(silo)}");
        }

        if (on.RoutersInMemory >= ManyRouters)
        {
            Fact(console, "memory", string.Create(
                CultureInfo.InvariantCulture,
                $"{on.MemoryPerRouterBytes / 1024.0:#,0.0} KiB a router in memory, with all that a silo needs for a run: {Mebibytes(on.PeakMemoryBytes - on.IdleMemoryBytes)} MiB for {Count(on.RoutersInMemory)}"));
        }
    }

    private static string Memory(SiloMemoryFacts silo) => $"{Mebibytes(silo.IdleMemoryBytes)} MiB at its start, at most {Mebibytes(silo.PeakMemoryBytes)}";

    /// <summary>Writes the tables of rates and of crash titles.</summary>
    public static void Rates(IAnsiConsole console, RunReport report)
    {
        // The figures of the 2005 mail have a column if the scenario reports them.
        bool reported = report.Paths.Any(row => row.ReportedPercent is not null);
        string[] columns = ["code path", "role", "#crashes", "#disconnects", "#rate", "#95 % interval"];
        var rates = new ScreenTable(reported ? [.. columns, "#mail"] : columns);
        foreach (PathRate row in report.Paths)
        {
            ScreenCell[] cells =
            [
                row.Path == CodePath.Any ? "all crashes" : row.Path,
                row.Role,
                Count(row.Crashes),
                Count(row.Disconnects),
                new(Rate(row.Rate, row.Disconnects), "bold"),
                Range(row.Low, row.High, row.Disconnects),
            ];
            rates.Add(reported ? [.. cells, row.ReportedPercent is { } mail ? $"{mail:0.#} %" : ""] : cells);
        }

        rates.Write(console);
        Ages(console, report);
        if (report.CodePaths.Count > 0)
        {
            var titles = new ScreenTable(["crash title", "role", "#crashes", "#rate", "id"]);
            foreach (CodePathRate row in report.CodePaths)
            {
                titles.Add(row.Title, row.Role, Count(row.Crashes), Percent(row.Rate), new(row.CrashId, "dim"));
            }

            titles.Write(console);
        }
    }

    // A rate over kernels of all ages is an average: a run in which all have one age adds nothing.
    private static void Ages(IAnsiConsole console, RunReport report)
    {
        if (report.Ages.DistinctBy(row => row.Age).Take(2).Count() < 2)
        {
            return;
        }

        var ages = new ScreenTable(["code path", "role", "kernel's age", "#crashes", "#disconnects", "#rate", "#95 % interval"]);
        foreach (AgeRate row in report.Ages)
        {
            ages.Add(row.Path, row.Role, row.Age, Count(row.Crashes), Count(row.Disconnects), new(Rate(row.Rate, row.Disconnects), "bold"), Range(row.Low, row.High, row.Disconnects));
        }

        ages.Write(console);
    }

    /// <summary>One line for an expectation that is not met.</summary>
    public static string Failure(RunReport report, ExpectationVerdict verdict)
    {
        string where = verdict.Line > 0 ? $"{report.ScenarioFile}:{verdict.Line}: " : report.ScenarioFile.Length > 0 ? $"{report.ScenarioFile}: " : "";
        return verdict.IsBand
            ? string.Create(CultureInfo.InvariantCulture, $"{where}expected {verdict.Statement}, measured {verdict.Measured}")
            : verdict.Path == ExpectationVerdict.NoDisconnect ? string.Create(CultureInfo.InvariantCulture, $"{where}expected that no link is lost, and {verdict.MeasuredPercent:0} were")
            : $"{where}expected '{verdict.Path}' to be reached, and it was not";
    }

    /// <summary>Writes how many expectations are met, and which are not.</summary>
    public static void Verdicts(IAnsiConsole console, RunReport report)
    {
        if (report.JudgedBy.Length > 0)
        {
            Fact(console, "judged", report.JudgedBy);
        }

        if (report.Expectations.Count > 0)
        {
            Fact(console, "expectations", Sum(report.Expectations));
        }

        foreach (string why in report.NotDecided)
        {
            Said.Line(console, 2, ("NOT DECIDED", "bold yellow"), ($"  {why}", ""));
        }

        foreach (ExpectationVerdict verdict in report.Expectations.Where(verdict => verdict.Failed))
        {
            Said.Line(console, 9, ("not met", "red"), ($"  {Failure(report, verdict)}", ""));
        }
    }

    /// <summary>How many expectations are met, and how many are not judged and why.</summary>
    public static string Sum(IReadOnlyList<ExpectationVerdict> verdicts) => string.Join(
        ", ",
        [
            .. verdicts.All(verdict => verdict.NotJudged is not null) ? (string[])[] : [$"{verdicts.Count(verdict => verdict.Met)} of {verdicts.Count} met"],
            .. verdicts.Where(verdict => verdict.NotJudged is not null).GroupBy(verdict => verdict.NotJudged).Select(group => $"{group.Count()} not judged ({group.Key})"),
        ]);

    private static string Left(WorkCounts work) => string.Join(
        ", ",
        new[] { (work.NotBegun, "not begun"), (work.Unfinished, "not finished"), (work.Failed, "failed"), (work.Lost, "lost") }
            .Where(part => part.Item1 > 0 || part.Item2 is "failed" or "lost").Select(part => $"{Count(part.Item1)} {part.Item2}"));

    /// <summary>Writes one named value.</summary>
    public static void Fact(IAnsiConsole console, string name, string value) => Said.Fact(console, name, value);

    /// <summary>A count for people.</summary>
    public static string Count(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A share of tries for people; where nothing was tried there is none.</summary>
    public static string Rate(double share, long tries) => tries == 0 ? "-" : Percent(share);

    /// <summary>An interval of a share of tries for people; where nothing was tried there is none.</summary>
    public static string Range(double low, double high, long tries) => tries == 0 ? "-" : $"{Percent(low)} to {Percent(high)}";

    private static string Mebibytes(long bytes) => (bytes / 1048576.0).ToString("#,0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");
}
