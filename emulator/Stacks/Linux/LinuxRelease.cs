using System.Globalization;

namespace Stress.Emulator.Stacks.Linux;

/// <summary>
/// How a release differs from Linux 6.18, which the model represents. Each difference is a switch, with the source that shows it; a release between two that were read is treated as the newer one.
/// </summary>
/// <param name="FreesInDeviceAtOnce">
/// The last reference to an in_device frees it at once, and the device's own reference waits for readers: in_dev_finish_destroy and inetdev_destroy in net/ipv4/devinet.c of 6.1.192. In 6.12.117 it is the other way round.
/// </param>
public sealed record LinuxRelease(bool FreesInDeviceAtOnce)
{
    /// <summary>The one that is modelled.</summary>
    public static readonly LinuxRelease Modelled = new(false);

    /// <summary>A kernel's release.</summary>
    /// <param name="release">As <c>uname -r</c> says it; null, or not a number, for the modelled one.</param>
    public static LinuxRelease Of(string? release)
    {
        string[] parts = (release ?? "").Split('.', '-');
        return parts.Length > 1 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major) && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor)
            ? new LinuxRelease((major, minor).CompareTo((6, 1)) <= 0)
            : Modelled;
    }
}
