using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks;

/// <summary>Why an operation failed, as the stack's own tools say it.</summary>
/// <param name="Name">The errno's name; for a Linux netlink request the text of the tool.</param>
/// <param name="Number">The errno's number on that system, as it is printed.</param>
public sealed record StackError(string Name, string Number)
{
    /// <summary>The kernel's own error under a tool's words, <c>EEXIST(17)</c>; null when name and number are it.</summary>
    public string? Errno { get; init; }

    /// <summary>The recorded form: <c>ENXIO(6)</c>.</summary>
    public override string ToString() => $"{Name}({Number})";
}

/// <summary>The answer of a stack to one operation.</summary>
/// <param name="Value">0, or -1 for an error.</param>
/// <param name="Error">The error, null for none.</param>
/// <param name="Detail">What the recorded line has in brackets behind the value (an index, a length); null for nothing.</param>
/// <param name="Before">What the recorded line has in front of the arrow (drained frames in NetBSD's form); null for nothing.</param>
public sealed record OperationResult(int Value, StackError? Error = null, string? Detail = null, string? Before = null)
{
    /// <summary>Success without detail.</summary>
    public static readonly OperationResult Ok = new(0);

    /// <summary>The stack does not model the operation.</summary>
    public static readonly OperationResult NotModelled = Fail(new StackError("not modelled", "0"));

    /// <summary>False when the stack does not model the operation: what follows in the list was executed as if it had not been asked.</summary>
    public bool IsModelled => Error != NotModelled.Error;

    /// <summary>Frames of <c>drain</c>, in order.</summary>
    public IReadOnlyList<Frame> Frames { get; init; } = [];

    /// <summary>
    /// What else the stack may answer: work that it has put off is done sooner or later than the model does it. A list says no time, so which answer a real
    /// stack gives depends on how fast the list is executed. Empty when that makes no difference.
    /// </summary>
    public IReadOnlyList<OperationResult> Otherwise { get; init; } = [];

    /// <summary>Success with a detail.</summary>
    public static OperationResult With(string detail) => new(0, null, detail);

    /// <summary>Failure.</summary>
    public static OperationResult Fail(StackError error, string? detail = null) => new(-1, error, detail);
}

/// <summary>A frame that the far end of a tunnel device would read: enough to compare kind and destination.</summary>
/// <param name="Protocol">IPv4 protocol, or IPv6 upper-layer protocol.</param>
/// <param name="Length">Length of the IP packet in bytes.</param>
/// <param name="HopByHop">IPv6 with a hop-by-hop header (Multicast Listener Discovery).</param>
/// <param name="Destination4">Destination of an IPv4 packet; 0.0.0.0 for IPv6.</param>
/// <param name="Destination6">Destination of an IPv6 packet, form of the wire; null for IPv4.</param>
public readonly record struct Frame(byte Protocol, int Length, bool HopByHop, Ipv4Address Destination4, Ipv6Address? Destination6)
{
    /// <summary>An IPv4 frame.</summary>
    public static Frame Ip4(byte protocol, int length, Ipv4Address destination) => new(protocol, length, false, destination, null);

    /// <summary>An IPv6 frame.</summary>
    public static Frame Ip6(byte protocol, int length, bool hopByHop, Ipv6Address destination) => new(protocol, length, hopByHop, default, destination);

    /// <summary>The form of the NetBSD recordings: of an IPv6 destination only the last 16 bits.</summary>
    public string ToNetBsdText() => Destination6 is { } d ? $"[v6 {NextHeaders} {Length}B dst ..{d.Low & 0xFFFF:x4}]" : ToLinuxText();

    /// <summary>The form of the Linux recordings: full destinations.</summary>
    public string ToLinuxText() => Destination6 is { } d ? $"[v6 {NextHeaders} {Length}B dst {d}]" : $"[v4 p{Protocol} {Length}B dst {Destination4}]";

    private string NextHeaders => HopByHop ? $"nh0->{Protocol}" : $"nh{Protocol}";
}
