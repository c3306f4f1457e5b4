namespace Stress.Emulator.Userland;

/// <summary>What a router can be waiting for; the order is part of the model (equal times are served in this order).</summary>
public enum RouterTimer : byte
{
    Boot,
    FastTimeout,
    Cron,
    Ospfd,
    OspfdCore,
    OspfdRespawn,
    Ripngd,
    Competitors,
    Count,
}
