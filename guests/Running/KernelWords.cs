namespace Stress.Guests.Running;

/// <summary>Words of the guests' command lines that several kinds of run share.</summary>
internal static class KernelWords
{
    /// <summary>
    /// What a boot gets from us, and from the processor that we play (kernel/stress_user.c), seeds the kernel's random numbers, and they are ready from the start. A
    /// kernel before 6.2 without CONFIG_RANDOM_TRUST_CPU would gather the rest from interrupts, which differ from one execution to the next
    /// (drivers/char/random.c); later ones do not ask.
    /// </summary>
    public static readonly string[] Seeded = ["random.trust_bootloader=1", "random.trust_cpu=1"];
}
