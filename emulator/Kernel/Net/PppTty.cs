// Modelled from NetBSD sys/net/ppp_tty.c 1.45 (reference 5.1 to 5.3): the line discipline.
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    /// <summary>TIOCSETD to the ppp discipline: pppopen. A unit whose sc_xfer is this pid, else one without a tty, else a new one.</summary>
    /// <returns>The interface slot.</returns>
    public int PppOpen(int line, int pid)
    {
        using Frame frame = Enter(KernelFunction.PppOpen);
        int slot = -1;
        for (int i = 0; i < _ifs.Length && slot < 0; i++)
        {
            if (_ifs[i].Attached && _ifs[i].Unit >= 0 && _ifs[i].Xfer == pid && pid != 0)
            {
                slot = i;
            }
        }

        for (int i = 0; i < _ifs.Length && slot < 0; i++)
        {
            if (_ifs[i].Attached && _ifs[i].Unit >= 0 && _ifs[i].Line < 0 && _ifs[i].Xfer == 0 && !ClonedKind.IsCloned(_ifs[i].Unit))
            {
                slot = i;
            }
        }

        if (slot < 0)
        {
            slot = PppCreate();
        }

        ref Ifnet ifp = ref _ifs[slot];
        ifp.Line = (short)line;
        ifp.Xfer = 0;
        ifp.PassIp = false;
        ifp.PassIpv6 = false;
        ifp.PppFlags = PppFlags.None;
        SetFlags(slot, ifp.Flags | Iff.Running);
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.OpenUnit, slot, ifp.Unit, ifp.Index));
        }

        return slot;
    }

    /// <summary>pppclose: TIOCSETD to another discipline, last close of the tty, or revoke. Destroys a cloned unit unless another tty has taken it over.</summary>
    public void PppClose(int slot, int line)
    {
        if (slot < 0 || !_ifs[slot].Attached || _ifs[slot].Line != line)
        {
            return;
        }

        if (_ifs[slot].Xfer == 0 && _options.PppUnits == PppUnits.Cloned)
        {
            if (HearsCalls)
            {
                _oracle.Record(new SystemCall(SystemCallKind.CloseUnit, slot));
            }
        }

        using Frame frame = Enter(KernelFunction.PppClose);
        if (_ifs[slot].Xfer != 0)
        {
            _ifs[slot].Line = -1; // pppasyncrelinq only: the unit waits for its owner
        }
        else
        {
            PppDealloc(slot);
        }
    }

    // The unit whose discipline is on a tty, or -1.
    private int UnitOnTty(int line)
    {
        for (int slot = 0; slot < _ifs.Length; slot++)
        {
            if (_ifs[slot].Attached && _ifs[slot].Unit >= 0 && _ifs[slot].Line == line)
            {
                return slot;
            }
        }

        return -1;
    }

    /// <summary>
    /// write(2) on the tty (pppwrite): a frame of pppd's own, with its header. The endpoint wrote that by what it has negotiated, since it also serves lines of
    /// other machines; the discipline leaves it as it is.
    /// </summary>
    public Errno PppWrite(int slot, ReadOnlySpan<byte> frame)
    {
        if (slot < 0 || _ifs[slot].Line < 0)
        {
            return Errno.ENETDOWN;
        }

        _host.TtyOutput(_ifs[slot].Line, frame);
        return Errno.None;
    }

    /// <summary>A frame has come off a tty (pppinput): HDLC content without FCS.</summary>
    public void PppInput(int line, ReadOnlySpan<byte> frame)
    {
        int slot = UnitOnTty(line);
        if (slot >= 0)
        {
            PppInProc(slot, line, frame);
        }
    }
}
