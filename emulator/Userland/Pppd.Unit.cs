using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Oracle;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>
/// What the protocol makes pppd do to its unit (pppd 2.4.4 ipcp.c, ipv6cp.c, sys-bsd.c): a list of system calls; the process makes one each time it is given the CPU.
/// </summary>
public sealed partial class Pppd : IPppActions
{
    private enum Op : byte
    {
        OpenUnit,
        NpDrop,
        SifDown,
        SifUp,
        DelFirstAddress,
        AddAddress,
        DelAddress,
        AddAddress6,
        DelAddress6,
        AddDefault,
        DelDefault,
        PassIp,
        PassIpv6,
        Write,
        LinkDownScripts,
        Terminated,
        AddProxy,
        DelProxy,
        TakeUnit,
        Exit,
    }

    private void Do(Op op) => _ops.Add((byte)op);

    private void Execute(Op op, VirtualTime now)
    {
        BsdKernel k = Kernel;
        Errno e = Errno.None;
        switch (op)
        {
            case Op.OpenUnit:
                _unit = k.PppOpen(Line, _pid);
                Machine.Oracle.Opened(k, _unit, Line);
                _ppp.Reset();
                _ppp.InterfaceIdentifier = _random.Next() | 1;
                _ppp.Magic = (uint)_random.Next() | 1;
                _ppp.Open(now, this);
                _ppp.LowerUp(now, this);
                AfterProtocol();
                break;
            case Op.NpDrop:
                if (_unit >= 0)
                {
                    k.PppIocSNpMode(_unit, _options.Demand && _demandUp, false);
                }

                break;
            case Op.SifDown:
                k.SiocSIfFlags(_unit, false);
                break;
            case Op.SifUp:
                k.SiocSIfFlags(_unit, true);
                break;
            case Op.DelFirstAddress:
                k.SiocDifAddr(_unit, Ipv4Address.Any);
                break;
            case Op.AddAddress:
                e = k.SiocAifAddr(_unit, _local, _peer);
                Machine.AddressUp(_local);
                break;
            case Op.DelAddress:
                e = k.SiocDifAddr(_unit, _local);
                break;
            case Op.AddAddress6:
                e = k.SiocAifAddr6(_unit, _local6, 128, _peer6);
                _has6 = true;
                break;
            case Op.DelAddress6:
                e = k.SiocDifAddr6(_unit, _local6);
                _has6 = false;
                break;
            case Op.AddDefault:
                e = k.AddDefaultRoute(_unit);
                break;
            case Op.DelDefault:
                e = k.DeleteDefaultRoute(_unit);
                break;
            case Op.PassIp:
                k.PppIocSNpMode(_unit, true, k.Interfaces[_unit].PassIpv6);
                break;
            case Op.PassIpv6:
                k.PppIocSNpMode(_unit, k.Interfaces[_unit].PassIp, true);
                break;
            case Op.Write:
                k.PppWrite(_unit, _writes.Take(out _));
                Quiet.Steady();
                return;
            case Op.LinkDownScripts:
                Machine.Compete(CompetitorTrigger.LinkDown, now);
                _scriptsDone = now + _scripts.Draw(_options.Script);
                break;
            case Op.Terminated:
                Terminated(now);
                break;
            case Op.AddProxy:
                _proxied = k.AddProxyArp(_peer);
                if (!_proxied)
                {
                    Say("Cannot determine ethernet address for proxy ARP");
                    return;
                }

                break;
            case Op.DelProxy:
                e = k.DeleteProxyArp(_peer);
                _proxied = false;
                break;
            case Op.TakeUnit:
                _unit = k.PppOpen(Line, _pid);
                Machine.Oracle.Opened(k, _unit, Line);
                break;
            case Op.Exit:
                CloseTty();
                Exited(now);
                break;
        }

        Say(Name(op), e);
    }

