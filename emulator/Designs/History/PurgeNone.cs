using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs.History;

/// <summary>if_detach takes addresses and routes away and asks no socket. Source: OpenBSD before ec0be06b6d98; lwIP netif_remove before 939180c1a1b6.</summary>
public class PurgeNone : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "purge-none";

    /// <inheritdoc/>
    public override string Source => "OpenBSD before ec0be06b6d98; lwIP before 939180c1a1b6";

    /// <inheritdoc/>
    public override string Summary => "if_detach takes addresses and routes away and asks no socket.";

    /// <inheritdoc/>
    public override bool AsksAddressedFamilies => false;
}
