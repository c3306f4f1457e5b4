using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>Stale pointers of one holder in the kernels of one label.</summary>
public sealed record StaleTally(HolderKind Holder, Role Role)
{
    /// <summary>Holders that became stale at a detach.</summary>
    public long Created { get; set; }

    /// <summary>Stale holders that were cleared or freed without a crash.</summary>
    public long Healed { get; set; }

    /// <summary>Stale holders that exist now.</summary>
    public long Live { get; set; }
}
