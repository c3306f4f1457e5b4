using k8s.Models;
using Stress.Contracts;
using Stress.Scenarios;
using Stress.Silo;

namespace Stress.Client.Jobs;

/// <summary>
/// A run as a Kubernetes Job. Its name is generated, so that a run is created once and is not part of what is applied repeatedly; it ends and is deleted on its own.
/// The scenario travels with it, in an annotation of its pod, so that the image need not have it.
/// </summary>
public sealed record RunJob
{
    /// <summary>The name of a run's Job begins with this.</summary>
    public const string NamePrefix = "stress-run-";

    /// <summary>The container that has the run's exit code.</summary>
    public const string ContainerName = "run";

    /// <summary>Most characters of a scenario: Kubernetes takes 256 KiB of annotations.</summary>
    public const int MaxScenarioLength = 200 * 1024;

    /// <summary>The pod's annotation that holds the scenario.</summary>
    public const string ScenarioAnnotation = "stress/scenario";

    /// <summary>The address of Redis in the cluster's manifests.</summary>
    public const string UsualCluster = "redis://stress-redis:6379";

    private const string JobUid = "metadata.labels['batch.kubernetes.io/controller-uid']";
    private const string AuthorityFolder = "/etc/stress/redis-ca", ScenarioFolder = "/scenario", RunsFolder = "/runs", TlsFolder = "/etc/stress/tls";
    private const int User = 1654;

    // 0440: the group of the pod reads it.
    private const int SecretMode = 288;

    // These are answers: running again would give the same one.
    private static readonly int[] Answers = [ExitCodes.ExpectationFailed, ExitCodes.Usage, ExitCodes.NotDeterministic, ExitCodes.Incomplete, ExitCodes.NotDecided];

    /// <summary>The image of silos and clients.</summary>
    public required string Image { get; init; }

    /// <summary>The scenario of the run; null for a Job that runs none, whose command line is <see cref="Words"/>.</summary>
    public Scenario? Scenario { get; init; }

    /// <summary>The prefix of the Job's generated name.</summary>
    public string Prefix { get; init; } = NamePrefix;

    /// <summary>Further words of the run's command line.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Address of the cluster's Redis, as its pods know it.</summary>
    public string Cluster { get; init; } = UsualCluster;

    /// <summary>The Secret with the run's certificate, its key and the authority, if silos require one; null for none.</summary>
    public string? TlsSecret { get; init; }

    /// <summary>The Job ends after this many seconds, whatever the run's progress.</summary>
    public long DeadlineSeconds { get; init; } = 86_400;

    /// <summary>Seconds after its end at which the Job and its pods are deleted.</summary>
    public int KeptSeconds { get; init; } = 604_800;

    /// <summary>Memory that the client may have, as Kubernetes spells it. The run is in the silos.</summary>
    public string Memory { get; init; } = "1Gi";

    private static string FileNameOf(Scenario scenario) => Path.GetFileName(scenario.FileName) is { Length: > 0 } name && name.EndsWith(".yaml", StringComparison.Ordinal) && RunPlan.IsRunId(name) ? name : "scenario.yaml";

    /// <summary>The Job.</summary>
    /// <exception cref="UsageException">The scenario is too long.</exception>
    public V1Job Create()
    {
        if (Scenario?.SourceText.Length > MaxScenarioLength)
        {
            throw new UsageException($"{Scenario.FileName}: {Scenario.SourceText.Length} characters; accepted for a Job are up to {MaxScenarioLength}");
        }

        Dictionary<string, string> labels = new() { ["app.kubernetes.io/name"] = "stress", ["app.kubernetes.io/component"] = "run", ["app.kubernetes.io/part-of"] = "stress" };
        return new V1Job
        {
            ApiVersion = $"{V1Job.KubeGroup}/{V1Job.KubeApiVersion}",
            Kind = V1Job.KubeKind,
            Metadata = new() { GenerateName = Prefix, Labels = labels },
            Spec = new()
            {
                // A query is repeated by its user.
                BackoffLimit = Scenario is null ? 0 : 2,
                ActiveDeadlineSeconds = DeadlineSeconds,
                TtlSecondsAfterFinished = KeptSeconds,
                PodFailurePolicy = new()
                {
                    Rules =
                    [
                        // Draining a node says nothing about the run.
                        new() { Action = "Ignore", OnPodConditions = [new() { Type = "DisruptionTarget", Status = "True" }] },
                        new() { Action = "FailJob", OnExitCodes = new() { ContainerName = ContainerName, OperatorProperty = "In", Values = [.. Answers] } },
                    ],
                },
                Template = new()
                {
                    Metadata = new() { Labels = labels, Annotations = Scenario is null ? null : new Dictionary<string, string> { [ScenarioAnnotation] = Scenario.SourceText } },
                    Spec = Pod(),
                },
            },
        };
    }

