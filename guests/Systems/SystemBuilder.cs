using System.Security.Cryptography;
using System.Text;
using Stress.Guests.Kernels;
using Stress.Guests.Processes;

namespace Stress.Guests.Systems;

/// <summary>Makes the guests' initramfs of Debian packages and of what this project adds. The same packages and compiler give the same bytes.</summary>
public sealed class SystemBuilder(GuestCache cache)
{
    private static readonly string[] LibraryFolders = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/frr", "lib64", "usr/lib", "lib"];

    // Applets of busybox that the guests' scripts call.
    private static readonly string[] Applets =
    [
        "cat", "echo", "getty", "grep", "hostname", "ip", "kill", "login", "ls", "mkdir", "mount", "poweroff", "ps", "sed", "setsid", "sh", "sleep", "stty", "tr", "true", "uname", "unshare", "wc",
    ];

    /// <summary>Hash of what this program adds to the packages.</summary>
    internal static string Additions { get; } = GuestCache.Key(
    [
        .. Resources.Of("system").Concat(Resources.Of("agent")).Select(name => (name, Resources.Bytes(name))),
        ("applets", Encoding.UTF8.GetBytes(string.Join(' ', Applets))),
    ]);

    /// <summary>An existing system, or else a new one.</summary>
    /// <param name="tell">Receives messages for the user.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="GuestException">A package or the compiler is not there.</exception>
    public async Task<GuestSystem> EnsureAsync(Action<string> tell, CancellationToken stop) => GuestSystem.Newest(cache) ?? await BuildAsync(tell, stop).ConfigureAwait(false);

