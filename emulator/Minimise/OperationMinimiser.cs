using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.NetBsd;

namespace Stress.Emulator.Minimise;

/// <summary>An operation list that crashes the mail's kernel with one title.</summary>
/// <param name="Lines">The operations, one a line.</param>
/// <param name="IsMinimal">No single operation can go.</param>
/// <param name="Tests">Lists that were run to find it.</param>
/// <param name="NotModelled">Why the list is not decided: its steps that the kernel does not model, in words; empty for none.</param>
public sealed record MinimalOperations(IReadOnlyList<string> Lines, bool IsMinimal, int Tests, string NotModelled = "");

/// <summary>Shrinks an operation list while it keeps its exact crash title.</summary>
/// <param name="design">The kernel's teardown design.</param>
/// <param name="title">The title to keep.</param>
/// <param name="kernel">Kernel options; null for those of <c>stress exec</c>.</param>
public sealed class OperationMinimiser(TeardownDesign design, CrashTitle title, KernelOptions? kernel = null)
{
    private const int MaxTests = 60_000, PairsUpTo = 40, MostPadding = 12, SoftcBytes = 1024;
    private int _tests;

    /// <summary>The title that a list crashes with, or null.</summary>
    public static CrashTitle? TitleOf(IReadOnlyList<string> lines, TeardownDesign design) =>
        Run(OperationList.Parse(string.Join('\n', lines), "list"), design, null, out _);

    /// <summary>Shrinks a list.</summary>
    /// <param name="recorded">What the crashing kernel executed since its boot.</param>
    /// <returns>Null when no list with this title was found: a free block of the class, or a timer, that the language cannot name.</returns>
    public MinimalOperations? Minimise(IReadOnlyList<string> recorded)
    {
        IReadOnlyList<Operation> operations = OperationList.Parse(string.Join('\n', recorded), "recorded");
        foreach (IReadOnlyList<Operation> candidate in Candidates(operations))
        {
            if (Crashes(candidate, out int steps))
            {
                return Shrink([.. candidate.Take(steps)]);
            }
        }

        return null;
    }

    // The recorded list; then with the free blocks that the list's kernel, whose class starts empty, lacks or has too many of: allocations before the last step.
    private static IEnumerable<IReadOnlyList<Operation>> Candidates(IReadOnlyList<Operation> operations)
    {
        yield return operations;
        if (operations.Count == 0)
        {
            yield break;
        }

        Operation allocation = OperationList.Parse($"alloc {SoftcBytes}", "padding")[0];
        IReadOnlyList<Operation> bare = [.. operations.Where(o => o.Kind != OperationKind.Alloc)];
        foreach (IReadOnlyList<Operation> list in new[] { operations, bare })
        {
            for (int n = list == bare ? 0 : 1; n <= MostPadding; n++)
            {
                yield return [.. list.SkipLast(1), .. Enumerable.Repeat(allocation, n), list[^1]];
            }
        }
    }

    private MinimalOperations Shrink(List<Operation> list)
    {
        bool minimal;
        while (true)
        {
            int budget = MaxTests - _tests;
            list = DeltaDebugging.Reduce(list, l => Crashes(l, out _), ref budget, out minimal);
            if (!minimal || list.Count > PairsUpTo || !RemovePair(list))
            {
                break;
            }
        }

        string undecided = new OperationRunner(new NetBsd2005Stack(design, kernel)).Run(list).WhyNotDecided;
        return new MinimalOperations([.. list.Select(o => o.Text)], minimal, _tests, undecided);
    }

    // A create and its destroy can only go together.
    private bool RemovePair(List<Operation> list)
    {
        for (int i = 0; i < list.Count; i++)
        {
            for (int k = i + 1; k < list.Count; k++)
            {
                List<Operation> rest = [.. list];
                rest.RemoveAt(k);
                rest.RemoveAt(i);
                if (Crashes(rest, out _))
                {
                    list.RemoveAt(k);
                    list.RemoveAt(i);
                    return true;
                }
            }
        }

        return false;
    }

    private bool Crashes(IReadOnlyList<Operation> list, out int steps)
    {
        _tests++;
        return Run(list, design, kernel, out steps) == title;
    }

    private static CrashTitle? Run(IReadOnlyList<Operation> list, TeardownDesign design, KernelOptions? kernel, out int steps)
    {
        var stack = new NetBsd2005Stack(design, kernel);
        steps = new OperationRunner(stack).Run(list).Steps.Count;
        return stack.Title;
    }
}