    private V1PodSpec Pod()
    {
        List<V1EnvVar> environment =
        [
            new() { Name = SiloDefaults.ClusterVariable, Value = Cluster },
            new() { Name = SiloDefaults.RedisPasswordVariable, ValueFrom = new() { SecretKeyRef = new() { Name = "stress-redis", Key = "password" } } },

            // The Job's uid: a pod that replaces another follows the run that the first has started.
            new() { Name = SiloDefaults.RunNameVariable, ValueFrom = new() { FieldRef = new() { FieldPath = JobUid } } },
        ];
        List<V1VolumeMount> mounts = [];
        List<V1Volume> volumes = [];
        string[] words = [.. Words];
        if (Scenario is not null)
        {
            string file = FileNameOf(Scenario);
            words = ["run", $"{ScenarioFolder}/{file}", $"--cluster=$({SiloDefaults.ClusterVariable})", .. Words, $"--out={RunsFolder}", "--no-progress"];
            mounts.Add(new() { Name = "runs", MountPath = RunsFolder });
            mounts.Add(new() { Name = "scenario", MountPath = ScenarioFolder, ReadOnlyProperty = true });
            volumes.Add(new() { Name = "runs", PersistentVolumeClaim = new() { ClaimName = "stress-runs" } });
            volumes.Add(new() { Name = "scenario", DownwardAPI = new() { Items = [new() { Path = file, FieldRef = new() { FieldPath = $"metadata.annotations['{ScenarioAnnotation}']" } }] } });
        }

        mounts.Add(new() { Name = "tmp", MountPath = "/tmp" });
        volumes.Add(new() { Name = "tmp", EmptyDir = new() { SizeLimit = new("64Mi") } });
        if (RedisAddress.Parse(Cluster).Tls)
        {
            environment.Add(new() { Name = SiloDefaults.RedisCaVariable, Value = $"{AuthorityFolder}/ca.crt" });
            mounts.Add(new() { Name = "redis-ca", MountPath = AuthorityFolder, ReadOnlyProperty = true });

            // The certificate authority only: the key stays with Redis.
            volumes.Add(new() { Name = "redis-ca", Secret = new() { SecretName = "stress-redis-tls", Items = [new() { Key = "ca.crt", Path = "ca.crt" }] } });
        }

        if (TlsSecret is not null)
        {
            environment.Add(new() { Name = SiloDefaults.TlsCertificateVariable, Value = $"{TlsFolder}/tls.crt" });
            environment.Add(new() { Name = SiloDefaults.TlsKeyVariable, Value = $"{TlsFolder}/tls.key" });
            environment.Add(new() { Name = SiloDefaults.TlsAuthorityVariable, Value = $"{TlsFolder}/ca.crt" });
            mounts.Add(new() { Name = "tls", MountPath = TlsFolder, ReadOnlyProperty = true });
            volumes.Add(new() { Name = "tls", Secret = new() { SecretName = TlsSecret, DefaultMode = SecretMode } });
        }

        return new()
        {
            ServiceAccountName = "stress-run",
            AutomountServiceAccountToken = false,
            RestartPolicy = "Never",
            SecurityContext = new() { RunAsNonRoot = true, RunAsUser = User, RunAsGroup = User, FsGroup = User, SeccompProfile = new() { Type = "RuntimeDefault" } },
            Containers =
            [
                new()
                {
                    Name = ContainerName,
                    Image = Image,
                    ImagePullPolicy = "IfNotPresent",
                    Args = words,
                    Env = environment,
                    Resources = new()
                    {
                        Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("250m"), ["memory"] = new("256Mi") },
                        Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new(Memory) },
                    },
                    SecurityContext = new() { AllowPrivilegeEscalation = false, ReadOnlyRootFilesystem = true, Capabilities = new() { Drop = ["ALL"] } },
                    VolumeMounts = mounts,
                },
            ],
            Volumes = volumes,
        };
    }
}
