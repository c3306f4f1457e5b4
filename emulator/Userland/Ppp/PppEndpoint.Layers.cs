using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <content>The layers: events of the automata, and what goes up and comes down with each (pppd fsm.c, auth.c).</content>
public sealed partial class PppEndpoint
{
    // One event of one automaton: the new state first, then the actions in the order that FsmTransition gives.
    private void Raise(
        int layer, FsmEvent happened, VirtualTime now, IPppActions actions, byte id = 0, LcpCode code = LcpCode.ConfigureNak, ReadOnlySpan<byte> data = default)
    {
        ref Fsm f = ref _s.Layers[layer];
        if (happened == FsmEvent.Up && layer == Lcp && options.Silent)
        {
            // pppd fsm.c, fsm_lowerup: with silent the layer waits for the peer in Stopped.
            f.State = FsmState.Stopped;
            return;
        }

        FsmTransition t = FsmTable.At(f.State, happened);
        if (!t.Possible)
        {
            return;
        }

        bool fresh = f.State is not (FsmState.ReqSent or FsmState.AckRcvd or FsmState.AckSent);
        f.State = t.Next;
        if (t.Next is not (FsmState.ReqSent or FsmState.AckRcvd or FsmState.AckSent or FsmState.Closing or FsmState.Stopping))
        {
            f.Timer = VirtualTime.Never;
        }

        FsmActions a = t.Actions;
        if ((a & FsmActions.LayerDown) != 0)
        {
            LayerDown(layer, now, actions);
        }

        if ((a & FsmActions.InitializeCounter) != 0)
        {
            f.Restarts = (a & FsmActions.SendTerminateRequest) != 0 ? MaxTerminate : MaxConfigureOf(layer);
        }
        else if ((a & FsmActions.ZeroCounter) != 0)
        {
            f.Restarts = 0;
            f.Timer = now + RestartOf(layer);
        }

        if ((a & FsmActions.SendRequest) != 0)
        {
            if (fresh)
            {
                WantedAgain(layer);
            }

            SendRequest(layer, again: happened == FsmEvent.TimeoutAgain, now, actions);
        }
        else if ((a & FsmActions.SendTerminateRequest) != 0)
        {
            f.Restarts--;
            f.Timer = now + RestartOf(layer);
            f.RequestId = ++f.Id;
            Send(ProtocolOf(layer), LcpCode.TerminateRequest, f.Id, default, actions);
        }

        switch (a & (FsmActions.SendAck | FsmActions.SendNak | FsmActions.SendTerminateAck | FsmActions.SendCodeReject | FsmActions.SendEchoReply))
        {
            case FsmActions.SendAck:
                // pppd fsm.c, fsm_rconfreq: an Ack ends a row of Naks.
                f.Naks = 0;
                (f.AckedId, f.AckedLength, f.AckedSum, f.AckedAt) = (id, (ushort)data.Length, SumOf(data), now);
                Send(ProtocolOf(layer), LcpCode.ConfigureAck, id, data, actions);
                break;
            case FsmActions.SendNak:
                Send(ProtocolOf(layer), code, id, data, actions);
                break;
            case FsmActions.SendTerminateAck:
                Send(ProtocolOf(layer), LcpCode.TerminateAck, id, default, actions);
                break;
            case FsmActions.SendCodeReject:
                _s.Counters.CodeRejects++;
                Send(ProtocolOf(layer), LcpCode.CodeReject, ++f.Id, data[..Math.Min(data.Length, TransmitMru - LcpPacket.HeaderLength)], actions);
                break;
            case FsmActions.SendEchoReply:
                SendEcho(LcpCode.EchoReply, id, data, actions);
                break;
        }

        if ((a & FsmActions.LayerUp) != 0)
        {
            LayerUp(layer, now, actions);
        }
        else if ((a & FsmActions.LayerFinished) != 0)
        {
            LayerFinished(layer, happened, now, actions);
        }
    }

