using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Ports;

/// <summary>What the kernel needs from the machine around it.</summary>
public interface IKernelHost
{
    /// <summary>The machine's counters, including the kernel's. The same object for the kernel's whole life.</summary>
    MachineCounters Counted { get; }

    /// <summary>A message is in the routing socket's queue: processes that select on it are woken.</summary>
    void RoutingSocketReadable();

    /// <summary>A frame leaves a tty: HDLC content without FCS, valid during the call.</summary>
    void TtyOutput(int line, ReadOnlySpan<byte> frame);

    /// <summary>A frame leaves the Ethernet that is at a segment: from the header's first byte on, without FCS, valid during the call. No other machine has one.</summary>
    void EtherOutput(ReadOnlySpan<byte> frame)
    {
    }

    /// <summary>The Ethernet that is at a segment has been pulled out.</summary>
    void EtherGone()
    {
    }

    /// <summary>A frame of PPP over Ethernet leaves an Ethernet that is at no segment of the site: from the header's first byte on, without FCS, valid during the call.</summary>
    /// <param name="unit">The Ethernet's unit (<see cref="Net.ClonedKind"/>); -1 for the Ethernet of boot.</param>
    /// <param name="frame">The frame.</param>
    void PppoeOutput(short unit, ReadOnlySpan<byte> frame)
    {
    }

    /// <summary>The kernel itself has taken a session of PPP over Ethernet down: what ifwatchd reads from its routing socket.</summary>
    /// <param name="slot">The interface.</param>
    void PppoeWentDown(int slot)
    {
    }

    /// <summary>A frame waits for the reader of a tty: HDLC content without FCS, valid during the call.</summary>
    void TtyInput(int line, ReadOnlySpan<byte> frame);

    /// <summary>An IPv4 packet for a raw socket (the whole packet, header included).</summary>
    void RawInput(int pcb, int ifIndex, ReadOnlySpan<byte> packet);

    /// <summary>A UDP datagram for an IPv6 socket.</summary>
    void Udp6Input(int pcb, int ifIndex, in Ipv6Header ip, ReadOnlySpan<byte> payload);

    /// <summary>A Multicast Listener Discovery message for a raw ICMPv6 socket.</summary>
    void MldInput(int pcb, int ifIndex, in MldMessage message)
    {
    }

    /// <summary>Something has come of a TCP connection: it is there, data or the end of it has come, or it is over. A socket that listens has a connection to accept.</summary>
    /// <param name="pcb">The connection's socket, or the one that listens.</param>
    void TcpReady(int pcb)
    {
    }

    /// <summary>An IGMP or MLD timer waits for the fast timeout.</summary>
    void FastTimerWanted();
}
