using System.Globalization;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Minimise;

/// <summary>Turns what one router's kernel executes into an operation list, from its last boot on.</summary>
/// <param name="router">Router number in the site.</param>
public sealed class OperationRecorder(int router) : ISystemCallTrace
{
    private const int TickMilliseconds = 200;
    private readonly List<string> _lines = [];
    private readonly SortedDictionary<int, string> _interfaces = [];
    private readonly SortedDictionary<int, string> _indices = [];
    private readonly SortedDictionary<int, string> _sockets = [];
    private readonly SortedSet<int> _tcp6 = [];
    private int _opened;

    /// <summary>The operations since the router's last boot, one a line.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Stops recording calls.</summary>
    public bool IsClosed { get; set; }

    /// <inheritdoc/>
    public void Call(int number, in SystemCall c)
    {
        if (IsClosed || number != router)
        {
            return;
        }

        switch (c.Kind)
        {
            case SystemCallKind.Boot:
                _lines.Clear();
                _interfaces.Clear();
                _indices.Clear();
                _sockets.Clear();
                _opened = 0;
                break;
            case SystemCallKind.OpenUnit:
                bool known = _interfaces.ContainsKey(c.Target);
                _interfaces[c.Target] = _indices[c.Second] = $"ppp{c.Number}";
                if (!known)
                {
                    _lines.Add($"create ppp{c.Number}");
                }

                break;
            // A tunnel's lower interface is that of its route, so the list needs the operation over.
            case SystemCallKind.CreateInterface when ClonedKind.Of((short)c.Number).Way != ClonedWay.Tunnel:
                _interfaces[c.Target] = _indices[c.Second] = ClonedKind.NameOf((short)c.Number);
                OnInterface(c.Target, "create");
                break;
            case SystemCallKind.DestroyInterface:
                OnInterface(c.Target, "destroy");
                _interfaces.Remove(c.Target);
                break;
            case SystemCallKind.SetParent when _interfaces.TryGetValue(c.Number, out string? parent):
                OnInterface(c.Target, "on", $" {parent}");
                break;
            case SystemCallKind.AddMember when _interfaces.TryGetValue(c.Number, out string? member):
                OnInterface(c.Target, "addm", $" {member}");
                break;
            case SystemCallKind.CloseUnit:
                OnInterface(c.Target, "destroy");
                _interfaces.Remove(c.Target);
                break;
            case SystemCallKind.Up:
                OnInterface(c.Target, "up");
                break;
            case SystemCallKind.Down:
                OnInterface(c.Target, "down");
                break;
            case SystemCallKind.AddAddress:
                OnInterface(c.Target, "addr4", $" {c.Address} {(c.Peer.IsAny ? c.Address : c.Peer)}");
                break;
            case SystemCallKind.DeleteAddress:
                OnInterface(c.Target, "deladdr4", $" {c.Address}");
                break;
            case SystemCallKind.AddAddress6:
                OnInterface(c.Target, "addr6", $" {Plain(c.Address6)} {c.Number}{(c.Peer6.IsAny ? "" : $" {Plain(c.Peer6)}")}");
                break;
            case SystemCallKind.DeleteAddress6:
                OnInterface(c.Target, "deladdr6", $" {Plain(c.Address6)}");
                break;
            case SystemCallKind.Socket:
                OpenSocket(c);
                break;
            case SystemCallKind.Close:
                OnSocket(c.Target, "close");
                break;
            case SystemCallKind.MulticastIf:
                OnSocket(c.Target, "mcif4", $" {Named(c.Peer)}");
                break;
            case SystemCallKind.Join:
                OnSocket(c.Target, "join4", $" {c.Address} {Named(c.Peer)}");
                break;
            case SystemCallKind.Drop:
                OnSocket(c.Target, "drop4", $" {c.Address} {Named(c.Peer)}");
                break;
            case SystemCallKind.Join6:
                OnSocket(c.Target, "join6", $" {Plain(c.Address6)} {Interface(c.Number)}");
                break;
            case SystemCallKind.Leave6:
                OnSocket(c.Target, "drop6", $" {Plain(c.Address6)} {Interface(c.Number)}");
                break;
            case SystemCallKind.MulticastIf6:
                OnSocket(c.Target, "mcif6", $" {Interface(c.Number)}");
                break;
            case SystemCallKind.Send:
                OnSocket(c.Target, "send4", $" {c.Address}");
                break;
            case SystemCallKind.SendWithPacketInfo6:
                OnSocket(c.Target, "sendpkt6", $" {Plain(c.Address6)} {Interface(c.Number)}");
                break;
            case SystemCallKind.Listen when _tcp6.Contains(c.Target):
                _lines.Add($"tcp6 {_sockets[c.Target]} {c.Number}");
                break;
            case SystemCallKind.Connect:
                _lines.Add(_tcp6.Contains(c.Target)
                    ? $"connect6 {_sockets[c.Target]} {Plain(c.Address6)} {c.Number} {Interface(c.Address6.EmbeddedScope)}"
                    : $"connect4 {_sockets[c.Target]} {new Ipv4Address((uint)c.Address6.Low)} {c.Number}");
                break;
            case SystemCallKind.FastTimeout:
                _lines.Add($"tick {TickMilliseconds}");
                break;
            case SystemCallKind.Input:
                OnInterface(c.Target, "deliver", $" {Convert.ToHexStringLower(c.Packet!)}");
                break;
            case SystemCallKind.Allocate:
                _lines.Add(string.Create(CultureInfo.InvariantCulture, $"alloc {c.Number}"));
                break;
        }
    }

    // The language has raw IPv4 and UDP IPv6 sockets. A membership is the same on either IPv4 table.
    private void OpenSocket(in SystemCall c)
    {
        bool v6 = (PcbTable)c.Second > PcbTable.Raw;
        string name = $"{(v6 ? 'r' : 'o')}{(_opened++ is var n && n < 2 ? "" : n.ToString(CultureInfo.InvariantCulture))}";
        if (_sockets.ContainsValue(name))
        {
            name = $"s{_opened}";
        }

        _sockets[c.Target] = name;
        _tcp6.Remove(c.Target);
        if ((PcbTable)c.Second is PcbTable.Tcp or PcbTable.Tcp6)
        {
            if (v6)
            {
                _tcp6.Add(c.Target);
            }

            return; // listen or connect says which; one that listens over IPv4 is not in the language of this kernel
        }

        _lines.Add(v6 ? $"udp6 {name} {c.Number}" : $"raw4 {name} {((PcbTable)c.Second == PcbTable.Raw ? c.Number : IpProtocol.Udp)}");
    }

    private void OnInterface(int slot, string operation, string arguments = "")
    {
        if (_interfaces.TryGetValue(slot, out string? name))
        {
            _lines.Add($"{operation} {name}{arguments}");
        }
    }

    private void OnSocket(int socket, string operation, string arguments = "")
    {
        if (_sockets.TryGetValue(socket, out string? name))
        {
            _lines.Add($"{operation} {name}{arguments}");
        }
    }

    private string Interface(int index) => _indices.TryGetValue(index, out string? name) ? name : $"#{index}";

    private static string Named(Ipv4Address a) => a.IsAny ? "any" : a.ToString();

    private static Ipv6Address Plain(Ipv6Address a) => a.HasEmbeddedScope ? a.WithEmbeddedScope(0) : a;
}
