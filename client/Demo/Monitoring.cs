using Stress.Guests;
using System.Globalization;

namespace Stress.Client.Demo;

/// <summary>Prometheus and Grafana next to a run, if they are installed, with the rules and dashboards that come with the program.</summary>
internal static class Monitoring
{
    /// <summary>Starts Prometheus on the loopback interface; null if it is not installed.</summary>
    /// <param name="metrics">Port of the run's metrics.</param>
    /// <param name="port">Its own port.</param>
    /// <param name="folder">Folder for what it keeps.</param>
    public static (ChildProgram Program, string Address)? Prometheus(int metrics, int port, string folder)
    {
        if (OnPath("prometheus") is not { } program)
        {
            return null;
        }

        string own = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(folder), "prometheus")).FullName, file = Path.Combine(own, "prometheus.yml");
        string rules = Path.Combine(Path.GetFullPath(ProgramFolders.Find(Path.Combine("observability", "prometheus"))), "rules.yml");
        File.WriteAllText(file, string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            global:
              scrape_interval: 5s
              evaluation_interval: 5s
            {{(File.Exists(rules) ? $"rule_files: ['{rules}']" : "")}}
            scrape_configs:
              - job_name: stress
                static_configs:
                  - targets: ['127.0.0.1:{{metrics}}']
            """));
        string address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        return (ChildProgram.Start(program, [$"--config.file={file}", $"--storage.tsdb.path={Path.Combine(own, "data")}", $"--web.listen-address={address}"]), $"http://{address}");
    }

    /// <summary>Starts Grafana on the loopback interface, readable without a login; null if it is not installed.</summary>
    /// <param name="prometheus">Where Prometheus is.</param>
    /// <param name="port">Its own port.</param>
    /// <param name="folder">Folder for what it keeps.</param>
    public static (ChildProgram Program, string Address)? Grafana(string prometheus, int port, string folder)
    {
        const string Home = "/usr/share/grafana";
        string? server = OnPath("grafana") ?? OnPath("grafana-server");
        string shipped = ProgramFolders.Find(Path.Combine("observability", "grafana"));
        if (server is null || !Directory.Exists(Home) || !Directory.Exists(shipped))
        {
            return null;
        }

        string own = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(folder), "grafana")).FullName, provisioning = Path.Combine(own, "provisioning");
        Copy(Path.Combine(shipped, "provisioning"), provisioning);
        string dashboards = Path.Combine(provisioning, "dashboards", "stress.yml");
        File.WriteAllText(dashboards, File.ReadAllText(dashboards).Replace("/var/lib/grafana/dashboards/stress", Path.GetFullPath(Path.Combine(shipped, "dashboards")), StringComparison.Ordinal));
        string[] arguments = Path.GetFileName(server) == "grafana" ? ["server", "--homepath", Home] : ["--homepath", Home];
        var environment = new Dictionary<string, string>
        {
            ["GF_PATHS_DATA"] = Path.Combine(own, "data"), ["GF_PATHS_LOGS"] = Path.Combine(own, "logs"), ["GF_PATHS_PROVISIONING"] = provisioning,
            ["GF_SERVER_HTTP_ADDR"] = "127.0.0.1", ["GF_SERVER_HTTP_PORT"] = port.ToString(CultureInfo.InvariantCulture), ["GF_AUTH_ANONYMOUS_ENABLED"] = "true",
            ["GF_ANALYTICS_REPORTING_ENABLED"] = "false", ["GF_ANALYTICS_CHECK_FOR_UPDATES"] = "false", ["STRESS_PROMETHEUS_URL"] = prometheus,
        };
        return (ChildProgram.Start(server, arguments, environment), string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
    }

    private static string? OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Append("/usr/sbin").Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }
    }
}
