using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Stress.Client;
using Stress.Client.Launching;
using k8s.Models;
using Orleans.Hosting.Kubernetes;
using Spectre.Console;
using Stress.Guests;
using Stress.Guests.Sites;
using Stress.Silo;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.K8s.Tests;

/// <summary>What the manifests mention, against the code that is meant.</summary>
public sealed partial class CodeTests
{
    private static readonly RootCommand Stress = StressCommand.Create(new Terminal(AnsiConsole.Console, TextWriter.Null));

    private static readonly string[] OrleansVariables =
    [
        KubernetesHostingOptions.PodNameEnvironmentVariable, KubernetesHostingOptions.PodNamespaceEnvironmentVariable, KubernetesHostingOptions.PodIPEnvironmentVariable,
        KubernetesHostingOptions.ServiceIdEnvironmentVariable, KubernetesHostingOptions.ClusterIdEnvironmentVariable,
    ];

    [ToolFact("kubectl", "kubernetes-client")]
    public void Every_image_is_the_Containerfiles_or_a_pinned_Redis() => Assert.All(
        Manifests.All.SelectMany(manifests => manifests.Pods).SelectMany(pod => pod.Spec.Containers),
        container => Assert.Matches("^(stress(-guests)?:[a-z0-9.]+|redis:[0-9]+\\.[0-9]+-[a-z]+)$", container.Image));

