using System.Globalization;
using System.Text;
using Stress.Guests.Processes;

namespace Stress.Guests.Kernels;

/// <summary>
/// Kernels that differ from a kernel of the cache by a patch or two. The tree that the kernel was built in is kept beside it; the patches go into that tree, make compiles what has changed, and they are
/// reverted.
/// </summary>
public sealed partial class KernelBuilder
{
    /// <summary>How the file of a patch ends, and of a semantic one, which names functions and fields and holds no text of the kernel (coccinelle).</summary>
    public const string PatchExtension = ".patch", SemanticExtension = ".cocci";

    private const string Complete = "complete", Applied = "applied.*.patch", FileLine = "// File:";

    /// <summary>The folder of the tree that is kept for a kernel's fixes.</summary>
    internal static string TreeOf(GuestCache cache, string key) => Path.Combine(cache.Kernels, key + ".tree");

    /// <summary>The kernel that patches make of another.</summary>
    /// <param name="patient">The kernel without them.</param>
    /// <param name="patches">
    /// Their files, in the order in which they go in, against the patient's tree, faults included: as git and diff -u write them with -p1, or semantic patches, whose line <c>// File: PATH</c> says what
    /// each is for.
    /// </param>
    /// <param name="progress">Told how far it is; may be null.</param>
    /// <param name="stop">Ends it; the tree is left without the patches.</param>
    /// <returns>The kernel, and whether it had to be built.</returns>
    /// <exception cref="GuestException">A patch does not apply, the kernel does not build with it, or the patient cannot be built again from what is known of it.</exception>
    public async Task<(GuestKernel Kernel, bool Built)> BuildFixAsync(GuestKernel patient, IReadOnlyList<string> patches, Action<BuildProgress>? progress, CancellationToken stop)
    {
        string key = GuestCache.Key([("patient", Encoding.UTF8.GetBytes(patient.Key)), .. patches.Select(patch => ("fix", File.ReadAllBytes(patch)))]);
        var store = new KernelStore(cache);
        if (store.ByKey(key) is { } ready)
        {
            return (ready, false);
        }

        using FileStream turn = await TurnAsync(patient.Key + ".tree", progress, stop).ConfigureAwait(false);
        if (store.ByKey(key) is { } meanwhile)
        {
            return (meanwhile, false);
        }

        string folder = await TreeAsync(patient, progress, stop).ConfigureAwait(false);
        string tree = Path.Combine(folder, "source"), output = Path.Combine(folder, "build"), last = patches[^1];
        double cpu;
        try
        {
            for (int n = 0; n < patches.Count; n++)
            {
                last = patches[n];
                string applied = Path.Combine(folder, Applied.Replace("*", (n + 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
                await File.WriteAllBytesAsync(applied + ".new", await DifferenceAsync(tree, last, patient, stop).ConfigureAwait(false), stop).ConfigureAwait(false);
                try
                {
                    await TryPatchAsync(tree, applied + ".new", last, patient, stop).ConfigureAwait(false);
                    File.Move(applied + ".new", applied);
                }
                finally
                {
                    File.Delete(applied + ".new");
                }

                await Tool.OutputAsync(tree, CancellationToken.None, "patch", "-p1", "--batch", "--forward", "-i", applied).ConfigureAwait(false);
            }

            cpu = await MakeAsync(tree, output, progress, stop).ConfigureAwait(false);
            Keep(output, key);
        }
        catch (GuestException e) when (!e.Message.StartsWith(last, StringComparison.Ordinal))
        {
            throw new GuestException(e.Problem, $"{last}: {e.Message}");
        }
        finally
        {
            await TakeOutAsync(folder).ConfigureAwait(false);
        }

        GuestKernel kernel = patient with
        {
            Name = string.Join('+', patches.Select(Path.GetFileNameWithoutExtension).Prepend(patient.Name)),
            Key = key,
            FixOf = patient.Key,
            Patches = [.. patient.Patches, .. patches.Select(patch => Path.GetFileName(patch))],
            Bytes = new FileInfo(Path.Combine(cache.Kernels, key, "linux")).Length,
            BuildCpuSeconds = Math.Round(cpu, 1),
            Built = DateTimeOffset.UtcNow,
        };
        store.Write(kernel);
        return (kernel, true);
    }

    /// <summary>Bytes of a kernel's program as its kept tree makes it: the path of a tree is in the program, so another build of the same source has another size.</summary>
    /// <param name="cache">Where kernels are.</param>
    /// <param name="patient">The kernel.</param>
    public static long BytesInTree(GuestCache cache, GuestKernel patient) =>
        File.Exists(Path.Combine(TreeOf(cache, patient.Key), Complete)) && long.TryParse(File.ReadAllText(Path.Combine(TreeOf(cache, patient.Key), Complete)), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
            ? bytes
            : new FileInfo(patient.ProgramOf(cache)).Length;

    /// <summary>Refuses a patch that does not apply, before anything is compiled. Only if the patient's tree is kept already is that known at once.</summary>
    /// <param name="patient">The kernel without the patch.</param>
    /// <param name="patch">The patch's file.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="GuestException">It does not apply.</exception>
    public async Task CheckFixAsync(GuestKernel patient, string patch, CancellationToken stop)
    {
        string folder = TreeOf(cache, patient.Key), tree = Path.Combine(folder, "source");
        if (!File.Exists(Path.Combine(folder, Complete)) || AppliedIn(folder).Length > 0)
        {
            return;
        }

        if (IsSemantic(patch))
        {
            await DifferenceAsync(tree, patch, patient, stop).ConfigureAwait(false);
        }
        else
        {
            await TryPatchAsync(tree, Path.GetFullPath(patch), patch, patient, stop).ConfigureAwait(false);
        }
    }

    // The patient's tree as it was built, made when it is not there.
    private async Task<string> TreeAsync(GuestKernel patient, Action<BuildProgress>? progress, CancellationToken stop)
    {
        string folder = TreeOf(cache, patient.Key);

        // What a build has left that was killed.
        await TakeOutAsync(folder).ConfigureAwait(false);
        if (File.Exists(Path.Combine(folder, Complete)))
        {
            return folder;
        }

        bool faults = patient.Faults.Count > 0;
        var order = new KernelOrder { Source = patient.Source, Name = patient.Name, Plain = !patient.Kasan, Faults = faults, Kcov = patient.Kcov };
        KernelSource source = patient.Program is null ? KernelSource.Of(order.Source)
            : throw new GuestException(GuestProblem.Wrong, $"kernel '{patient.Name}' ({patient.Source}) was not built here: no patch can go into it; accepted: a kernel of ./stress kernel build");
        BuildTools.Check(NeededBy(order));
        progress?.Invoke(new BuildProgress("reading the inputs", 0, 0, null));
        if (await KeyAsync(order, source, stop).ConfigureAwait(false) != patient.Key)
        {
            throw new GuestException(
                GuestProblem.Wrong,
                $"kernel '{patient.Name}' has no tree, and cannot be built again from {patient.Source}: it was built with patches or configuration of its own, or source, compiler or this program have changed since; accepted: a kernel that has its tree (kernel build without --no-tree), built again if need be");
        }

        await MakeTreeAsync(folder, order, source, progress, stop).ConfigureAwait(false);
        return folder;
    }

    // A tree is made in the place where it stays: its path is in every command of the build, and in the program. The caller holds the tree's turn.
    private static async Task<(IReadOnlyList<string> Lacks, double CpuSeconds)> MakeTreeAsync(string folder, KernelOrder order, KernelSource source, Action<BuildProgress>? progress, CancellationToken stop)
    {
        string tree = Path.Combine(folder, "source"), output = Path.Combine(folder, "build");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        IReadOnlyList<string> lacks = await PrepareAsync(tree, output, order, source, progress, stop).ConfigureAwait(false);
        double cpu = await MakeAsync(tree, output, progress, stop).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(folder, Complete), new FileInfo(Path.Combine(output, "linux")).Length.ToString(CultureInfo.InvariantCulture), stop).ConfigureAwait(false);
        return (lacks, cpu);
    }

    private static bool IsSemantic(string patch) => patch.EndsWith(SemanticExtension, StringComparison.Ordinal);

    // A patch as it is, or what a semantic patch changes in the tree as it is.
    private static async Task<byte[]> DifferenceAsync(string tree, string patch, GuestKernel patient, CancellationToken stop)
    {
        byte[] text = await File.ReadAllBytesAsync(patch, stop).ConfigureAwait(false);
        if (!IsSemantic(patch))
        {
            return text;
        }

        BuildTools.Check([("spatch", "coccinelle")]);
        string[] files = [.. Encoding.UTF8.GetString(text).Split('\n').Where(line => line.StartsWith(FileLine, StringComparison.Ordinal)).Select(line => line[FileLine.Length..].Trim())];
        var difference = new List<string>();
        foreach (string file in files)
        {
            string before = Path.Combine(tree, file), after = Path.Combine(Path.GetDirectoryName(tree)!, "changed.c");
            if (!File.Exists(before))
            {
                throw new GuestException(GuestProblem.Wrong, $"{patch}: kernel '{patient.Name}' ({patient.Source}) has no file {file}");
            }

            try
            {
                File.Copy(before, after, overwrite: true);
                (int code, IReadOnlyList<string> said) = await Tool.RunAsync(tree, null, stop, "spatch", "--very-quiet", "--in-place", "--sp-file", Path.GetFullPath(patch), after).ConfigureAwait(false);
                if (code != 0)
                {
                    throw new GuestException(GuestProblem.Wrong, $"{patch}: {string.Join("; ", said)}");
                }

                int lines = difference.Count;
                await Tool.RunAsync(tree, difference.Add, stop, "diff", "-u", "--label", "a/" + file, "--label", "b/" + file, before, after).ConfigureAwait(false);
                if (difference.Count == lines)
                {
                    throw new GuestException(GuestProblem.Wrong, $"{patch}: does not apply to kernel '{patient.Name}' ({patient.Source}): it finds no place in {file}");
                }
            }
            finally
            {
                File.Delete(after);
            }
        }

        return files.Length > 0 ? Encoding.UTF8.GetBytes(string.Join('\n', difference) + "\n")
            : throw new GuestException(GuestProblem.Wrong, $"{patch}: no line '{FileLine} PATH'; accepted: one for each file of the kernel that it changes");
    }

    private static async Task TryPatchAsync(string tree, string file, string patch, GuestKernel patient, CancellationToken stop)
    {
        (int failed, IReadOnlyList<string> said) = await Tool.RunAsync(tree, null, stop, "patch", "-p1", "--batch", "--forward", "--dry-run", "-i", file).ConfigureAwait(false);
        if (failed != 0)
        {
            throw new GuestException(GuestProblem.Wrong, $"{patch}: does not apply to kernel '{patient.Name}' ({patient.Source}): {string.Join("; ", said)}");
        }
    }

    private static string[] AppliedIn(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder, Applied) : [];

    // The last one first. A tree that a patch does not come out of is not a tree any more: the next fix makes another.
    private static async Task TakeOutAsync(string folder)
    {
        string tree = Path.Combine(folder, "source");
        foreach (string applied in AppliedIn(folder).OrderDescending(StringComparer.Ordinal))
        {
            (int failed, _) = await Tool.RunAsync(tree, null, CancellationToken.None, "patch", "-p1", "--batch", "-R", "--dry-run", "-i", applied).ConfigureAwait(false);
            if (failed == 0)
            {
                (failed, _) = await Tool.RunAsync(tree, null, CancellationToken.None, "patch", "-p1", "--batch", "-R", "-i", applied).ConfigureAwait(false);
            }

            if (failed != 0)
            {
                File.Delete(Path.Combine(folder, Complete));
            }

            File.Delete(applied);
        }
    }

    private void Keep(string output, string key)
    {
        string folder = Path.Combine(cache.Kernels, key);
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(output, ".config"), Path.Combine(folder, "config"), overwrite: true);
        File.Copy(Path.Combine(output, "linux"), Path.Combine(folder, "linux"), overwrite: true);
    }
}
