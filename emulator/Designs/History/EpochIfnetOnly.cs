namespace Stress.Emulator.Designs.History;

/// <summary>As epoch, but the per-family block of IPv6 is freed at once, before the readers have left. Source: FreeBSD before D54728.</summary>
public sealed class EpochIfnetOnly : Epoch
{
    /// <inheritdoc/>
    public override string Name => "epoch-ifnet-only";

    /// <inheritdoc/>
    public override string Source => "FreeBSD before D54728";

    /// <inheritdoc/>
    public override string Summary => "As epoch, but the per-family block of IPv6 is freed at once, before the readers have left.";

    /// <inheritdoc/>
    public override bool FamilyDataWaitsForReaders => false;
}
