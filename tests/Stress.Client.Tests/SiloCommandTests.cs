using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>The command line of a silo that cannot start: refused before anything is begun, whether there is a cluster or not.</summary>
public sealed class SiloCommandTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Theory]
    [InlineData("--silo-port")]
    [InlineData("--gateway-port")]
    [InlineData("--metrics-port")]
    [InlineData("--dashboard-port")]
    public async Task A_port_that_is_taken_is_named_with_its_option(string option)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string port = Port(taken);
        string[] free = [.. Free(3)];
        (string Option, string Port)[] ports = [("--silo-port", free[0]), ("--gateway-port", free[1]), ("--metrics-port", "0"), ("--dashboard-port", free[2])];

        Assert.Equal(ExitCodes.Usage, await Silo([.. ports.SelectMany(one => (string[])[one.Option, one.Option == option ? port : one.Port]), "--dashboard"]));
        Assert.StartsWith($"stress: {option} {port}: ", _screen.Error, StringComparison.Ordinal);
        Assert.Contains($"; accepted is a free port of 127.0.0.1{(option == "--metrics-port" ? ", or 0" : "")}", Assert.Single(_screen.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_port_for_two_things_is_refused()
    {
        string port = Free(1).Single();

        Assert.Equal(ExitCodes.Usage, await Silo("--silo-port", port, "--gateway-port", port, "--metrics-port", "0"));
        Assert.Equal($"stress: --gateway-port {port}: it is the --silo-port too; accepted is a port of its own", _screen.Error.Trim());
    }

    [Fact]
    public async Task An_address_of_another_machine_is_refused()
    {
        Assert.Equal(ExitCodes.Usage, await Silo("--listen", "203.0.113.9"));
        Assert.StartsWith("stress: --listen 203.0.113.9: ", _screen.Error, StringComparison.Ordinal);
        Assert.EndsWith("; accepted is an address of this machine", Assert.Single(_screen.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    private Task<int> Silo(params string[] words) => _screen.Run(["silo", "--cluster", "redis://127.0.0.1:1", .. words]);

    private static IEnumerable<string> Free(int count) => Enumerable.Range(0, count).Select(_ => Programs.FreeLoopbackPort().ToString(CultureInfo.InvariantCulture));

    private static string Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
}
