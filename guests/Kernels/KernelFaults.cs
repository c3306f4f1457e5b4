namespace Stress.Guests.Kernels;

/// <summary>A historic fault that can be reintroduced, to check that it is found.</summary>
/// <param name="Name">The word after <c>stress_fault=</c>.</param>
/// <param name="File">The file of the kernel that it is in.</param>
/// <param name="Fix">The published fix that it reverts.</param>
public sealed record KernelFault(string Name, string File, string Fix);

/// <summary>
/// Faults of this class, reintroduced by semantic patches (faults/*.cocci) that name functions and fields and contain no kernel source. Each is behind one
/// boot parameter, so that one kernel serves as patient and as control.
/// </summary>
public static class KernelFaults
{
    /// <summary>All, in order of name.</summary>
    public static IReadOnlyList<KernelFault> All { get; } =
    [
        .. Resources.Of("faults").Where(name => name.EndsWith(".cocci", StringComparison.Ordinal)).Select(name =>
        {
            string[] lines = Resources.Text(name).Split('\n');
            string Of(string label) => lines.First(line => line.StartsWith("// " + label + ": ", StringComparison.Ordinal))[(label.Length + 5)..].Trim();
            return new KernelFault(Path.GetFileNameWithoutExtension(name), Of("File"), Of("Fix"));
        }),
    ];

    internal static async Task ApplyAsync(string tree, CancellationToken stop)
    {
        await File.WriteAllBytesAsync(Path.Combine(tree, "include/linux/stress_fault.h"), Resources.Bytes("faults/stress_fault.h"), stop).ConfigureAwait(false);
        string switches = Path.Combine(tree, "arch/um/drivers/stress_tty.c");
        await File.AppendAllTextAsync(switches, Resources.Text("faults/stress_fault.c"), stop).ConfigureAwait(false);
        foreach (KernelFault fault in All)
        {
            await SemanticPatch.ApplyAsync(tree, fault.File, Resources.Text($"faults/{fault.Name}.cocci"), "stress_fault.h", $"fault {fault.Name}", stop).ConfigureAwait(false);
        }
    }
}
