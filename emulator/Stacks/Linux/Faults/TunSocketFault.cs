namespace Stress.Emulator.Stacks.Linux.Faults;

/// <summary>
/// A tun device does not hold the socket of the file that is attached to it: __tun_detach drops a reference that nobody took, the socket is freed, and tun_queue_purge walks its
/// queues. Making a persistent device attaches a file and closes it, so the first device is enough.
/// </summary>
internal sealed class TunSocketFault(StackOracle oracle) : LinuxFault(oracle)
{
    public override void Registered(StackInterface ifp)
    {
        if (!ifp.IsLoopback)
        {
            Detached(ifp);
        }
    }

    public override void Detached(StackInterface ifp) =>
        Oracle.Die(BadAccessKind.HeapUseAfterFree, "tun_queue_purge", "drivers/net/tun.c", $"sock of the file attached to {ifp.Name}, freed by sock_put in __tun_detach");
}
