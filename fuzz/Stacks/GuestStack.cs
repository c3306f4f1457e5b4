using Stress.Dial.Far;
using Stress.Fuzz.Lists;
using Stress.Guests.Kernels;
using Stress.Guests.Running;

namespace Stress.Fuzz.Stacks;

/// <summary>
/// A real kernel in a guest. Many lists share a boot, each in its own network namespace, which is destroyed before the next; what a kernel reports while a list runs, or while
/// its namespace goes, is that list's. After a report the rest of the boot does not count, and the remaining lists get a new one.
/// </summary>
/// <param name="name">The name on the command line, <c>uml:KERNEL</c>.</param>
/// <param name="run">Boots the kernel.</param>
/// <param name="fault">A fault to switch on, or null.</param>
public sealed class GuestStack(string name, ListRun run, string? fault) : IFuzzStack
{
    private const int BootLists = 32;

    private readonly KernelCoverage? _coverage = run.Kernel.Kcov ? new KernelCoverage(KernelSymbols.Of(File.ReadAllBytes(run.Program))) : null;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Speaks => KernelGrammar.Agent;

    /// <inheritdoc/>
    public string? Family => AgentAnswers.Linux;

    /// <inheritdoc/>
    public int Batch => BootLists;

    /// <inheritdoc/>
    public int CoveredFunctions => _coverage?.Functions ?? 0;

    /// <inheritdoc/>
    public IReadOnlyList<ListOutcome> Run(IReadOnlyList<IReadOnlyList<string>> lists, ulong seed, CancellationToken stop)
    {
        var outcomes = new List<ListOutcome>();
        while (outcomes.Count < lists.Count)
        {
            ListResult result = run.RunFresh([.. lists.Skip(outcomes.Count).Select((list, i) => (Mark(i), string.Join('\n', list)))], seed, fault, stop, cover: _coverage is not null);
            stop.ThrowIfCancellationRequested();
            int before = outcomes.Count;
            outcomes.AddRange(Read(result, lists.Count - before));
            if (outcomes.Count == before)
            {
                outcomes.Add(ListOutcome.Nothing($"the guest ended before its first list ({result.End})"));
            }
        }

        return outcomes;
    }

    /// <summary>What is known of one without a kernel.</summary>
    /// <param name="name">The name on the command line, <c>uml:KERNEL</c>.</param>
    public static StackFacts FactsOf(string name) => new(name, KernelGrammar.Agent, AgentAnswers.Linux, BootLists);

    private static string Mark(int number) => $"list {number}";

    // A list for each mark on the console, up to the first with a report.
    private IEnumerable<ListOutcome> Read(ListResult result, int lists)
    {
        string[] lines = [.. ConsoleText.Lines(result.Console)];
        int[] marks = [.. lines.Index().Where(line => line.Item.StartsWith("=== list ", StringComparison.Ordinal)).Select(line => line.Index)];
        for (int i = 0; i < Math.Min(marks.Length, lists); i++)
        {
            string[] section = lines[marks[i]..(i + 1 < marks.Length ? marks[i + 1] : lines.Length)];
            string[] titles = [.. ConsoleText.Reports(System.Text.Encoding.Latin1.GetBytes(string.Join('\n', section))).Select(CrashWords.Of)];
            StepAnswer[] steps = [.. section.Select(AgentAnswers.Of).OfType<StepAnswer>()];
            IReadOnlyList<ReachedEdges> edges = _coverage?.Of(section) ?? [];
            bool last = i + 1 == marks.Length;
            if (last && titles.Length == 0 && !result.IsComplete)
            {
                yield return new ListOutcome(steps, [result.IsHung ? "the kernel stood still" : $"the kernel ended without a report ({result.End})"], []) { Edges = edges };
                yield break;
            }

            yield return new ListOutcome(steps, titles, []) { Edges = edges };
            if (titles.Length > 0)
            {
                yield break;
            }
        }
    }
}
