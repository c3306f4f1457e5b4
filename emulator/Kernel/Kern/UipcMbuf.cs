// Modelled from NetBSD sys/kern/uipc_mbuf.c and sys/sys/mbuf.h: a packet that waits remembers the interface it came from.
using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Kern;

/// <summary>A packet in a queue.</summary>
/// <param name="RcvIf">m_pkthdr.rcvif.</param>
/// <param name="Data">The packet from its IP header on.</param>
/// <param name="Ticks">Ticks of 200 ms until the queue lets go of it.</param>
public readonly record struct Mbuf(IfnetPtr RcvIf, byte[] Data, int Ticks = 0) : IStateValue<Mbuf>
{
    /// <inheritdoc/>
    public static void Fields<TPass>(ref Mbuf value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        (IfnetPtr rcvIf, byte[] data, int ticks) = (value.RcvIf, value.Data, value.Ticks);
        pass.Struct(ref rcvIf);
        pass.Numbers(ref data);
        pass.Field(ref ticks);
        value = new(rcvIf, data, ticks);
    }

    /// <summary>The packet's IP version is 6.</summary>
    public bool IsIpv6 => Data.Length > 0 && Data[0] >> 4 == 6;
}

/// <summary>Queues of packets, parts of the kernel's state.</summary>
internal static class MbufQueues
{
    /// <summary>Shows a queue to a pass.</summary>
    public static void Fields<TPass>(List<Mbuf> queue, ref TPass pass)
        where TPass : struct, IStatePass
    {
        int n = queue.Count;
        pass.Count<Mbuf>(ref n);
        if (pass.Replaces)
        {
            queue.Clear();
        }

        for (int i = 0; i < n; i++)
        {
            Mbuf m = pass.Replaces ? new Mbuf(default, []) : queue[i];
            pass.Struct(ref m);
            if (pass.Replaces)
            {
                queue.Add(m);
            }
        }
    }

    /// <summary>One tick: takes out the packets whose time has come, oldest first.</summary>
    public static List<Mbuf> TakeDue(List<Mbuf> queue)
    {
        List<Mbuf> due = [];
        for (int i = 0; i < queue.Count;)
        {
            queue[i] = queue[i] with { Ticks = queue[i].Ticks - 1 };
            if (queue[i].Ticks > 0)
            {
                i++;
                continue;
            }

            due.Add(queue[i]);
            queue.RemoveAt(i);
        }

        return due;
    }
}
