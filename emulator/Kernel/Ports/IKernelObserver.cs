namespace Stress.Emulator.Kernel.Ports;

/// <summary>
/// Watches one kernel, which reports what it does. An observer sees allocation identities, which the kernel does not, and changes nothing in it.
/// </summary>
public interface IKernelObserver
{
    /// <summary>The listener to <see cref="Record"/>: a call is described only if there is one. The same object for the kernel's whole life.</summary>
    SystemCallListener Calls { get; }

    /// <summary>A system call, an interrupt or a competing allocation.</summary>
    void Record(in SystemCall call);

    /// <summary>A rare path was reached.</summary>
    void Probe(Probe probe);

    /// <summary>A unit was created.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="slot">The unit's slot.</param>
    /// <param name="again">The softc's block held an earlier unit's softc.</param>
    void Attached(BsdKernel kernel, int slot, bool again);

    /// <summary>A holder stored a pointer to a unit.</summary>
    void Stored(BsdKernel kernel, int slot, HolderKind holder);

    /// <summary>The last IPv4 address of a unit has gone.</summary>
    void AddressGone(BsdKernel kernel, int slot);

    /// <summary>if_detach is about to return.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="slot">The interface's slot.</param>
    /// <param name="hadInet">It had an AF_INET address when the protocols were asked.</param>
    /// <param name="hadInet6">It had an AF_INET6 address then.</param>
    /// <param name="asked">The design asks the families that have an address.</param>
    void Detached(BsdKernel kernel, int slot, bool hadInet, bool hadInet6, bool asked);

    /// <summary>The softc has been freed, or waits for its last reference.</summary>
    void Freed(BsdKernel kernel, int slot);

    /// <summary>A stale pointer was used; whether that is fatal turns out next.</summary>
    /// <param name="holder">Where it was stored.</param>
    /// <param name="site">The function that used it.</param>
    /// <param name="p">The pointer.</param>
    /// <param name="place">Which of several reads in that function; 0 for the first.</param>
    void StaleUse(HolderKind holder, UseSite site, IfnetPtr p, int place = 0);

    /// <summary>A pointer named another live interface, of this generation.</summary>
    void Alias(HolderKind holder, UseSite site, IfnetPtr p, uint generation);
}
