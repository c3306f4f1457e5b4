using System.Text.Json;
using k8s;
using k8s.Models;
using Spectre.Console;
using Stress.Client;
using Stress.Client.Jobs;
using Stress.Silo;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.K8s.Tests;

/// <summary>The launcher of runs: what it prints, and what it does with an API server that refuses, forgets, restarts or is not there.</summary>
public sealed class LauncherTests : IAsyncDisposable
{
    private const string Name = "stress-run-x7k2p", Uid = "0e2f4a58-1f0c-4c8e-9f0e-5d1f2f0c7c11";
    private static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
    private readonly ApiServer _server = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("stress-test-").FullName;
    private readonly List<string> _said = [];

    private static readonly object Made = new { apiVersion = "batch/v1", kind = "Job", metadata = new { name = Name, uid = Uid, resourceVersion = "1" } };

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_is_printed_is_a_Job_with_a_generated_name_that_ends_and_goes_by_itself_and_carries_its_scenario()
    {
        (int code, string text, string errors) = await Type("k8s", "run", Scenario, "--image", "registry/stress:1", "--pairs", "20", "--seed", "7", "--deadline", "2d", "--keep", "1h");
        V1Job job = Assert.IsType<V1Job>(Assert.Single(Manifests.Parse(text)));
        V1Container run = Assert.Single(job.Spec.Template.Spec.Containers);
        V1Volume scenario = job.Spec.Template.Spec.Volumes.Single(volume => volume.Name == "scenario");

        Assert.Equal((ExitCodes.Ok, ""), (code, errors));
        Assert.Null(job.Metadata.Name);
        Assert.Equal(("stress-run-", "stress"), (job.Metadata.GenerateName, job.Metadata.NamespaceProperty));
        Assert.Equal((2 * 86_400L, 3600, 2), (job.Spec.ActiveDeadlineSeconds, job.Spec.TtlSecondsAfterFinished, job.Spec.BackoffLimit));
        Assert.Equal(
            ["run", "/scenario/troxel-2005.yaml", "--cluster=$(STRESS_CLUSTER)", "--pairs=20", "--seed=7", "--wait=5min", "--lease=600s", "--out=/runs", "--no-progress"], run.Args);
        Assert.Equal(File.ReadAllText(Scenario), job.Spec.Template.Metadata.Annotations[RunJob.ScenarioAnnotation]);
        Assert.Equal(("troxel-2005.yaml", $"metadata.annotations['{RunJob.ScenarioAnnotation}']"), (scenario.DownwardAPI.Items[0].Path, scenario.DownwardAPI.Items[0].FieldRef.FieldPath));
        Assert.Equal("redis://stress-redis:6379", run.Env.Single(variable => variable.Name == SiloDefaults.ClusterVariable).Value);
    }

    [Fact]
    public async Task An_image_that_is_to_come_asks_the_cluster_in_a_Job_that_is_no_run()
    {
        (int code, string text, string errors) = await Type("k8s", "upgrade", "--image", "registry/stress:2", "--wait", "12h");
        V1Job job = Assert.IsType<V1Job>(Assert.Single(Manifests.Parse(text)));
        V1PodSpec pod = job.Spec.Template.Spec;

        Assert.Equal((ExitCodes.Ok, ""), (code, errors));
        Assert.Equal("stress-upgrade-", job.Metadata.GenerateName);
        Assert.Equal("registry/stress:2", pod.Containers[0].Image);
        Assert.Equal(["upgrade", "--cluster=$(STRESS_CLUSTER)", "--wait=12h"], pod.Containers[0].Args);
        Assert.Equal(["tmp"], pod.Volumes.Select(volume => volume.Name));
        Assert.Null(job.Spec.Template.Metadata.Annotations);
        Assert.Equal(0, job.Spec.BackoffLimit);
        Assert.Equal(ExitCodes.Usage, (await Type("k8s", "upgrade", "--image", "stress:dev", "--wait", "soon")).Code);
    }