    private void LayerUp(int layer, VirtualTime now, IPppActions actions)
    {
        // What was negotiated is not part of the next negotiation: a call of days may have any number of them.
        _s.Layers[layer].ConfigurePackets = _s.Layers[layer].Naks = _s.Layers[layer].NaksReceived = 0;
        switch (layer)
        {
            case Lcp:
                LcpOpened(now, actions);
                break;
            case Ipcp:
                IpcpOpened(now, actions);
                break;
            default:
                Ipv6cpOpened(now, actions);
                break;
        }
    }

    private void LayerDown(int layer, VirtualTime now, IPppActions actions)
    {
        switch (layer)
        {
            case Lcp:
                LayersDown(now, actions);
                break;
            case Ipcp:
                actions.IpcpDown();
                break;
            default:
                actions.Ipv6cpDown();
                break;
        }
    }

    private void LayerFinished(int layer, FsmEvent happened, VirtualTime now, IPppActions actions)
    {
        if (layer != Lcp)
        {
            NetworkFinished(now, actions);
            return;
        }

        if (_s.Phase != PppPhase.Terminate)
        {
            if (happened == FsmEvent.TimeoutLast && options.Passive)
            {
                return;
            }

            _s.Reason = PppTermination.NegotiationFailed;
        }

        Finish(_s.Reason, actions);
    }

    // np_finished: with the last network protocol the link ends.
    private void NetworkFinished(VirtualTime now, IPppActions actions)
    {
        if (_s.Phase is PppPhase.Network or PppPhase.Running && !NetworkWanted(Ipcp) && !NetworkWanted(Ipv6cp))
        {
            Close(PppTermination.NoNetworkProtocols, now, actions);
        }
    }

    private bool NetworkWanted(int layer) => _s.Layers[layer].State is not (FsmState.Initial or FsmState.Starting or FsmState.Closed or FsmState.Stopped);

    private VirtualTime RestartOf(int layer) => layer switch
    {
        Lcp => options.LcpRestart,
        Ipcp => options.IpcpRestart,
        _ => options.Ipv6cpRestart,
    };

    private int MaxConfigureOf(int layer) => layer switch
    {
        Lcp => options.LcpMaxConfigure,
        Ipcp => options.IpcpMaxConfigure,
        _ => MaxConfigure,
    };

    private int MaxFailureOf(int layer) => layer == Ipcp ? options.IpcpMaxFailure : MaxFailure;

    // upper_layers_down: PAP and CHAP, then IPCP, then IPV6CP, in table order; then LCP itself.
    private void LayersDown(VirtualTime now, IPppActions actions)
    {
        _s.EchoDue = VirtualTime.Never;

        // upap_lowerdown, chap_lowerdown: the next negotiation may agree on no protocol, and then none of this one is answered.
        _s.Ours = _s.His = default;
        if (_s.Phase != PppPhase.Terminate)
        {
            Enter(_s.Layers[Lcp].State is FsmState.Closing or FsmState.Stopping ? PppPhase.Terminate : PppPhase.Establish, actions);
        }

        for (int layer = Ipcp; layer <= Ipv6cp; layer++)
        {
            Raise(layer, FsmEvent.Down, now, actions);
            Raise(layer, FsmEvent.Close, now, actions);
            _s.Layers[layer].Timer = VirtualTime.Never;
        }

        actions.LcpDown();
    }

    // start_networks: all network protocols are opened in table order.
    private void NetworkPhase(VirtualTime now, IPppActions actions)
    {
        Enter(PppPhase.Network, actions);
        if (!options.Ipcp && !options.Ipv6cp)
        {
            Close(PppTermination.NoNetworkProtocols, now, actions);
            return;
        }

        for (int layer = Ipcp; layer <= Ipv6cp; layer++)
        {
            if (layer == Ipcp ? options.Ipcp : options.Ipv6cp)
            {
                _s.Layers[layer].ConfigurePackets = 0;
                Raise(layer, FsmEvent.Open, now, actions);
                Raise(layer, FsmEvent.Up, now, actions);
            }
        }
    }
}
