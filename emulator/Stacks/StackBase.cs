using System.Globalization;
using System.Text;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks;

/// <summary>
/// What every modelled stack has: an interface table, a list of addresses in the order of their hash bucket, sockets. A derived class holds the rules in
/// which the systems differ.
/// </summary>
public abstract class StackBase : IStack
{
    /// <summary>Most memberships of a socket (IP_MAX_MEMBERSHIPS, igmp_max_memberships): 20 on both systems.</summary>
    protected const int MaxMemberships4 = 20;

    /// <summary>Bytes that <c>send4</c> sends.</summary>
    protected const int Send4Bytes = 18;

    /// <summary>Bytes that <c>send6</c> sends.</summary>
    protected const int Send6Bytes = 11;

    /// <summary>Bytes that <c>sendpkt6</c> sends.</summary>
    protected const int SendPkt6Bytes = 12;

    /// <summary>The index of the loopback interface, attached at boot.</summary>
    protected const uint LoopbackIndex = 1;

    private readonly SortedDictionary<string, StackSocket> byName = new(StringComparer.Ordinal);
    private int addressSequence;

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract string Design { get; }

    /// <inheritdoc/>
    public virtual bool KeepsOneLastIndex => false;

    /// <inheritdoc/>
    public StackOracle Oracle { get; } = new();

    /// <summary>Attached tunnel interfaces, oldest first.</summary>
    protected List<StackInterface> Interfaces { get; } = [];

    /// <summary>The loopback interface: no operation names it, but its index can be given.</summary>
    protected StackInterface Loopback { get; } = new("lo0", LoopbackIndex, new StackMemory("ifnet", "lo0", 0)) { IsLoopback = true, IsMulticast = true };

    /// <summary>IPv4 addresses, newest first: both systems insert at the head of a hash bucket.</summary>
    protected List<InterfaceAddress4> AddressHash { get; } = [];

    /// <summary>Open sockets in the order of their control blocks: newest first.</summary>
    protected List<StackSocket> Sockets { get; } = [];

    /// <summary>The error for an interface name that is not there.</summary>
    protected abstract StackError NoInterface(string name);

    /// <summary>The error for a socket that is not open.</summary>
    protected abstract StackError BadDescriptor { get; }

    /// <summary>The next index for a new interface.</summary>
    protected abstract uint AllocateIndex();

    /// <summary>Called for a socket that closes; it is still listed.</summary>
    protected abstract void ReleaseMemberships(StackSocket socket);

    /// <inheritdoc/>
    public virtual void NoteTimers()
    {
    }

    /// <inheritdoc/>
    public uint IndexOf(string name) => Find(name)?.Index ?? 0;

    /// <inheritdoc/>
    public abstract OperationResult Create(string name);

    /// <inheritdoc/>
    public abstract OperationResult Open(string name);

    /// <inheritdoc/>
    public abstract OperationResult Index(string name);

    /// <inheritdoc/>
    public abstract OperationResult AddAddress4(string name, Ipv4Address local, Ipv4Address peer);

    /// <inheritdoc/>
    public abstract OperationResult AddAddress6(string name, Ipv6Address local, int prefixLength, Ipv6Address? peer);

    /// <inheritdoc/>
    public abstract OperationResult DeleteAddress4(string name, Ipv4Address local);

    /// <inheritdoc/>
    public abstract OperationResult DeleteAddress6(string name, Ipv6Address local);

    /// <inheritdoc/>
    public abstract OperationResult Up(string name);

    /// <inheritdoc/>
    public abstract OperationResult Down(string name);

    /// <inheritdoc/>
    public abstract OperationResult CloseDevice(string name);

    /// <inheritdoc/>
    public abstract OperationResult Destroy(string name);

    /// <inheritdoc/>
    public abstract OperationResult Drain(string name);

    /// <inheritdoc/>
    public abstract OperationResult SetMulticastInterface4(string socket, Ipv4Address local);

    /// <inheritdoc/>
    public abstract OperationResult SetMulticastInterface6(string socket, uint index);

    /// <inheritdoc/>
    public abstract OperationResult GetMulticastInterface4(string socket);

    /// <inheritdoc/>
    public abstract OperationResult GetMulticastInterface6(string socket);

    /// <inheritdoc/>
    public abstract OperationResult Join4(string socket, Ipv4Address group, Ipv4Address local);

    /// <inheritdoc/>
    public abstract OperationResult Drop4(string socket, Ipv4Address group, Ipv4Address local);

    /// <inheritdoc/>
    public abstract OperationResult Join6(string socket, Ipv6Address group, uint index);

    /// <inheritdoc/>
    public abstract OperationResult Drop6(string socket, Ipv6Address group, uint index);

    /// <inheritdoc/>
    public abstract OperationResult Send4(string socket, Ipv4Address destination);

    /// <inheritdoc/>
    public abstract OperationResult Send6(string socket, Ipv6Address destination);

    /// <inheritdoc/>
    public abstract OperationResult SendWithPacketInfo6(string socket, Ipv6Address destination, uint index);

    /// <inheritdoc/>
    public abstract OperationResult State();

    /// <inheritdoc/>
    public abstract OperationResult Tick(int milliseconds);

