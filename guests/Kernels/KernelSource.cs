using System.Globalization;
using System.Text;
using Stress.Guests.Processes;

namespace Stress.Guests.Kernels;

/// <summary>A kernel's source tree: a Debian package of one, an archive, or a folder. It is never changed: the build works on a copy.</summary>
public sealed class KernelSource
{
    private const string DebianFolder = "/usr/src";

    private KernelSource(string path, bool isFolder, bool isPackage)
    {
        Path = path;
        IsFolder = isFolder;
        IsPackage = isPackage;
    }

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    private bool IsFolder { get; }

    private bool IsPackage { get; }

    /// <summary>Finds a source.</summary>
    /// <param name="named">A path, or null for the newest <c>linux-source</c> package of the system.</param>
    /// <exception cref="GuestException">It is not there, or no kernel source.</exception>
    public static KernelSource Of(string? named)
    {
        if (named is null)
        {
            string? newest = Directory.Exists(DebianFolder)
                ? Directory.GetFiles(DebianFolder, "linux-source-*.tar.xz").OrderByDescending(VersionOf).FirstOrDefault()
                : null;
            return newest is not null
                ? new KernelSource(newest, false, false)
                : throw new GuestException(GuestProblem.Unavailable, "no kernel source on this system: apt-get install --no-install-recommends linux-source, or name one with --source DEB|DIR|TARBALL");
        }

        string path = System.IO.Path.GetFullPath(named);
        if (Directory.Exists(path))
        {
            return File.Exists(System.IO.Path.Combine(path, "arch/um/Makefile")) && File.Exists(System.IO.Path.Combine(path, "Kconfig"))
                ? new KernelSource(path, true, false)
                : throw new GuestException(GuestProblem.Wrong, $"--source {named}: no Linux source tree (it has no arch/um/Makefile); accepted: a folder with a kernel's source, a .deb of linux-source, or a tar archive");
        }

        if (!File.Exists(path))
        {
            throw new GuestException(GuestProblem.Wrong, $"--source {named}: no such file or folder; accepted: a folder with a kernel's source, a .deb of linux-source, or a tar archive");
        }

        return path.EndsWith(".deb", StringComparison.Ordinal) ? new KernelSource(path, false, true)
            : path.Contains(".tar", StringComparison.Ordinal) || path.EndsWith(".tgz", StringComparison.Ordinal) ? new KernelSource(path, false, false)
            : throw new GuestException(GuestProblem.Wrong, $"--source {named}: neither folder, .deb nor tar archive");
    }

    /// <summary>
    /// What identifies the tree: the content of a file, or of a folder every file's name, size and time of change (not .git and not what a build leaves).
    /// </summary>
    internal async Task<byte[]> IdentityAsync(CancellationToken stop)
    {
        if (!IsFolder)
        {
            return Encoding.UTF8.GetBytes(await GuestCache.HashOfFileAsync(Path, stop).ConfigureAwait(false));
        }

        var text = new StringBuilder();
        foreach (string file in Directory.EnumerateFiles(Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).Order(StringComparer.Ordinal))
        {
            string relative = System.IO.Path.GetRelativePath(Path, file);
            if (relative.StartsWith(".git", StringComparison.Ordinal) || relative.EndsWith(".o", StringComparison.Ordinal) || relative.EndsWith(".cmd", StringComparison.Ordinal))
            {
                continue;
            }

            var info = new FileInfo(file);
            text.Append(CultureInfo.InvariantCulture, $"{relative}\0{info.Length}\0{info.LastWriteTimeUtc.Ticks}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Puts a copy of the tree into a folder.</summary>
    internal async Task CopyAsync(string folder, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        if (IsFolder)
        {
            // Without history and without what a build in the tree left: the copy is built for another architecture.
            await Run("tar", "-C", Path, "--exclude=./.git", "--exclude=*.o", "--exclude=*.ko", "--exclude=*.cmd", "--exclude=./vmlinux*", "-cf", System.IO.Path.Combine(folder, "..", "copy.tar"), ".").ConfigureAwait(false);
            await Run("tar", "-C", folder, "-xf", System.IO.Path.Combine(folder, "..", "copy.tar")).ConfigureAwait(false);
            File.Delete(System.IO.Path.Combine(folder, "..", "copy.tar"));
            foreach (string left in (string[])[".config", "include/config", "include/generated", "arch/um/include/generated", "arch/x86/include/generated"])
            {
                string at = System.IO.Path.Combine(folder, left);
                if (Directory.Exists(at))
                {
                    Directory.Delete(at, recursive: true);
                }
                else if (File.Exists(at))
                {
                    File.Delete(at);
                }
            }

            return;
        }

        string archive = Path;
        if (IsPackage)
        {
            string unpacked = System.IO.Path.Combine(folder, "..", "package");
            await Run("dpkg-deb", "-x", Path, unpacked).ConfigureAwait(false);
            archive = Directory.EnumerateFiles(unpacked, "*.tar.*", SearchOption.AllDirectories).FirstOrDefault()
                ?? throw new GuestException(GuestProblem.Wrong, $"--source {Path}: the package holds no tar archive; accepted: a .deb of linux-source");
        }

        await Run("tar", "-C", folder, "--strip-components=1", "--wildcards", "--exclude=*/Documentation/*.rst", "-xf", archive).ConfigureAwait(false);
        if (!File.Exists(System.IO.Path.Combine(folder, "arch/um/Makefile")))
        {
            throw new GuestException(GuestProblem.Wrong, $"--source {Path}: the archive holds no Linux source tree (no arch/um/Makefile below its first folder)");
        }

        async Task Run(string program, params string[] arguments) => await Tool.OutputAsync("/", stop, program, arguments).ConfigureAwait(false);
    }

    private static Version VersionOf(string file)
    {
        string name = System.IO.Path.GetFileName(file)["linux-source-".Length..^".tar.xz".Length];
        return Version.TryParse(name, out Version? version) ? version : new Version(0, 0);
    }
}
