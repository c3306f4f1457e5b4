using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.ExampleDesign;

/// <summary>The worked example of docs/designs.md: half of the mail's proposal a.</summary>
public sealed class PurgeInetOnly : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "purge-inet-only";

    /// <inheritdoc/>
    public override string Source => "worked example, docs/designs.md";

    /// <inheritdoc/>
    public override string Summary => "if_detach sends PRU_PURGEIF to the protocols of AF_INET, whatever addresses remain; AF_INET6 is as in 2005.";

    /// <inheritdoc/>
    public override void BeforeDetach(BsdKernel kernel, IfnetPtr p) => kernel.PurgeInetFamily(p);
}
