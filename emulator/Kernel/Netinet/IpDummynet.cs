// Modelled from FreeBSD sys/netinet/ip_dummynet.c: a pipe that delays what is received. No NetBSD of 2005 has it; it is off unless an operation list asks.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private readonly List<Mbuf> _dummynet = [];
    private int _pipeTicks;
    [NotSaved("only dummynet_task sets it, while it runs")]
    private bool _fromDummynet;

    [KernelState]
    private void IpDummynetFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        MbufQueues.Fields(_dummynet, ref pass);
        pass.Field(ref _pipeTicks);
        pass.Transient(ref _fromDummynet);
    }

    /// <summary>One pipe for everything received.</summary>
    /// <param name="ticks">Its delay in ticks of 200 ms; 0 removes it, and what is in it stays until it is due.</param>
    public void DummynetPipe(int ticks) => _pipeTicks = ticks;

    // dummynet_io: the packet is the queue's now, with rcvif as it is.
    private bool DummynetIo(int slot, ReadOnlySpan<byte> packet)
    {
        if (_pipeTicks == 0 || _fromDummynet)
        {
            return false;
        }

        _dummynet.Add(new Mbuf(PointerTo(slot), packet.ToArray(), _pipeTicks));
        return true;
    }

    /// <summary>dummynet_task, a tick of 200 ms: packets whose time has come go to the protocols' input again.</summary>
    public void DummynetTask()
    {
        foreach (Mbuf m in MbufQueues.TakeDue(_dummynet))
        {
            _fromDummynet = true;
            Input(m);
            _fromDummynet = false;
        }
    }
}
