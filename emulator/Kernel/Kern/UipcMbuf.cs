// Modelled from NetBSD sys/kern/uipc_mbuf.c and sys/sys/mbuf.h: a packet that waits remembers the interface it came from.
using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Kern;

/// <summary>A packet in a queue.</summary>
/// <param name="RcvIf">m_pkthdr.rcvif.</param>
/// <param name="Data">The packet from its IP header on.</param>
/// <param name="Ticks">Ticks of 200 ms until the queue lets go of it.</param>
public readonly record struct Mbuf(IfnetPtr RcvIf, byte[] Data, int Ticks = 0)
{
    /// <summary>The packet's IP version is 6.</summary>
    public bool IsIpv6 => Data.Length > 0 && Data[0] >> 4 == 6;
}

/// <summary>Queues of packets, written and read with the kernel's image.</summary>
internal static class MbufQueues
{
    /// <summary>Writes a queue.</summary>
    public static void Save(List<Mbuf> queue, ImageWriter image)
    {
        image.Write(queue.Count);
        foreach (Mbuf m in queue)
        {
            image.Write(m.RcvIf);
            image.Write(m.Ticks);
            image.WriteArray<byte>(m.Data);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public static void Load(List<Mbuf> queue, ImageReader image)
    {
        queue.Clear();
        for (int n = image.Read<int>(); n > 0; n--)
        {
            IfnetPtr rcvIf = image.Read<IfnetPtr>();
            int ticks = image.Read<int>();
            queue.Add(new Mbuf(rcvIf, image.ReadArray<byte>(), ticks));
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
