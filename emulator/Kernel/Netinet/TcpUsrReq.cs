// Modelled from NetBSD sys/netinet/tcp_usrreq.c (PRU_LISTEN, PRU_CONNECT, PRU_ACCEPT, PRU_SEND, PRU_RCVD, tcp_usrclosed) and the socket layer above it (2.0 branch).
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const ushort FirstEphemeralPort = 49_152;

    /// <summary>socket(2), bind(2) to a port of every address, and listen(2). Nobody else has the port.</summary>
    /// <param name="inet6">Over IPv6; else over IPv4.</param>
    /// <param name="port">The port.</param>
    /// <param name="keepAlive">SO_KEEPALIVE, which its connections inherit.</param>
    /// <returns>The pcb's slot.</returns>
    public int TcpListen(bool inet6, ushort port, bool keepAlive)
    {
        int s = OpenSocket(inet6 ? PcbTable.Tcp6 : PcbTable.Tcp, port), t = TcpNewTcpcb(s, TcpState.Listen);
        _tcpcbs[t].KeepAlive = keepAlive;
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Listen, s, port));
        }

        return s;
    }

    /// <summary>socket(2) and connect(2) without waiting: the first SYN is on its way.</summary>
    /// <param name="inet6">Over IPv6; else over IPv4.</param>
    /// <param name="foreign">Where to: of IPv4 in the low 32 bits; a link-local one has its interface's index in it.</param>
    /// <param name="port">Its port.</param>
    /// <param name="keepAlive">SO_KEEPALIVE.</param>
    /// <param name="s">The pcb's slot; -1 where there is an error.</param>
    /// <returns>EADDRNOTAVAIL or EHOSTUNREACH where no route leads there or no address of ours does, and what the first segment met.</returns>
    public Errno TcpConnect(bool inet6, Ipv6Address foreign, ushort port, bool keepAlive, out int s)
    {
        _tcpLastPort = (ushort)(_tcpLastPort < FirstEphemeralPort ? FirstEphemeralPort : _tcpLastPort + 1);
        s = OpenSocket(inet6 ? PcbTable.Tcp6 : PcbTable.Tcp, _tcpLastPort);
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Connect, s, port, Address6: foreign));
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.TcpUsrReq);
        Errno error;
        Ipv6Address local;
        if (inet6)
        {
            error = In6SelectSrc(s, NoInterface, ref foreign, out local);
        }
        else
        {
            error = SelectSource(s, Low(foreign), out Ipv4Address from);
            local = Key(from);
        }

        if (error == Errno.None)
        {
            int t = TcpNewTcpcb(s, TcpState.SynSent);
            ref TcpCb tp = ref _tcpcbs[t];
            (tp.Local, tp.Foreign, tp.ForeignPort, tp.KeepAlive) = (local, foreign, port, keepAlive);
            tp.OurMss = TcpMssToAdvertise(FamilyOf(_pcbs[s]));
            tp.Iss = tp.SndUna = tp.SndNxt = tp.SndMax = TcpNewIss();
            TcpTimerArm(ref tp.Keep, TcpTvKeepInit);
            error = TcpOutput(t);
            if (error != Errno.None)
            {
                tp.NoFdRef = true;
                TcpClose(t);
            }
        }
        else
        {
            RtCacheFree(s);
            _pcbs[s].Used = false;
        }

        s = error == Errno.None ? s : -1;
        return error;
    }

    /// <summary>accept(2) without waiting.</summary>
    /// <param name="s">A socket that listens.</param>
    /// <returns>The connection's pcb, or -1 where none waits.</returns>
    public int TcpAccept(int s)
    {
        for (int t = 0; t < _tcpcbs.Length; t++)
        {
            if (_tcpcbs[t].Used && _tcpcbs[t].Head == s)
            {
                _tcpcbs[t].Head = -1;
                return _tcpcbs[t].Pcb;
            }
        }

        return -1;
    }

    /// <summary>write(2) without waiting.</summary>
    /// <param name="s">A connection.</param>
    /// <param name="bytes">How many; what is written is zeros.</param>
    /// <returns>EAGAIN where there is no room for all of them; of a connection that is closed what closed it, and EINVAL for one that was closed in order.</returns>
    public Errno TcpWrite(int s, int bytes)
    {
        int t = TcpOf(s);
        if (t < 0 || _tcpcbs[t].State is not (TcpState.SynSent or TcpState.Established or TcpState.CloseWait))
        {
            return t >= 0 && _tcpcbs[t].Error != Errno.None ? _tcpcbs[t].Error : Errno.EINVAL;
        }

        if (_tcpcbs[t].SndCc + bytes > TcpSpace)
        {
            return Errno.EAGAIN;
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Sosend, KernelFunction.TcpUsrReq);
        _tcpcbs[t].SndCc += bytes;
        return TcpOutput(t);
    }

    /// <summary>read(2) without waiting: all that has come.</summary>
    /// <returns>In bytes.</returns>
    public int TcpRead(int s)
    {
        int t = TcpOf(s), bytes = t < 0 ? 0 : _tcpcbs[t].RcvCc;
        if (bytes > 0)
        {
            _tcpcbs[t].RcvCc = 0;
        }

        return bytes;
    }

    /// <summary>The connection of a pcb, or who listens there.</summary>
    /// <exception cref="InvalidOperationException">It is no TCP socket.</exception>
    public ref readonly TcpCb TcpCbOf(int s)
    {
        int t = TcpOf(s);
        if (t < 0)
        {
            throw new InvalidOperationException($"pcb {s} is no TCP socket");
        }

        return ref _tcpcbs[t];
    }

    // soclose, tcp_usrclosed. False where the pcb is to be detached now.
    private bool TcpUsrClosed(int s)
    {
        int t = TcpOf(s);
        if (t < 0)
        {
            return false;
        }

        ref TcpCb tp = ref _tcpcbs[t];
        switch (tp.State)
        {
            case TcpState.Established:
                tp.State = TcpState.FinWait1;
                break;
            case TcpState.CloseWait:
                tp.State = TcpState.LastAck;
                break;
            default:
                SynCacheCleanup(s);
                AbortQueue(s);
                _tcpcbs[t].Used = false;
                return false;
        }

        tp.NoFdRef = true;
        TcpOutput(t);
        return true;
    }

    // soabort of what waits in so_q.
    private void AbortQueue(int s)
    {
        for (int t = 0; t < _tcpcbs.Length; t++)
        {
            if (_tcpcbs[t].Used && _tcpcbs[t].Head == s)
            {
                TcpDrop(t, Errno.ECONNRESET);
            }
        }
    }
}
