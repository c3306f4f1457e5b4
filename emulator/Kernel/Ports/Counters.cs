using System.Runtime.InteropServices;
using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Ports;

/// <summary>
/// Everything that is counted for a node, and for the site that it belongs to. This declaration is the only one: sums, images, wire form, metrics, reports and the table of prices
/// are derived from it (<see cref="CounterInfo.All"/>). A new counter is a field here, and the line that counts it.
/// </summary>
public struct Counters : IStateValue<Counters>
{
    /// <summary>An interface lost its link while its kernel lived.</summary>
    [Counter("Links lost while the kernel lived.")]
    public long Disconnects;

    /// <summary>
    /// A lost link came to its redial, or its kernel died before that. What a lost link leaves behind is used when the next one comes, so that a loss
    /// whose redial has not come has not shown yet whether it kills: it is not a trial.
    /// </summary>
    [Counter("Links lost whose redial came, or whose kernel crashed before it: what rates are of.")]
    public long DecidedDisconnects;

    /// <summary>A calling pppd had its modem dial: each attempt, the first one too.</summary>
    [Counter("Calls placed by calling systems, the first of each too.")]
    public long Redials;

    /// <summary>A holder became stale at a detach.</summary>
    [Counter("Interface pointers that became stale at a detach.", Metric = "stale_pointers_created")]
    public long StaleCreated;

    /// <summary>Stale holders that exist now.</summary>
    [Counter("Stale interface pointers that exist now.", Metric = "stale_pointers_live", Level = true)]
    public long StaleLive;

    /// <summary>A held pointer named another live interface when it was used.</summary>
    [Counter("Uses of a pointer that named another live interface.")]
    public long Aliases;

    /// <summary>A membership slot came to hold a stale record.</summary>
    [Counter("Membership slots lost for the life of their socket.")]
    public long LeakedSlots;

    /// <summary>A frame went into a line.</summary>
    [Counter("Frames that went over the lines.", OfSite = true)]
    [NotSaved("counted for a site as a whole, never for a machine")]
    public long Frames;

    /// <summary>An event was executed.</summary>
    [Counter("Executed events.", OfSite = true)]
    [NotSaved("counted for a site as a whole, never for a machine")]
    public long Events;

    /// <summary>The kernel panicked.</summary>
    [Counter("Panics.", IsMetric = false)]
    public long Panics;

    /// <summary>A held interface pointer was used, whatever the design does.</summary>
    [Counter("Uses of a held interface pointer.", IsMetric = false, Work = "uses of a held pointer")]
    public long Uses;

    /// <summary>A flag or generation was checked before a use.</summary>
    [Counter("Checks of a flag or generation before a use.", IsMetric = false, Work = "pointer checks")]
    public long PointerChecks;

    /// <summary>A counted reference was taken or dropped.</summary>
    [Counter("Counted references taken or dropped.", IsMetric = false, Work = "counted references")]
    public long References;

    /// <summary>The index table was looked up.</summary>
    [Counter("Look-ups in the index table.", IsMetric = false, Work = "table look-ups")]
    public long TableLookups;

    /// <summary>A purge visited a pcb.</summary>
    [Counter("Pcbs visited by purges.", IsMetric = false, Work = "pcbs walked")]
    public long PcbsWalked;

    /// <summary>A purge deleted a membership.</summary>
    [Counter("Memberships that a purge deleted.", IsMetric = false, Work = "memberships purged")]
    public long MembershipsPurged;

    /// <summary>An invalidation cleared a cached route.</summary>
    [Counter("Cached routes that an invalidation cleared.", IsMetric = false, Work = "routes invalidated")]
    public long RoutesInvalidated;

    /// <summary>A detach had to wait for a holder.</summary>
    [Counter("Detaches that had to wait for a holder.", IsMetric = false)]
    public long DetachWaits;

    /// <summary>Detached interfaces whose memory still waits.</summary>
    [Counter("Detached interfaces whose memory still waits.", IsMetric = false, Level = true)]
    public long DetachesPending;

    /// <summary>The kernel sent a packet on that it had received for somebody else.</summary>
    [Counter("Packets for somebody else that were sent on.", IsMetric = false)]
    public long Forwarded;

    /// <summary>The kernel had no way for a packet that it had received for somebody else, or its time to live was over.</summary>
    [Counter("Packets for somebody else that went no further.", IsMetric = false)]
    public long NotForwarded;

    /// <summary>A UDP datagram over IPv4 came to an address of the kernel's own, or to a group that it is in.</summary>
    [Counter("UDP datagrams over IPv4 that came to where they were sent.", IsMetric = false)]
    public long Delivered;

    /// <summary>A switch that snoops kept a frame to a group from a station.</summary>
    [Counter("Copies of frames to a group that a snooping switch kept from a station.", IsMetric = false, OfSite = true)]
    [NotSaved("counted for a site as a whole, never for a machine")]
    public long Filtered;

    /// <summary>A switch that snoops kept a frame to a group from a station whose NIC would have taken it.</summary>
    [Counter("Of these, copies that the station's NIC would have taken.", IsMetric = false, OfSite = true)]
    [NotSaved("counted for a site as a whole, never for a machine")]
    public long Missed;

    /// <summary>The counters in the order of <see cref="CounterInfo.All"/>.</summary>
    /// <param name="counters">The counters; the span leads into them.</param>
    public static Span<long> Values(ref Counters counters) => MemoryMarshal.Cast<Counters, long>(new Span<Counters>(ref counters));

    /// <inheritdoc/>
    public static void Fields<TPass>(ref Counters value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        Span<long> values = Values(ref value);
        for (int i = 0; i < values.Length; i++)
        {
            // What is counted for a site as a whole no machine counts.
            if (!CounterInfo.All[i].OfSite)
            {
                pass.Field(ref values[i], 0, CounterInfo.All[i].Name);
            }
        }
    }

    /// <summary>The sum of each counter.</summary>
    public static Counters operator +(Counters a, Counters b)
    {
        Span<long> sum = Values(ref a), more = Values(ref b);
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += more[i];
        }

        return a;
    }

    /// <summary>The difference of each counter.</summary>
    public static Counters operator -(Counters a, Counters b)
    {
        Span<long> rest = Values(ref a), less = Values(ref b);
        for (int i = 0; i < rest.Length; i++)
        {
            rest[i] -= less[i];
        }

        return a;
    }
}

/// <summary>The counters of one machine. Its kernel, its processes and its oracle count into the same; they survive a reboot.</summary>
public sealed class MachineCounters
{
    /// <summary>The counters.</summary>
    public Counters Counts;
}
