using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Stress.Guests.Processes;

namespace Stress.Guests.Kernels;

/// <summary>What to build.</summary>
public sealed record KernelOrder
{
    /// <summary>The source; null for the newest linux-source package of the system.</summary>
    public string? Source { get; init; }

    /// <summary>The name to keep it under; null for the kernel's release.</summary>
    public string? Name { get; init; }

    /// <summary>Fragments of configuration in addition to ours.</summary>
    public IReadOnlyList<string> Fragments { get; init; } = [];

    /// <summary>Patches, in order.</summary>
    public IReadOnlyList<string> Patches { get; init; } = [];

    /// <summary>Without KASAN.</summary>
    public bool Plain { get; init; }

    /// <summary>With the historic faults, which the boot parameter <c>stress_fault=</c> switches on one by one.</summary>
    public bool Faults { get; init; }

    /// <summary>With KCOV in <c>net/</c> and <c>drivers/net/</c>, so that a search sees which edges a list reaches; a variant of its own, under a name of its own.</summary>
    public bool Kcov { get; init; }

    /// <summary>Without keeping the tree that it is built in, which a kernel with a patch is built from in seconds (some 2 GB).</summary>
    public bool NoTree { get; init; }
}

/// <summary>The progress of a build.</summary>
/// <param name="Step">What it does.</param>
/// <param name="Done">Files made so far.</param>
/// <param name="About">About how many there are to make; 0 when that is not known.</param>
/// <param name="Left">About how long it still takes; null when that is not known.</param>
public readonly record struct BuildProgress(string Step, int Done, int About, TimeSpan? Left);

/// <summary>Builds kernels into the cache; a kernel that is already there is not built again.</summary>
public sealed partial class KernelBuilder(GuestCache cache)
{
    // Lines that make prints for our configuration of 6.1 and 6.12; used only to estimate the remaining time.
    private const int UsualFiles = 1_330;
    private const string CoverageFolder = "kcov";

    // What is compiled with KCOV: everything below.
    private static readonly string[] Covered = ["net", "drivers/net"];
    private const string Drivers = "arch/um/drivers", StackDepot = "lib/stackdepot.c", Unfinished = ".building";

    // Logarithm of the number of buckets in which a kernel with KASAN finds the stacks that it has seen.
    private const int StackTable = 14;
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    /// <summary>The kernel of an order.</summary>
    /// <param name="order">What to build.</param>
    /// <param name="progress">Told its progress; may be null.</param>
    /// <param name="stop">Ends it; nothing is left behind.</param>
    /// <returns>The kernel, and whether it had to be built.</returns>
    /// <exception cref="GuestException">The order is wrong, something is missing, or the build failed.</exception>
    public async Task<(GuestKernel Kernel, bool Built)> BuildAsync(KernelOrder order, Action<BuildProgress>? progress, CancellationToken stop)
    {
        foreach (string file in order.Fragments.Concat(order.Patches))
        {
            if (!File.Exists(file))
            {
                throw new GuestException(GuestProblem.Wrong, $"{file}: no such file; accepted: a fragment of a kernel configuration after --config, a patch after --patch");
            }
        }

        KernelSource source = KernelSource.Of(order.Source);
        BuildTools.Check(NeededBy(order));
        progress?.Invoke(new BuildProgress("reading the inputs", 0, 0, null));
        string key = await KeyAsync(order, source, stop).ConfigureAwait(false);
        var store = new KernelStore(cache);
        if (store.ByKey(key) is { } ready)
        {
            if (order.Name is not null && order.Name != ready.Name)
            {
                ready = ready with { Name = order.Name };
                store.Write(ready);
            }

            return (ready, false);
        }

        // One build of a key at a time: the second finds it built.
        using FileStream turn = await TurnAsync(key, progress, stop).ConfigureAwait(false);
        if (store.ByKey(key) is { } meanwhile)
        {
            return (meanwhile, false);
        }

        RemoveOrphans();
        string tree = TreeOf(cache, key), finished = Path.Combine(cache.Kernels, $"{key}.{Environment.ProcessId}{Unfinished}");
        using FileStream turnOfTree = await TurnAsync(key + ".tree", progress, stop).ConfigureAwait(false);
        bool done = false;
        Directory.CreateDirectory(finished);
        try
        {
            (IReadOnlyList<string> lacks, double cpu) = await MakeTreeAsync(tree, order, source, progress, stop).ConfigureAwait(false);
            GuestKernel kernel = Finish(Path.Combine(tree, "build"), finished, order, source, key, lacks, cpu);
            done = true;
            return (kernel, true);
        }
        finally
        {
            foreach (string left in done && !order.NoTree ? (string[])[finished] : [finished, tree])
            {
                if (Directory.Exists(left))
                {
                    Directory.Delete(left, recursive: true);
                }
            }
        }
    }

