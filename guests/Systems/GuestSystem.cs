using System.Text.Json;

namespace Stress.Guests.Systems;

/// <summary>A Debian package of a guest system.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha256">SHA-256 of the package file.</param>
public sealed record GuestPackage(string Name, string Version, string Sha256);

/// <summary>What a guest has to do: unpacking what it does not need would be most of a boot.</summary>
public enum GuestLoad
{
    /// <summary>Operation lists: a shell and the agent.</summary>
    Lists,

    /// <summary>And pppd.</summary>
    Pppd,

    /// <summary>And FRR's daemons: everything.</summary>
    Daemons,
}

/// <summary>An initramfs and what it was made of.</summary>
/// <param name="Key">Its folder in the cache: a hash of everything that decides it.</param>
/// <param name="Sha256">SHA-256 of the initramfs with everything in it.</param>
/// <param name="Packages">The packages, in order of name.</param>
/// <param name="MadeWith">Hash of what this program adds to the packages.</param>
public sealed record GuestSystem(string Key, string Sha256, IReadOnlyList<GuestPackage> Packages, string MadeWith = "")
{
    private const string RecordName = "system.json", ImageName = "initramfs";

    /// <summary>The initramfs for a load; that of a larger one begins with the same bytes.</summary>
    public string ImageOf(GuestCache cache, GuestLoad load = GuestLoad.Daemons) => Path.Combine(cache.Systems, Key, NameOf(load));

    private static string NameOf(GuestLoad load) => load == GuestLoad.Daemons ? ImageName : $"{ImageName}.{load.ToString().ToLowerInvariant()}";

    /// <summary>The newest system of a cache that this program made, whatever packages there are by now; null when there is none.</summary>
    public static GuestSystem? Newest(GuestCache cache) => Directory.Exists(cache.Systems)
        ? Directory.GetDirectories(cache.Systems).Where(folder => File.Exists(Path.Combine(folder, RecordName))).OrderByDescending(folder => File.GetLastWriteTimeUtc(Path.Combine(folder, RecordName)))
            .Select(Read).FirstOrDefault(system => system.MadeWith == SystemBuilder.Additions)
        : null;

    internal static GuestSystem? Find(GuestCache cache, string key) => File.Exists(Path.Combine(cache.Systems, key, RecordName)) ? Read(Path.Combine(cache.Systems, key)) : null;

    internal void Write(GuestCache cache, IReadOnlyDictionary<GuestLoad, byte[]> images)
    {
        string folder = Path.Combine(cache.Systems, Key), building = $"{folder}.{Environment.ProcessId}";
        Directory.CreateDirectory(building);
        foreach ((GuestLoad load, byte[] image) in images)
        {
            File.WriteAllBytes(Path.Combine(building, NameOf(load)), image);
        }

        File.WriteAllText(Path.Combine(building, RecordName), JsonSerializer.Serialize(this, CacheJson.Options));
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.Move(building, folder);
    }

    private static GuestSystem Read(string folder) => JsonSerializer.Deserialize<GuestSystem>(File.ReadAllText(Path.Combine(folder, RecordName)), CacheJson.Options)!;
}
