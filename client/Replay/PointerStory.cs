using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Client.Replay;

/// <summary>The lives of the interface pointers of a site, told apart by allocation, not by address: the oracle's view.</summary>
public sealed class PointerStory
{
    private readonly List<PointerEvent> _events = [];

    /// <summary>Adds a stage.</summary>
    public void Add(in PointerEvent e) => _events.Add(e);

    /// <summary>The last use of a pointer by an event, or null: what the crash of that event used.</summary>
    public PointerEvent? LastUse(long number)
    {
        int i = _events.FindLastIndex(e => e.Stage == PointerStage.Used && e.Number == number);
        return i < 0 ? null : _events[i];
    }

    /// <summary>The pointer's life, one line per stage, ending with the use.</summary>
    /// <param name="use">The use.</param>
    /// <param name="gap">Why the purge did not clear the holder.</param>
    public IReadOnlyList<string> Tell(PointerEvent use, PurgeGap gap)
    {
        List<string> lines = [];
        string holder = KernelNames.Of(use.Holder);
        int end = _events.FindLastIndex(e => e == use);
        List<PointerEvent> life = _events.FindAll(e => e.Router == use.Router && e.Generation == use.Generation && use.Generation != 0);
        PointerEvent? allocated = First(life, PointerStage.Allocated), gone = Last(life, PointerStage.AddressGone);
        PointerEvent? detached = Last(life, PointerStage.Detached), freed = Last(life, PointerStage.Freed);
        List<PointerEvent> stores = life.FindAll(e => e.Stage == PointerStage.Stored && e.Holder == use.Holder);
        lines.Add($"{holder} -> {(allocated is { } unit ? unit.Unit : "a unit of an earlier time")} at 0x{use.Address:x8}");
        if (allocated is { } a)
        {
            lines.Add(Line("allocated", a, $"by {a.By}"));
        }

        // A holder's kind can have several records; the last one stored while the unit lived is most likely the one used, so it is shown.
        if (stores.Count > 0)
        {
            lines.Add(Line("stored", stores[^1], $"by {stores[^1].By}{(stores.Count > 1 ? $" (the last of {stores.Count} stores in a holder of this kind)" : "")}"));
        }

        string purge = $"should have been cleared by {Holders.Of(use.Holder).Purge}";
        PointerEvent? next = gap == PurgeGap.NoInetAddress ? gone : null;
        if (next is { } g)
        {
            lines.Add(Line("address", g, $"the last AF_INET address was removed by {g.By}"));
        }

        if (detached is { } d)
        {
            lines.Add(Line("detached", d, $"by {d.By}"));
        }

        lines.Add($"  {"not purged",-10} {"",-16} {"",-12} {purge}");
        lines.Add($"  {"",-10} {"",-16} {"",-12} did not run: {KernelNames.ReasonOf(gap)}");
        if (freed is { } f)
        {
            lines.Add(Line("freed", f, $"by {f.By}"));
            foreach (PointerEvent r in _events.Take(end < 0 ? _events.Count : end).Where(e => e.Router == use.Router && e.Stage == PointerStage.Reused
                && e.Address == use.Address && (e.Number > f.Number || (e.Number == f.Number && e.At >= f.At))))
            {
                lines.Add(Line("reused", r, $"by {r.By}"));
            }
        }

        lines.Add(Line("used", use, $"by {use.By}"));
        return lines;
    }

    private static PointerEvent? First(List<PointerEvent> life, PointerStage stage) => life.Find(e => e.Stage == stage) is { Number: > 0 } e ? e : null;

    private static PointerEvent? Last(List<PointerEvent> life, PointerStage stage) => life.FindLast(e => e.Stage == stage) is { Number: > 0 } e ? e : null;

    private static string Line(string stage, in PointerEvent e, string text) => $"  {stage,-10} {e.At,-16} {$"event {e.Number}",-12} {text}";
}
