using System.Text.RegularExpressions;
using Stress.Guests.Processes;

namespace Stress.Guests.Systems;

/// <summary>Fetches Debian packages with the system's own apt, once each; nothing is installed.</summary>
internal sealed partial class DebianPackages(GuestCache cache)
{
    /// <summary>The package files of the versions that apt offers.</summary>
    /// <exception cref="GuestException">apt or a package is not there.</exception>
    public async Task<IReadOnlyList<(GuestPackage Package, string File)>> FetchAsync(IReadOnlyList<string> names, Action<string> tell, CancellationToken stop)
    {
        if (Tool.Find("apt-get") is null || Tool.Find("dpkg-deb") is null)
        {
            throw new GuestException(GuestProblem.Unavailable, "a guest system is made of Debian packages, and this system has no apt-get and dpkg-deb");
        }

        Directory.CreateDirectory(cache.Packages);
        string[] lines;
        try
        {
            // Not in the folder of packages: apt prints nothing of what is already in the working directory.
            lines = (await Tool.OutputAsync("/", stop, "apt-get", ["--print-uris", "download", .. names]).ConfigureAwait(false)).Split('\n');
        }
        catch (GuestException e)
        {
            throw new GuestException(GuestProblem.Unavailable, $"apt does not offer every package of the guest system (try: apt-get update): {e.Message}");
        }

        var found = new List<(GuestPackage, string)>();
        var missing = new List<string>();
        foreach (string line in lines)
        {
            Match m = Uri().Match(line);
            if (!m.Success)
            {
                continue;
            }

            string file = Path.Combine(cache.Packages, m.Groups["file"].Value), hash = m.Groups["hash"].Value;
            string[] words = m.Groups["file"].Value.Split('_');
            found.Add((new GuestPackage(words[0], System.Uri.UnescapeDataString(words[1]), hash), file));
            if (!File.Exists(file) || await GuestCache.HashOfFileAsync(file, stop).ConfigureAwait(false) != hash)
            {
                missing.Add(words[0]);
            }
        }

        if (missing.Count > 0)
        {
            tell($"fetching {missing.Count} packages: {string.Join(' ', missing)}");
            await Tool.OutputAsync(cache.Packages, stop, "apt-get", ["-o", "APT::Sandbox::User=root", "download", .. missing]).ConfigureAwait(false);
        }

        foreach ((GuestPackage package, string file) in found)
        {
            if (!File.Exists(file) || await GuestCache.HashOfFileAsync(file, stop).ConfigureAwait(false) != package.Sha256)
            {
                throw new GuestException(GuestProblem.Failed, $"{file}: not the package that apt's lists name (try: apt-get update)");
            }
        }

        return [.. found.OrderBy(p => p.Item1.Name, StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"^'[^']+' (?<file>\S+) \d+ SHA256:(?<hash>[0-9a-f]{64})")]
    private static partial Regex Uri();
}
