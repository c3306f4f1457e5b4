using Stress.Dial.Recording;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;

namespace Stress.Dial.Tests;

/// <summary>An endpoint whose frames go to another one in the same process, in virtual time: the automata without a line.</summary>
internal sealed class WiredEndpoint : IPppActions
{
    private readonly Queue<byte[]> _sent = new();

    /// <summary>An endpoint with the numbers that the calls of this seed and entity draw.</summary>
    public WiredEndpoint(PppEndpointOptions options, ulong seed, ulong entity)
    {
        var random = new RandomStream(seed, entity, RandomPurpose.Pppd);
        Ppp = new PppEndpoint(options) { Magic = (uint)random.Next() | 1, InterfaceIdentifier = (random.Next() & ~(2UL << 56)) | 1 };
    }

    public PppEndpoint Ppp { get; }

    public VirtualTime Now { get; set; }

    /// <summary>Frames sent and received, described, in order.</summary>
    public List<string> Seen { get; } = [];

    public int Sent { get; private set; }

    public int Longest { get; private set; }

    /// <summary>Describe frames: off where millions pass.</summary>
    public bool Describes { get; init; } = true;

    public void Start()
    {
        Ppp.Open(Now, this);
        Ppp.LowerUp(Now, this);
    }

    /// <summary>Gives the oldest frame to the other end.</summary>
    /// <returns>False when there is none.</returns>
    public bool Pass(WiredEndpoint to)
    {
        if (!_sent.TryDequeue(out byte[]? frame))
        {
            return false;
        }

        if (Describes)
        {
            to.Seen.Add($"rcvd {FrameText.Describe(frame)}");
        }

        to.Ppp.Input(frame, to.Now, to);
        return true;
    }

    public void SendFrame(ReadOnlySpan<byte> frame)
    {
        Sent++;
        Longest = Math.Max(Longest, frame.Length);
        if (Describes)
        {
            Seen.Add($"sent {FrameText.Describe(frame)}");
        }

        _sent.Enqueue(frame.ToArray());
    }

    public void IpcpUp(Ipv4Address ours, Ipv4Address his)
    {
    }

    public void IpcpDown()
    {
    }

    public void Ipv6cpUp(ulong ours, ulong his)
    {
    }

    public void Ipv6cpDown()
    {
    }

    public void LinkTerminated(PppTermination reason)
    {
    }
}