    [ToolFact("kubectl", "kubernetes-client")]
    public void Every_command_line_is_one_that_stress_accepts() => Assert.All(Manifests.All.SelectMany(manifests => manifests.StressContainers), container =>
    {
        Assert.Null(container.Container.Command);
        string[] args = [.. container.Container.Args.Where(Landed).Select(Expand)];
        ParseResult line = Stress.Parse(args);
        Assert.Empty(line.Errors);
        Assert.NotEqual(Stress, line.CommandResult.Command);
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void Every_scenario_is_in_the_image_and_takes_the_options_beside_it() => Assert.All(Manifests.All.SelectMany(manifests => manifests.StressContainers), container =>
    {
        IList<string> args = container.Container.Args;
        if (args[0] != "run" || args[1].StartsWith("/scenario/", StringComparison.Ordinal))
        {
            // The scenario of a launched run travels with it.
            return;
        }

        Assert.Matches(@"^scenarios/[^/]+\.yaml$", args[1]);
        Assert.Contains("--from=build /src/scenarios/*.yaml scenarios/", Manifests.ImageOf(container.Container).Image.Select(instruction => instruction.Text));
        new RunSettings { File = Repository.At(args[1]), Pairs = Value(args, "--pairs") is { } pairs ? RunOptions.ReadPairs(pairs) : null, Hours = Value(args, "--hours") is { } hours ? RunOptions.ReadHours(hours) : null }.Load();
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void A_folder_that_a_command_line_writes_to_is_a_volume() => Assert.All(Manifests.All.SelectMany(manifests => manifests.StressContainers), container =>
    {
        if (Value(container.Container.Args, "--out") is { } folder)
        {
            Assert.Contains(container.Container.VolumeMounts, mount => mount.MountPath == folder && mount.ReadOnlyProperty != true);
        }
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void The_ports_are_those_of_the_code_from_the_command_line_to_the_service() => Assert.All(Manifests.All, manifests =>
    {
        (string Name, int Port)[] ports = [("silo", SiloDefaults.SiloPort), ("gateway", SiloDefaults.GatewayPort), ("metrics", SiloDefaults.MetricsPort)];
        V1Container silo = manifests.StressContainers.Single(container => container.Pod.Owner == "stress-silo").Container;

        Assert.Equal(ports, silo.Ports.Select(port => (port.Name, port.ContainerPort)));
        Assert.All(ports, port => Assert.Equal(port.Port.ToString(CultureInfo.InvariantCulture), Value(silo.Args, $"--{port.Name}-port")));
        V1Service service = manifests.Of<V1Service>().Single(service => service.Metadata.Name == "stress-silo");
        Assert.Equal(ports, service.Spec.Ports.Select(port => (port.Name, port.Port)));
        Assert.All(service.Spec.Ports, port => Assert.Equal(port.Name, port.TargetPort.Value));
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void A_policy_names_ports_that_the_pods_behind_it_have() => Assert.All(Manifests.All, manifests =>
    {
        foreach (V1NetworkPolicy policy in manifests.Of<V1NetworkPolicy>())
        {
            Pod[] selected = [.. manifests.Pods.Where(pod => pod.Matches(policy.Spec.PodSelector.MatchLabels ?? new Dictionary<string, string>()))];
            foreach (V1NetworkPolicyPort port in (policy.Spec.Ingress ?? []).SelectMany(rule => rule.Ports))
            {
                Assert.All(selected, pod => Assert.True(Has(pod, port.Port.Value), $"{policy.Metadata.Name}: {pod.Owner} has no port {port.Port.Value}"));
            }

            foreach (V1NetworkPolicyEgressRule rule in policy.Spec.Egress ?? [])
            {
                Pod[] behind = [.. (rule.To ?? []).Where(peer => peer.NamespaceSelector is null).SelectMany(peer => manifests.Pods.Where(pod => pod.Matches(peer.PodSelector.MatchLabels)))];
                Assert.All(behind, pod => Assert.All(rule.Ports, port => Assert.True(Has(pod, port.Port.Value), $"{policy.Metadata.Name}: {pod.Owner} has no port {port.Port.Value}")));
            }
        }
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void Probes_ask_the_health_endpoints_of_the_code() => Assert.All(Manifests.All, manifests =>
    {
        V1Container silo = manifests.StressContainers.Single(container => container.Pod.Owner == "stress-silo").Container;

        Assert.Equal((SiloDefaults.LivePath, "metrics"), (silo.StartupProbe.HttpGet.Path, silo.StartupProbe.HttpGet.Port.Value));
        Assert.Equal((SiloDefaults.LivePath, "metrics"), (silo.LivenessProbe.HttpGet.Path, silo.LivenessProbe.HttpGet.Port.Value));
        Assert.Equal((SiloDefaults.ReadyPath, "metrics"), (silo.ReadinessProbe.HttpGet.Path, silo.ReadinessProbe.HttpGet.Port.Value));
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void Every_variable_is_one_that_the_code_Orleans_or_the_command_line_reads() => Assert.All(Manifests.All.SelectMany(manifests => manifests.StressContainers), container =>
    {
        string[] read = [.. typeof(SiloDefaults).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.Name.EndsWith("Variable", StringComparison.Ordinal)).Select(field => (string)field.GetRawConstantValue()!), GuestCapacity.Variable, GuestCache.Variable, GuestCache.ScratchVariable];
        string[] expanded = [.. container.Container.Args.SelectMany(argument => Reference().Matches(argument)).Select(match => match.Groups[1].Value)];
        string[] set = [.. container.Container.Env.Select(variable => variable.Name)];

        Assert.All(set, name => Assert.Contains(name, (string[])[.. read, .. OrleansVariables, .. expanded]));
        Assert.Subset(set.ToHashSet(), expanded.ToHashSet());
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void A_silo_pod_tells_Orleans_who_it_is() => Assert.All(Manifests.All, manifests =>
    {
        (Pod pod, V1Container silo) = manifests.StressContainers.Single(container => container.Pod.Owner == "stress-silo");

        Assert.Subset(silo.Env.Select(variable => variable.Name).ToHashSet(), OrleansVariables.ToHashSet());
        Assert.Equal(StressSiloBuilder.ServiceId, pod.Labels[KubernetesHostingOptions.ServiceIdLabel]);
        Assert.Equal(ClusterExtensions.ClusterId, pod.Labels[KubernetesHostingOptions.ClusterIdLabel]);
        Assert.Equal($"metadata.labels['{KubernetesHostingOptions.ServiceIdLabel}']", Field(silo, KubernetesHostingOptions.ServiceIdEnvironmentVariable));
        Assert.Equal($"metadata.labels['{KubernetesHostingOptions.ClusterIdLabel}']", Field(silo, KubernetesHostingOptions.ClusterIdEnvironmentVariable));
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void Prometheus_scrapes_the_codes_path_under_the_job_name_that_the_alerts_know() => Assert.All(Manifests.All.Where(manifests => manifests.Of<ServiceMonitor>().Any()), manifests =>
    {
        ServiceMonitor monitor = manifests.Of<ServiceMonitor>().Single();
        V1Service service = manifests.Of<V1Service>().Single(service => monitor.Spec.Selector.MatchLabels.All(pair => service.Metadata.Labels.TryGetValue(pair.Key, out string? value) && value == pair.Value));
        ServiceMonitorEndpoint endpoint = Assert.Single(monitor.Spec.Endpoints);

        Assert.Equal(("metrics", SiloDefaults.MetricsPath), (endpoint.Port, endpoint.Path));
        Assert.Contains($"job=\"{service.Metadata.Name}\"", File.ReadAllText(Repository.At("observability", "prometheus", "alerts.yml")));
        Assert.Contains($"scrape_interval: {endpoint.Interval}", File.ReadAllText(Repository.At("observability", "prometheus", "prometheus.yml")));
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void Every_dashboard_is_a_ConfigMap_with_the_files_own_text() => Assert.All(Manifests.All, manifests =>
    {
        Dictionary<string, string> maps = manifests.Of<V1ConfigMap>().Where(map => map.Metadata.Labels?.ContainsKey("grafana_dashboard") == true)
            .SelectMany(map => map.Data).ToDictionary(pair => pair.Key, pair => pair.Value);
        Dictionary<string, string> files = Directory.EnumerateFiles(Repository.At("observability", "grafana", "dashboards"))
            .ToDictionary(path => Path.GetFileName(path)!, File.ReadAllText);

        Assert.Equal(files.OrderBy(pair => pair.Key, StringComparer.Ordinal), maps.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    });

    [Fact]
    public void The_rules_for_the_operator_are_those_of_the_rule_files()
    {
        (int code, string text, string _) = Manifests.Run("bash", Repository.At("k8s", "prometheus-rules.sh"));
        List<PrometheusRule> rules = [.. Manifests.Parse(text).Cast<PrometheusRule>()];

        Assert.Equal(0, code);
        Assert.Equal(["stress-rules", "stress-alerts"], rules.Select(rule => rule.Metadata.Name));
        Assert.Contains(rules[0].Spec.Groups.SelectMany(group => group.Rules), rule => rule.ContainsKey("record"));
        Assert.Contains(rules[1].Spec.Groups.SelectMany(group => group.Rules), rule => rule.TryGetValue("alert", out object? name) && name.Equals("StressLostWork"));
    }

    // A run on a cluster comes with the silos' grains; until then its option is taken from SiloDefaults' own variable.
    private static bool Landed(string argument) => argument != $"--cluster=$({SiloDefaults.ClusterVariable})"
        || Stress.Subcommands.Single(command => command.Name == "run").Options.Any(option => option.Name == "--cluster");

    // Kubernetes puts the variable's value there; for the parser any number will do.
    private static string Expand(string argument) => Reference().Replace(argument, match => match.Groups[1].Value switch
    {
        SiloDefaults.ClusterVariable => "redis://stress-redis:6379",
        KubernetesHostingOptions.PodIPEnvironmentVariable => "10.0.0.1",
        _ => "1",
    });

    private static string? Value(IEnumerable<string> args, string option) =>
        args.SingleOrDefault(argument => argument.StartsWith($"{option}=", StringComparison.Ordinal))?[(option.Length + 1)..];

    private static string Field(V1Container container, string variable) => container.Env.Single(entry => entry.Name == variable).ValueFrom.FieldRef.FieldPath;

    private static bool Has(Pod pod, string port) => pod.Spec.Containers.SelectMany(container => container.Ports ?? [])
        .Any(has => has.Name == port || has.ContainerPort.ToString(CultureInfo.InvariantCulture) == port);

    [GeneratedRegex(@"\$\(([A-Z_]+)\)")]
    private static partial Regex Reference();
}
