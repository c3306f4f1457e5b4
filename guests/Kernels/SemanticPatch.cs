using Stress.Guests.Processes;

namespace Stress.Guests.Kernels;

/// <summary>Changes that this program makes to a kernel's files with coccinelle: scripts that name functions and fields, and contain no kernel source.</summary>
internal static class SemanticPatch
{
    /// <summary>Changes a file, and has it include a header of ours.</summary>
    /// <param name="tree">The kernel's tree.</param>
    /// <param name="path">The file in it.</param>
    /// <param name="script">The script.</param>
    /// <param name="header">The header, below <c>include/linux</c>.</param>
    /// <param name="what">What the change is for, in an error.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="GuestException">The tree has no such file, or no place for the change in it.</exception>
    public static async Task ApplyAsync(string tree, string path, string script, string header, string what, CancellationToken stop)
    {
        string rules = Path.Combine(tree, "stress.cocci"), file = Path.Combine(tree, path);
        string before = File.Exists(file) ? await File.ReadAllTextAsync(file, stop).ConfigureAwait(false) : throw new GuestException(GuestProblem.Failed, $"{what}: this tree has no {path}");
        await File.WriteAllTextAsync(rules, script, stop).ConfigureAwait(false);
        (int code, IReadOnlyList<string> said) = await Tool.RunAsync(tree, null, stop, "spatch", "--very-quiet", "--in-place", "--sp-file", rules, file).ConfigureAwait(false);
        string after = await File.ReadAllTextAsync(file, stop).ConfigureAwait(false);
        if (code != 0 || after == before)
        {
            throw new GuestException(GuestProblem.Failed, $"{what}: {path} of this tree has no place for it{(said.Count > 0 ? ": " + string.Join("; ", said) : "")}");
        }

        if (!after.Contains($"<linux/{header}>", StringComparison.Ordinal))
        {
            int first = after.IndexOf("#include", StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, after.Insert(first, $"#include <linux/{header}>\n"), stop).ConfigureAwait(false);
        }
    }
}