    private static IEnumerable<(string Needed, string Package)> NeededBy(KernelOrder order) => order.Faults || order.Kcov ? [.. BuildTools.ForKernels, ("spatch", "coccinelle")] : BuildTools.ForKernels;

    // A file-system lock is released with its process, however that ends.
    private async Task<FileStream> TurnAsync(string key, Action<BuildProgress>? progress, CancellationToken stop)
    {
        Directory.CreateDirectory(cache.Kernels);
        while (true)
        {
            if (Turn(key) is { } turn)
            {
                return turn;
            }

            progress?.Invoke(new BuildProgress("waiting for another build of the same kernel", 0, 0, null));
            await Task.Delay(Again, stop).ConfigureAwait(false);
        }
    }

    private FileStream? Turn(string key)
    {
        try
        {
            return new FileStream(Path.Combine(cache.Kernels, key + ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException)
        {
            return null;
        }
    }

    // What builds have left that were killed: a tree that is not complete, and is nobody's turn.
    private void RemoveOrphans()
    {
        foreach (string left in Directory.Exists(cache.Kernels) ? Directory.GetDirectories(cache.Kernels, "*" + Unfinished) : [])
        {
            if (!Directory.Exists("/proc/" + Path.GetFileName(left).Split('.')[1]))
            {
                Directory.Delete(left, recursive: true);
            }
        }

        foreach (string tree in Directory.Exists(cache.Kernels) ? Directory.GetDirectories(cache.Kernels, "*.tree") : [])
        {
            if (!File.Exists(Path.Combine(tree, Complete)) && Turn(Path.GetFileName(tree)) is { } turn)
            {
                using (turn)
                {
                    Directory.Delete(tree, recursive: true);
                }
            }
        }
    }

    private static async Task<string> KeyAsync(KernelOrder order, KernelSource source, CancellationToken stop)
    {
        string compiler = (await Tool.OutputAsync("/", stop, "gcc", "--version").ConfigureAwait(false)).Split('\n')[0];
        return GuestCache.Key(
        [
            ("compiler", Encoding.UTF8.GetBytes(compiler)),
            ("stack table", [StackTable]),
            ("source", await source.IdentityAsync(stop).ConfigureAwait(false)),
            .. Resources.Of("kernel").Select(name => (name, Resources.Bytes(name))),
            .. order.Faults ? Resources.Of("faults").Select(name => (name, Resources.Bytes(name))) : [],
            .. order.Kcov ? Resources.Of(CoverageFolder).Select(name => (name, Resources.Bytes(name))) : [],
            .. order.Fragments.Select(file => ("fragment", File.ReadAllBytes(file))),
            .. order.Patches.Select(file => ("patch", File.ReadAllBytes(file))),
            ("plain", [order.Plain ? (byte)1 : (byte)0]),
        ]);
    }

    private GuestKernel Finish(string output, string finished, KernelOrder order, KernelSource source, string key, IReadOnlyList<string> lacks, double cpu)
    {
        string config = Path.Combine(output, ".config"), folder = Path.Combine(cache.Kernels, key);
        string release = File.ReadAllText(Path.Combine(output, "include/config/kernel.release")).Trim();
        File.Copy(Path.Combine(output, "linux"), Path.Combine(finished, "linux"));
        File.Copy(config, Path.Combine(finished, "config"));
        var kernel = new GuestKernel
        {
            Name = order.Name ?? release + (order.Kcov ? "-kcov" : ""), Key = key, Release = release, Source = source.Path, Kasan = !order.Plain, VirtualTime = true, Kcov = order.Kcov, Kmemleak = File.ReadLines(config).Contains("CONFIG_DEBUG_KMEMLEAK=y"), Lacks = lacks,
            ConfigSha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(config))),
            Patches = [.. order.Patches.Select(file => Path.GetFileName(file)), .. order.Faults ? KernelFaults.All.Select(fault => GuestKernel.FaultPatch + fault.Name) : []],
            Bytes = new FileInfo(Path.Combine(finished, "linux")).Length, BuildCpuSeconds = Math.Round(cpu, 1), Built = DateTimeOffset.UtcNow,
        };
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.Move(finished, folder);
        new KernelStore(cache).Write(kernel);
        return kernel;
    }

