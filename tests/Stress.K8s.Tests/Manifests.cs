using System.Diagnostics;
using Stress.Client.Jobs;
using Stress.Client.Launching;
using k8s;
using k8s.Models;
using Stress.Silo;
using Stress.Tests.Shared;

namespace Stress.K8s.Tests;

/// <summary>What <c>kubectl apply -k</c> would send for a folder below <c>k8s/</c>, read strictly: a field that Kubernetes does not know is an error.</summary>
public sealed class Manifests
{
    /// <summary>Every folder that somebody may apply.</summary>
    public static readonly IReadOnlyList<string> Folders = ["base", "overlays/single", "overlays/soak", "overlays/prod", "overlays/guests"];

    private static readonly Dictionary<string, Type> OwnModels = new()
    {
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(PrometheusRule),
    };
    private static readonly Lazy<IReadOnlyList<Manifests>> Loaded = new(() => [.. Folders.Select(folder => new Manifests(folder, Kustomize(folder)))]);

    private Manifests(string folder, string text)
    {
        Folder = folder;
        Objects = [.. Parse(text)];
        string cluster = Of<V1ConfigMap>().Single(map => map.Metadata.Name.StartsWith("stress-cluster", StringComparison.Ordinal)).Data[SiloDefaults.ClusterVariable];
        string image = Of<V1StatefulSet>().Single(set => set.Metadata.Name == "stress-silo").Spec.Template.Spec.Containers[0].Image;
        Launched = (V1Job)Parse(KubernetesYaml.Serialize(new RunJob
        {
            TlsSecret = folder == "overlays/prod" ? "stress-run-tls" : null,
            Image = image,
            Cluster = cluster,
            Scenario = new RunSettings { File = Repository.At("scenarios", "troxel-2005.yaml") }.Load(),
            Words = ["--wait=5min", "--lease=600s"],
        }.Create())).Single();
        Pods = [.. Objects.Append(Launched).Select(PodOf).OfType<Pod>()];
    }

    /// <summary>All folders, built once.</summary>
    public static IReadOnlyList<Manifests> All => Loaded.Value;

    /// <summary>The folder below <c>k8s/</c>.</summary>
    public string Folder { get; }

    /// <summary>Every object.</summary>
    public IReadOnlyList<object> Objects { get; }

    /// <summary>A run that the launcher makes for what the folder starts.</summary>
    public V1Job Launched { get; }

    /// <summary>The pods that the objects and the launched run start.</summary>
    public IReadOnlyList<Pod> Pods { get; }

    /// <summary>Objects of one kind.</summary>
    public IEnumerable<T> Of<T>() => Objects.OfType<T>();

    /// <summary>The file that makes the image of a container of ours.</summary>
    public static Containerfile ImageOf(V1Container container) => Containerfile.Load(container.Image.Split(':')[0] == GuestsImage ? "Containerfile.guests" : "Containerfile");

    /// <summary>The image whose sites are real kernels.</summary>
    public const string GuestsImage = "stress-guests";

    /// <summary>Containers of our own images.</summary>
    public IEnumerable<(Pod Pod, V1Container Container)> StressContainers =>
        from pod in Pods from container in pod.Spec.Containers where container.Image.Split(':')[0] is "stress" or GuestsImage select (pod, container);

    /// <summary>Reads YAML documents strictly.</summary>
    public static IReadOnlyList<object> Parse(string text) => KubernetesYaml.LoadAllFromString(text, OwnModels, strict: true);

    /// <summary>The text that kustomize makes of a folder.</summary>
    public static string Kustomize(string folder)
    {
        (int code, string output, string errors) = Run("kubectl", "kustomize", Repository.At("k8s", folder));
        return code == 0 ? output : throw new InvalidOperationException($"k8s/{folder}: {errors}");
    }

    /// <summary>Runs a program to its end.</summary>
    public static (int Code, string Output, string Errors) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Tools.Find(program) ?? throw new FileNotFoundException($"{program} is not on PATH"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    private static Pod? PodOf(object thing) => thing switch
    {
        V1StatefulSet set => new(set.Metadata.Name, set.Spec.Template.Metadata.Labels, set.Spec.Template.Spec),
        V1Job job => new(job.Metadata.Name ?? job.Metadata.GenerateName, job.Spec.Template.Metadata.Labels, job.Spec.Template.Spec),
        V1CronJob cron => new(cron.Metadata.Name, cron.Spec.JobTemplate.Spec.Template.Metadata.Labels, cron.Spec.JobTemplate.Spec.Template.Spec),
        _ => null,
    };
}

/// <summary>A pod as its owner starts it.</summary>
/// <param name="Owner">Name of the StatefulSet, Job or CronJob.</param>
/// <param name="Labels">The pod's labels.</param>
/// <param name="Spec">The pod.</param>
public sealed record Pod(string Owner, IDictionary<string, string> Labels, V1PodSpec Spec)
{
    /// <summary>True when a selector's labels are all on the pod.</summary>
    public bool Matches(IDictionary<string, string> selector) => selector.All(pair => Labels.TryGetValue(pair.Key, out string? value) && value == pair.Value);
}
