using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Ports;

/// <summary>
/// Ages of a kernel, from its boot to the loss of a link, in classes: a kernel that has been up for months has a different history than one that has just booted, and a rate that
/// holds for one need not hold for the other.
/// </summary>
public static class KernelAge
{
    private static readonly VirtualTime[] Upper =
    [
        VirtualTime.FromMinutes(15), VirtualTime.FromHours(1), VirtualTime.FromHours(4), VirtualTime.FromHours(12), VirtualTime.FromHours(24),
        VirtualTime.FromHours(7 * 24), VirtualTime.FromHours(30 * 24), VirtualTime.FromHours(90 * 24), VirtualTime.Never,
    ];

    private static readonly string[] Names =
        ["below 15 min", "15 min to 1 h", "1 h to 4 h", "4 h to 12 h", "12 h to 1 d", "1 d to 7 d", "7 d to 30 d", "30 d to 90 d", "from 90 d"];

    /// <summary>How many classes there are.</summary>
    public static int Count => Upper.Length;

    /// <summary>The class of an age, from 0.</summary>
    public static int Of(VirtualTime age)
    {
        int i = 0;
        while (i < Upper.Length - 1 && age >= Upper[i])
        {
            i++;
        }

        return i;
    }

    /// <summary>The class in words: <c>1 h to 4 h</c>.</summary>
    public static string Name(int age) => Names[age];
}
