using Stress.Client;
using Stress.Client.Jobs;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Stress.Guests;
using Stress.Scenarios;
using Stress.Silo;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.K8s.Tests;

[Collection("environment variables")]
public sealed class ManifestTests
{
    [ToolFact("kubectl", "kubernetes-client")]
    public void The_base_and_every_overlay_are_built_and_read_strictly_and_have_the_objects_that_the_runbook_says()
    {
        // Of everything but the dashboards, which have a test of their own.
        string[] everywhere =
        [
            "ConfigMap/stress-cluster", "ConfigMap/stress-redis-config", "Namespace/stress", "NetworkPolicy/stress-default-deny", "NetworkPolicy/stress-dns",
            "NetworkPolicy/stress-redis", "NetworkPolicy/stress-run", "NetworkPolicy/stress-silo", "PersistentVolumeClaim/stress-runs", "Role/stress-silo",
            "RoleBinding/stress-silo", "Service/stress-redis", "Service/stress-silo", "ServiceAccount/stress-redis", "ServiceAccount/stress-run",
            "ServiceAccount/stress-silo", "StatefulSet/stress-redis", "StatefulSet/stress-silo",
        ];
        var further = new Dictionary<string, string[]>
        {
            ["base"] = ["CronJob/stress-soak", "PodDisruptionBudget/stress-silo", "ServiceMonitor/stress-silo"],
            ["overlays/single"] = [],
            ["overlays/soak"] = ["CronJob/stress-soak", "PodDisruptionBudget/stress-silo", "ServiceMonitor/stress-silo"],
            ["overlays/guests"] = ["CronJob/stress-soak", "PodDisruptionBudget/stress-silo", "ServiceMonitor/stress-silo"],
            ["overlays/prod"] = ["CronJob/stress-soak", "PodDisruptionBudget/stress-silo", "ServiceMonitor/stress-silo"],
        };

        Assert.Equal(further.Keys.Order(), Manifests.All.Select(manifests => manifests.Folder).Order());
        Assert.All(Manifests.All, manifests => Assert.Equal(
            everywhere.Concat(further[manifests.Folder]).Order(StringComparer.Ordinal),
            manifests.Objects.Cast<IKubernetesObject<V1ObjectMeta>>().Select(Name).Where(name => !name.Contains("/stress-dashboard-")).Order(StringComparer.Ordinal)));

        // Kustomize hangs a digest on the name of a generated ConfigMap.
        static string Name(IKubernetesObject<V1ObjectMeta> o)
        {
            string name = o.Metadata.Name;
            return $"{o.Kind}/{(o.Kind == V1ConfigMap.KubeKind && name.LastIndexOf('-') is var dash && name.Length - dash == 11 ? name[..dash] : name)}";
        }
    }

    [ToolFact("kubectl", "kubernetes-client")]
    public void A_field_that_Kubernetes_does_not_know_is_refused()
    {
        string text = Manifests.Kustomize("base");
        string[] spoilt =
        [
            text.Replace("podManagementPolicy:", "podManagementPolicies:", StringComparison.Ordinal),
            text.Replace("readOnlyRootFilesystem:", "readOnlyRootFileSystem:", StringComparison.Ordinal),
            text.Replace("- interval: 5s", "- intervall: 5s", StringComparison.Ordinal),
        ];

        Assert.All(spoilt, changed => Assert.NotEqual(text, changed));
        Assert.All(spoilt, changed => Assert.ThrowsAny<Exception>(() => Manifests.Parse(changed)));
    }

    [Fact]
    public void Every_overlay_is_checked() =>
        Assert.Equal(
            Manifests.Folders.Where(folder => folder != "base").Order(),
            Directory.EnumerateDirectories(Repository.At("k8s", "overlays")).Select(path => $"overlays/{Path.GetFileName(path)}").Order());