    private static string Name(Op op) => op switch
    {
        Op.OpenUnit => "TIOCSETD ppp",
        Op.NpDrop => "PPPIOCSNPMODE drop",
        Op.SifDown => "sifdown",
        Op.SifUp => "sifup",
        Op.DelFirstAddress => "SIOCDIFADDR (whatever is there)",
        Op.AddAddress => "SIOCAIFADDR",
        Op.DelAddress => "SIOCDIFADDR",
        Op.AddAddress6 => "SIOCAIFADDR_IN6",
        Op.DelAddress6 => "SIOCDIFADDR_IN6",
        Op.AddDefault => "RTM_ADD default",
        Op.DelDefault => "RTM_DELETE default",
        Op.PassIp => "PPPIOCSNPMODE pass IP",
        Op.PassIpv6 => "PPPIOCSNPMODE pass IPv6",
        Op.LinkDownScripts => "ip-down script",
        Op.Terminated => "link terminated",
        Op.AddProxy => "RTM_ADD proxy ARP",
        Op.DelProxy => "RTM_DELETE proxy ARP",
        Op.TakeUnit => "takes its unit back",
        Op.Exit => "exit",
        _ => "write",
    };

    void IPppActions.SendFrame(ReadOnlySpan<byte> frame)
    {
        _writes.Add(VirtualTime.Zero, frame, 0);
        Do(Op.Write);
    }

    void IPppActions.IpcpUp(Ipv4Address ours, Ipv4Address his)
    {
        _ipcpUp = true;
        _failures = 0;
        DecideDisconnect();
        if (_options.Demand && _demandUp)
        {
            Do(Op.PassIp);
            return;
        }

        _local = ours;
        _peer = his;
        _demandUp = true;
        Do(Op.DelFirstAddress);
        Do(Op.AddAddress);
        Do(Op.SifUp);
        Do(Op.PassIp);
        if (_options.DefaultRoute)
        {
            Do(Op.AddDefault);
        }

        if (_options.ProxyArp)
        {
            Do(Op.AddProxy);
        }
    }

    void IPppActions.IpcpDown()
    {
        if (!_ipcpUp)
        {
            return;
        }

        _ipcpUp = false;
        Machine.Counters.Disconnects++;
        _lost = 1 + Machine.KernelAge;
        Do(Op.NpDrop);
        if (!_options.Demand)
        {
            Do(Op.SifDown);
            ClearAddresses();
        }

        Do(Op.LinkDownScripts);
    }

    // ipcp_clear_addrs (ipcp.c): proxy ARP, the default route, the address.
    private void ClearAddresses()
    {
        if (_proxied)
        {
            Do(Op.DelProxy);
        }

        if (_options.DefaultRoute)
        {
            Do(Op.DelDefault);
        }

        Do(Op.DelAddress);
    }

    // die() of a pppd that kept its unit for the next call (demand): sys_cleanup, then the unit goes with the last close.
    private void Quit()
    {
        if (_options.Demand && _demandUp)
        {
            Do(Op.TakeUnit);
            CleanUp();
        }

        Do(Op.Exit);
    }

    private void CleanUp()
    {
        _demandUp = false;
        Do(Op.SifDown);
        ClearAddresses();
        if (_has6)
        {
            Do(Op.DelAddress6);
        }
    }

    void IPppActions.Ipv6cpUp(ulong ours, ulong his)
    {
        if (_options.Demand && _has6)
        {
            Do(Op.PassIpv6);
            return;
        }

        _local6 = Ipv6Address.LinkLocal(ours);
        _peer6 = Ipv6Address.LinkLocal(his);
        Do(Op.AddAddress6);
        Do(Op.SifUp);
        Do(Op.PassIpv6);
    }

    void IPppActions.Ipv6cpDown()
    {
        Do(Op.NpDrop);
        if (!_options.Demand)
        {
            Do(Op.SifDown);
            Do(Op.DelAddress6);
        }
    }

    void IPppActions.LinkTerminated(PppTermination reason)
    {
        if (_asked && _options.Demand && _demandUp && _unit >= 0)
        {
            CleanUp();
        }

        Do(Op.Terminated);
    }
}
