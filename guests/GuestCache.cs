using System.Security.Cryptography;
using System.Text;

namespace Stress.Guests;

/// <summary>Where built kernels and guest systems are kept: <c>$XDG_CACHE_HOME/stress</c>, or <c>~/.cache/stress</c>.</summary>
public sealed class GuestCache
{
    /// <summary>The variable that names another folder for the cache.</summary>
    public const string Variable = "STRESS_CACHE";

    /// <summary>The variable that names the folder for running guests: a tmpfs not mounted noexec, since a guest's memory is a file there.</summary>
    public const string ScratchVariable = "STRESS_SCRATCH";

    /// <summary>The cache of the user, or of the folder that <c>STRESS_CACHE</c> names.</summary>
    public static GuestCache OfUser()
    {
        string? named = Environment.GetEnvironmentVariable(Variable), home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return new GuestCache(
            !string.IsNullOrEmpty(named) ? named
            : Path.Combine(!string.IsNullOrEmpty(home) ? home : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "stress"));
    }

    /// <summary>A cache at a place.</summary>
    public GuestCache(string root) => Root = Path.GetFullPath(root);

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>Kernels, one folder each.</summary>
    public string Kernels => Path.Combine(Root, "kernels");

    /// <summary>Guest systems, one folder each.</summary>
    public string Systems => Path.Combine(Root, "systems");

    /// <summary>Debian packages as they were fetched.</summary>
    public string Packages => Path.Combine(Root, "packages");

    /// <summary>A short name for everything that decides a result: the first 16 hex digits of a SHA-256 over labelled inputs.</summary>
    internal static string Key(IEnumerable<(string Label, byte[] Content)> inputs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string label, byte[] content) in inputs)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{label}\0{content.Length}\0"));
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    internal static async Task<string> HashOfFileAsync(string path, CancellationToken stop)
    {
        await using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, stop).ConfigureAwait(false));
    }
}
