// Modelled from NetBSD sys/net/if_ppp.c 1.111 and ppp_tty.c 1.45 (reference 5.1-5.3), with 1.88's static units as an option.
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    // ppp_create(-1): a zeroed softc, the lowest free unit number, if_attach.
    private int PppCreate()
    {
        using Frame frame = Enter(KernelFunction.PppCreate);
        int block = Heap.Malloc(0, BlockImage.PppSoftc);
        bool again = KernelHeap.IsSoftc(Heap.ReplacedImage);
        int slot = _ifs.Put(new Ifnet
        {
            Address = Heap.AddressOf(block),
            Generation = Heap.Block(block).Generation,
            Block = block,
            ExtraBlock = -1,
            Unit = (short)LowestFreeUnit(),
            Line = -1,
            Flags = Iff.PointToPoint | Iff.Multicast,
            Mtu = (ushort)_options.PppMtu,
            Attached = true,
        });
        IfAttach(slot);
        _oracle.Attached(this, slot, again);
        return slot;
    }

    private int LowestFreeUnit()
    {
        for (int unit = 0; ; unit++)
        {
            bool taken = false;
            for (int i = 0; i < _ifs.Length; i++)
            {
                taken |= _ifs[i].Attached && _ifs[i].Unit == unit;
            }

            if (!taken)
            {
                return unit;
            }
        }
    }

    /// <summary>PPPIOCXFERUNIT: the unit waits for the caller's next pppopen (demand).</summary>
    public void PppIocXferUnit(int slot, int pid) => _ifs[slot].Xfer = pid;

    /// <summary>PPPIOCSNPMODE for both protocols.</summary>
    public void PppIocSNpMode(int slot, bool ip, bool ipv6)
    {
        _ifs[slot].PassIp = ip;
        _ifs[slot].PassIpv6 = ipv6;
    }

    /// <summary>PPPIOCSFLAGS: how frames to the peer begin.</summary>
    public void PppIocSFlags(int slot, PppFlags flags) => _ifs[slot].PppFlags = flags;

    private void PppDealloc(int slot)
    {
        using Frame frame = Enter(KernelFunction.PppDealloc);
        IfDown(slot);
        SetFlags(slot, _ifs[slot].Flags & ~(Iff.Up | Iff.Running));
        _ifs[slot].Line = -1;
        if (_options.PppUnits == PppUnits.Cloned)
        {
            frame.Then(KernelFunction.PppCloneDestroy);
            IfDetach(slot);
            FreeSoftc(slot);
        }
    }

    // pppoutput: sc_devp through if_softc; ENETDOWN without a tty or when down.
    private Errno PppOutput(int slot, PppProtocol protocol, ReadOnlySpan<byte> packet)
    {
        ref Ifnet ifp = ref _ifs[slot];
        if (ifp.Line < 0 || (ifp.Flags & (Iff.Up | Iff.Running)) != (Iff.Up | Iff.Running))
        {
            return Errno.ENETDOWN;
        }

        if (!(protocol == PppProtocol.Ipv4 ? ifp.PassIp : ifp.PassIpv6))
        {
            return Errno.None; // NPMODE_DROP
        }

        Span<byte> frame = stackalloc byte[PppHeader.MaxLength + packet.Length];
        int header = PppHeader.Write(frame, protocol, (ifp.PppFlags & PppFlags.CompressAddress) != 0, (ifp.PppFlags & PppFlags.CompressProtocol) != 0);
        packet.CopyTo(frame[header..]);
        _host.TtyOutput(ifp.Line, frame[..(header + packet.Length)]);
        return Errno.None;
    }

    // ppp_inproc: network packets go up where NPMODE passes them; everything else waits for pppd.
    private void PppInProc(int slot, int line, ReadOnlySpan<byte> frame)
    {
        if (!PppHeader.TryParse(frame, out PppProtocol protocol, out int header))
        {
            return;
        }

        switch (protocol)
        {
            case PppProtocol.Ipv4:
                if (_ifs[slot].PassIp)
                {
                    IpInput(slot, frame[header..]);
                }

                break;
            case PppProtocol.Ipv6:
                if (_ifs[slot].PassIpv6)
                {
                    Ip6Input(slot, frame[header..]);
                }

                break;
            default:
                _host.TtyInput(line, frame);
                break;
        }
    }

    // if_output of a live interface, with the route that led to it where that may name a gateway.
    private Errno IfOutput(int slot, PppProtocol protocol, ReadOnlySpan<byte> packet, int route = -1) =>
        slot == _station ? EtherOutput(protocol, packet, route) : LeadsOut(slot) ? Errno.None : ClonedKind.IsCloned(_ifs[slot].Unit) ? ClonedOutput(slot, protocol, packet) : PppOutput(slot, protocol, packet);

    // The stale path of "(*ifp->if_output)(ifp, ...)": jump through the word, then pppoutput loads if_softc and follows it. Other drivers' ether_output reads if_flags first.
    private Errno StaleOutput(IfnetPtr p, HolderKind holder, UseSite site)
    {
        if (ReadWord(p, KernelWord.IfOutput) == KernelHeap.TextClonedOutput)
        {
            if (((Iff)ReadWord(p, KernelWord.IfFlags) & (Iff.Up | Iff.Running)) == (Iff.Up | Iff.Running))
            {
                Follow(ReadWord(p, KernelWord.IfSoftc), site, holder, p, KernelWord.IfSoftc);
            }

            return Errno.ENETDOWN;
        }

        Jump(ReadWord(p, KernelWord.IfOutput), KernelHeap.TextPppOutput, site, holder, p, KernelWord.IfOutput);
        uint softc = ReadWord(p, KernelWord.IfSoftc);
        Follow(softc, UseSite.PppOutput, holder, p, KernelWord.IfSoftc);
        return Errno.ENETDOWN;
    }
}
