using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Stress.Client;
using Stress.Silo;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>Silos and clients that identify each other by certificates of their cluster's authority.</summary>
public sealed partial class MutualTlsTests
{
    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "8", "--hours", "4"];

    [ToolFact("redis-server")]
    public async Task Silos_and_clients_of_one_authority_give_the_report_of_the_embedded_silo_and_strangers_expired_certificates_and_none_are_refused()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        using var authority = new ClusterAuthority("cluster");
        using var another = new ClusterAuthority("another");
        cluster.Tell(authority.Issue(In(cluster, "silo"), "silo", ofSilo: true));
        await Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
        cluster.Tell(authority.Issue(In(cluster, "client"), "client", ofSilo: false));
        RunningProcess run = cluster.Run("run", onCluster: true, Work);
        await run.End();
        await cluster.Run("embedded", onCluster: false, Work).End();
        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("run"), run.Output);

        // Of another authority: neither trusts the other, and each says so.
        cluster.Tell(another.Issue(In(cluster, "stranger"), "stranger", ofSilo: true));
        Assert.Contains("was refused as a silo: CN=silo: it is not by the cluster's authority", await Refused(cluster), StringComparison.Ordinal);
        await Some(cluster, "was refused the clients' port: CN=stranger: it is not by the cluster's authority");

        // One that trusts the cluster but is not trusted by it. It gets nothing from the clients' port, and a client cannot act as a silo.
        RunningProcess stranger = cluster.BeginSilo(2);
        await Some(cluster, "was refused the silos' port: CN=stranger: it is not by the cluster's authority");
        await stranger.Kill();
        cluster.Tell(authority.Issue(In(cluster, "expired"), "expired", ofSilo: true, expired: true));
        Assert.Contains("expired on ", await Refused(cluster), StringComparison.Ordinal);
        foreach (string variable in (string[])[SiloDefaults.TlsAuthorityVariable, SiloDefaults.TlsCertificateVariable, SiloDefaults.TlsKeyVariable])
        {
            cluster.Environment[variable] = "";
        }

        Assert.Contains("--tls-cert, --tls-key and --tls-ca if its silos require certificates", await Refused(cluster), StringComparison.Ordinal);
        await ShowsNone(cluster.PortOf(0, gateway: false));
        await cluster.SaysOfSilo(0, "was refused the silos' port: it has shown no certificate");

        // The test's certificates are for two days.
        await cluster.SaysOfSilo(0, "the certificate CN=silo expires on ");
        using var http = new HttpClient();
        string metrics = await http.GetStringAsync(MetricsAddress().Match(cluster.OutputOfSilo(0)).Value);
        Assert.InRange(
            double.Parse(NotAfter().Match(metrics).Groups[1].Value, CultureInfo.InvariantCulture) - DateTimeOffset.UtcNow.ToUnixTimeSeconds(), 3600, 2 * 86400);
    }

    [ToolFact("redis-server")]
    public async Task A_silo_with_a_clients_certificate_is_refused_by_the_silos()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        using var authority = new ClusterAuthority("cluster");
        cluster.Tell(authority.Issue(In(cluster, "silo"), "silo", ofSilo: true));
        await cluster.StartSilo(0);
        cluster.Tell(authority.Issue(In(cluster, "client"), "client", ofSilo: false));
        cluster.BeginSilo(1);
        await cluster.SaysOfSilo(0, "was refused the silos' port: CN=client: it is a client's, and no silo's");
    }

    [ToolFact("redis-server")]
    public async Task Certificates_and_authority_are_replaced_in_mid_run_without_a_restart_or_a_loss()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        using var old = new ClusterAuthority("old");
        using var next = new ClusterAuthority("next");
        await cluster.Run("embedded", onCluster: false, Work).End();
        string folder = In(cluster, "tls");
        cluster.Tell(old.Issue(folder, "first", ofSilo: true));
        await Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
        RunningProcess run = cluster.Run("run", onCluster: true, [.. Work, "--pace", "1200", "--checkpoint", "2"]);
        await cluster.Reached("run", 8);

        // As in the runbook: both are trusted, then the certificates are from the new one, then only it is trusted. A silo that has only known the last joins at each.
        old.Issue(folder, "second", ofSilo: true, trusted: [old, next]);
        await cluster.StartSilo(2);
        await Task.WhenAll(cluster.SaysOfSilo(0, "in use from now on: CN=second"), cluster.SaysOfSilo(1, "in use from now on: CN=second"));
        next.Issue(folder, "third", ofSilo: true, trusted: [old, next]);
        await Task.WhenAll(cluster.SaysOfSilo(0, "in use from now on: CN=third"), cluster.SaysOfSilo(1, "in use from now on: CN=third"), cluster.SaysOfSilo(2, "in use from now on: CN=third"));
        next.Issue(folder, "fourth", ofSilo: true);
        await cluster.StartSilo(3);
        await cluster.KillSilo(1);
        await run.End();

        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("run"), run.Output + cluster.OutputOfSilo(0));
    }

    [ToolFact("redis-server")]
    public async Task Files_that_are_missing_do_not_belong_together_or_hold_something_else_are_named_in_one_line()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        using var authority = new ClusterAuthority("cluster");
        using var another = new ClusterAuthority("another");
        string folder = In(cluster, "tls"), certificate = Path.Combine(folder, "tls.crt"), key = Path.Combine(folder, "tls.key"), ca = Path.Combine(folder, "ca.crt");
        authority.Issue(folder, "silo", ofSilo: true);
        another.Issue(In(cluster, "another"), "silo", ofSilo: true);
        string otherKey = Path.Combine(In(cluster, "another"), "tls.key"), otherCa = Path.Combine(In(cluster, "another"), "ca.crt"), none = Path.Combine(folder, "none");

        await Says(["--tls-cert", certificate, "--tls-key", key], $"stress: --tls-cert {certificate}: mutual TLS needs three files; accepted is --tls-ca beside it, or STRESS_TLS_CA in the environment");
        await Says(["--tls-cert", none, "--tls-key", key, "--tls-ca", ca], $"stress: --tls-cert {none}: there is no such file; accepted is a PEM file with the process' certificate");
        await Says(["--tls-cert", key, "--tls-key", key, "--tls-ca", ca], $"stress: --tls-cert {key}: no certificate is in it; accepted is a PEM file that begins with -----BEGIN CERTIFICATE-----");
        await Says(["--tls-cert", certificate, "--tls-key", otherKey, "--tls-ca", ca], $"stress: --tls-key {otherKey}: it is not the key of the certificate --tls-cert {certificate}; accepted is a PEM file with the unencrypted key of that certificate");
        await Says(["--tls-cert", certificate, "--tls-key", key, "--tls-ca", otherCa], $"stress: --tls-cert {certificate}: it is not by the cluster's authority; accepted is a certificate by the authority of --tls-ca {otherCa}");

        async Task Says(string[] files, string line)
        {
            RunningProcess silo = cluster.Stress(["silo", "--cluster", cluster.Address, .. files]);
            Assert.True(await silo.End() == ExitCodes.Usage, silo.Output);
            Assert.Equal(line, silo.Output.Trim());
        }
    }

    private static string In(LocalCluster cluster, string name) => Path.Combine(cluster.Folder, name);

    // What a rejected client reports: one line, and the exit code for a temporary error.
    private static async Task<string> Refused(LocalCluster cluster)
    {
        RunningProcess client = cluster.Stress("runs", "--cluster", cluster.Address);
        Assert.True(await client.End() == ExitCodes.Unavailable, client.Output);
        return Assert.Single(client.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    // One of the two silos reports it: which of them is asked is up to the client.
    private static async Task Some(LocalCluster cluster, string line) => await await Task.WhenAny(cluster.SaysOfSilo(0, line), cluster.SaysOfSilo(1, line));

    private static async Task ShowsNone(int port)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", port);
        await using var stream = new SslStream(socket.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "stress-silo", RemoteCertificateValidationCallback = (_, _, _, _) => true });
            await stream.WriteAsync(new byte[] { 1 });
            Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            // Refused, by an alert.
        }
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/metrics")]
    private static partial Regex MetricsAddress();

    [GeneratedRegex(@"(?m)^stress_silo_certificate_not_after_timestamp_seconds (\S+)$")]
    private static partial Regex NotAfter();
}