    [Fact]
    public async Task A_Secret_of_mutual_TLS_is_mounted_whole_and_named_to_the_run()
    {
        (_, string text, _) = await Type("k8s", "run", Scenario, "--image", "stress:dev", "--tls-secret", "stress-run-tls");
        V1PodSpec pod = Assert.IsType<V1Job>(Assert.Single(Manifests.Parse(text))).Spec.Template.Spec;
        V1VolumeMount mount = pod.Containers[0].VolumeMounts.Single(mount => mount.Name == "tls");
        V1SecretVolumeSource secret = pod.Volumes.Single(volume => volume.Name == "tls").Secret;

        Assert.Equal(("stress-run-tls", 288), (secret.SecretName, secret.DefaultMode!.Value));
        Assert.Null(secret.Items);
        Assert.Equal($"{mount.MountPath}/tls.key", pod.Containers[0].Env.Single(variable => variable.Name == SiloDefaults.TlsKeyVariable).Value);
    }

    [Theory]
    [InlineData("--tls-secret", "")]
    [InlineData("--deadline", "0")]
    [InlineData("--keep", "x")]
    [InlineData("--memory", "much")]
    [InlineData("--memory", "-1Gi")]
    [InlineData("--lease", "never")]
    [InlineData("--pace", "0")]
    [InlineData("--pairs", "0")]
    [InlineData("--cluster", "stress-redis")]
    [InlineData("--image", "")]
    public async Task What_is_not_accepted_is_refused_in_one_line_and_nothing_is_printed(string option, string value)
    {
        string[] image = option == "--image" ? [] : ["--image", "stress:dev"];
        (int code, string text, string errors) = await Type(["k8s", "run", Scenario, .. image, option, value]);

        Assert.Equal((ExitCodes.Usage, ""), (code, text));
        Assert.Single(errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task A_name_that_is_taken_is_drawn_again_and_the_run_is_the_Jobs_uid()
    {
        _server.On("create", ApiServer.Refusal(409, "AlreadyExists", "jobs.batch \"stress-run-aaaaa\" already exists")).On("create", ApiServer.Json(Made, 201));
        await _server.Start();
        (int code, string text, string errors) = await Type("k8s", "run", Scenario, "--image", "stress:dev", "--apply", "--kubeconfig", Kubeconfig());

        Assert.Equal((ExitCodes.Ok, $"job {Name}, run {Uid}", ""), (code, text.TrimEnd(), errors));
        Assert.Equal(["create", "create"], _server.Asked);
        Assert.All(_server.Created, body => Assert.Equal("stress-run-", JsonDocument.Parse(body).RootElement.GetProperty("metadata").GetProperty("generateName").GetString()));
    }

    [Theory]
    [InlineData(409, "AlreadyExists", ExitCodes.Usage, 5)]
    [InlineData(401, "Unauthorized", ExitCodes.Usage, 1)]
    [InlineData(403, "Forbidden", ExitCodes.Usage, 1)]
    [InlineData(404, "NotFound", ExitCodes.Usage, 1)]
    [InlineData(422, "Invalid", ExitCodes.Usage, 1)]
    [InlineData(429, "TooManyRequests", ExitCodes.Unavailable, 1)]
    [InlineData(503, "ServiceUnavailable", ExitCodes.Unavailable, 1)]
    public async Task What_the_server_refuses_is_said_in_its_own_words_with_a_code_that_says_whether_it_may_pass(int status, string reason, int expected, int requests)
    {
        _server.On("create", ApiServer.Refusal(status, reason, $"the server's words for {reason}."));
        await _server.Start();
        (int code, _, string errors) = await Type("k8s", "run", Scenario, "--image", "stress:dev", "--apply", "--kubeconfig", Kubeconfig());

        Assert.Equal(expected, code);
        Assert.Contains($"the server's words for {reason}; accepted is", Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal(requests, _server.Asked.Count);
    }

    [Fact]
    public async Task A_server_that_is_not_there_and_a_kubeconfig_that_is_none_get_one_line_and_their_codes()
    {
        string[] typed = ["k8s", "run", Scenario, "--image", "stress:dev", "--apply", "--kubeconfig"];
        string none = Path.Combine(_folder, "none");
        File.WriteAllText(none, "kind: Other\n");

        Assert.Equal(ExitCodes.Unavailable, (await Type([.. typed, Kubeconfig()])).Code);
        Assert.Equal(ExitCodes.Usage, (await Type([.. typed, Path.Combine(_folder, "missing")])).Code);
        Assert.Equal(ExitCodes.Usage, (await Type([.. typed, none])).Code);
    }

    [Fact]
    public async Task A_watch_that_is_cut_off_forgotten_or_ended_is_begun_again_and_the_code_is_that_of_the_last_pod()
    {
        _server
            .On("read", ApiServer.Json(Job("1", active: 0))).On("read", ApiServer.Json(Job("2", active: 1))).On("read", ApiServer.Json(Job("3", active: 1)))
            .On("read", ApiServer.Json(Job("9", active: 1, failed: 1))).On("read", ApiServer.Json(Job("10", end: "Failed", failed: 2)))
            .On("watch", ApiServer.Watch(cut: true, ("MODIFIED", Job("2", active: 1))))
            .On("watch", ApiServer.Watch(cut: false, ("ERROR", new { kind = "Status", apiVersion = "v1", code = 410, reason = "Expired", message = "too old resource version" })))
            .On("watch", ApiServer.Watch(cut: false))
            .On("watch", ApiServer.Watch(cut: false, ("MODIFIED", Job("9", active: 1, failed: 1)), ("MODIFIED", Job("10", end: "Failed", failed: 2))))
            .On("pods", ApiServer.Json(Pods((6, 1), (1, 2))));
        await _server.Start();

        Assert.Equal(ExitCodes.ExpectationFailed, await Launcher().Follow(Name, Generous()));
        Assert.Equal(["read", "watch", "read", "watch", "read", "watch", "read", "watch", "read", "pods"], _server.Asked);
        Assert.Equal(
            [$"{Name}: waiting for a pod", $"{Name}: active", $"{Name}: active, 1 of its pods failed", $"{Name}: failed, 2 of its pods failed", $"{Name}: PodFailurePolicy: of this test"], _said);
    }

    [Fact]
    public async Task A_server_that_restarts_is_asked_until_it_answers_again()
    {
        var watching = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.On("read", ApiServer.Json(Job("1", active: 1))).On("read", ApiServer.Refusal(503, "ServiceUnavailable", "starting")).On("read", ApiServer.Json(Job("5", end: "Complete")))
            .On("watch", async context =>
            {
                await ApiServer.Watch(cut: false, ("MODIFIED", Job("2", active: 1)))(context);
                watching.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
            })
            .On("pods", ApiServer.Json(Pods((0, 1))));
        await _server.Start();
        Task<int> followed = Launcher().Follow(Name, Generous());
        await watching.Task;
        await _server.Stop();
        await _server.Start();

        Assert.Equal(ExitCodes.Ok, await followed);
    }

    [Fact]
    public async Task A_job_that_is_deleted_and_a_server_that_stays_away_end_the_following_with_the_code_of_what_may_pass()
    {
        _server.On("read", ApiServer.Json(Job("1", active: 1))).On("read", ApiServer.Refusal(404, "NotFound", "no such job")).On("watch", ApiServer.Watch(cut: false, ("DELETED", Job("2", active: 1))));
        await _server.Start();
        Assert.Contains("was deleted before its end", (await Assert.ThrowsAsync<ClusterUnavailableException>(() => Launcher().Follow(Name, Generous()))).Message, StringComparison.Ordinal);

        await _server.Stop();
        Assert.Contains("has not answered for 0 s", (await Assert.ThrowsAsync<ClusterUnavailableException>(() => Launcher(TimeSpan.Zero).Follow(Name, Generous()))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "Unauthorized")]
    [InlineData(403, "Forbidden")]
    public async Task Who_may_make_a_job_and_not_follow_it_is_told_so_in_the_servers_words(int status, string reason)
    {
        _server.On("create", ApiServer.Json(Made, 201)).On("read", ApiServer.Refusal(status, reason, $"the server's words for {reason}."));
        await _server.Start();
        (int code, string text, string errors) = await Type("k8s", "run", Scenario, "--image", "stress:dev", "--follow", "--kubeconfig", Kubeconfig());

        Assert.Equal((ExitCodes.Usage, $"job {Name}, run {Uid}"), (code, text.TrimEnd()));
        Assert.Contains($"does not show Job {Name}: the server's words for {reason}; accepted is", Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal(["create", "read"], _server.Asked);
    }

    [Fact]
    public async Task A_job_whose_pod_was_evicted_and_replaced_has_the_code_of_the_one_that_ended_by_itself()
    {
        _server.On("read", ApiServer.Json(Job("1", active: 1))).On("read", ApiServer.Json(Job("3", end: "Complete")))
            .On("watch", ApiServer.Watch(cut: false, ("MODIFIED", Job("2", active: 0)), ("MODIFIED", Job("3", end: "Complete"))))
            .On("pods", ApiServer.Json(Pods((137, 2), (0, 1))));
        await _server.Start();

        Assert.Equal(ExitCodes.Ok, await Launcher().Follow(Name, Generous()));
        Assert.Equal([$"{Name}: active", $"{Name}: waiting for a pod", $"{Name}: complete"], _said);
    }

    [Theory]
    [InlineData(137, "its last pod was ended from outside, with 137 (OOMKilled)")]
    [InlineData(null, "PodFailurePolicy: of this test")]
    public async Task A_job_whose_last_pod_was_killed_or_is_gone_is_work_that_was_lost_and_no_code_of_a_run(int? last, string said)
    {
        _server.On("read", ApiServer.Json(Job("1", end: "Failed", failed: 3))).On("pods", ApiServer.Json(last is { } code ? Pods((6, 1), (code, 2)) : Pods()));
        await _server.Start();

        Assert.Equal(ExitCodes.Incomplete, await Launcher().Follow(Name, Generous()));
        Assert.Contains(said, _said[^1], StringComparison.Ordinal);
    }

    private JobLauncher Launcher(TimeSpan? patience = null) => new(
        new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(Kubeconfig())), "stress", _said.Add, TimeSpan.FromMilliseconds(20), patience ?? TimeSpan.FromMinutes(2));

    private static CancellationToken Generous() => new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;

    private static object Job(string version, int active = 0, int failed = 0, string? end = null) => new
    {
        apiVersion = "batch/v1",
        kind = "Job",
        metadata = new { name = Name, uid = Uid, resourceVersion = version },
        status = new { active, failed, conditions = end is null ? Array.Empty<object>() : [new { type = end, status = "True", reason = "PodFailurePolicy", message = "of this test" }] },
    };

    private static object Pods(params (int Code, int Minute)[] ended) => new
    {
        apiVersion = "v1",
        kind = "PodList",
        items = ended.Select(pod => new
        {
            metadata = new { name = $"{Name}-{pod.Minute}" },
            status = new { containerStatuses = new[] { new { name = "run", state = new { terminated = new { exitCode = pod.Code, reason = pod.Code == 137 ? "OOMKilled" : "Error", finishedAt = $"2026-01-02T03:0{pod.Minute}:00Z" } } } } },
        }).ToArray(),
    };

    private string Kubeconfig()
    {
        string file = Path.Combine(_folder, "kubeconfig");
        File.WriteAllText(file, $$$"""
            apiVersion: v1
            kind: Config
            current-context: test
            clusters: [{name: test, cluster: {server: "{{{_server.Address}}}"}}]
            contexts: [{name: test, context: {cluster: test, user: test}}]
            users: [{name: test, user: {token: of-this-test-only}}]
            """);
        return file;
    }

    private static async Task<(int Code, string Out, string Error)> Type(params string[] words)
    {
        using StringWriter screen = new(), errors = new();
        var terminal = new Terminal(AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(screen) }), errors);
        int code = await StressCommand.Run(words, terminal, CancellationToken.None);
        return (code, screen.ToString(), errors.ToString());
    }
}
