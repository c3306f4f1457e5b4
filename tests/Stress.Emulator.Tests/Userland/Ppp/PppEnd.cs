using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Tests.Userland.Ppp;

/// <summary>An endpoint that writes down what it does: frames sent, and what it tells its process, one line each.</summary>
internal sealed class PppEnd : IPppActions
{
    public PppEnd(PppEndpointOptions options, uint magic = 0x11111111, ulong identifier = 0x0211_2233_4455_6677)
    {
        Ppp = new PppEndpoint(options) { Magic = magic, InterfaceIdentifier = identifier };
    }

    public PppEndpoint Ppp { get; }

    public VirtualTime Now { get; set; }

    /// <summary>Frames sent and not yet taken, without address and control.</summary>
    public Queue<byte[]> Sent { get; } = new();

    public List<string> Told { get; } = [];

    public string Story => string.Join(' ', Told);

    public static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public PppEnd Start()
    {
        Ppp.Open(Now, this);
        Ppp.LowerUp(Now, this);
        return this;
    }

    /// <summary>Takes a frame in hexadecimal (protocol first), and returns what was sent for it.</summary>
    public string Take(string hex)
    {
        Ppp.Input(Convert.FromHexString(hex.Replace(" ", "")), Now, this);
        return Drain();
    }

    public string Drain()
    {
        var frames = new List<string>();
        while (Sent.TryDequeue(out byte[]? frame))
        {
            frames.Add(Convert.ToHexStringLower(frame));
        }

        return string.Join(' ', frames);
    }

    /// <summary>Lets time pass until the next timer, and returns what was sent.</summary>
    public string Wait()
    {
        Now = Ppp.NextTimer;
        Ppp.Timeout(Now, this);
        return Drain();
    }

    void IPppActions.SendFrame(ReadOnlySpan<byte> frame) => Sent.Enqueue((frame[0] == 0xFF ? frame[2..] : frame).ToArray());

    void IPppActions.IpcpUp(Ipv4Address ours, Ipv4Address his) => Told.Add($"ipcp({ours},{his})");

    void IPppActions.IpcpDown() => Told.Add("ipcp-down");

    void IPppActions.Ipv6cpUp(ulong ours, ulong his) => Told.Add($"ipv6cp({ours:x},{his:x})");

    void IPppActions.Ipv6cpDown() => Told.Add("ipv6cp-down");

    void IPppActions.LinkTerminated(PppTermination reason) => Told.Add($"terminated({reason})");

    void IPppActions.PhaseChanged(PppPhase phase) => Told.Add(phase.ToString().ToLowerInvariant());

    void IPppActions.LcpUp() => Told.Add("lcp");

    void IPppActions.LcpDown() => Told.Add("lcp-down");

    void IPppActions.AuthenticationDone() => Told.Add("authenticated");

    void IPppActions.NetworkData(PppProtocol protocol, ReadOnlySpan<byte> packet) => Told.Add($"{protocol}[{packet.Length}]");
}
