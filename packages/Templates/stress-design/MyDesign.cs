using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace MyDesign;

/// <summary>if_detach purges the protocols of both families, whatever addresses are left: a starting point. Override what your fix does differently; everything else is as in 2005.</summary>
public sealed class Design : TeardownDesign
{
    /// <summary>The name in scenarios and on the command line: letters, digits and hyphens.</summary>
    public override string Name => "my-design";

    /// <summary>Where the design comes from: a commit, a review, a mail.</summary>
    public override string Source => "my own design";

    /// <summary>One line for people: it is shown in reports.</summary>
    public override string Summary => "if_detach sends PRU_PURGEIF to the protocols of both families, whatever addresses remain.";

    /// <summary>In if_detach, after the address loop and before the route walk.</summary>
    /// <param name="kernel">The kernel that detaches the interface.</param>
    /// <param name="p">The interface.</param>
    public override void BeforeDetach(BsdKernel kernel, IfnetPtr p)
    {
        kernel.PurgeInetFamily(p);
        kernel.PurgeInet6Family(p);
    }
}
