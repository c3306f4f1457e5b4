using Stress.Guests.Processes;

namespace Stress.Guests.Kernels;

/// <summary>Programs and headers that a build needs, with the Debian package of each.</summary>
public static class BuildTools
{
    /// <summary>For a kernel.</summary>
    public static IReadOnlyList<(string Needed, string Package)> ForKernels { get; } =
    [
        ("gcc", "gcc"), ("make", "make"), ("flex", "flex"), ("bison", "bison"), ("bc", "bc"), ("xz", "xz-utils"), ("tar", "tar"), ("patch", "patch"), ("/usr/include/stdlib.h", "libc6-dev"),
    ];

    /// <summary>For a guest system.</summary>
    public static IReadOnlyList<(string Needed, string Package)> ForSystems { get; } = [("gcc", "gcc"), ("/usr/include/stdlib.h", "libc6-dev"), ("dpkg-deb", "dpkg")];

    /// <summary>The packages that are missing, in order.</summary>
    public static IReadOnlyList<string> Missing(IEnumerable<(string Needed, string Package)> needed) =>
        [.. needed.Where(n => n.Needed.StartsWith('/') ? !File.Exists(n.Needed) : Tool.Find(n.Needed) is null).Select(n => n.Package).Distinct()];

    /// <summary>Throws when something is missing, naming the command that installs all of it.</summary>
    internal static void Check(IEnumerable<(string Needed, string Package)> needed)
    {
        IReadOnlyList<string> missing = Missing(needed);
        if (missing.Count > 0)
        {
            throw new GuestException(GuestProblem.Unavailable, $"the build needs packages that are not installed: apt-get install --no-install-recommends {string.Join(' ', missing)}");
        }
    }
}
