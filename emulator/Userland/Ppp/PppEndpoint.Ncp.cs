using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <content>IPCP (RFC 1332 section 3; pppd ipcp.c) and IPV6CP (RFC 5072 section 4; pppd ipv6cp.c).</content>
public sealed partial class PppEndpoint
{
    private Verdict JudgeIpcp(in PppOption o, ref PppOptionWriter nak)
    {
        if (o.Type != (byte)IpcpOptionType.IpAddress || !o.TryUInt32(out uint address))
        {
            return Verdict.Reject;
        }

        var a = new Ipv4Address(address);
        if (!options.RemoteAddress.IsAny && a != options.RemoteAddress)
        {
            nak.UInt32(o.Type, options.RemoteAddress.Value);
            return Verdict.Nak;
        }

        if (a.IsAny)
        {
            // It asks us for an address, and we have none to give.
            return Verdict.Reject;
        }

        _s.HisAddress = a;
        return Verdict.Accept;
    }

    // A peer that does not name its address is asked for it once (pppd: ipcp_reqci, req_addr).
    private void AskForMore(int layer, ref PppOptionWriter nak)
    {
        if (layer == Ipcp && _s.HisAddress.IsAny && nak.Length == 0 && !_s.AskedHisAddress && !options.RemoteAddress.IsAny)
        {
            _s.AskedHisAddress = true;
            nak.UInt32((byte)IpcpOptionType.IpAddress, options.RemoteAddress.Value);
        }
    }

    private PppTermination? IpcpRefused(in PppOption o, bool reject)
    {
        if (o.Type == (byte)IpcpOptionType.IpAddress)
        {
            if (reject)
            {
                _s.AskAddress = false;
            }
            else if (options.LocalAddress.IsAny && o.TryUInt32(out uint address))
            {
                _s.Address = new Ipv4Address(address);
            }
        }

        return null;
    }

    private void IpcpOpened(VirtualTime now, IPppActions actions)
    {
        if (_s.Address.IsAny)
        {
            // pppd: "Could not determine local IP address". The layer has not been announced, so it is taken back silently.
            Abandon(Ipcp, now, actions);
            return;
        }

        if (_s.HisAddress.IsAny)
        {
            _s.HisAddress = options.RemoteAddress.IsAny ? UnknownPeer : options.RemoteAddress;
        }

        Enter(PppPhase.Running, actions);
        actions.IpcpUp(_s.Address, _s.HisAddress);
    }

    private Verdict JudgeIpv6cp(in PppOption o, ref PppOptionWriter nak)
    {
        if (o.Type != (byte)Ipv6cpOptionType.InterfaceIdentifier || !o.TryUInt64(out ulong id))
        {
            return Verdict.Reject;
        }

        if (id == 0 || id == _s.Identifier)
        {
            nak.UInt64(o.Type, DrawIdentifier());
            return Verdict.Nak;
        }

        _s.HisIdentifier = id;
        return Verdict.Accept;
    }

    private PppTermination? Ipv6cpRefused(in PppOption o, bool reject)
    {
        if (o.Type == (byte)Ipv6cpOptionType.InterfaceIdentifier)
        {
            if (reject)
            {
                _s.AskIdentifier = false;
            }
            else if (o.TryUInt64(out ulong id))
            {
                _s.Identifier = id != 0 && id != _s.HisIdentifier ? id : DrawIdentifier();
            }
        }

        return null;
    }

    private void Ipv6cpOpened(VirtualTime now, IPppActions actions)
    {
        if (!_s.AskIdentifier || _s.HisIdentifier == 0 || _s.HisIdentifier == _s.Identifier)
        {
            // pppd: "Could not determine remote LL address", "local and remote LL addresses are equal".
            Abandon(Ipv6cp, now, actions);
            return;
        }

        Enter(PppPhase.Running, actions);
        actions.Ipv6cpUp(_s.Identifier, _s.HisIdentifier);
    }

    // A layer opened without what it needs is closed again, and was never announced.
    private void Abandon(int layer, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _s.Layers[layer];
        f.State = FsmState.Closing;
        f.Restarts = MaxTerminate - 1;
        f.Timer = now + RestartOf(layer);
        Send(ProtocolOf(layer), LcpCode.TerminateRequest, ++f.Id, default, actions);
    }

    private ulong DrawIdentifier()
    {
        // Bit 1 of the first byte is clear: not globally unique (RFC 5072 section 4.1).
        ulong id;
        do
        {
            id = _s.Random.Next() & ~(2UL << 56);
        }
        while (id == 0 || id == _s.Identifier);

        return id;
    }
}