    /// <inheritdoc/>
    public virtual OperationResult AddRoute4(string name, Ipv4Address destination, int prefixLength, bool cloning) => OperationResult.NotModelled;

    /// <inheritdoc/>
    public virtual OperationResult AddRoute6(string name, Ipv6Address destination, int prefixLength) => OperationResult.NotModelled;

    /// <inheritdoc/>
    public virtual OperationResult JoinByInterface4(string socket, Ipv4Address group, uint index) => Join4(socket, group, new Ipv4Address(index & 0xFF_FFFF));

    /// <inheritdoc/>
    public virtual OperationResult DropByInterface4(string socket, Ipv4Address group, uint index) => Drop4(socket, group, new Ipv4Address(index & 0xFF_FFFF));

    /// <inheritdoc/>
    public virtual OperationResult OpenTcp4(string socket, int port) => OperationResult.NotModelled;

    /// <inheritdoc/>
    public virtual OperationResult Accept4(string socket, string accepted) => OperationResult.NotModelled;

    /// <inheritdoc/>
    public virtual OperationResult JoinSource4(string socket, Ipv4Address group, Ipv4Address source, Ipv4Address local) => OperationResult.NotModelled;

    /// <inheritdoc/>
    public virtual OperationResult DropSource4(string socket, Ipv4Address group, Ipv4Address source, Ipv4Address local) => OperationResult.NotModelled;

    /// <inheritdoc/>
    public virtual OperationResult JoinSource6(string socket, Ipv6Address group, Ipv6Address source, uint index) => OperationResult.NotModelled;

    /// <inheritdoc/>
    public virtual OperationResult DropSource6(string socket, Ipv6Address group, Ipv6Address source, uint index) => OperationResult.NotModelled;

    /// <inheritdoc/>
    public OperationResult OpenRaw4(string socket, int protocol) => OpenSocket(new StackSocket(socket, false, protocol));

    /// <inheritdoc/>
    public OperationResult OpenUdp6(string socket, int port) => OpenSocket(new StackSocket(socket, true, port));

    /// <inheritdoc/>
    public OperationResult Close(string socket)
    {
        if (!byName.Remove(socket, out StackSocket? s))
        {
            return OperationResult.Fail(BadDescriptor);
        }

        ReleaseMemberships(s);
        Sockets.Remove(s);
        return OperationResult.Ok;
    }

    /// <summary>A packet from the far end: what a stack makes of it (a report, a query, a redirect) is not modelled here, which is not the same as nothing.</summary>
    public OperationResult Deliver(string name, byte[] packet) => Find(name) is null ? OperationResult.Fail(NoInterface(name)) : OperationResult.NotModelled;

    /// <summary>Freed memory is never given out again here, as under AddressSanitizer's quarantine: an allocation changes nothing.</summary>
    public OperationResult Allocate(int bytes) => OperationResult.With(bytes.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public OperationResult Show(string name)
    {
        var text = new StringBuilder();
        foreach (StackInterface i in Interfaces.Where(i => name.Length == 0 || i.Name == name))
        {
            Append(text, $"{i.Name} index {i.Index}{(i.IsUp ? " up" : " down")}{(i.IsOpen ? " open" : "")}");
            i.Addresses4.ForEach(a => text.Append(CultureInfo.InvariantCulture, $" {a.Local}>{a.Peer}"));
            i.Addresses6.ForEach(a => text.Append(CultureInfo.InvariantCulture, $" {a.Address}/{a.PrefixLength}"));
        }

        foreach (StackSocket s in byName.Values.Where(s => name.Length == 0 || s.Name == name))
        {
            Append(text, $"{s.Name} {(s.IsIpv6 ? "udp6" : "raw4")} {s.Number} mcif {s.MulticastIndex}");
            s.Memberships4.ForEach(m => text.Append(CultureInfo.InvariantCulture, $" {m.Group}%{Holder(m.Interface)}"));
            s.Memberships6.ForEach(m => text.Append(CultureInfo.InvariantCulture, $" {m.Group}%{Holder(m.Interface)}"));
        }

        return OperationResult.With(text.ToString());

        static string Holder(StackInterface i) => i.IsAttached ? i.Name : $"{i.Name}(stale, was {i.Index})";
        static void Append(StringBuilder text, string part) => text.Append(text.Length > 0 ? "; " : "").Append(part);
    }

    /// <summary>The attached interface of a name.</summary>
    protected StackInterface? Find(string name) => Interfaces.Find(i => i.Name == name);

    /// <summary>The attached interface of an index (if_byindex, dev_get_by_index).</summary>
    protected StackInterface? ByIndex(uint index) => index == LoopbackIndex ? Loopback : Interfaces.Find(i => i.Index == index);

    /// <summary>The open socket of a name.</summary>
    protected StackSocket? FindSocket(string name) => byName.GetValueOrDefault(name);

    /// <summary>Stamps a new address.</summary>
    protected int NextAddressSequence() => ++addressSequence;

    /// <summary>A new socket, under its name.</summary>
    protected OperationResult OpenSocket(StackSocket socket)
    {
        // A second socket under a name in use leaves the first one open, without a name.
        byName[socket.Name] = socket;
        Sockets.Insert(0, socket);
        return OperationResult.Ok;
    }
}
