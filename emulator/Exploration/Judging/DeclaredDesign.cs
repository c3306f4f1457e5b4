using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Exploration.Judging;

/// <summary>A step that a declared design does at a hook.</summary>
/// <param name="Name">Its word in a file.</param>
/// <param name="Do">What it does.</param>
public sealed record DesignStep(string Name, Action<BsdKernel, IfnetPtr> Do)
{
    /// <summary>All, in the order in which messages list them.</summary>
    public static IReadOnlyList<DesignStep> All { get; } =
    [
        new("purge-inet", (k, p) => k.PurgeInetFamily(p)),
        new("purge-inet6", (k, p) => k.PurgeInet6Family(p)),
        new("sockets-udp4", (k, p) => k.InPcbPurgeIf0(PcbTable.Udp, p)),
        new("sockets-raw4", (k, p) => k.InPcbPurgeIf0(PcbTable.Raw, p)),
        new("sockets-udp6", (k, p) => k.In6PcbPurgeIf0(PcbTable.Udp6, p)),
        new("sockets-raw6", (k, p) => k.In6PcbPurgeIf0(PcbTable.Raw6, p)),
        new("routes-udp4", (k, p) => k.InPcbPurgeIf(PcbTable.Udp, p)),
        new("routes-raw4", (k, p) => k.InPcbPurgeIf(PcbTable.Raw, p)),
        new("routes-udp6", (k, p) => k.InPcbPurgeIf(PcbTable.Udp6, p)),
        new("routes-raw6", (k, p) => k.InPcbPurgeIf(PcbTable.Raw6, p)),
        new("clear-routes4", (k, _) => k.ClearRouteCaches(ipv6: false)),
        new("clear-routes6", (k, _) => k.ClearRouteCaches(ipv6: true)),
    ];
}

/// <summary>What a declared design changes in its base; null keeps the base's behaviour.</summary>
public sealed record DesignChanges
{
    /// <summary>Steps of <see cref="TeardownDesign.BeforeDetach"/>.</summary>
    public IReadOnlyList<DesignStep>? BeforeDetach { get; init; }

    /// <summary>Steps of <see cref="TeardownDesign.AtDetach"/>.</summary>
    public IReadOnlyList<DesignStep>? AtDetach { get; init; }

    /// <summary>Steps of <see cref="TeardownDesign.AtInetAddressDelete"/>.</summary>
    public IReadOnlyList<DesignStep>? AtInetAddressDelete { get; init; }

    /// <summary>Steps of <see cref="TeardownDesign.AtLastInetAddress"/>.</summary>
    public IReadOnlyList<DesignStep>? AtLastInetAddress { get; init; }

    /// <summary>Steps of <see cref="TeardownDesign.AtLastInet6Address"/>.</summary>
    public IReadOnlyList<DesignStep>? AtLastInet6Address { get; init; }

    /// <summary>Whether a holder that stores a reference counts it.</summary>
    public bool? Holds { get; init; }

    /// <summary>Whether a holder that drops a reference decrements the count.</summary>
    public bool? Releases { get; init; }

    /// <summary>Whether the memory waits for the last count.</summary>
    public bool? Waits { get; init; }

    /// <summary>Whether if_detach asks the families that have an address.</summary>
    public bool? AsksAddressedFamilies { get; init; }

    /// <summary>Whether a cached route is tested before use.</summary>
    public bool? ValidatesRoutes { get; init; }

    /// <summary>Whether deleting a route clears the caches that point to it.</summary>
    public bool? InvalidatesRoutes { get; init; }

    /// <summary>Holders that store an index.</summary>
    public IReadOnlyList<HolderKind>? StoresIndex { get; init; }

    /// <summary>Whether an index is looked up with its generation.</summary>
    public bool? ChecksGeneration { get; init; }

    /// <summary>Whether memory waits for the threads inside a read section.</summary>
    public bool? WaitsForReaders { get; init; }

    /// <summary>Whether the per-family block waits for them.</summary>
    public bool? FamilyDataWaitsForReaders { get; init; }
}