    [ToolFact("kubectl", "kubernetes-client")]
    public void A_selector_of_a_service_a_budget_or_a_policy_finds_its_pods() => Assert.All(Manifests.All, manifests =>
    {
        IEnumerable<IDictionary<string, string>> selectors =
        [
            .. manifests.Of<V1Service>().Select(service => service.Spec.Selector),
            .. manifests.Of<V1PodDisruptionBudget>().Select(budget => budget.Spec.Selector.MatchLabels),
            .. manifests.Of<V1StatefulSet>().Select(set => set.Spec.Selector.MatchLabels),
            .. manifests.Pods.SelectMany(pod => AntiAffinity(pod)).Select(term => term.LabelSelector.MatchLabels),
        ];
        Assert.All(selectors, selector => Assert.Contains(manifests.Pods, pod => pod.Matches(selector)));
        foreach (V1NetworkPolicy policy in manifests.Of<V1NetworkPolicy>().Where(policy => policy.Spec.PodSelector.MatchLabels is not null))
        {
            Assert.Contains(manifests.Pods, pod => pod.Matches(policy.Spec.PodSelector.MatchLabels));
        }
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void Whatever_a_pod_refers_to_is_there() => Assert.All(Manifests.All, manifests =>
    {
        HashSet<string> accounts = [.. manifests.Of<V1ServiceAccount>().Select(account => account.Metadata.Name)];
        HashSet<string> maps = [.. manifests.Of<V1ConfigMap>().Select(map => map.Metadata.Name)];
        HashSet<string> claims = [.. manifests.Of<V1PersistentVolumeClaim>().Select(claim => claim.Metadata.Name)];
        foreach (Pod pod in manifests.Pods)
        {
            Assert.Contains(pod.Spec.ServiceAccountName, accounts);
            HashSet<string> volumes = [.. pod.Spec.Volumes.Select(volume => volume.Name)];
            volumes.UnionWith(manifests.Of<V1StatefulSet>().Where(set => set.Metadata.Name == pod.Owner)
                .SelectMany(set => set.Spec.VolumeClaimTemplates ?? []).Select(claim => claim.Metadata.Name));
            Assert.All(pod.Spec.Volumes.Select(volume => volume.ConfigMap?.Name).OfType<string>(), map => Assert.Contains(map, maps));
            Assert.All(pod.Spec.Volumes.Select(volume => volume.PersistentVolumeClaim?.ClaimName).OfType<string>(), claim => Assert.Contains(claim, claims));
            foreach (V1Container container in pod.Spec.Containers)
            {
                Assert.All(container.VolumeMounts, mount => Assert.Contains(mount.Name, volumes));
                foreach (V1ConfigMapKeySelector key in container.Env.Select(variable => variable.ValueFrom?.ConfigMapKeyRef).OfType<V1ConfigMapKeySelector>())
                {
                    Assert.Contains(key.Key, manifests.Of<V1ConfigMap>().Single(map => map.Metadata.Name == key.Name).Data.Keys);
                }
            }
        }

        foreach (V1RoleBinding binding in manifests.Of<V1RoleBinding>())
        {
            Assert.Contains(manifests.Of<V1Role>(), role => role.Metadata.Name == binding.RoleRef.Name);
            Assert.All(binding.Subjects, subject => Assert.Contains(subject.Name, accounts));
        }

        Assert.All(manifests.Of<V1StatefulSet>(), set => Assert.Contains(manifests.Of<V1Service>(), service => service.Metadata.Name == set.Spec.ServiceName));
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void Every_container_says_what_it_needs_and_its_volumes_have_a_bound() => Assert.All(Manifests.All, manifests =>
    {
        foreach (V1Container container in manifests.Pods.SelectMany(pod => pod.Spec.Containers))
        {
            Assert.Superset(new HashSet<string> { "cpu", "memory" }, container.Resources.Requests.Keys.ToHashSet());
            Assert.Contains("memory", container.Resources.Limits.Keys);
        }

        Assert.All(
            manifests.Pods.SelectMany(pod => pod.Spec.Volumes).Where(volume => volume.EmptyDir is not null),
            volume => Assert.NotNull(volume.EmptyDir.SizeLimit));
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void A_run_ends_with_its_own_code_and_an_answer_is_not_asked_for_twice() => Assert.All(Manifests.All, manifests =>
    {
        V1JobSpec[] jobs = [manifests.Launched.Spec, .. manifests.Of<V1CronJob>().Select(cron => cron.Spec.JobTemplate.Spec)];

        Assert.NotEmpty(jobs);
        foreach (V1JobSpec job in jobs)
        {
            V1PodFailurePolicyOnExitCodesRequirement codes = job.PodFailurePolicy.Rules.Single(rule => rule.Action == "FailJob").OnExitCodes;
            Assert.Equal("Never", job.Template.Spec.RestartPolicy);
            Assert.Equal([ExitCodes.ExpectationFailed, ExitCodes.Usage, ExitCodes.NotDeterministic, ExitCodes.Incomplete, ExitCodes.NotDecided], codes.Values);

            // Temporary errors are tried again.
            Assert.DoesNotContain(ExitCodes.Unavailable, codes.Values);
            Assert.True(job.BackoffLimit > 0);
            Assert.Equal(Assert.Single(job.Template.Spec.Containers).Name, codes.ContainerName);
        }
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void Whoever_needs_Redis_waits_for_it_and_nobody_ends_it_meanwhile() => Assert.All(Manifests.All.SelectMany(manifests => manifests.StressContainers), container =>
    {
        V1Container stress = container.Container;
        TimeSpan wait = TimeSpan.FromMicroseconds(Durations.Seconds(stress.Args.Single(word => word.StartsWith("--wait=", StringComparison.Ordinal))["--wait=".Length..])!.Value.Microseconds);

        Assert.True(wait >= TimeSpan.FromMinutes(5));
        Assert.True(stress.StartupProbe is null || TimeSpan.FromSeconds((double)stress.StartupProbe.PeriodSeconds! * (double)stress.StartupProbe.FailureThreshold!) > wait);
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void A_pod_that_replaces_another_of_its_job_has_the_same_name_for_the_run() => Assert.All(
        Manifests.All.SelectMany(manifests => manifests.StressContainers).Where(container => container.Container.Args[0] == "run"),
        container => Assert.Equal(
            "metadata.labels['batch.kubernetes.io/controller-uid']",
            container.Container.Env.Single(variable => variable.Name == SiloDefaults.RunNameVariable).ValueFrom.FieldRef.FieldPath));

    [ToolFact("kubectl", "kubernetes-client")]
    public void A_job_ends_some_day_and_goes_some_day_and_a_night_s_soak_before_the_next() => Assert.All(Manifests.All, manifests =>
    {
        // A Job's template cannot be changed: what is applied repeatedly contains none, and each run is created once.
        Assert.Empty(manifests.Of<V1Job>());
        Assert.True(manifests.Launched is { Metadata: { Name: null, GenerateName: RunJob.NamePrefix }, Spec: { ActiveDeadlineSeconds: > 0, TtlSecondsAfterFinished: > 0 } });
        Assert.All(manifests.Of<V1CronJob>(), cron =>
        {
            Assert.True(cron.Spec.JobTemplate.Spec.ActiveDeadlineSeconds < (long)TimeSpan.FromDays(1).TotalSeconds);
            Assert.True(cron.Spec.JobTemplate.Spec.TtlSecondsAfterFinished > 0);
        });
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void What_the_server_would_fill_into_a_list_that_it_replaces_whole_is_written_out_so_that_applying_twice_changes_nothing() => Assert.All(Manifests.All, manifests =>
    {
        Assert.All(
            manifests.Of<V1NetworkPolicy>().SelectMany(policy => (policy.Spec.Ingress ?? []).SelectMany(rule => rule.Ports).Concat((policy.Spec.Egress ?? []).SelectMany(rule => rule.Ports))),
            port => Assert.NotNull(port.Protocol));
        Assert.All(manifests.Of<V1Service>().SelectMany(service => service.Spec.Ports), port => Assert.NotNull(port.Protocol));
        Assert.All(manifests.Pods.SelectMany(pod => pod.Spec.Containers).SelectMany(container => container.Ports ?? []), port => Assert.NotNull(port.Protocol));
        Assert.All(
            manifests.Of<V1StatefulSet>().SelectMany(set => set.Spec.VolumeClaimTemplates ?? []),
            claim => Assert.Equal(("v1", V1PersistentVolumeClaim.KubeKind, "Filesystem", "Pending"), (claim.ApiVersion, claim.Kind, claim.Spec.VolumeMode, claim.Status?.Phase)));
        Assert.All(manifests.Of<V1RoleBinding>().SelectMany(binding => binding.Subjects), subject => Assert.Equal("stress", subject.NamespaceProperty));
        Assert.All(
            manifests.Of<V1CronJob>().SelectMany(cron => cron.Spec.JobTemplate.Spec.PodFailurePolicy.Rules).SelectMany(rule => rule.OnPodConditions ?? []),
            condition => Assert.NotNull(condition.Status));
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void One_silo_needs_no_budget_and_several_have_one_and_keep_apart() => Assert.All(Manifests.All, manifests =>
    {
        V1StatefulSet silo = manifests.Of<V1StatefulSet>().Single(set => set.Metadata.Name == "stress-silo");

        Assert.Equal(silo.Spec.Replicas > 1, manifests.Of<V1PodDisruptionBudget>().Any());
        Assert.NotEmpty(AntiAffinity(manifests.Pods.Single(pod => pod.Owner == "stress-silo")));
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void Kubernetes_waits_longer_for_a_silo_than_its_drain_takes()
    {
        using WebApplication silo = SiloHost.Build(new SiloSettings { Redis = RedisAddress.Parse("redis://127.0.0.1:6379"), MetricsPort = 0 });
        double drain = silo.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout.TotalSeconds;

        Assert.All(Manifests.All, manifests => Assert.True(manifests.Pods.Single(pod => pod.Owner == "stress-silo").Spec.TerminationGracePeriodSeconds >= drain * 2));
    }

    [ToolFact("kubectl", "kubernetes-client")]
    public void The_overlays_differ_as_the_runbook_says()
    {
        Manifests single = Of("overlays/single"), soak = Of("overlays/soak"), prod = Of("overlays/prod");

        Assert.Empty(single.Of<ServiceMonitor>());
        Assert.Empty(single.Of<V1CronJob>());
        Assert.False(soak.Of<V1CronJob>().Single().Spec.Suspend);
        Assert.True(prod.Of<V1CronJob>().Single().Spec.Suspend);
        Assert.NotEmpty(prod.Of<ServiceMonitor>());
    }

    [ToolFact("kubectl", "kubernetes-client")]
    public void Pods_of_real_kernels_have_a_scratch_folder_in_memory_that_the_image_names_and_soak_a_scenario_of_theirs()
    {
        Manifests guests = Of("overlays/guests");
        (Pod pod, V1Container silo) = guests.StressContainers.Single(container => container.Pod.Owner == "stress-silo");
        Dictionary<string, string> environment = Manifests.ImageOf(silo).Image.Where(instruction => instruction.Name == "ENV").Select(instruction => instruction.Text.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        V1VolumeMount mount = silo.VolumeMounts.Single(mount => mount.MountPath == environment[GuestCache.ScratchVariable]);
        V1Volume volume = pod.Spec.Volumes.Single(volume => volume.Name == mount.Name);

        Assert.Equal(Manifests.GuestsImage, silo.Image.Split(':')[0]);
        Assert.NotEqual(true, mount.ReadOnlyProperty);
        Assert.Equal("Memory", volume.EmptyDir.Medium);

        // A memory volume counts with the pod.
        Assert.True(volume.EmptyDir.SizeLimit.ToInt64() < silo.Resources.Limits["memory"].ToInt64());
        V1CronJob soak = guests.Of<V1CronJob>().Single();
        Assert.False(soak.Spec.Suspend);
        Assert.True(ScenarioLoader.Load(Repository.At(soak.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args[1])).IsReal);
    }

    private static Manifests Of(string folder) => Manifests.All.Single(manifests => manifests.Folder == folder);

    private static IEnumerable<V1PodAffinityTerm> AntiAffinity(Pod pod) => pod.Spec.Affinity?.PodAntiAffinity is not { } apart
        ? []
        : [
            .. apart.RequiredDuringSchedulingIgnoredDuringExecution ?? [],
            .. (apart.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Select(weighted => weighted.PodAffinityTerm),
        ];
}
