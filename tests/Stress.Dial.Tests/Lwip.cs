using System.Diagnostics;
using System.Globalization;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Dial.Tests;

/// <summary>A test against lwIP: needs gcc and lwIP's source. Skipped without them; failing where tools are required.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LwipFactAttribute : FactAttribute
{
    /// <inheritdoc/>
    public override string? Skip => Tools.Required ? null : Lwip.Missing;
}

/// <summary>The independent PPP implementation: lwIP, driven by <c>tests/lwip/peer.c</c>.</summary>
internal static class Lwip
{
    private static readonly Lazy<string> Built = new(Build);

    /// <summary>What is missing, or null.</summary>
    public static string? Missing =>
        Tools.Find("gcc") is null ? "needs gcc (Debian package gcc)"
        : Source is null ? "needs lwIP's source (Debian package lwip): run tests/lwip/fetch.sh, or set STRESS_LWIP_SOURCE"
        : null;

    /// <summary>The peer's program, built once.</summary>
    public static string Peer => Built.Value;

    private static string? Source
    {
        get
        {
            string? named = Environment.GetEnvironmentVariable("STRESS_LWIP_SOURCE");
            string[] places = named is null ? [Repository.At("tests/lwip/source")] : [named];
            return places.FirstOrDefault(place => File.Exists(Path.Combine(place, "src/netif/ppp/pppos.c")));
        }
    }

    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Peer) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    /// <summary>The port that a listening peer tells.</summary>
    public static int Port(Process peer) => int.Parse(peer.StandardOutput.ReadLine()!.Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>The counts that a peer tells at its end: calls, with IPCP open, with IPV6CP open.</summary>
    public static (int Calls, int Ip, int Ip6) Finish(Process peer)
    {
        peer.StandardInput.Close();
        string[] words = peer.StandardOutput.ReadToEnd().Trim().Split(' ');
        peer.WaitForExit();
        Assert.Equal(0, peer.ExitCode);
        return (int.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[3], CultureInfo.InvariantCulture), int.Parse(words[5], CultureInfo.InvariantCulture));
    }

    private static string Build()
    {
        Assert.True(Missing is null, Missing);
        string output = Path.Combine(AppContext.BaseDirectory, "lwip-peer");
        string[] inputs = [.. Directory.GetFiles(Repository.At("tests/lwip"), "*.*").Where(file => Path.GetExtension(file) is ".c" or ".h" or ".sh")];
        if (!File.Exists(output) || inputs.Any(input => File.GetLastWriteTimeUtc(input) > File.GetLastWriteTimeUtc(output)))
        {
            using Process build = Process.Start(new ProcessStartInfo("bash", [Repository.At("tests/lwip/build.sh"), Source!, output]) { RedirectStandardError = true })!;
            string errors = build.StandardError.ReadToEnd();
            build.WaitForExit();
            Assert.True(build.ExitCode == 0, errors);
        }

        return output;
    }
}
