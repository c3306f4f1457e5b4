using k8s;
using k8s.Models;

namespace Stress.K8s.Tests;

/// <summary>As much of the Prometheus Operator's PrometheusRule as <c>prometheus-rules.sh</c> writes.</summary>
public sealed class PrometheusRule : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public PrometheusRuleSpec Spec { get; set; } = new();
}

/// <summary>Groups as Prometheus' own rule files have them.</summary>
public sealed class PrometheusRuleSpec
{
    public List<PrometheusRuleGroup> Groups { get; set; } = [];
}

/// <summary>One group.</summary>
public sealed class PrometheusRuleGroup
{
    public string Name { get; set; } = "";

    public List<Dictionary<string, object>> Rules { get; set; } = [];
}