/// <summary>A design that a file declares: another design with the file's changes. This describes a fix, or a mistake in one, without a library.</summary>
/// <param name="name">Its name.</param>
/// <param name="design">The design that it is based on.</param>
/// <param name="changes">The changes.</param>
public sealed class DeclaredDesign(string name, TeardownDesign design, DesignChanges changes) : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string Source => $"declared, of {design.Name}";

    /// <inheritdoc/>
    public override string Summary => $"{design.Name} with changes";

    /// <inheritdoc/>
    public override bool ValidatesRouteBeforeUse => changes.ValidatesRoutes ?? design.ValidatesRouteBeforeUse;

    /// <inheritdoc/>
    public override bool InvalidatesRouteCaches => changes.InvalidatesRoutes ?? design.InvalidatesRouteCaches;

    /// <inheritdoc/>
    public override bool AsksAddressedFamilies => changes.AsksAddressedFamilies ?? design.AsksAddressedFamilies;

    /// <inheritdoc/>
    public override bool WaitsForReaders => changes.WaitsForReaders ?? design.WaitsForReaders;

    /// <inheritdoc/>
    public override bool FamilyDataWaitsForReaders => changes.FamilyDataWaitsForReaders ?? (changes.WaitsForReaders is null ? design.FamilyDataWaitsForReaders : WaitsForReaders);

    /// <inheritdoc/>
    public override bool StoresIndex(HolderKind holder) => changes.StoresIndex?.Contains(holder) ?? design.StoresIndex(holder);

    /// <inheritdoc/>
    public override bool Same(IfnetPtr a, IfnetPtr b) => changes is { StoresIndex: null, ChecksGeneration: null } ? design.Same(a, b)
        : changes.ChecksGeneration == true ? a.Index == b.Index && a.Generation == b.Generation
        : a.Index == b.Index;

    /// <inheritdoc/>
    public override UseCheck Check(BsdKernel kernel, IfnetPtr p, HolderKind holder, out int slot)
    {
        if (changes is { StoresIndex: null, ChecksGeneration: null })
        {
            return design.Check(kernel, p, holder, out slot);
        }

        slot = -1;
        if (!StoresIndex(holder))
        {
            return UseCheck.Unchecked;
        }

        kernel.Counters.TableLookups++;
        slot = kernel.IfByIndex(p.Index);
        if (slot < 0 || changes.ChecksGeneration != true)
        {
            return slot < 0 ? UseCheck.Gone : UseCheck.Found;
        }

        kernel.Counters.PointerChecks++;
        return kernel.Interfaces[slot].Generation == p.Generation ? UseCheck.Found : UseCheck.Gone;
    }

    /// <inheritdoc/>
    public override bool CountsHolders => changes.Holds ?? design.CountsHolders;

    /// <inheritdoc/>
    public override void Hold(BsdKernel kernel, IfnetPtr p)
    {
        if (changes.Holds is not { } holds)
        {
            design.Hold(kernel, p);
        }
        else if (holds)
        {
            kernel.CountReference(p, 1);
        }
    }

    /// <inheritdoc/>
    public override void Release(BsdKernel kernel, IfnetPtr p)
    {
        if (changes.Releases is not { } releases)
        {
            design.Release(kernel, p);
        }
        else if (releases)
        {
            kernel.CountReference(p, -1);
        }
    }

    /// <inheritdoc/>
    public override void BeforeDetach(BsdKernel kernel, IfnetPtr p) => Run(changes.BeforeDetach, design.BeforeDetach, kernel, p);

    /// <inheritdoc/>
    public override void AtDetach(BsdKernel kernel, IfnetPtr p) => Run(changes.AtDetach, design.AtDetach, kernel, p);

    /// <inheritdoc/>
    public override void AtInetAddressDelete(BsdKernel kernel, IfnetPtr p) => Run(changes.AtInetAddressDelete, design.AtInetAddressDelete, kernel, p);

    /// <inheritdoc/>
    public override void AtLastInetAddress(BsdKernel kernel, IfnetPtr p) => Run(changes.AtLastInetAddress, design.AtLastInetAddress, kernel, p);

    /// <inheritdoc/>
    public override void AtLastInet6Address(BsdKernel kernel, IfnetPtr p) => Run(changes.AtLastInet6Address, design.AtLastInet6Address, kernel, p);

    /// <inheritdoc/>
    public override bool FreesAtOnce(BsdKernel kernel, IfnetPtr p) => changes.Waits is not { } waits ? design.FreesAtOnce(kernel, p) : !waits || kernel.References(p) == 0;

    private static void Run(IReadOnlyList<DesignStep>? steps, Action<BsdKernel, IfnetPtr> otherwise, BsdKernel kernel, IfnetPtr p)
    {
        if (steps is null)
        {
            otherwise(kernel, p);
            return;
        }

        foreach (DesignStep step in steps)
        {
            step.Do(kernel, p);
        }
    }
}
