using System.Globalization;
using System.Text;
using Stress.Guests.Processes;

namespace Stress.Guests.Kernels;

/// <summary>
/// Kernels that differ from a kernel of the cache by one patch each. The tree that the kernel was built in is recreated and kept next to it; each patch goes into that tree, make compiles what has
/// changed, and the patch is reverted.
/// </summary>
public sealed partial class KernelBuilder
{
    private const string Complete = "complete", Applied = "applied.patch";

    /// <summary>The folder of the tree that is kept for a kernel's fixes.</summary>
    internal static string TreeOf(GuestCache cache, string key) => Path.Combine(cache.Kernels, key + ".tree");

    /// <summary>The kernel that a patch makes of another.</summary>
    /// <param name="patient">The kernel without the patch.</param>
    /// <param name="patch">The patch's file, as git and diff -u write it with -p1; it is against the patient's tree, faults included.</param>
    /// <param name="progress">Told its progress; may be null.</param>
    /// <param name="stop">Ends it; the tree is left without the patch.</param>
    /// <returns>The kernel, and whether it had to be built.</returns>
    /// <exception cref="GuestException">The patch does not apply, the kernel does not build with it, or the patient cannot be built again from what is known of it.</exception>
    public async Task<(GuestKernel Kernel, bool Built)> BuildFixAsync(GuestKernel patient, string patch, Action<BuildProgress>? progress, CancellationToken stop)
    {
        byte[] text = await File.ReadAllBytesAsync(patch, stop).ConfigureAwait(false);
        string key = GuestCache.Key([("patient", Encoding.UTF8.GetBytes(patient.Key)), ("fix", text)]);
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
        string tree = Path.Combine(folder, "source"), output = Path.Combine(folder, "build"), applied = Path.Combine(folder, Applied);
        await TryPatchAsync(tree, patch, patient, stop).ConfigureAwait(false);
        double cpu;
        await File.WriteAllBytesAsync(applied, text, stop).ConfigureAwait(false);
        try
        {
            await Tool.OutputAsync(tree, CancellationToken.None, "patch", "-p1", "--batch", "--forward", "-i", applied).ConfigureAwait(false);
            cpu = await MakeAsync(tree, output, progress, stop).ConfigureAwait(false);
            Keep(output, key);
        }
        catch (GuestException e)
        {
            throw new GuestException(e.Problem, $"{patch}: {e.Message}");
        }
        finally
        {
            await TakeOutAsync(tree, applied).ConfigureAwait(false);
        }

        GuestKernel kernel = patient with
        {
            Name = $"{patient.Name}+{Path.GetFileNameWithoutExtension(patch)}",
            Key = key,
            FixOf = patient.Key,
            Patches = [.. patient.Patches, Path.GetFileName(patch)],
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
        string tree = Path.Combine(TreeOf(cache, patient.Key), "source");
        if (File.Exists(Path.Combine(TreeOf(cache, patient.Key), Complete)) && !File.Exists(Path.Combine(TreeOf(cache, patient.Key), Applied)))
        {
            await TryPatchAsync(tree, patch, patient, stop).ConfigureAwait(false);
        }
    }

    // The patient's tree as it was built, made when it is not there.
    private async Task<string> TreeAsync(GuestKernel patient, Action<BuildProgress>? progress, CancellationToken stop)
    {
        string folder = TreeOf(cache, patient.Key), tree = Path.Combine(folder, "source"), output = Path.Combine(folder, "build"), complete = Path.Combine(folder, Complete), applied = Path.Combine(folder, Applied);
        if (File.Exists(complete))
        {
            // Removes what a killed build has left behind.
            if (File.Exists(applied))
            {
                await TakeOutAsync(tree, applied).ConfigureAwait(false);
            }

            return folder;
        }

        bool faults = patient.Faults.Count > 0;
        var order = new KernelOrder { Source = patient.Source, Name = patient.Name, Plain = !patient.Kasan, Faults = faults };
        KernelSource source = patient.Program is null ? KernelSource.Of(order.Source)
            : throw new GuestException(GuestProblem.Wrong, $"kernel '{patient.Name}' ({patient.Source}) was not built here: no patch can go into it; accepted: a kernel of ./stress kernel build");
        BuildTools.Check(faults ? [.. BuildTools.ForKernels, ("spatch", "coccinelle")] : BuildTools.ForKernels);
        progress?.Invoke(new BuildProgress("reading the inputs", 0, 0, null));
        if (await KeyAsync(order, source, stop).ConfigureAwait(false) != patient.Key)
        {
            throw new GuestException(
                GuestProblem.Wrong,
                $"kernel '{patient.Name}' cannot be built again from {patient.Source}: it was built with patches or configuration of its own, or source, compiler or this program have changed since; accepted: a kernel of kernel build without --patch and --config, built again if need be");
        }

        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        await PrepareAsync(tree, output, order, source, progress, stop).ConfigureAwait(false);
        await MakeAsync(tree, output, progress, stop).ConfigureAwait(false);
        await File.WriteAllTextAsync(complete, new FileInfo(Path.Combine(output, "linux")).Length.ToString(CultureInfo.InvariantCulture), stop).ConfigureAwait(false);
        return folder;
    }

    private static async Task TryPatchAsync(string tree, string patch, GuestKernel patient, CancellationToken stop)
    {
        (int failed, IReadOnlyList<string> said) = await Tool.RunAsync(tree, null, stop, "patch", "-p1", "--batch", "--forward", "--dry-run", "-i", Path.GetFullPath(patch)).ConfigureAwait(false);
        if (failed != 0)
        {
            throw new GuestException(GuestProblem.Wrong, $"{patch}: does not apply to kernel '{patient.Name}' ({patient.Source}): {string.Join("; ", said)}");
        }
    }

    // A tree from which the patch cannot be removed is unusable: the next fix creates another.
    private static async Task TakeOutAsync(string tree, string applied)
    {
        (int failed, _) = await Tool.RunAsync(tree, null, CancellationToken.None, "patch", "-p1", "--batch", "-R", "--dry-run", "-i", applied).ConfigureAwait(false);
        if (failed == 0)
        {
            (failed, _) = await Tool.RunAsync(tree, null, CancellationToken.None, "patch", "-p1", "--batch", "-R", "-i", applied).ConfigureAwait(false);
        }

        if (failed != 0)
        {
            File.Delete(Path.Combine(Path.GetDirectoryName(applied)!, Complete));
        }

        File.Delete(applied);
    }

    private void Keep(string output, string key)
    {
        string folder = Path.Combine(cache.Kernels, key);
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(output, ".config"), Path.Combine(folder, "config"), overwrite: true);
        File.Copy(Path.Combine(output, "linux"), Path.Combine(folder, "linux"), overwrite: true);
    }
}
