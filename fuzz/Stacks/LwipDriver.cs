using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Stress.Guests;
using Stress.Guests.Kernels;

namespace Stress.Fuzz.Stacks;

/// <summary>Builds fuzz/lwip/driver.c with lwIP's source under AddressSanitizer, once for each source, driver and compiler.</summary>
/// <param name="cache">Where it is kept.</param>
public sealed class LwipDriver(GuestCache cache)
{
    /// <summary>The environment's name for the folder with lwIP's <c>src/</c>.</summary>
    public const string Variable = "STRESS_LWIP_SOURCE";

    private const string Usual = "tests/lwip/source", ResourcePrefix = "lwip/";

    // What the driver itself is made of.
    private static readonly string[] Own = ["driver.c", "lwipopts.h", "arch/cc.h"];

    // The parts of lwIP that the driver uses: folders and files below src/.
    private static readonly string[] Parts = ["core", "core/ipv4", "core/ipv6", "netif/ppp", "netif/ppp/polarssl", "apps/mdns", "netif/ethernet.c"];

    /// <summary>The driver's source.</summary>
    public static string Source => Text("driver.c");

    /// <summary>lwIP's source, or null.</summary>
    /// <param name="usual">Where fetch.sh puts it.</param>
    public static string? FindSource(string usual) =>
        new[] { Environment.GetEnvironmentVariable(Variable), usual }.FirstOrDefault(folder => !string.IsNullOrEmpty(folder) && Directory.Exists(Path.Combine(folder, "src", "core")));

    /// <summary>The driver's program.</summary>
    /// <param name="folderOf">Finds a folder of the project from wherever the program runs.</param>
    /// <param name="tell">Receives messages for the user.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="GuestException">The source or the compiler is not there, or it does not build.</exception>
    public async Task<string> EnsureAsync(Func<string, string> folderOf, Action<string> tell, CancellationToken stop)
    {
        string? source = FindSource(folderOf(Usual));
        IReadOnlyList<string> missing = BuildTools.Missing([("gcc", "gcc"), ("/usr/include/stdlib.h", "libc6-dev")]);
        if (source is null || missing.Count > 0)
        {
            string[] needs = [.. new[] { source is null ? $"lwIP's source (bash tests/lwip/fetch.sh gets Debian's, or {Variable} names a folder)" : null, missing.Count > 0 ? $"packages: apt-get install {string.Join(' ', missing)}" : null }.OfType<string>()];
            throw new GuestException(GuestProblem.Unavailable, $"the stack lwip needs {string.Join(", and ", needs)}");
        }

        string[] files = [.. Parts.SelectMany(part => Files(Path.Combine(source, "src", part)))];
        string folder = Path.Combine(cache.Root, "lwip", Key(source, files)), program = Path.Combine(folder, "driver");
        if (!File.Exists(program))
        {
            tell("building lwIP under AddressSanitizer, once");
            Directory.CreateDirectory(Path.Combine(folder, "arch"));
            foreach (string name in Own)
            {
                await File.WriteAllTextAsync(Path.Combine(folder, name), Text(name), stop).ConfigureAwait(false);
            }

            // Concurrent builds must not see half a file.
            string built = $"{program}.{Environment.ProcessId}";
            await CompileAsync(folder, ["-O1", "-g", "-w", "-fsanitize=address", "-fno-omit-frame-pointer", "-I.", $"-I{Path.Combine(Path.GetFullPath(source), "src", "include")}", "driver.c", .. files, "-o", built], stop).ConfigureAwait(false);
            File.Move(built, program, overwrite: true);
        }

        return program;
    }

    private static IEnumerable<string> Files(string place) =>
        (File.Exists(place) ? [Path.GetFullPath(place)] : Directory.EnumerateFiles(place, "*.c").Select(Path.GetFullPath)).Order(StringComparer.Ordinal);

    private static string Key(string source, IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IEnumerable<string> headers = Directory.EnumerateFiles(Path.Combine(source, "src", "include"), "*.h", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
        foreach (string file in files.Concat(headers))
        {
            hash.AppendData(File.ReadAllBytes(file));
        }

        foreach (string name in Own)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Text(name)));
        }

        const int Enough = 16;
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..Enough];
    }

    private static async Task CompileAsync(string folder, string[] arguments, CancellationToken stop)
    {
        using Process gcc = Process.Start(new ProcessStartInfo("gcc", arguments) { WorkingDirectory = folder, RedirectStandardError = true })!;
        string said = await gcc.StandardError.ReadToEndAsync(stop).ConfigureAwait(false);
        await gcc.WaitForExitAsync(stop).ConfigureAwait(false);
        if (gcc.ExitCode != 0)
        {
            string first = said.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal) || line.Contains("cannot find", StringComparison.Ordinal)) ?? said.Trim();
            throw new GuestException(GuestProblem.Failed, $"lwIP does not build: {first}");
        }
    }

    private static string Text(string name) => Resources.Text(ResourcePrefix + name);
}
