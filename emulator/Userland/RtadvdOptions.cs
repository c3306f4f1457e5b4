using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>rtadvd towards the other end of each line, and the job that lists the known routers.</summary>
public sealed record RtadvdOptions
{
    /// <summary>MaxRtrAdvInterval; zero where no rtadvd runs.</summary>
    public VirtualTime Interval { get; init; }

    /// <summary>AdvDefaultLifetime.</summary>
    public VirtualTime Lifetime { get; init; } = VirtualTime.FromMinutes(30);

    /// <summary>How often ndp -r and ndp -p are run on this system; zero for never.</summary>
    public VirtualTime Listed { get; init; }
}
