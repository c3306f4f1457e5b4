using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Stress.Bench.Speed;
using Stress.Client;
using Stress.Dial;
using Stress.Dial.Calls;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Guests;
using Stress.Guests.Kernels;
using Stress.Guests.Processes;
using Stress.Guests.Running;
using Stress.Guests.Systems;
using Stress.Scenarios;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;

namespace Stress.Bench;

/// <summary><c>stress bench guests</c>: real kernels: the same digest everywhere, the faults that are found, speed and memory.</summary>
internal static class GuestsCommand
{
    private const string Redial = "scenarios/linux-redial.yaml";

    // The fault that a hang-up of a pair reaches too.
    private const string OfPairs = "ppp-channel-hold", NotFound = "not found";

    private static readonly string[] Kinds = ["embedded", "two", "killed"];

    /// <summary>The command.</summary>
    public static Command Create() => new("guests", "Real kernels: one digest on one silo, on two and with one killed; faults put back; speed.") { Digests(), Faults(), Speed(), Memory(), Pppd(), JudgeCasesCommand.Create(), EdgesCommand.Create() };

    private static Command Digests()
    {
        var runs = new Option<int>("--runs") { Description = "How many runs of each kind.", DefaultValueFactory = _ => 20 };
        var hours = new Option<string>("--hours") { Description = "Virtual hours of each pair.", DefaultValueFactory = _ => "0.25" };
        var pairs = new Option<string>("--pairs") { Description = "Pairs.", DefaultValueFactory = _ => "2" };
        var file = new Option<string>("--scenario") { Description = "The scenario.", DefaultValueFactory = _ => Redial };
        var kinds = new Option<string[]>("--kind") { Description = "Only these: embedded, two, killed (default: all three).", AllowMultipleArgumentsPerToken = true }.AcceptOnlyFromAmong(Kinds);
        var kernel = new Option<string?>("--kernel") { Description = "The kernel of both ends (default: the newest)." };
        var command = new Command("digests", "One seed repeatedly: on the embedded silo, on two silos, on two of which one is killed by SIGKILL.") { runs, hours, pairs, file, kinds, kernel };
        command.SetAction((line, _) => CompareDigests(line.GetValue(runs), line.GetValue(kinds) is { Length: > 0 } some ? some : Kinds, [line.GetValue(file)!, "--hours", line.GetValue(hours)!, "--pairs", line.GetValue(pairs)!, "--workers", "2", .. line.GetValue(kernel) is { } named ? (string[])["--kernel", named] : []], line.GetValue(hours)!));
        return command;
    }

    private static async Task<int> CompareDigests(int runs, string[] kinds, string[] work, string hours)
    {
        Describe();
        string? expected = null;
        int wrong = 0, done = 0;
        foreach (string kind in kinds)
        {
            int same = 0;
            for (int run = 0; run < runs; run++)
            {
                long start = Stopwatch.GetTimestamp();
                await using LocalCluster cluster = LocalCluster.Start();
                RunningProcess client;
                if (kind == "embedded")
                {
                    client = cluster.Run("run", onCluster: false, work);
                }
                else
                {
                    await Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
                    client = cluster.Run("run", onCluster: true, work);
                    if (kind == "killed")
                    {
                        await cluster.Reached("run", 1 + (run % 3));
                        await cluster.KillSilo(run % 2);
                        await cluster.StartSilo(run % 2);
                    }
                }

                await client.End(TimeSpan.FromMinutes(20));
                string digest = cluster.HasReport("run") ? cluster.ReadReport("run").GetProperty("digest").GetString()! : "none: " + client.Output;
                expected ??= digest;
                done++;
                same += digest == expected ? 1 : 0;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind,-10} {run + 1,3}  {Stopwatch.GetElapsedTime(start).TotalSeconds,6:0.0} s  {digest}"));
            }

            wrong += runs - same;
            Console.WriteLine($"{kind}: {same} of {runs} runs of {hours} h have the digest of the first");
        }

