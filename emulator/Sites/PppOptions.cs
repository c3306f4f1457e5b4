using System.Text;
using Stress.Emulator.Link;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Sites;

/// <summary>A system at an end of a telephone line.</summary>
/// <param name="Options">What it is.</param>
/// <param name="Number">Its number in the site, which its Ethernet's address has.</param>
/// <param name="Port">The line's number on it.</param>
/// <param name="Address">Its Ethernet's address where the site gives one; 0.0.0.0 for that of its number.</param>
/// <param name="LinkAddress">Its address on the line where the site gives one; 0.0.0.0 for that of the line's number.</param>
public readonly record struct PppSystem(RoleOptions Options, int Number, int Port, Ipv4Address Address = default, Ipv4Address LinkAddress = default)
{
    /// <summary>Its Ethernet's address.</summary>
    public Ipv4Address Ethernet => Address.IsAny ? SiteAddresses.Ethernet(Number) : Address;
}

/// <summary>What a site's options mean to the PPP endpoint of one of its lines.</summary>
public static class PppOptions
{
    /// <summary>What the pppd at a port of a site wants.</summary>
    public static PppEndpointOptions Of(SiteOptions site, in PortPlace port)
    {
        PlacedNode called = port.Nodes[ModemLink.Called], calling = port.Nodes[ModemLink.Calling];
        return Of(
            new PppSystem(site.Roles[called.Role], called.Number, called.Port, called.Address, called.LinkAddress),
            new PppSystem(site.Roles[calling.Role], calling.Number, calling.Port, calling.Address, calling.LinkAddress), port.Link, port.End);
    }

    /// <summary>
    /// What the pppd at an end of a line wants: 10.0.line.1 answers and 10.0.line.2 calls, unless an Ethernet's address is borrowed. Where the answering system answers
    /// ARP for its callers, a caller's address is of its Ethernet's net.
    /// </summary>
    /// <param name="answering">Who answers.</param>
    /// <param name="calling">Who calls.</param>
    /// <param name="line">The line's number.</param>
    /// <param name="end">The line's end (<see cref="ModemLink"/>).</param>
    public static PppEndpointOptions Of(in PppSystem answering, in PppSystem calling, int line, int end)
    {
        bool called = end == ModemLink.Called, dynamic = calling.Options.Pppd.Addressing == IpcpAddressing.Dynamic;
        RoleOptions options = called ? answering.Options : calling.Options;
        Ipv4Address calledAddress = AddressOf(answering, line, ModemLink.Called), callingAddress = CallerOf(answering, calling, line);
        return new PppEndpointOptions
        {
            LocalAddress = called ? calledAddress : dynamic ? Ipv4Address.Any : callingAddress,
            RemoteAddress = called ? callingAddress : Ipv4Address.Any,
            Mru = (ushort)Math.Min(1500, options.Kernel.PppMtu),
            EchoInterval = options.Pppd.LcpEchoInterval,
            EchoFailure = options.Pppd.LcpEchoFailure,
            Require = options.Pppd.Require,
            LcpRestart = options.Pppd.LcpRestart,
            LcpMaxConfigure = options.Pppd.LcpMaxConfigure,
            IpcpMaxFailure = options.Pppd.IpcpMaxFailure,
            IpcpRestart = options.Pppd.IpcpRestart,
            IpcpMaxConfigure = options.Pppd.IpcpMaxConfigure,
            Ipv6cpRestart = options.Pppd.Ipv6cpRestart,
            PapRestart = options.Pppd.PapRestart,
            ChapRestart = options.Pppd.ChapRestart,
            Silent = options.Pppd.Silent,
            Passive = options.Pppd.Passive,
            ReceiveAll = options.Pppd.ReceiveAll,
            ReceiveAsyncMap = options.Pppd.Asyncmap,
            Name = NameOf(end, line),
            Secret = SecretOf(line),
            Secrets = [new PppSecret(NameOf(called ? ModemLink.Calling : ModemLink.Called, line), SecretOf(line))],
        };
    }

    private const int FirstProxied = 100;

    private static Ipv4Address AddressOf(in PppSystem system, int line, int end) =>
        system.Options.BorrowedAddress ? system.Ethernet
        : system.LinkAddress.IsAny ? SiteAddresses.Line(line, end)
        : system.LinkAddress;

    private static Ipv4Address CallerOf(in PppSystem answering, in PppSystem calling, int line) =>
        answering.Options.Pppd.ProxyArp && !calling.Options.BorrowedAddress && calling.LinkAddress.IsAny
            ? new Ipv4Address((answering.Ethernet.Value & ~0xFFu) | (uint)(byte)(FirstProxied + answering.Port))
            : AddressOf(calling, line, ModemLink.Calling);

    // pap-secrets and chap-secrets: a line of the file for each line of the bank, the same on both systems.
    private static byte[] NameOf(int end, int line) => Encoding.UTF8.GetBytes(end == ModemLink.Called ? "answerer" : $"caller{line}");

    private static byte[] SecretOf(int line) => Encoding.UTF8.GetBytes($"secret of line {line}");
}
