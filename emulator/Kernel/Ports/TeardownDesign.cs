namespace Stress.Emulator.Kernel.Ports;

/// <summary>
/// A teardown design: what a holder of an interface pointer stores, when it is checked, and what detach and address removal purge.
/// The kernel calls these hooks; nowhere else does a design appear. A design keeps no state of its own: one instance serves every router.
/// </summary>
public abstract class TeardownDesign
{
    /// <summary>The name in scenarios and on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Where the design comes from.</summary>
    public abstract string Source { get; }

    /// <summary>One line for people.</summary>
    public abstract string Summary { get; }

    /// <summary>
    /// Whether the design is meant to end the crashes caused by a stale reference in this holder. A fix is judged by this in a scenario whose bands were written for another
    /// design; it is not judged by crashes that it does not claim to end.
    /// </summary>
    public virtual bool Ends(HolderKind holder) => true;

    /// <summary>Whether udp6_output tests the cached route's RTF_UP before it uses rt_ifp.</summary>
    public virtual bool ValidatesRouteBeforeUse => false;

    /// <summary>Whether deleting a route clears the caches that point to it.</summary>
    public virtual bool InvalidatesRouteCaches => false;

    /// <summary>Whether if_detach sends PRU_PURGEIF to the protocols of each family that has an address on the interface; otherwise it only removes the addresses.</summary>
    public virtual bool AsksAddressedFamilies => true;

    /// <summary>Whether what this holder stores is an index: no pointer is left behind when the interface goes.</summary>
    public virtual bool StoresIndex(HolderKind holder) => false;

    /// <summary>Whether two stored references name the same interface.</summary>
    public virtual bool Same(IfnetPtr a, IfnetPtr b) => a.Address == b.Address;

    /// <summary>Called before every use of a stored reference.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="p">What the holder stored.</param>
    /// <param name="holder">Which holder.</param>
    /// <param name="slot">The interface, when the answer is <see cref="UseCheck.Found"/>.</param>
    public virtual UseCheck Check(BsdKernel kernel, IfnetPtr p, HolderKind holder, out int slot)
    {
        slot = -1;
        return UseCheck.Unchecked;
    }

    /// <summary>Whether it counts the holders of an interface: it does not know of those that stored one before a kernel was switched to it.</summary>
    public virtual bool CountsHolders => false;

    /// <summary>A long-lived holder stored a reference.</summary>
    public virtual void Hold(BsdKernel kernel, IfnetPtr p)
    {
    }

    /// <summary>A holder dropped its reference.</summary>
    public virtual void Release(BsdKernel kernel, IfnetPtr p)
    {
    }

    /// <summary>In if_detach, after the address loop and before the route walk.</summary>
    public virtual void BeforeDetach(BsdKernel kernel, IfnetPtr p)
    {
    }

    /// <summary>In if_detach, after the per-family data of the interface was freed.</summary>
    public virtual void AtDetach(BsdKernel kernel, IfnetPtr p)
    {
    }

    /// <summary>SIOCDIFADDR has removed an IPv4 address.</summary>
    public virtual void AtInetAddressDelete(BsdKernel kernel, IfnetPtr p)
    {
    }

    /// <summary>The last IPv4 address of an interface was removed.</summary>
    public virtual void AtLastInetAddress(BsdKernel kernel, IfnetPtr p)
    {
    }

    /// <summary>The last IPv6 address of an interface was removed.</summary>
    public virtual void AtLastInet6Address(BsdKernel kernel, IfnetPtr p)
    {
    }

    /// <summary>Whether memory is freed only when every thread inside a read section has left it.</summary>
    public virtual bool WaitsForReaders => false;

    /// <summary>The same for the interface's per-family block.</summary>
    public virtual bool FamilyDataWaitsForReaders => WaitsForReaders;

    /// <summary>Whether the softc is freed as soon as if_detach returns; false leaves it until its last reference is dropped.</summary>
    public virtual bool FreesAtOnce(BsdKernel kernel, IfnetPtr p) => true;
}
