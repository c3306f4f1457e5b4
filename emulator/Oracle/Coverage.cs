using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Oracle;

/// <summary>In which order an interface was torn down: which of its addresses were left when if_detach asked the protocols.</summary>
public enum TeardownOrder : byte
{
    /// <summary>Every address was removed before.</summary>
    NothingLeft,

    /// <summary>An AF_INET address was left.</summary>
    InetLeft,

    /// <summary>An AF_INET6 address was left.</summary>
    Inet6Left,

    /// <summary>Addresses of both families were left.</summary>
    BothLeft,

    /// <summary>if_detach itself is running, or the record was freed and not the interface.</summary>
    DuringDetach,

    /// <summary>The interface is older than what the oracle remembers.</summary>
    Older,
}

/// <summary>Uses of a pointer whose interface has gone: a cell of holder × teardown order × use site.</summary>
public struct CoverageCell : IStateValue<CoverageCell>, ICountedCell<CoverageCell>
{
    /// <summary>Where the pointer was stored.</summary>
    public HolderKind Holder;

    /// <summary>How its interface was torn down.</summary>
    public TeardownOrder Order;

    /// <summary>Who used it.</summary>
    public UseSite Site;

    /// <summary>True when it named another live interface.</summary>
    public bool Alias;

    /// <summary>How often.</summary>
    public uint Count;

    readonly bool ICountedCell<CoverageCell>.HasKeyOf(in CoverageCell other) =>
        Holder == other.Holder && Order == other.Order && Site == other.Site && Alias == other.Alias;

    void ICountedCell<CoverageCell>.Again() => Count++;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref CoverageCell value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Holder);
        pass.Field(ref value.Order);
        pass.Field(ref value.Site);
        pass.Field(ref value.Alias);
        pass.Field(ref value.Count);
    }
}

/// <summary>Names of the cells, and the uses that the kernel of a run has.</summary>
public static class Coverage
{
    /// <summary>What the names of all cells start with, among the probes of a tally.</summary>
    public const string Prefix = "use ";

    /// <summary>The possible orders for a holder of an interface pointer.</summary>
    public static IReadOnlyList<TeardownOrder> Orders { get; } = [TeardownOrder.NothingLeft, TeardownOrder.InetLeft, TeardownOrder.Inet6Left, TeardownOrder.BothLeft];

    /// <summary>Every holder with each place of the kernel that uses it, as a run's programs can reach them.</summary>
    public static IReadOnlyList<(HolderKind Holder, UseSite Site)> Uses { get; } =
        [.. Holders.All.SelectMany(holder => holder.Uses.Select(site => (holder.Kind, site)))];

    /// <summary>Whether the holder keeps a record of a protocol and no interface: its order is always that of if_detach itself.</summary>
    public static bool IsRecord(HolderKind holder) => holder != HolderKind.None && Holders.Of(holder).IsRecord;

    /// <summary>The cell's name: <c>use in_delmulti: stale in_multi.inm_ifp (no address left)</c>.</summary>
    public static string Name(HolderKind holder, TeardownOrder order, UseSite site, bool alias) =>
        $"{Prefix}{KernelNames.Of(site)}: {(alias ? "alias" : "stale")} {KernelNames.Of(holder)} ({NameOf(order)})";

    /// <summary>The order in words.</summary>
    public static string NameOf(TeardownOrder order) => order switch
    {
        TeardownOrder.NothingLeft => "no address left",
        TeardownOrder.InetLeft => "AF_INET left",
        TeardownOrder.Inet6Left => "AF_INET6 left",
        TeardownOrder.BothLeft => "both left",
        TeardownOrder.DuringDetach => "in if_detach",
        _ => "older unit",
    };
}
