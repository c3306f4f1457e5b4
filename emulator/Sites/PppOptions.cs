using System.Text;
using Stress.Emulator.Link;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Sites;

/// <summary>What a site's options mean to the PPP endpoint of one of its lines.</summary>
public static class PppOptions
{
    /// <summary>What the pppd of a role wants on one line of a site: 10.0.line.1 answers and 10.0.line.2 calls, unless an Ethernet's address is borrowed.</summary>
    public static PppEndpointOptions Of(SiteOptions site, Role role, int line)
    {
        RoleOptions options = site.Of(role);
        bool called = role == Role.Called, dynamic = site.Calling.Pppd.Addressing == IpcpAddressing.Dynamic;
        Ipv4Address calledAddress = site.Called.BorrowedAddress ? Ipv4Address.Of(192, 168, 0, 1) : Ipv4Address.Of(10, 0, (byte)line, 1);
        Ipv4Address callingAddress = site.Calling.BorrowedAddress ? Ipv4Address.Of(192, 168, (byte)(line + 1), 1) : Ipv4Address.Of(10, 0, (byte)line, 2);
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
            Name = NameOf(role, line),
            Secret = SecretOf(line),
            Secrets = [new PppSecret(NameOf(called ? Role.Calling : Role.Called, line), SecretOf(line))],
        };
    }

    // pap-secrets and chap-secrets: a line of the file for each line of the bank, the same on both systems.
    private static byte[] NameOf(Role role, int line) => Encoding.UTF8.GetBytes(role == Role.Called ? "answerer" : $"caller{line}");

    private static byte[] SecretOf(int line) => Encoding.UTF8.GetBytes($"secret of line {line}");
}