    // Everything up to the configuration: the source's copy with patches, our serial port, faults.
    private static async Task<IReadOnlyList<string>> PrepareAsync(string tree, string output, KernelOrder order, KernelSource source, Action<BuildProgress>? progress, CancellationToken stop)
    {
        progress?.Invoke(new BuildProgress("unpacking the source", 0, 0, null));
        await source.CopyAsync(tree, stop).ConfigureAwait(false);
        foreach (string patch in order.Patches)
        {
            (int failed, IReadOnlyList<string> said) = await Tool.RunAsync(tree, null, stop, "patch", "-p1", "--batch", "--forward", "-i", Path.GetFullPath(patch)).ConfigureAwait(false);
            if (failed != 0)
            {
                throw new GuestException(GuestProblem.Wrong, $"{patch}: does not apply to {source.Path}: {string.Join("; ", said)}");
            }
        }

        AddDriver(tree, source);
        SizeStackTable(tree);
        if (order.Kcov)
        {
            AddCoverage(tree, source.Path);
            await WidenCoverageAsync(tree, stop).ConfigureAwait(false);
        }

        if (order.Faults)
        {
            progress?.Invoke(new BuildProgress("putting the faults back", 0, 0, null));
            await KernelFaults.ApplyAsync(tree, stop).ConfigureAwait(false);
        }

        progress?.Invoke(new BuildProgress("configuring", 0, 0, null));
        return await ConfigureAsync(tree, output, order, source, stop).ConfigureAwait(false);
    }

    // Our serial port: two files, a line of the Makefile and an option of the Kconfig.
    private static void AddDriver(string tree, KernelSource source)
    {
        string folder = Path.Combine(tree, Drivers), makefile = Path.Combine(folder, "Makefile"), kconfig = Path.Combine(folder, "Kconfig");
        string make = File.ReadAllText(makefile), options = File.Exists(kconfig) ? File.ReadAllText(kconfig) : "";
        const string Rules = "include $(srctree)/arch/um/scripts/Makefile.rules", OldRules = "include arch/um/scripts/Makefile.rules";
        string rules = make.Contains(Rules, StringComparison.Ordinal) ? Rules : OldRules;
        int at = make.IndexOf(rules, StringComparison.Ordinal), first = options.IndexOf("\nconfig ", StringComparison.Ordinal);
        if (at < 0 || first < 0)
        {
            throw new GuestException(GuestProblem.Wrong, $"{source.Path}: {Drivers} is not as in the trees that are known (5.10 to 6.12): our serial port cannot be added");
        }

        File.WriteAllText(makefile, make.Insert(at, "obj-$(CONFIG_STRESS_TTY) += stress_tty.o stress_user.o\n\n"));
        File.WriteAllText(kconfig, options.Insert(first + 1, "config STRESS_TTY\n\tbool \"Modem port of Stress\"\n\tdepends on TTY && UML_TIME_TRAVEL_SUPPORT\n\n"));
        foreach (string file in (string[])["stress_tty.c", "stress_user.c"])
        {
            File.WriteAllBytes(Path.Combine(folder, file), Resources.Bytes("kernel/" + file));
        }
    }

    // CFLAGS_KCOV is what the kernel's own build adds to a file that is to be covered; with subdir-ccflags it holds for a folder and all below it.
    internal static void AddCoverage(string tree, string source)
    {
        foreach (string makefile in Covered.Select(folder => Path.Combine(tree, folder, "Makefile")))
        {
            if (!File.Exists(makefile))
            {
                throw new GuestException(GuestProblem.Wrong, $"{source}: no {Path.GetRelativePath(tree, makefile)}: it cannot be built with --kcov");
            }

            File.AppendAllText(makefile, "\nsubdir-ccflags-$(CONFIG_KCOV) += $(CFLAGS_KCOV)\n");
        }
    }

    private static async Task WidenCoverageAsync(string tree, CancellationToken stop)
    {
        await File.WriteAllBytesAsync(Path.Combine(tree, "include/linux/stress_cover.h"), Resources.Bytes($"{CoverageFolder}/stress_cover.h"), stop).ConfigureAwait(false);
        await SemanticPatch.ApplyAsync(tree, "kernel/kcov.c", Resources.Text($"{CoverageFolder}/kcov.cocci"), "stress_cover.h", "--kcov", stop).ConfigureAwait(false);
    }

    // With KASAN the table in which stacks are found is made for a million of them (lib/stackdepot.c): 16 MiB of a guest that has some thousands.
    internal static void SizeStackTable(string tree)
    {
        string file = Path.Combine(tree, StackDepot);
        if (File.Exists(file))
        {
            string text = File.ReadAllText(file);
            File.WriteAllText(file, StackTableOrder().Replace(text, "${1}" + StackTable.ToString(CultureInfo.InvariantCulture)));
        }
    }

    // STACK_HASH_ORDER_MAX from 5.19 on, STACK_BUCKET_NUMBER_ORDER_MAX from 6.3 on; before, an option sets it.
    [GeneratedRegex(@"^(\s*#\s*define\s+STACK_(?:HASH|BUCKET_NUMBER)_ORDER_MAX\s+)20\b", RegexOptions.Multiline)]
    private static partial Regex StackTableOrder();