    /// <summary>The system of the packages that apt offers now, from the cache where nothing has changed.</summary>
    /// <param name="tell">Receives messages for the user.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="GuestException">A package or the compiler is not there.</exception>
    public async Task<GuestSystem> BuildAsync(Action<string> tell, CancellationToken stop)
    {
        BuildTools.Check(BuildTools.ForSystems);
        IReadOnlyList<(GuestPackage Package, string File)> packages = await new DebianPackages(cache).FetchAsync(Resources.Words("system/packages.txt"), tell, stop).ConfigureAwait(false);
        string compiler = (await Tool.OutputAsync("/", stop, "gcc", "--version").ConfigureAwait(false)).Split('\n')[0];
        string key = GuestCache.Key(
        [
            ("compiler", Encoding.UTF8.GetBytes(compiler)),
            .. packages.Select(p => ("package", Encoding.UTF8.GetBytes($"{p.Package.Name} {p.Package.Version} {p.Package.Sha256}"))),
            ("additions", Encoding.UTF8.GetBytes(Additions)),
        ]);
        if (GuestSystem.Find(cache, key) is { } ready)
        {
            return ready;
        }

        tell("making the guest system");
        string work = Directory.CreateTempSubdirectory("stress-system-").FullName;
        try
        {
            string root = Path.Combine(work, "root");
            Directory.CreateDirectory(root);
            foreach ((_, string file) in packages)
            {
                await Tool.OutputAsync(work, stop, "dpkg-deb", "-x", file, root).ConfigureAwait(false);
            }

            IReadOnlyDictionary<GuestLoad, byte[]> images = await ComposeAsync(work, root, stop).ConfigureAwait(false);
            var system = new GuestSystem(key, Convert.ToHexStringLower(SHA256.HashData(images[GuestLoad.Daemons])), [.. packages.Select(p => p.Package)], Additions);
            system.Write(cache, images);
            return system;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    // An archive for each load, one after another: the kernel unpacks them in turn.
    private static async Task<IReadOnlyDictionary<GuestLoad, byte[]>> ComposeAsync(string work, string root, CancellationToken stop)
    {
        var archives = new SortedDictionary<GuestLoad, CpioArchive> { [GuestLoad.Lists] = new(), [GuestLoad.Pppd] = new(), [GuestLoad.Daemons] = new() };
        CpioArchive archive = archives[GuestLoad.Lists];
        foreach (string folder in (string[])["dev", "proc", "sys", "run", "tmp", "root", "lists", "var/tmp", "etc/ppp/peers"])
        {
            archive.AddFolder(folder);
        }

        archive.AddLink("var/run", "/run");
        archive.AddDevice("dev/console", 5, 1);
        archive.AddDevice("dev/null", 1, 3);
        archive.AddDevice("dev/ppp", 108, 0);
        AddPrograms(archives, root);
        foreach (string applet in Applets)
        {
            archive.AddLink("bin/" + applet, "busybox");
        }

        archive.AddProgram("init", Resources.Bytes("system/init"));
        archive.AddFile("jobs/router", Resources.Bytes("system/router.sh"));
        archive.AddFile("jobs/peer", Resources.Bytes("system/peer.sh"));
        archive.AddFile("jobs/exec", Resources.Bytes("system/exec.sh"));
        archive.AddProgram("bin/ppplogin", Resources.Bytes("system/ppplogin"));
        foreach (string name in (string[])["passwd", "shadow", "group"])
        {
            archive.AddFile("etc/" + name, Resources.Bytes("system/" + name));
        }

        archive.AddFile("etc/ppp/options", []);
        archives[GuestLoad.Daemons].AddProgram("lib/pollup.so", await CompileAsync(work, "system/pollup.c", stop, "-O2", "-shared", "-fPIC", "-Wall", "-Werror").ConfigureAwait(false));
        archive.AddProgram("bin/stress-agent", await CompileAsync(work, "agent/stress-agent.c", stop, "-std=c99", "-O2", "-static", "-s", "-Wall", "-Werror").ConfigureAwait(false));
        var images = new Dictionary<GuestLoad, byte[]>();
        byte[] image = [];
        foreach ((GuestLoad load, CpioArchive part) in archives)
        {
            image = [.. image, .. part.ToArray()];
            images[load] = image;
        }

        return images;
    }

    // What two loads need is in the smaller one.
    private static void AddPrograms(SortedDictionary<GuestLoad, CpioArchive> archives, string root)
    {
        IReadOnlyList<string> words = Resources.Words("system/files.txt");
        var pending = new PriorityQueue<string, GuestLoad>(words.Chunk(2).Select(pair => (pair[1][1..], Enum.Parse<GuestLoad>(pair[0], ignoreCase: true))));
        var added = new HashSet<string>(StringComparer.Ordinal);
        while (pending.TryDequeue(out string? path, out GuestLoad load))
        {
            if (!added.Add(path))
            {
                continue;
            }

            byte[] content = File.ReadAllBytes(Resolve(root, path) ?? throw new GuestException(GuestProblem.Failed, $"the packages of the guest system have no {path}"));
            archives[load].AddProgram(path, content);
            (IReadOnlyList<string> libraries, string? interpreter) = ElfNeeds.Of(content);
            if (interpreter is not null)
            {
                pending.Enqueue(interpreter[1..], load);
            }

            foreach (string library in libraries)
            {
                pending.Enqueue(
                    LibraryFolders.Select(folder => $"{folder}/{library}").FirstOrDefault(candidate => Resolve(root, candidate) is not null)
                    ?? throw new GuestException(GuestProblem.Failed, $"{path} of the guest system needs {library}, and no package of its list has it"),
                    load);
            }
        }
    }

    // A path of the unpacked packages, through links that mean the guest's root.
    private static string? Resolve(string root, string path)
    {
        for (int depth = 0; depth < 8; depth++)
        {
            string full = Path.Combine(root, path);
            if (new FileInfo(full).LinkTarget is { } target)
            {
                path = target.StartsWith('/') ? target[1..] : Path.GetRelativePath(root, Path.GetFullPath(Path.Combine(Path.GetDirectoryName(full)!, target)));
                continue;
            }

            return File.Exists(full) ? full : null;
        }

        return null;
    }

    private static async Task<byte[]> CompileAsync(string work, string source, CancellationToken stop, params string[] options)
    {
        string input = Path.GetFileName(source), output = Path.GetFileNameWithoutExtension(source);
        await File.WriteAllBytesAsync(Path.Combine(work, input), Resources.Bytes(source), stop).ConfigureAwait(false);
        await Tool.OutputAsync(work, stop, "gcc", [.. options, "-Wl,--build-id=none", "-o", output, input]).ConfigureAwait(false);
        return await File.ReadAllBytesAsync(Path.Combine(work, output), stop).ConfigureAwait(false);
    }
}
