using Stress.Emulator.Stacks;

namespace Stress.Emulator.Exploration.Judging;

/// <summary>
/// The orders in which the programs of a list may come: each program keeps its own order (<see cref="World.FromOperations"/> says which operation is whose), between them every order is
/// possible. Those with few switches away from a program that could go on come first, starting with the list's own order.
/// </summary>
public static class Schedules
{
    /// <summary>Orders of a list, without duplicates.</summary>
    /// <param name="list">The list.</param>
    /// <param name="most">Most orders.</param>
    /// <param name="all">True when there are no others.</param>
    public static IReadOnlyList<IReadOnlyList<Operation>> Of(IReadOnlyList<Operation> list, int most, out bool all)
    {
        World world = World.FromOperations("list", list);
        Operation[][] programs = [.. world.Actors.Select(actor => (Operation[])[.. actor.Steps.Select(step => step.Operation!)])];
        var found = new List<IReadOnlyList<Operation>> { list };
        for (int switches = 0; switches <= list.Count && found.Count <= most; switches++)
        {
            Fill(programs, new int[programs.Length], -1, switches, [], list, found, most);
        }

        all = found.Count <= most;
        return all ? found : found[..most];
    }

    // Orders with exactly so many switches. One more than wanted is generated, to know whether there are more.
    private static void Fill(Operation[][] programs, int[] at, int running, int switches, List<Operation> order, IReadOnlyList<Operation> own, List<IReadOnlyList<Operation>> found, int most)
    {
        if (found.Count > most)
        {
            return;
        }

        if (order.Count == own.Count)
        {
            if (switches == 0 && !order.SequenceEqual(own, ReferenceEqualityComparer.Instance))
            {
                found.Add([.. order]);
            }

            return;
        }

        for (int n = 0; n < programs.Length; n++)
        {
            bool preempts = running >= 0 && n != running && at[running] < programs[running].Length;
            if (at[n] == programs[n].Length || (preempts && switches == 0))
            {
                continue;
            }

            order.Add(programs[n][at[n]++]);
            Fill(programs, at, n, preempts ? switches - 1 : switches, order, own, found, most);
            at[n]--;
            order.RemoveAt(order.Count - 1);
        }
    }
}