    private static async Task<IReadOnlyList<string>> ConfigureAsync(string tree, string output, KernelOrder order, KernelSource source, CancellationToken stop)
    {
        Directory.CreateDirectory(output);
        var required = new List<(string File, string Text)> { ("common.config", Resources.Text("kernel/common.config")) };
        if (!order.Plain)
        {
            required.Add(("kasan.config", Resources.Text("kernel/kasan.config")));
        }

        if (order.Kcov)
        {
            required.Add(("kcov.config", Resources.Text($"{CoverageFolder}/kcov.config")));
        }

        required.AddRange(order.Fragments.Select(file => (file, File.ReadAllText(file))));
        (string File, string Text) optional = ("optional.config", Resources.Text("kernel/optional.config"));
        string all = Path.Combine(output, "all.config");
        await File.WriteAllTextAsync(all, string.Join('\n', [optional.Text, .. required.Select(r => r.Text)]) + "\n", stop).ConfigureAwait(false);
        (int code, IReadOnlyList<string> said) = await Tool.RunAsync(tree, null, stop, "make", "ARCH=um", "O=" + output, "KCONFIG_ALLCONFIG=" + all, "allnoconfig").ConfigureAwait(false);
        if (code != 0)
        {
            throw new GuestException(GuestProblem.Failed, $"{source.Path}: the tree cannot be configured: {string.Join("; ", said)}");
        }

        HashSet<string> got = [.. File.ReadAllLines(Path.Combine(output, ".config"))];
        foreach ((string file, string text) in required)
        {
            string[] missing = [.. Wanted(text).Where(line => !got.Contains(line))];
            if (missing.Length > 0)
            {
                string[] unknown = [.. missing.Where(line => !IsKnown(tree, line.Split('=')[0]["CONFIG_".Length..]))];
                string why = unknown.Length > 0 ? $"the tree does not know {string.Join(", ", unknown.Select(line => line.Split('=')[0]))}" : "they depend on what is off here";
                string way = file switch { "kasan.config" => "; without KASAN: --plain", "kcov.config" => "; accepted: a tree and compiler with KCOV, or no --kcov", _ => "" };
                throw new GuestException(GuestProblem.Wrong, $"{file}: {source.Path} cannot be built with {string.Join(", ", missing)} ({why}){way}");
            }
        }

        return order.Plain ? [] : [.. Wanted(optional.Text).Where(line => !got.Contains(line)).Select(line => line.Split('=')[0])];
    }

    private static IEnumerable<string> Wanted(string fragment) =>
        fragment.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("CONFIG_", StringComparison.Ordinal) && !line.EndsWith("=n", StringComparison.Ordinal));

    private static bool IsKnown(string tree, string option)
    {
        var declared = new Regex($@"^\s*(menu)?config\s+{Regex.Escape(option)}\s*$", RegexOptions.Multiline);
        return Directory.EnumerateFiles(tree, "Kconfig*", SearchOption.AllDirectories).Any(file => declared.IsMatch(File.ReadAllText(file)));
    }

    private static async Task<double> MakeAsync(string tree, string output, Action<BuildProgress>? progress, CancellationToken stop)
    {
        int done = 0;
        long start = Stopwatch.GetTimestamp();
        string times = Path.Combine(output, "times");
        (int code, IReadOnlyList<string> said) = await Tool.RunAsync(
            tree,
            line =>
            {
                if (Made().IsMatch(line))
                {
                    done++;
                    TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
                    TimeSpan? left = done < 50 ? null : elapsed * Math.Max(0, UsualFiles - done) / done;
                    progress?.Invoke(new BuildProgress("compiling", done, Math.Max(done, UsualFiles), left));
                }
            },
            stop, "sh", "-c", $"make ARCH=um O='{output}' -j{Environment.ProcessorCount} linux; code=$?; times >'{times}'; exit $code").ConfigureAwait(false);
        if (code != 0 || !File.Exists(Path.Combine(output, "linux")))
        {
            throw new GuestException(GuestProblem.Failed, $"the kernel does not build: {string.Join("; ", said.Where(line => line.Contains("rror", StringComparison.Ordinal)).DefaultIfEmpty(said[^1]))}");
        }

        return ChildSeconds(File.ReadAllText(times));
    }

    // "times" of the shell: user and system of itself, then of its children, as 0m1.230s.
    private static double ChildSeconds(string times) => Span().Matches(times.Split('\n')[1])
        .Sum(m => (int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) * 60) + double.Parse(m.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^\s+(CC|AS|AR|LD|HOSTCC|HOSTLD|GEN|UPD|KSYMS|WRAP|SYSHDR|SYSTBL|LINK)\s")]
    private static partial Regex Made();

    [GeneratedRegex(@"(\d+)m([\d.]+)s")]
    private static partial Regex Span();
}
