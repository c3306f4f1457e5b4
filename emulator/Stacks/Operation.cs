using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks;

/// <summary>The operations of the language of recorded lists, and (from <see cref="Tick"/> on) those that only a model can answer.</summary>
public enum OperationKind : byte
{
    Create,
    Open,
    Index,
    Addr4,
    Addr6,
    Up,
    Down,
    Raw4,
    Udp6,
    Mcif4,
    Mcif6,
    Join4,
    Join6,
    Drop4,
    Drop6,
    Send4,
    Send6,
    SendPkt6,
    GetMcif4,
    GetMcif6,
    DelAddr4,
    DelAddr6,
    Drain,
    State,
    IfClose,
    Destroy,
    Close,
    Tick,
    Deliver,
    Alloc,
    Show,
    Raw6,
    Enqueue,
    Softint,
    Pipe,
    Mrt6,
    Mif6,
    Mfc6,
    Carp,
    Uncarp,
    Enter6,
    Leave6,
    Route4,
    Route6,
    GJoin4,
    GDrop4,
    SJoin4,
    SDrop4,
    SJoin6,
    SDrop6,
    Over,
}

/// <summary>How an operation names an interface: <c>tun0</c> is looked up now, <c>@tun0</c> is the last index seen for the name, <c>#3</c> is that index.</summary>
public enum SelectorKind : byte
{
    Name,
    LastIndex,
    Literal,
}

/// <summary>An interface as an IPv6 option names it.</summary>
/// <param name="Kind">Which of the three forms.</param>
/// <param name="Name">The interface's name; empty for a literal.</param>
/// <param name="Index">The index of a literal; 0 otherwise.</param>
public readonly record struct InterfaceSelector(SelectorKind Kind, string Name, uint Index);

/// <summary>One line of an operation list. Arguments that an operation does not take are empty.</summary>
/// <param name="Line">Line number in the file, from 1.</param>
/// <param name="Text">The line as it was written, without comment and outer blanks.</param>
/// <param name="Kind">What to do.</param>
/// <param name="Target">The interface or socket that the first argument names.</param>
/// <param name="Address4">First IPv4 argument: a local address, a group or a destination.</param>
/// <param name="Second4">Second IPv4 argument: the peer, or the local address that names a membership's interface (0.0.0.0 for <c>any</c>).</param>
/// <param name="Source4">The source of <c>sjoin4</c> and <c>sdrop4</c>.</param>
/// <param name="Address6">First IPv6 argument.</param>
/// <param name="Second6">The peer of <c>addr6</c>, null when there is none; the group of <c>mfc6</c>; the source of <c>sjoin6</c> and <c>sdrop6</c>.</param>
/// <param name="Number">Prefix length, protocol, port, milliseconds, bytes or mif.</param>
/// <param name="Selector">The interface of an IPv6 multicast operation, the parent of <c>carp</c>, or the lower interface of <c>over</c>.</param>
/// <param name="Payload">Bytes of <c>deliver</c> and <c>enqueue</c>.</param>
/// <param name="Mask">Outgoing mifs of <c>mfc6</c>, a bit each.</param>
/// <param name="Cloning"><c>route4</c> ended with <c>clone</c>.</param>
public sealed record Operation(
    int Line,
    string Text,
    OperationKind Kind,
    string Target = "",
    Ipv4Address Address4 = default,
    Ipv4Address Second4 = default,
    Ipv4Address Source4 = default,
    Ipv6Address Address6 = default,
    Ipv6Address? Second6 = null,
    int Number = 0,
    InterfaceSelector Selector = default,
    byte[]? Payload = null,
    uint Mask = 0,
    bool Cloning = false);
