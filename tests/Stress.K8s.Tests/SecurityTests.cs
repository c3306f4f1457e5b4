using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s.Models;
using Orleans.Hosting.Kubernetes;
using Stress.Silo;
using Stress.Silo.Tls;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.K8s.Tests;

public sealed class SecurityTests
{
    [ToolFact("kubectl", "kubernetes-client")]
    public void No_container_is_root_writes_to_its_image_or_may_gain_rights() => Assert.All(Manifests.All, manifests =>
    {
        foreach (Pod pod in manifests.Pods)
        {
            Assert.True(pod.Spec.SecurityContext.RunAsNonRoot);
            Assert.True(pod.Spec.SecurityContext.RunAsUser > 0);
            Assert.Equal("RuntimeDefault", pod.Spec.SecurityContext.SeccompProfile.Type);
            foreach (V1Container container in pod.Spec.Containers)
            {
                Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
                Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
                Assert.Null(container.SecurityContext.Capabilities.Add);
                Assert.NotEqual(true, container.SecurityContext.Privileged);
            }
        }
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void Our_containers_run_as_the_user_of_the_image()
    {
        Assert.All(
            Manifests.All.SelectMany(manifests => manifests.StressContainers),
            container => Assert.Equal(long.Parse(Manifests.ImageOf(container.Container).Only("USER"), CultureInfo.InvariantCulture), container.Pod.Spec.SecurityContext.RunAsUser));
    }

    [ToolFact("kubectl", "kubernetes-client")]
    public void The_password_is_a_reference_to_a_secret_wherever_it_is_used_and_no_secret_is_written_down() => Assert.All(Manifests.All, manifests =>
    {
        Assert.Empty(manifests.Of<V1Secret>());
        IEnumerable<V1EnvVar> passwords = manifests.Pods.SelectMany(pod => pod.Spec.Containers)
            .Select(container => container.Env.Single(variable => variable.Name == SiloDefaults.RedisPasswordVariable));
        Assert.All(passwords, variable =>
        {
            Assert.Null(variable.Value);
            Assert.Equal(("stress-redis", "password"), (variable.ValueFrom.SecretKeyRef.Name, variable.ValueFrom.SecretKeyRef.Key));
        });
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void No_address_of_Redis_carries_a_user_or_a_password() => Assert.All(Manifests.All, manifests =>
        Assert.Equal("", new Uri(ClusterAddress(manifests)).UserInfo));

    [ToolFact("kubectl", "kubernetes-client")]
    public void With_TLS_every_client_of_Redis_has_the_authority_and_only_Redis_the_key() => Assert.All(Manifests.All, manifests =>
    {
        bool tls = new Uri(ClusterAddress(manifests)).Scheme == "rediss";
        V1ConfigMap redis = manifests.Of<V1ConfigMap>().Single(map => map.Metadata.Name.StartsWith("stress-redis-config", StringComparison.Ordinal));

        Assert.Equal(tls, redis.Data.ContainsKey("tls.conf"));
        Assert.Equal(manifests.Folder == "overlays/prod", tls);
        foreach ((Pod pod, V1Container container) in manifests.StressContainers)
        {
            string? file = container.Env.SingleOrDefault(variable => variable.Name == SiloDefaults.RedisCaVariable)?.Value;
            Assert.Equal(tls, file is not null);
            if (file is not null)
            {
                V1VolumeMount mount = container.VolumeMounts.Single(mount => mount.MountPath == Path.GetDirectoryName(file));
                V1SecretVolumeSource secret = pod.Spec.Volumes.Single(volume => volume.Name == mount.Name).Secret;
                Assert.Equal([Path.GetFileName(file)], secret.Items.Select(item => item.Path));
                Assert.Equal(["ca.crt"], secret.Items.Select(item => item.Key));
            }
        }
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void With_mutual_TLS_silos_and_runs_have_a_certificate_each_from_a_Secret_that_is_mounted_whole_so_that_it_is_renewed() => Assert.All(Manifests.All, manifests =>
    {
        foreach ((Pod pod, V1Container container) in manifests.StressContainers)
        {
            string?[] files = [.. ((string[])[SiloDefaults.TlsCertificateVariable, SiloDefaults.TlsKeyVariable, SiloDefaults.TlsAuthorityVariable])
                .Select(name => container.Env.SingleOrDefault(variable => variable.Name == name)?.Value)];
            if (manifests.Folder != "overlays/prod")
            {
                Assert.All(files, Assert.Null);
                continue;
            }

            V1VolumeMount mount = container.VolumeMounts.Single(mount => mount.MountPath == Path.GetDirectoryName(files[0]));
            V1SecretVolumeSource secret = pod.Spec.Volumes.Single(volume => volume.Name == mount.Name).Secret;
            Assert.Equal(["tls.crt", "tls.key", "ca.crt"], files.Select(file => Path.GetRelativePath(mount.MountPath, file!)));
            Assert.Equal(pod.Owner == "stress-silo" ? "stress-silo-tls" : "stress-run-tls", secret.SecretName);
            Assert.Null(secret.Items);
            Assert.Null(mount.SubPath);
            Assert.True(mount.ReadOnlyProperty);
        }
    });

    [ToolFact("openssl")]
    public void The_certificates_of_the_runbook_are_accepted_a_runs_is_for_clients_only_and_made_again_they_are_of_the_same_authority()
    {
        string folder = Directory.CreateTempSubdirectory("stress-test-").FullName;
        try
        {
            TlsIdentity[] silos = [Made("silo"), Made("silo")];
            TlsIdentity run = Made("run");
            Assert.NotEqual(silos[0].Certificate.Thumbprint, silos[1].Certificate.Thumbprint);
            Assert.Equal(silos[0].Authorities[0].Thumbprint, run.Authorities[0].Thumbprint);
            Assert.Equal(2, Usages(silos[1]).Count);
            Assert.Equal("1.3.6.1.5.5.7.3.2", Assert.Single(Usages(run)).Value);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        TlsIdentity Made(string who)
        {
            using Process script = Process.Start(Repository.At("k8s", "certificates.sh"), [folder]);
            script.WaitForExit();
            Assert.Equal(0, script.ExitCode);
            TlsFile File(string name) => new("", Path.Combine(folder, who, name));
            return new ClusterTls(File("tls.crt"), File("tls.key"), File("ca.crt")).Read(DateTimeOffset.UtcNow);
        }

        static List<Oid> Usages(TlsIdentity identity) => [.. identity.Certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages];
    }

    [ToolFact("kubectl", "kubernetes-client")]
    public void Only_a_silo_may_speak_to_Kubernetes_and_only_about_pods() => Assert.All(Manifests.All, manifests =>
    {
        V1PolicyRule rule = Assert.Single(Assert.Single(manifests.Of<V1Role>()).Rules);

        Assert.Equal(["pods"], rule.Resources);
        Assert.Equal(["get", "list", "watch"], rule.Verbs);

        // What more would be for: pods of dead silos are not deleted by the others, and the labels are there (A_silo_pod_tells_Orleans_who_it_is).
        Assert.False(new KubernetesHostingOptions().DeleteDefunctSiloPods);
        Assert.Empty(manifests.Of<V1ClusterRole>());
        Assert.All(manifests.Pods, pod => Assert.Equal(pod.Owner == "stress-silo", pod.Spec.AutomountServiceAccountToken is not false));
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void Everything_is_denied_that_no_policy_allows() => Assert.All(Manifests.All, manifests =>
    {
        V1NetworkPolicy deny = manifests.Of<V1NetworkPolicy>().Single(policy => policy.Spec.PodSelector.MatchLabels is null && policy.Spec.Egress is null);

        Assert.Equal(["Ingress", "Egress"], deny.Spec.PolicyTypes);
        Assert.Null(deny.Spec.Ingress);
    });

    [ToolFact("kubectl", "kubernetes-client")]
    public void The_dashboard_is_reached_by_nobody_from_outside_a_pod() => Assert.All(Manifests.All, manifests =>
    {
        Assert.All(manifests.Of<V1Service>(), service => Assert.Equal("None", service.Spec.ClusterIP));
        Assert.DoesNotContain(manifests.Of<V1Service>().SelectMany(service => service.Spec.Ports), port => port.Port == SiloDefaults.DashboardPort);
    });

    private static string ClusterAddress(Manifests manifests) =>
        manifests.Of<V1ConfigMap>().Single(map => map.Metadata.Name.StartsWith("stress-cluster", StringComparison.Ordinal)).Data[SiloDefaults.ClusterVariable];
}
