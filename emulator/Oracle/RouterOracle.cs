using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Oracle;

/// <summary>
/// Watches one router. It sees allocation identities, which the kernel does not; it changes nothing in the kernel.
/// The numbers are kept by router and survive its reboots.
/// </summary>
public sealed class RouterOracle(int router, SiteClock clock, int units, MachineCounters counted) : IKernelObserver, IState
{
    private readonly DetachBook _facts = new(Math.Max(8, 4 * units));
    private readonly long[] _probes = new long[ProbeNames.Count];
    private StaleCount[] _stale = new StaleCount[Holders.Kinds];
    private readonly Ring<UnitAlias> _unitAliases = new();
    private readonly Ring<RefusedCall> _refused = new();
    private readonly Ring<CoverageCell> _cells = new();

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _facts.Fields(ref pass);
        pass.Numbers<long>(_probes);
        pass.Rows(ref _stale);
        _unitAliases.Fields(ref pass);
        _refused.Fields(ref pass);
        _cells.Fields(ref pass);
    }

    /// <summary>Stale holders of one kind.</summary>
    public struct StaleCount : IStateValue<StaleCount>
    {
        /// <summary>That came to be at detaches.</summary>
        public long Created;

        /// <summary>That ended with a panic.</summary>
        public long LostInPanic;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref StaleCount value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Created);
            pass.Field(ref value.LostInPanic);
        }
    }

    /// <summary>Uses through one unit's pointer of another unit.</summary>
    public struct UnitAlias : IStateValue<UnitAlias>, ICountedCell<UnitAlias>
    {
        /// <summary>Where the pointer was stored.</summary>
        public HolderKind Holder;

        /// <summary>Unit that it was taken from.</summary>
        public short From;

        /// <summary>Unit that it names now.</summary>
        public short To;

        /// <summary>How often.</summary>
        public long Count;

        readonly bool ICountedCell<UnitAlias>.HasKeyOf(in UnitAlias other) => Holder == other.Holder && From == other.From && To == other.To;

        void ICountedCell<UnitAlias>.Again() => Count++;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref UnitAlias value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Holder);
            pass.Field(ref value.From);
            pass.Field(ref value.To);
            pass.Field(ref value.Count);
        }
    }

    /// <summary>The first <see cref="MaxUnitAliases"/> distinct pairs of units.</summary>
    public Ring<UnitAlias> UnitAliases => _unitAliases;

    /// <summary>How many distinct pairs of units are kept by name.</summary>
    public const int MaxUnitAliases = 16;

    /// <summary>System calls of one program that failed in one way: what an application sees of a design.</summary>
    public struct RefusedCall : IStateValue<RefusedCall>, ICountedCell<RefusedCall>
    {
        /// <summary>The program.</summary>
        public byte Program;

        /// <summary>The error.</summary>
        public Errno Error;

        /// <summary>How often.</summary>
        public long Count;

        readonly bool ICountedCell<RefusedCall>.HasKeyOf(in RefusedCall other) => Program == other.Program && Error == other.Error;

        void ICountedCell<RefusedCall>.Again() => Count++;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref RefusedCall value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Program);
            pass.Field(ref value.Error);
            pass.Field(ref value.Count);
        }
    }

    /// <summary>Failed system calls by program and error.</summary>
    public Ring<RefusedCall> Refused => _refused;

    /// <summary>A program's system call failed.</summary>
    public void Refuse(TraceSource program, Errno error) => _refused.Count(new RefusedCall { Program = program.Number, Error = error, Count = 1 });

    /// <summary>Uses of pointers whose interface has gone, by holder, teardown order and use site; only cells that were reached.</summary>
    public Ring<CoverageCell> Cells => _cells;

    private void Cover(HolderKind holder, UseSite site, uint generation, bool alias) =>
        _cells.Count(new CoverageCell { Holder = holder, Order = OrderOf(holder, generation), Site = site, Alias = alias, Count = 1 });

    private TeardownOrder OrderOf(HolderKind holder, uint generation)
    {
        if (Coverage.IsRecord(holder))
        {
            return TeardownOrder.DuringDetach;
        }

        int f = Find(generation);
        return f < 0 ? TeardownOrder.Older
            : _facts[f].Freed.IsNever ? TeardownOrder.DuringDetach
            : (_facts[f].HadInet, _facts[f].HadInet6) switch
            {
                (false, false) => TeardownOrder.NothingLeft,
                (true, false) => TeardownOrder.InetLeft,
                (false, true) => TeardownOrder.Inet6Left,
                _ => TeardownOrder.BothLeft,
            };
    }

    /// <summary>How often each probe was reached.</summary>
    public ReadOnlySpan<long> Probes => _probes;

    /// <summary>Stale holders, by kind.</summary>
    public ReadOnlySpan<StaleCount> Stale => _stale;

    /// <summary>Is told of each bad use, or null.</summary>
    public IUseListener? Listener { get; init; }

    /// <summary>False: only crashes are seen (to measure what the oracle costs).</summary>
    public bool Enabled { get; init; } = true;

    /// <inheritdoc/>
    public SystemCallListener Calls => clock.Listener;

    /// <summary>Tells the listener of system calls, if there is one.</summary>
    public void Record(in SystemCall call) => clock.Calls?.Call(router, call);

    private void Say(TraceSource source, string text, PointerStage stage) => clock.Trace?.Step(clock.Events, clock.Now, router, source, text, stage);

    private void Tell(BsdKernel? kernel, PointerStage stage, uint generation, uint address, HolderKind holder = HolderKind.None, string? by = null, string unit = "") =>
        clock.Trace?.Pointer(new PointerEvent(
            clock.Events, clock.Now, router, stage, generation, address, holder, unit, by ?? (kernel is null ? "" : string.Join(" < ", kernel.StackTrace()))));

    private void Tell(BsdKernel kernel, PointerStage stage, int slot, HolderKind holder = HolderKind.None) =>
        Tell(kernel, stage, kernel.Interfaces[slot].Generation, kernel.Interfaces[slot].Address, holder, null, kernel.NameOf(slot));

    /// <summary>A rare path was reached.</summary>
    public void Probe(Probe probe) => _probes[(int)probe]++;

    /// <summary>A unit was created.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="slot">The unit's slot.</param>
    /// <param name="again">The softc's block held an earlier unit's softc.</param>
    public void Attached(BsdKernel kernel, int slot, bool again)
    {
        NoteReuse(kernel, slot, again);
        var f = new DetachFacts
        {
            Generation = kernel.Interfaces[slot].Generation, Index = kernel.Interfaces[slot].Index, Unit = kernel.Interfaces[slot].Unit, Line = -1, Attached = clock.Now,
            AddressGone = VirtualTime.Never, Freed = VirtualTime.Never,
        };
        _facts.Add(f);
        if (clock.Trace is not null && again)
        {
            Say(TraceSource.Kernel, $"malloc: {CreatorOf(f.Unit)} gets the block at 0x{kernel.Interfaces[slot].Address:x8} again", PointerStage.Reused);
            Tell(kernel, PointerStage.Reused, 0, kernel.Interfaces[slot].Address, by: $"{CreatorOf(f.Unit)}: the softc of {kernel.NameOf(slot)}");
        }

        if (clock.Trace is not null)
        {
            Say(TraceSource.Kernel, $"{CreatorOf(f.Unit)}: {kernel.NameOf(slot)} index {f.Index} at 0x{kernel.Interfaces[slot].Address:x8}", PointerStage.Allocated);
            Tell(kernel, PointerStage.Allocated, f.Generation, kernel.Interfaces[slot].Address, unit: $"{kernel.NameOf(slot)} (index {f.Index})");
        }
    }

    private static string CreatorOf(short unit) => !ClonedKind.IsCloned(unit) ? "ppp_create" : ClonedKind.Of(unit).IsPluggedIn ? "config_attach" : "if_clone_create";

    /// <summary>A line's pppd has opened a unit.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="slot">The unit's slot, or -1 where there was none.</param>
    /// <param name="line">The line's number on the router.</param>
    public void Opened(BsdKernel kernel, int slot, int line)
    {
        if (slot >= 0 && Find(kernel.Interfaces[slot].Generation) is var f and >= 0)
        {
            _facts[f].Line = (short)line;
        }
    }

    /// <summary>The line that an allocation's unit was on last; -1 where it is not known.</summary>
    public int LineOf(uint generation) => Find(generation) is var f and >= 0 ? _facts[f].Line : -1;

    private void NoteReuse(BsdKernel kernel, int slot, bool again)
    {
        if (again)
        {
            Probe(Kernel.Ports.Probe.SoftcBlockReusedByUnit);
        }

        foreach (ref readonly DetachFacts f in _facts.Facts)
        {
            if (f.Generation != 0 && f.Index == kernel.Interfaces[slot].Index && f.Unit != kernel.Interfaces[slot].Unit)
            {
                Probe(Kernel.Ports.Probe.IndexNamesOtherUnit);
                return;
            }
        }
    }

    /// <summary>A holder stored a pointer to a unit.</summary>
    public void Stored(BsdKernel kernel, int slot, HolderKind holder)
    {
        if (clock.Trace is not null && kernel.Interfaces[slot].Unit >= 0)
        {
            Say(TraceSource.Kernel, $"{KernelNames.Of(holder)} := {kernel.NameOf(slot)}", PointerStage.Stored);
            Tell(kernel, PointerStage.Stored, slot, holder);
        }
    }

    /// <summary>The last IPv4 address of a unit has gone.</summary>
    public void AddressGone(BsdKernel kernel, int slot)
    {
        int f = Find(kernel.Interfaces[slot].Generation);
        if (f >= 0)
        {
            _facts[f].AddressGone = clock.Now;
            if (clock.Trace is not null)
            {
                Say(TraceSource.Kernel, $"in_purgeaddr: {kernel.NameOf(slot)} has no AF_INET address", PointerStage.AddressGone);
                Tell(kernel, PointerStage.AddressGone, slot);
            }
        }
    }

    /// <summary>if_detach is about to return.</summary>
    public void Detached(BsdKernel kernel, int slot, bool hadInet, bool hadInet6, bool asked)
    {
        int f = Find(kernel.Interfaces[slot].Generation);
        if (f >= 0)
        {
            _facts[f].HadInet = hadInet;
            _facts[f].HadInet6 = hadInet6;
            _facts[f].NotAsked = !asked;
            if (clock.Trace is not null)
            {
                Say(TraceSource.Kernel, $"if_detach: {kernel.NameOf(slot)}, AF_INET {(hadInet && asked ? "purged" : "not asked")}, AF_INET6 {(hadInet6 && asked ? "purged" : "not asked")}", PointerStage.Detached);
                Tell(kernel, PointerStage.Detached, slot);
            }
        }
    }

    /// <summary>The softc has been freed, or waits for its last reference: the invariant is checked.</summary>
    public void Freed(BsdKernel kernel, int slot)
    {
        int f = Find(kernel.Interfaces[slot].Generation);
        if (f >= 0)
        {
            _facts[f].Freed = clock.Now;
            _facts[f].FreedEvent = clock.Events;
        }

        if (clock.Trace is not null)
        {
            Say(TraceSource.Kernel, $"FREE(softc 0x{kernel.Interfaces[slot].Address:x8}), {kernel.Heap.FreeCount(0)} free in the class", PointerStage.Freed);
            Tell(kernel, PointerStage.Freed, slot);
        }

        if (!Enabled)
        {
            return;
        }

        Span<int> counts = stackalloc int[Holders.Kinds];
        counts.Clear();
        kernel.CountStale(counts, kernel.Interfaces[slot].Generation);
        for (int k = 0; k < counts.Length; k++)
        {
            _stale[k].Created += counts[k];
        }

        counted.Counts.LeakedSlots += counts[(int)HolderKind.InMultiIfp];
    }

    /// <summary>A block that was a ppp_softc went to another user.</summary>
    public void Reused(uint address, string by)
    {
        _probes[(int)Kernel.Ports.Probe.SoftcBlockReusedByOther]++;
        if (clock.Trace is not null)
        {
            Say(TraceSource.Other, $"malloc: {by} gets the block at 0x{address:x8}", PointerStage.Reused);
            Tell(null, PointerStage.Reused, 0, address, by: by);
        }
    }

    /// <summary>A stale pointer was used; whether that is fatal turns out next.</summary>
    public void StaleUse(HolderKind holder, UseSite site, IfnetPtr p, int place = 0)
    {
        _probes[(int)Kernel.Ports.Probe.StalePointerUsed]++;
        Cover(holder, site, p.Generation, alias: false);
        Listener?.StaleUse(holder, site, p, place);
        if (clock.Trace is not null)
        {
            Say(TraceSource.Kernel, $"{KernelNames.Of(site)} reads through stale {KernelNames.Of(holder)} 0x{p.Address:x8}", PointerStage.Used);
            Tell(null, PointerStage.Used, p.Generation, p.Address, holder, KernelNames.Of(site));
        }
    }

    /// <summary>A pointer named another live interface.</summary>
    public void Alias(HolderKind holder, UseSite site, IfnetPtr p, uint generation)
    {
        counted.Counts.Aliases++;
        Cover(holder, site, p.Generation, alias: true);
        int was = Find(p.Generation), now = Find(generation);
        if (was >= 0 && now >= 0 && _facts[was].Unit != _facts[now].Unit)
        {
            _unitAliases.Count(new UnitAlias { Holder = holder, From = _facts[was].Unit, To = _facts[now].Unit, Count = 1 }, MaxUnitAliases);
        }

        Listener?.Alias(holder, site, p, $"{Name(was)} names {Name(now)}");
        if (clock.Trace is not null)
        {
            Say(TraceSource.Kernel, $"{KernelNames.Of(site)}: {KernelNames.Of(holder)} of {Name(was)} names {Name(now)}", PointerStage.Used);
            Tell(null, PointerStage.Used, p.Generation, p.Address, holder, KernelNames.Of(site));
        }
    }

    private string Name(int f) => f < 0 ? "an older unit" : $"{ClonedKind.NameOf(_facts[f].Unit)} (index {_facts[f].Index})";

    private int Find(uint generation) => _facts.Find(generation);

    /// <summary>When the softc of an allocation was freed; never where it was not, or is not remembered.</summary>
    /// <param name="generation">The allocation.</param>
    public VirtualTime FreedAt(uint generation) => Find(generation) is var f and >= 0 ? _facts[f].Freed : VirtualTime.Never;

    /// <summary>Why the purge that should have cleared the holder did not.</summary>
    public PurgeGap GapOf(HolderKind kind, IfnetPtr p)
    {
        Holder holder = Holders.Of(kind);
        if (holder.Missed != PurgeGap.None)
        {
            return holder.Missed;
        }

        // Purged by a family's protocols, which if_detach asks only while the interface has an address of the family.
        int f = Find(p.Generation);
        if (f >= 0 && _facts[f].NotAsked)
        {
            return PurgeGap.NotCovered;
        }

        bool v6 = holder.Family == HolderFamily.Inet6;
        bool had = f >= 0 && (v6 ? _facts[f].HadInet6 : _facts[f].HadInet);
        return had ? PurgeGap.StoredAfterPurge : v6 ? PurgeGap.NoInet6Address : PurgeGap.NoInetAddress;
    }

    /// <summary>The life of the pointer whose use was fatal.</summary>
    public CrashStory Story(BsdKernel kernel, PurgeGap gap, KernelPanic panic)
    {
        int f = Find(panic.Pointer.Generation);
        return new CrashStory(kernel, f < 0 ? null : _facts[f], gap, panic, clock.Now);
    }

    /// <summary>The use that the kernel did not survive.</summary>
    public void Fatal(BsdKernel kernel, KernelPanic panic) =>
        Tell(kernel, PointerStage.Used, panic.Pointer.Generation, panic.Pointer.Address, panic.Holder, clock.Trace is null ? "" : $"{panic.Message}; {string.Join(" < ", kernel.StackTrace())}");

    /// <summary>The kernel has panicked: what was stale is gone with it.</summary>
    public void Panicked(BsdKernel kernel)
    {
        Span<int> counts = stackalloc int[Holders.Kinds];
        counts.Clear();
        kernel.CountStale(counts);
        for (int k = 0; k < counts.Length; k++)
        {
            _stale[k].LostInPanic += counts[k];
        }
    }

    /// <summary>Writes what was noted about each unit: all that a crash title depends on.</summary>
    public void SaveFacts(ImageWriter image) => image.Save(_facts);

    /// <summary>Reads what <see cref="SaveFacts"/> wrote.</summary>
    public void LoadFacts(ImageReader image) => image.Load(_facts);
}
