using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Stress.Client.Launching;
using Stress.Client.RealStacks;
using Stress.Client.Screen;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Guests;
using Stress.Guests.Calendar;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Guests.Systems;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Commands;

/// <summary><c>stress kernel</c>: real Linux kernels for runs and lists: building, keeping and trying them (docs/guests.md).</summary>
public static class KernelCommand
{
    private const int MostTimes = 100_000;

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal) => new("kernel", "Build, list and try real Linux kernels (User-Mode Linux).")
    {
        Build(terminal), List(terminal), Show(terminal), Remove(terminal), RootFs(terminal), Pair(terminal),
    };

    private static Command Build(Terminal terminal)
    {
        var source = new Option<string?>("--source") { Description = "A folder with a kernel's source, a .deb of linux-source, or a tar archive (default: the newest linux-source package of this system)." };
        var name = new Option<string?>("--name") { Description = "The name to keep it under (default: the kernel's release)." };
        var config = new Option<string[]>("--config") { Description = "A further fragment of configuration; may be repeated." };
        var patch = new Option<string[]>("--patch") { Description = "A patch to apply first (patch -p1); may be repeated." };
        var plain = new Option<bool>("--plain") { Description = "Without KASAN." };
        var faults = new Option<bool>("--faults") { Description = "Reintroduce historical faults, for --fault to switch on and runs to find (needs coccinelle)." };
        var kcov = new Option<bool>("--kcov") { Description = "With KCOV in networking: fuzz then keeps lists for the kernel's edges that they reach. A kernel of its own, used where it is named." };
        var noTree = new Option<bool>("--no-tree") { Description = "Do not keep the tree it is built in, which judge builds patched kernels from (some 2 GB)." };
        var command = new Command("build", "Build a kernel, or find it built already.") { source, name, config, patch, plain, faults, kcov, noTree };
        command.SetAction(async (line, stop) =>
        {
            var order = new KernelOrder
            {
                Source = line.GetValue(source), Name = line.GetValue(name), Fragments = line.GetValue(config) ?? [], Patches = line.GetValue(patch) ?? [],
                Plain = line.GetValue(plain), Faults = line.GetValue(faults), Kcov = line.GetValue(kcov), NoTree = line.GetValue(noTree),
            };
            Action<BuildProgress> tell = BuildLines.On(terminal, progress => progress.About == 0 ? progress.Step
                : string.Create(CultureInfo.InvariantCulture, $"{progress.Step}: {progress.Done} of about {progress.About} files{(progress.Left is { } left ? $", about {Math.Ceiling(left.TotalMinutes)} min left" : "")}"));
            (GuestKernel kernel, bool built) = await new KernelBuilder(GuestCache.OfUser()).BuildAsync(order, tell, stop);
            Write(terminal.Text, kernel);
            terminal.Text.WriteLine(built ? string.Create(CultureInfo.InvariantCulture, $"built in {kernel.BuildCpuSeconds:F0} CPU-seconds") : "nothing has changed since it was built");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var command = new Command("list", "List the kernels in the cache.");
        command.SetAction(line =>
        {
            IReadOnlyList<GuestKernel> all = new KernelStore(GuestCache.OfUser()).All();
            if (all.Count == 0)
            {
                terminal.Text.WriteLine("no kernel yet (./stress kernel build)");
                return ExitCodes.Ok;
            }

            Table table = new Table().Border(TableBorder.None).AddColumns("name", "release", "checks", "can be", "key", "built");
            foreach (GuestKernel kernel in all)
            {
                table.AddRow(
                    Markup.Escape(kernel.Name), Markup.Escape(kernel.Release), Checks(kernel), kernel.VirtualTime ? "a site, lists" : "lists, in real time", kernel.Key,
                    kernel.Key.Length > 0 ? kernel.Built.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "");
            }

            terminal.Out.Write(table);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var name = new Argument<string>("NAME") { Description = "A kernel's name or key." };
        var command = new Command("show", "Show what a kernel was built from.") { name };
        command.SetAction(line =>
        {
            Write(terminal.Text, new KernelStore(GuestCache.OfUser()).Find(line.GetValue(name)!));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Remove(Terminal terminal)
    {
        var name = new Argument<string>("NAME") { Description = "A kernel's name or key." };
        var command = new Command("remove", "Remove a kernel from the cache.") { name };
        command.SetAction(line =>
        {
            GuestKernel kernel = new KernelStore(GuestCache.OfUser()).Remove(line.GetValue(name)!);
            terminal.Text.WriteLine($"removed {kernel.Name} ({kernel.Key})");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command RootFs(Terminal terminal)
    {
        var command = new Command("rootfs", "Make the guests' system of Debian packages and the program that starts guests, or find them made already.");
        command.SetAction(async (line, stop) =>
        {
            GuestCache cache = GuestCache.OfUser();
            GuestSystem system = await new SystemBuilder(cache).BuildAsync(terminal.Error.WriteLine, stop);
            await Launcher.EnsureAsync(cache, stop);
            terminal.Text.WriteLine($"system {system.Key}  {system.ImageOf(cache)}");
            terminal.Text.WriteLine($"sha256 {system.Sha256}");
            foreach (GuestPackage package in system.Packages)
            {
                terminal.Text.WriteLine($"  {package.Name,-18} {package.Version,-28} {package.Sha256}");
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Pair(Terminal terminal)
    {
        var file = new Argument<string>("SCENARIO") { Description = "The scenario whose line, programme and daemons the pair uses." };
        var kernel = new Option<string?>("--kernel") { Description = "The kernel of both ends (default: the newest)." };
        var called = new Option<string?>("--called") { Description = "The kernel of the called end only." };
        Option<ulong?> seed = SharedOptions.Seed();
        Option<VirtualTime?> hours = RunOptions.Hours("the scenario's");
        Option<int?> number = Numbers.Option("--pair", 0, RunOptions.MaxPairs - 1, "The pair's number in the run (default 0).");
        Option<int?> times = Numbers.Option("--times", 1, MostTimes, "Execute it that often, and compare the digests (default 1; exit code 3 where they differ).");
        var fault = new Option<string?>("--fault") { Description = "Switch on a fault of a kernel built with --faults." };
        var console = new Option<bool>("--console") { Description = "Print both consoles." };
        var command = new Command("pair", "Run one pair of real kernels through a scenario, in virtual time (experimental).") { file, kernel, called, seed, hours, number, times, fault, console };
        command.SetAction(async (line, stop) =>
        {
            GuestCache cache = GuestCache.OfUser();
            Scenario scenario = ScenarioLoader.Load(line.GetValue(file)!);
            var store = new KernelStore(cache);
            GuestKernel calling = store.FindSite(line.GetValue(kernel)), answering = line.GetValue(called) is { } other ? store.FindSite(other) : calling;
            PairOptions options = PairOptions.Of(scenario.Site with { Seed = scenario.Seed }, scenario.Duration) with { Number = (ulong)(line.GetValue(number) ?? 0), Fault = line.GetValue(fault) };
            options = options with
            {
                Seed = line.GetValue(seed) ?? options.Seed,
                Duration = line.GetValue(hours) ?? options.Duration,
            };
            GuestSystem system = await new SystemBuilder(cache).EnsureAsync(terminal.Error.WriteLine, stop);
            string launcher = await Launcher.EnsureAsync(cache, stop);
            var run = new PairRun(new PairParts(cache, launcher, system, answering, calling));
            string? first = null;
            for (int i = 0; i < (line.GetValue(times) ?? 1); i++)
            {
                PairResult result = await Task.Run(() => run.Run(options, stop), stop);
                Write(terminal.Text, result, line.GetValue(console) && i == 0);
                if (stop.IsCancellationRequested)
                {
                    return ExitCodes.Interrupted;
                }

                first ??= result.Digest;
                if (result.Digest != first)
                {
                    terminal.Error.WriteLine($"stress: execution {i + 1} differs from the first");
                    return ExitCodes.NotDeterministic;
                }
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static string Checks(GuestKernel kernel) => (kernel.Kasan ? "KASAN" : "none") + (kernel.Kcov ? ", KCOV" : "");

    private static void Write(TextWriter o, GuestKernel kernel)
    {
        o.WriteLine($"kernel {kernel.Name}  release {kernel.Release}  key {(kernel.Key.Length > 0 ? kernel.Key : "none")}");
        o.WriteLine($"source {kernel.Source}");
        o.WriteLine($"checks {Checks(kernel)}; {(kernel.VirtualTime ? "runs in virtual time, alone or as a site" : "no virtual time and no modem port: operation lists only, in real time")}");
        if (kernel.ConfigSha256.Length > 0)
        {
            o.WriteLine(string.Create(CultureInfo.InvariantCulture, $"config sha256 {kernel.ConfigSha256}; {kernel.Bytes / 1e6:F1} MB"));
        }

        if (kernel.Patches.Count > 0)
        {
            o.WriteLine($"with {string.Join(", ", kernel.Patches)}");
        }

        if (kernel.Lacks.Count > 0)
        {
            o.WriteLine($"the tree lacks {string.Join(", ", kernel.Lacks)}");
        }
    }

    private static void Write(TextWriter o, PairResult result, bool console)
    {
        o.WriteLine($"digest {result.Digest}");
        double virtualSeconds = result.Reached.Microseconds / 1e6;
        o.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{virtualSeconds:F0} virtual s in {result.GuestCpu.TotalSeconds:F2} CPU-s of the guests ({virtualSeconds / Math.Max(0.01, result.GuestCpu.TotalSeconds):F0} a CPU-second), calendar {(result.SharedCalendar ? "in shared memory" : "by messages")}"));
        o.WriteLine($"calls {result.Line.Dialled} dialled, {result.Line.Connected} connected, {result.Line.HungUp} hung up, {result.Line.CarrierLosses} lost; bytes {result.Line.Bytes[0]} and {result.Line.Bytes[1]}; disconnects {result.Disconnects}");
        CalendarCounts c = result.Calendar;
        o.WriteLine($"calendar {c.Rounds} rounds, {c.Runs} runs, {c.Arrivals} arrivals, {c.Unanswered} unanswered, {c.Messages} messages");
        foreach (GuestBoot boot in result.Boots)
        {
            o.WriteLine($"{CodePath.Of(boot.Role)} {boot.Boot} to {boot.End}{(boot.Exit is null ? "" : $", ended: {boot.Exit}")}");
            foreach (Dial.Far.FarPanic panic in boot.Panics)
            {
                o.WriteLine($"  {CrashWords.Of(panic)}");
                if (panic.Stack.Count == 0)
                {
                    o.WriteLine($"    {panic.Text}");
                }

                KernelStacks.Write(o, panic, "    ", most: 8);
            }

            if (console)
            {
                foreach (string text in ConsoleText.Lines(boot.Console))
                {
                    o.WriteLine($"  | {text}");
                }
            }
        }

        if (!result.Crashes.Any())
        {
            o.WriteLine(CleanBound.Sentence(0, result.Disconnects));
        }
    }
}