        return wrong == 0 && done > 0 ? ExitCodes.Ok : ExitCodes.NotDeterministic;
    }

    private static Command Faults()
    {
        var seeds = new Option<int>("--seeds") { Description = "Seeds for each fault.", DefaultValueFactory = _ => 20 };
        var kernel = new Option<string?>("--kernel") { Description = "A kernel built with --faults (default: the newest of them)." };
        var command = new Command("faults", "Each reintroduced fault, with several seeds: found or not, and by which title.") { seeds, kernel };
        command.SetAction((line, stop) => FindFaults(line.GetValue(seeds), line.GetValue(kernel), stop));
        return command;
    }

    private static async Task<int> FindFaults(int seeds, string? named, CancellationToken stop)
    {
        Describe();
        var cache = GuestCache.OfUser();
        (GuestKernel kernel, GuestSystem system, string launcher) = await Parts(cache, named, faults: true, stop);
        bool all = true;
        foreach (KernelFault fault in KernelFaults.All)
        {
            string list = File.ReadAllText(Repository.At("tests", "Stress.Guests.Tests", "lists", fault.Name + ".ops"));
            byte[] program = await Reproducer.CompileAsync(Reproducer.ToC(fault.Name, list), stop);
            var run = new ListRun(cache, launcher, system, kernel);
            var titles = new List<string?> { Try("list", fault, seeds, (seed, on) => Titles(run.Run([(fault.Name, list)], seed, on, stop)), stop) };
            titles.Add(Try("exported C program", fault, seeds, (seed, on) => Titles(run.RunProgram(fault.Name, program, seed, on, stop)), stop));
            if (fault.Name == OfPairs)
            {
                SiteOptions site = ScenarioLoader.Load(Repository.At("scenarios", "linux-redial.yaml")).Site;
                var pair = new PairRun(new PairParts(cache, launcher, system, kernel, kernel));
                titles.Add(Try("pair", fault, seeds, (seed, on) => [.. pair.Run(PairOptions.Of(site with { Seed = seed }, VirtualTime.FromSeconds(90)) with { Fault = on }, stop).AllCrashes.Select(crash => crash.Title)], stop));
            }

            all &= titles[0] is not null && titles.Distinct().Count() == 1;
        }

        return all ? ExitCodes.Ok : ExitCodes.ExpectationFailed;
    }

    private static IReadOnlyList<string> Titles(ListResult result) => result.Trouble is { } trouble ? [trouble] : [.. result.Reports.Select(CrashWords.Of)];

    // The title; null unless it is the only one for all seeds, and nothing is found without the fault.
    private static string? Try(string way, KernelFault fault, int seeds, Func<ulong, string?, IReadOnlyList<string>> titlesOf, CancellationToken stop)
    {
        var titles = new SortedDictionary<string, int>(StringComparer.Ordinal);
        int clean = 0;
        for (ulong seed = 1; seed <= (ulong)seeds && !stop.IsCancellationRequested; seed++)
        {
            string first = titlesOf(seed, fault.Name).FirstOrDefault() ?? NotFound;
            titles[first] = titles.GetValueOrDefault(first) + 1;
            clean += titlesOf(seed, null).Count == 0 ? 1 : 0;
        }

        Console.WriteLine($"{fault.Name,-20} {way,-18} without it clean {clean} of {seeds}");
        foreach ((string title, int count) in titles)
        {
            Console.WriteLine($"  {count} of {seeds}: {title}");
        }

        return titles.Count == 1 && !titles.ContainsKey(NotFound) && clean == seeds ? titles.First().Key : null;
    }

    private static Command Pppd()
    {
        var calls = new Option<int>("--calls") { Description = "Calls each way, on all lines together.", DefaultValueFactory = _ => 1000 };
        var lines = new Option<int>("--lines") { Description = "Lines at once, each a guest of its own.", DefaultValueFactory = _ => 50 };
        var delays = new Option<double[]>("--delay") { Description = "One way, in seconds; may be repeated.", DefaultValueFactory = _ => [0, 0.1, 1, 4], AllowMultipleArgumentsPerToken = true };
        var touched = new Option<int[]>("--per-thousand") { Description = "Frames per thousand that are doubled, dropped or corrupted, a third each; may be repeated.", DefaultValueFactory = _ => [0, 10], AllowMultipleArgumentsPerToken = true };
        var ways = new Option<string[]>("--way") { Description = "Only this way: dial (our endpoint calls), answer (default: both).", AllowMultipleArgumentsPerToken = true }.AcceptOnlyFromAmong("dial", "answer");
        var log = new Option<string?>("--log") { Description = "Folder for a transcript and a capture of each call, and for what each pppd said." };
        var kernel = new Option<string?>("--kernel") { Description = "The kernel (default: the newest)." };
        var command = new Command("pppd", "Debian's pppd in guests, called by our endpoint and calling it, in real time.") { calls, lines, delays, touched, ways, log, kernel };
        command.SetAction((line, stop) => CallPppd(line.GetValue(calls), line.GetValue(lines), line.GetValue(delays)!, line.GetValue(touched)!, line.GetValue(ways) is { Length: > 0 } some ? some : ["dial", "answer"], line.GetValue(log), line.GetValue(kernel), stop));
        return command;
    }

    private static async Task<int> CallPppd(int calls, int lines, double[] delays, int[] touched, string[] ways, string? log, string? named, CancellationToken stop)
    {
        Describe();
        var cache = GuestCache.OfUser();
        (GuestKernel kernel, GuestSystem system, string launcher) = await Parts(cache, named, faults: false, stop);
        var pppd = new PppdCalls(new PairParts(cache, launcher, system, kernel, kernel));
        bool all = true;
        foreach ((double delay, int perThousand) in delays.SelectMany(delay => touched.Select(perThousand => (delay, perThousand))))
        {
            var options = new PppdCallOptions { Lines = lines, CallsOfLine = Math.Max(1, calls / lines), Line = new PeerLine(TimeSpan.FromSeconds(delay), perThousand) };
            foreach ((string way, Func<PppdCallOptions, CancellationToken, Task<PppdCallResult>> run) in ((string, Func<PppdCallOptions, CancellationToken, Task<PppdCallResult>>)[])[("dial", pppd.DialAsync), ("answer", pppd.AnswerAsync)])
            {
                if (!ways.Contains(way))
                {
                    continue;
                }

                long start = Stopwatch.GetTimestamp();
                string? folder = log is null ? null : Path.Combine(log, string.Create(CultureInfo.InvariantCulture, $"{way}-{delay}-{perThousand}"));
                PppdCallResult result = await run(options with { Transcripts = folder }, stop);
                foreach ((int number, IReadOnlyList<string> console) in folder is null ? [] : result.Consoles.Index())
                {
                    await File.WriteAllLinesAsync(Path.Combine(Directory.CreateDirectory(folder!).FullName, $"{number:D3}.console"), console, stop);
                }

                all &= (perThousand > 0 || result.Done == result.Planned) && result.Reports.Count == 0;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{way,-7} delay {delay,4:0.0} s  {perThousand,3}/1000 frames touched ({result.Touched,4})  {result.Done,5} of {result.Planned} calls as planned  IPCP {result.Counters.IpcpOpened}, IPV6CP {result.Counters.Ipv6cpOpened}, malformed {result.Counters.Malformed}, unexpected {result.Counters.Unexpected}  {Stopwatch.GetElapsedTime(start).TotalSeconds,6:0.0} s wall"));
                foreach (IGrouping<(CallOutcome Outcome, string Detail), CallProblem> same in result.Results.SelectMany(r => r.Problems).GroupBy(p => (p.Outcome, p.Detail)).OrderByDescending(group => group.Count()).Take(5))
                {
                    Console.WriteLine($"          {same.Count()} {same.Key.Outcome}: {same.Key.Detail}");
                }
            }
        }

        return all ? ExitCodes.Ok : ExitCodes.ExpectationFailed;
    }

    private static Command Speed()
    {
        var seconds = new Option<int>("--seconds") { Description = "Virtual seconds of each pair.", DefaultValueFactory = _ => 15_000 };
        var kernel = new Option<string?>("--kernel") { Description = "The kernel (default: the newest)." };
        var command = new Command("speed", "Virtual seconds a CPU-second with a HUP every ten minutes, boots, and memory.") { seconds, kernel };
        command.SetAction((line, stop) => Measure(line.GetValue(seconds), line.GetValue(kernel), stop));
        return command;
    }

    private static async Task<int> Measure(int seconds, string? named, CancellationToken stop)
    {
        Describe();
        var cache = GuestCache.OfUser();
        (GuestKernel kernel, GuestSystem system, string launcher) = await Parts(cache, named, faults: false, stop);
        Console.WriteLine($"kernel     {kernel.Name}, Linux {kernel.Release}, {(kernel.Kasan ? "KASAN" : "no KASAN")}");
        Scenario scenario = ScenarioLoader.Load(Repository.At("scenarios", "troxel-linux.yaml"));
        var run = new PairRun(new PairParts(cache, launcher, system, kernel, kernel));
        foreach ((string name, bool daemons, int length) in ((string, bool, int)[])[("boot of a pair", false, 1), ("pppd alone", false, seconds), ("with FRR", true, seconds)])
        {
            PairOptions options = PairOptions.Of(scenario.Site, VirtualTime.FromSeconds(length)) with { Daemons = daemons };
            long start = Stopwatch.GetTimestamp();
            using Process self = Process.GetCurrentProcess();
            TimeSpan own = self.TotalProcessorTime;
            PairResult result = run.Run(options, stop);
            self.Refresh();
            own = self.TotalProcessorTime - own;
            double cpu = result.GuestCpu.TotalSeconds, both = cpu + own.TotalSeconds;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-15} {length,7} virtual s  {cpu,7:0.00} CPU-s of the guests ({result.HostCpu.TotalSeconds / cpu * 100:0} % in the host's kernel, ptrace among it), {own.TotalSeconds,6:0.00} of the calendar  {length / cpu,6:0} and {length / both,6:0} virtual s a CPU-s  {Stopwatch.GetElapsedTime(start).TotalSeconds,6:0.0} s wall  {result.Disconnects} disconnects"));
        }

        return ExitCodes.Ok;
    }

    private static Command Memory()
    {
        var pairs = new Option<int>("--pairs") { Description = "Pairs that live at once.", DefaultValueFactory = _ => 50 };
        var seconds = new Option<int>("--seconds") { Description = "Virtual seconds of each pair.", DefaultValueFactory = _ => 1_300 };
        var daemons = new Option<bool>("--daemons") { Description = "With FRR's daemons." };
        var most = new Option<int>("--most") { Description = "Memory of all guests and of this process that is not to be exceeded, MiB.", DefaultValueFactory = _ => 4096 };
        var kernel = new Option<string?>("--kernel") { Description = "The kernel (default: the newest)." };
        var command = new Command("memory", "So many pairs alive at once: memory of all.") { pairs, seconds, daemons, most, kernel };
        command.SetAction((line, stop) => Hold(line.GetValue(pairs), line.GetValue(seconds), line.GetValue(daemons), line.GetValue(most), line.GetValue(kernel), stop));
        return command;
    }

    private static async Task<int> Hold(int pairs, int seconds, bool daemons, int most, string? named, CancellationToken stop)
    {
        Describe();
        var cache = GuestCache.OfUser();
        (GuestKernel kernel, GuestSystem system, string launcher) = await Parts(cache, named, faults: false, stop);
        var parts = new PairParts(cache, launcher, system, kernel, kernel);
        Scenario scenario = ScenarioLoader.Load(Repository.At("scenarios", "troxel-linux.yaml"));
        List<PairSession> alive = [];
        try
        {
            for (int pair = 0; pair < pairs; pair++)
            {
                // Longer than what is executed, so that no guest has come to its end.
                PairOptions options = PairOptions.Of(scenario.Site, VirtualTime.FromSeconds(2 * seconds)) with { Daemons = daemons, Number = (ulong)pair };
                alive.Add(new PairSession(parts, options));
                alive[^1].RunTo(VirtualTime.FromSeconds(seconds), stop);
                if (alive[^1].Crashes is { Count: > 0 } crashes)
                {
                    Console.Error.WriteLine($"stress bench: pair {pair}: {crashes[0].Title}; memory of guests that crash is no figure");
                    return ExitCodes.ExpectationFailed;
                }

                if (pair is 0 or 1 or 9)
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{pair + 1,4} pairs  {ProcessTree.ChildrenMiB(Environment.ProcessId),8:0.0} MiB"));
                }
            }

            double guests = ProcessTree.ChildrenMiB(Environment.ProcessId);
            using Process self = Process.GetCurrentProcess();
            double own = self.WorkingSet64 / 1048576.0;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{pairs,4} pairs{(daemons ? " with FRR" : "")} alive after {seconds} virtual s and {alive.Sum(session => session.LineCounts.Disconnects.Sum())} disconnects: {guests:0.0} MiB of guests ({guests / pairs:0.0} a pair), {own:0.0} MiB of this process; accepted: {most} MiB"));
            return guests > 0 && guests + own <= most ? ExitCodes.Ok : ExitCodes.ExpectationFailed;
        }
        finally
        {
            foreach (PairSession session in alive)
            {
                session.Dispose();
            }
        }
    }

    private static async Task<(GuestKernel Kernel, GuestSystem System, string Launcher)> Parts(GuestCache cache, string? named, bool faults, CancellationToken stop)
    {
        GuestKernel kernel = KernelOf(cache, named, k => k.VirtualTime && (!faults || k.Faults.Count > 0), faults ? " --faults" : "");
        return (kernel, await new SystemBuilder(cache).EnsureAsync(Console.Error.WriteLine, stop), await Launcher.EnsureAsync(cache, stop));
    }

    /// <summary>The kernel of a name or key, or the newest that fits.</summary>
    /// <param name="cache">Where kernels are.</param>
    /// <param name="named">Its name or key; null for the newest.</param>
    /// <param name="fits">What the newest has to be.</param>
    /// <param name="options">The options of <c>kernel build</c> that make one, with a space before them.</param>
    /// <exception cref="GuestException">There is none.</exception>
    internal static GuestKernel KernelOf(GuestCache cache, string? named, Func<GuestKernel, bool> fits, string options)
    {
        var store = new KernelStore(cache);
        return named is not null ? store.Find(named)
            : store.All().FirstOrDefault(fits) ?? throw new GuestException(GuestProblem.Unavailable, $"no kernel is built yet: ./stress kernel build{options}");
    }

    private static void Describe()
    {
        Machine.Write();

        Console.WriteLine($"load       {File.ReadAllText("/proc/loadavg").Trim()}");
        Console.WriteLine();
    }
}
