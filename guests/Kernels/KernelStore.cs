using System.Text.Json;

namespace Stress.Guests.Kernels;

/// <summary>The kernels of a cache, and Debian's prebuilt one if it is installed.</summary>
public sealed class KernelStore(GuestCache cache)
{
    internal const string RecordName = "kernel.json", DebianName = "debian";
    private const string DebianProgram = "/usr/bin/linux.uml";

    /// <summary>All, newest first, with those of <c>--kcov</c> and those that <c>judge</c> built after the others; two with the same name are both listed.</summary>
    public IReadOnlyList<GuestKernel> All()
    {
        var found = new List<GuestKernel>();
        if (Directory.Exists(cache.Kernels))
        {
            found.AddRange(Directory.GetDirectories(cache.Kernels).Select(Read).OfType<GuestKernel>().OrderBy(kernel => kernel.FixOf is not null || kernel.Kcov).ThenByDescending(kernel => kernel.Built));
        }

        if (File.Exists(DebianProgram))
        {
            found.Add(new GuestKernel { Name = DebianName, Key = "", Release = "of the package", Source = "Debian package user-mode-linux", Program = DebianProgram });
        }

        return found;
    }

    /// <summary>The newest kernel of a name or key.</summary>
    /// <exception cref="GuestException">There is none; the message says which there are.</exception>
    public GuestKernel Find(string name)
    {
        IReadOnlyList<GuestKernel> all = All();
        return all.FirstOrDefault(kernel => kernel.Name == name) ?? all.FirstOrDefault(kernel => name.Length >= 4 && kernel.Key.StartsWith(name, StringComparison.Ordinal))
            ?? throw new GuestException(
                GuestProblem.Unavailable,
                all.Count == 0 ? $"no kernel '{name}': none is built yet (./stress kernel build)" : $"no kernel '{name}'; accepted: {string.Join(", ", all.Select(k => k.Name).Distinct())}, or the start of a key");
    }

    /// <summary>A kernel that can be a site: the one of a name or key, or the newest.</summary>
    /// <param name="name">A name, or the start of a key; empty or null for the newest.</param>
    /// <exception cref="GuestException">There is none, or it does not support virtual time.</exception>
    public GuestKernel FindSite(string? name)
    {
        GuestKernel kernel = !string.IsNullOrEmpty(name) ? Find(name)
            : All().FirstOrDefault(kernel => kernel.VirtualTime && !kernel.Kcov) ?? throw new GuestException(GuestProblem.Unavailable, "no kernel is built yet: ./stress kernel build builds one");
        kernel.CheckSite();
        return kernel;
    }

    /// <summary>Removes a kernel from the cache.</summary>
    /// <exception cref="GuestException">There is none, or it is not ours.</exception>
    public GuestKernel Remove(string name)
    {
        GuestKernel kernel = Find(name);
        if (kernel.Program is not null)
        {
            throw new GuestException(GuestProblem.Wrong, $"'{name}' is {kernel.Source}; accepted: a kernel that was built here");
        }

        foreach (string folder in (string[])[Path.Combine(cache.Kernels, kernel.Key), KernelBuilder.TreeOf(cache, kernel.Key)])
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return kernel;
    }

    internal GuestKernel? ByKey(string key) => Read(Path.Combine(cache.Kernels, key));

    internal void Write(GuestKernel kernel) =>
        File.WriteAllText(Path.Combine(cache.Kernels, kernel.Key, RecordName), JsonSerializer.Serialize(kernel, CacheJson.Options));

    private static GuestKernel? Read(string folder)
    {
        string record = Path.Combine(folder, RecordName);
        if (!File.Exists(record) || !File.Exists(Path.Combine(folder, "linux")))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<GuestKernel>(File.ReadAllText(record), CacheJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
