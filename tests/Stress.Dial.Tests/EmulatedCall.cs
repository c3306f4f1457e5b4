using System.Buffers.Binary;
using System.Text.RegularExpressions;
using Stress.Dial.Recording;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;

namespace Stress.Dial.Tests;

/// <summary>The control frames of one call: inside the emulator, on a real line, and in a transcript, in a form in which they can be compared.</summary>
internal sealed partial class EmulatedCall : ISiteTrace
{
    private readonly List<(bool FromCaller, byte[] Frame)> _frames = [];
    private bool _over;

    /// <summary>A pair with a quiet line, whose caller hangs up once.</summary>
    public static SiteOptions Quiet(IpcpAddressing addressing)
    {
        var role = new RoleOptions { Role = Role.Called, Kernel = new KernelOptions { Competitors = [] }, Ospfd = new OspfdOptions { Exit = OspfdExit.Never } };
        return new SiteOptions
        {
            Roles = new(role, role with { Role = Role.Calling, Hup = new HupOptions { Enabled = true }, Pppd = new PppdOptions { Addressing = addressing } }),
            Line = new LineOptions { NoisePerMillionFrames = 0, TrainingFailuresPerThousand = 0 },
        };
    }

    /// <summary>Executes the site until its first call has ended, and gives that call's control frames.</summary>
    public static IReadOnlyList<(bool FromCaller, byte[] Frame)> Execute(SiteOptions options)
    {
        var call = new EmulatedCall();
        Site site = Site.Create(options, 0);
        site.Trace = call;
        for (int window = 0; !call._over && window < 20; window++)
        {
            site.RunWindow();
        }

        return call._over ? call._frames : throw new InvalidOperationException("the emulated call did not end");
    }

    /// <summary>Frames by sender and protocol, in order. Between two protocols, and between two directions, a real line keeps no order.</summary>
    public static SortedDictionary<string, string[]> Sequences(IEnumerable<(bool FromCaller, byte[] Frame)> frames) => new(
        frames.GroupBy(f => $"{(f.FromCaller ? "caller" : "called")} {f.Frame[0]:x2}{f.Frame[1]:x2}")
            .ToDictionary(g => g.Key, g => g.Select(f => $"{Convert.ToHexStringLower(Masked(f.Frame))} {Masked(FrameText.Describe(f.Frame))}").ToArray()),
        StringComparer.Ordinal);

    /// <summary>The same as text, as a transcript has it.</summary>
    public static SortedDictionary<string, string[]> Texts(IEnumerable<(bool FromCaller, byte[] Frame)> frames) => new(
        frames.GroupBy(f => $"{(f.FromCaller ? "caller" : "called")} {f.Frame[0]:x2}{f.Frame[1]:x2}")
            .ToDictionary(g => g.Key, g => g.Select(f => Masked(FrameText.Describe(f.Frame))).ToArray()),
        StringComparer.Ordinal);

    /// <summary>The control frames of a transcript.</summary>
    /// <param name="transcript">The file's text.</param>
    /// <param name="ofCaller">Whose transcript it is: decides who sent what.</param>
    public static SortedDictionary<string, string[]> Texts(string transcript, bool ofCaller) => new(
        ControlLine().Matches(transcript).GroupBy(m => $"{((m.Groups["way"].Value == "sent") == ofCaller ? "caller" : "called")} {m.Groups["protocol"].Value switch
        {
            "LCP" => "c021",
            "IPCP" => "8021",
            _ => "8057",
        }}").ToDictionary(g => g.Key, g => g.Select(m => Masked(m.Groups["text"].Value)).ToArray()),
        StringComparer.Ordinal);

    /// <summary>True for LCP, IPCP and IPV6CP.</summary>
    public static bool IsControl(ReadOnlySpan<byte> frame) =>
        (PppProtocol)BinaryPrimitives.ReadUInt16BigEndian(frame) is PppProtocol.Lcp or PppProtocol.Ipcp or PppProtocol.Ipv6cp;

    public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage = PointerStage.None)
    {
    }

    public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
    {
        if (frame is [0xFF, 0x03, ..])
        {
            frame = frame[2..];
        }

        if (_over || (frame[0] & 1) != 0 || !IsControl(frame))
        {
            return;
        }

        _frames.Add((from == ModemLink.Calling, frame.ToArray()));
        _over = (PppProtocol)BinaryPrimitives.ReadUInt16BigEndian(frame) == PppProtocol.Lcp && (LcpCode)frame[2] == LcpCode.TerminateAck;
    }

    // Magic number and interface identifier are drawn anew for each call.
    private static byte[] Masked(byte[] frame)
    {
        byte[] masked = [.. frame];
        var protocol = (PppProtocol)BinaryPrimitives.ReadUInt16BigEndian(frame);
        for (int at = 6; frame[2] is >= 1 and <= 4 && at + 1 < frame.Length && frame[at + 1] >= 2; at += frame[at + 1])
        {
            if ((protocol == PppProtocol.Lcp && frame[at] == (byte)LcpOptionType.MagicNumber) || protocol == PppProtocol.Ipv6cp)
            {
                masked.AsSpan(at + 2, frame[at + 1] - 2).Clear();
            }
        }

        return masked;
    }

    private static string Masked(string text) => Drawn().Replace(text, "$1");

    [GeneratedRegex(@"(magic |addr fe80)[0-9a-fx:]+")]
    private static partial Regex Drawn();

    [GeneratedRegex(@"(?<way>sent|rcvd) (?<text>\[(?<protocol>LCP|IPCP|IPV6CP) .*\])")]
    private static partial Regex ControlLine();
}
