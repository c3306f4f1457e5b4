using System.CommandLine;
using Stress.Client.Clusters;
using Stress.Client.Jobs;
using Stress.Client.Launching;
using Stress.Emulator.Core;
using k8s;
using k8s.Exceptions;
using k8s.Models;
using Stress.Contracts;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress k8s run FILE</c>: a run on a Kubernetes cluster that <c>k8s/</c> was applied to, as a Job that is printed, or made and followed.</summary>
public static class K8sCommand
{
    private const int LongestDays = 365, SecondsOfDay = 86_400, UsualLeaseSeconds = 600;
    private const string OfScenario = "the scenario's";

    // A pod evicted from its node is followed by another, which waits from the beginning.
    private const int LongestWaitSeconds = SecondsOfDay;
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2), Patience = TimeSpan.FromMinutes(5);

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The scenario, or - for standard input. It is sent with the Job." };
        var image = new Option<string>("--image") { Description = "The image of silos and clients, for example REGISTRY/stress:1.", Required = true };
        var space = new Option<string>("--namespace") { Description = "The namespace.", DefaultValueFactory = _ => "stress" };
        var cluster = new Option<string>("--cluster") { Description = "Redis of the cluster as its pods know it; with rediss:// the Secret stress-redis-tls has its authority.", DefaultValueFactory = _ => RunJob.UsualCluster };
        var tls = new Option<string?>("--tls-secret") { Description = "Secret with tls.crt, tls.key and ca.crt for the run, if the silos require certificates (overlay prod: stress-run-tls)." };
        Option<int?> pairs = RunOptions.Pairs(OfScenario);
        Option<VirtualTime?> hours = RunOptions.Hours(OfScenario);
        Option<ulong?> seed = SharedOptions.Seed();
        var design = new Option<string?>("--design") { Description = "Teardown design (default: the scenario's)." };
        Option<double?> pace = RunOptions.Pace();
        Option<int?> lease = RunOptions.Lease("Pause the run when it has had no client for this many seconds, or for example 10min, and cancel it after as long again; 0 for never (default: 10min).");
        Option<int?> deadline = Seconds("--deadline", "End the Job after this many seconds, or for example 2d, however far the run has got (default: 1d).", least: 1);
        Option<int?> keep = Seconds("--keep", "Delete the Job and its log this many seconds after its end, or for example 2d (default: 7d).", least: 0);
        var memory = new Option<string>("--memory") { Description = "Memory limit of the client; the run itself is in the silos.", DefaultValueFactory = _ => "1Gi" };
        var apply = new Option<bool>("--apply") { Description = "Make the Job on the cluster of the kubeconfig, and print its name." };
        var follow = new Option<bool>("--follow") { Description = "Make it, follow it to its end, and exit with its code." };
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "The kubeconfig (default: KUBECONFIG, ~/.kube/config, or the pod's own)." };
        var context = new Option<string?>("--context") { Description = "A context of the kubeconfig (default: its current one)." };
        var run = new Command("run", "Print a run as a Job with a generated name for kubectl create, or make it.")
        {
            file, image, space, cluster, tls, pairs, hours, seed, design, pace, lease, deadline, keep, memory, apply, follow, kubeconfig, context,
        };
        run.SetAction((line, stop) =>
        {
            RunSettings settings = new()
            {
                File = line.GetValue(file)!,
                Pairs = line.GetValue(pairs),
                Hours = line.GetValue(hours),
                Seed = line.GetValue(seed),
                Design = line.GetValue(design),
                Pace = line.GetValue(pace),
            };
            RunJob job = new()
            {
                Image = ImageOf(line.GetValue(image)),
                Scenario = settings.Load(terminal.In),
                Cluster = ClusterOption.ReadAddress(line.GetValue(cluster))!.ToString(),
                TlsSecret = SecretOf(line.GetValue(tls)),
                DeadlineSeconds = line.GetValue(deadline) ?? SecondsOfDay,
                KeptSeconds = line.GetValue(keep) ?? 7 * SecondsOfDay,
                Memory = Quantity(memory, line),
                Words =
                [
                    .. Word(pairs, line), .. Word(hours, line), .. Word(seed, line), .. Word(design, line), .. Word(pace, line),
                    "--wait=5min", $"--lease={line.GetValue(lease) ?? UsualLeaseSeconds}s",
                ],
            };
            return line.GetValue(apply) || line.GetValue(follow)
                ? Make(terminal, job.Create(), line.GetValue(space)!, line.GetValue(follow), () => Connect(line.GetValue(kubeconfig), line.GetValue(context)), stop)
                : Print(terminal, job.Create(), line.GetValue(space)!);
        });
        return new Command("k8s", "Runs on a Kubernetes cluster (k8s/README.md).") { run, Upgrade(terminal) };
    }

    // The new image queries the running cluster.
    private static Command Upgrade(Terminal terminal)
    {
        var image = new Option<string>("--image") { Description = "The image that is to replace the silos', for example REGISTRY/stress:2.", Required = true };
        var space = new Option<string>("--namespace") { Description = "The namespace.", DefaultValueFactory = _ => "stress" };
        var cluster = new Option<string>("--cluster") { Description = "Redis of the cluster as its pods know it; with rediss:// the Secret stress-redis-tls has its authority.", DefaultValueFactory = _ => RunJob.UsualCluster };
        var tls = new Option<string?>("--tls-secret") { Description = "Secret with tls.crt, tls.key and ca.crt, if the silos require certificates (overlay prod: stress-run-tls)." };
        Option<TimeSpan?> wait = ClusterWait.Option("Wait up to this many seconds, or for example 2h, for the end of runs that the image does not read (default: 1d).");
        var apply = new Option<bool>("--apply") { Description = "Make the Job on the cluster of the kubeconfig, and print its name." };
        var follow = new Option<bool>("--follow") { Description = "Make it, follow it to its end, and exit with its code: 0 when the image may be rolled out, 6 when runs have to end first." };
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "The kubeconfig (default: KUBECONFIG, ~/.kube/config, or the pod's own)." };
        var context = new Option<string?>("--context") { Description = "A context of the kubeconfig (default: its current one)." };
        var command = new Command("upgrade", "Print a Job for kubectl create that asks whether an image may replace the silos' image, or run it.")
        {
            image, space, cluster, tls, wait, apply, follow, kubeconfig, context,
        };
        command.SetAction((line, stop) =>
        {
            RunJob job = new()
            {
                Image = ImageOf(line.GetValue(image)),
                Prefix = "stress-upgrade-",
                Cluster = ClusterOption.ReadAddress(line.GetValue(cluster))!.ToString(),
                TlsSecret = SecretOf(line.GetValue(tls)),
                Words = ["upgrade", $"--cluster=$({SiloDefaults.ClusterVariable})", $"--wait={(line.GetResult(wait)?.Tokens is [.., { } typed] ? typed.Value : "1d")}"],
                DeadlineSeconds = 2 * LongestWaitSeconds,
            };
            return line.GetValue(apply) || line.GetValue(follow)
                ? Make(terminal, job.Create(), line.GetValue(space)!, line.GetValue(follow), () => Connect(line.GetValue(kubeconfig), line.GetValue(context)), stop, isRun: false)
                : Print(terminal, job.Create(), line.GetValue(space)!);
        });
        return command;
    }

    private static string ImageOf(string? named) =>
        named is { Length: > 0 } ? named : throw new UsageException("--image: accepted is the name of an image, for example REGISTRY/stress:1");

    private static string? SecretOf(string? named) => named is not "" ? named : throw new UsageException("--tls-secret: accepted is the name of a Secret, for example stress-run-tls");

    private static Task<int> Print(Terminal terminal, V1Job job, string space)
    {
        job.Metadata.NamespaceProperty = space;
        terminal.Out.Profile.Out.Writer.WriteLine(KubernetesYaml.Serialize(job).TrimEnd());
        return Task.FromResult(ExitCodes.Ok);
    }

    private static async Task<int> Make(Terminal terminal, V1Job job, string space, bool follow, Func<Kubernetes> connect, CancellationToken stop, bool isRun = true)
    {
        using Kubernetes api = connect();
        var launcher = new JobLauncher(api, space, text => terminal.Error.WriteLine($"stress: {text}"), Again, Patience);
        (string name, string uid) = await launcher.Create(job, stop);
        terminal.Text.WriteLine(isRun ? $"job {name}, run {uid}" : $"job {name}");
        if (!follow)
        {
            return ExitCodes.Ok;
        }

        int code = await launcher.Follow(name, stop);
        terminal.Text.WriteLine(!isRun ? $"job {name} ended with {code}" : $"job {name} ended with {code}; its report: kubectl -n {space} exec stress-silo-0 -- dotnet Stress.Client.dll report {uid} --out - | tar x");
        return code;
    }

    private static Kubernetes Connect(string? file, string? context)
    {
        try
        {
            return new Kubernetes(file is null && context is null ? KubernetesClientConfiguration.BuildDefaultConfig() : KubernetesClientConfiguration.BuildConfigFromConfigFile(file, context));
        }
        catch (Exception e) when (e is KubeConfigException or IOException or UnauthorizedAccessException or YamlDotNet.Core.YamlException)
        {
            throw new UsageException($"{(file is null ? "the kubeconfig" : $"--kubeconfig {file}")}: {e.Message.TrimEnd('.')}; accepted is a kubeconfig of a cluster");
        }
    }

    // An option for the client in the Job, as it was typed here.
    private static string[] Word(Option option, ParseResult line) => line.GetResult(option)?.Tokens is [.., { } typed] ? [$"{option.Name}={typed.Value}"] : [];

    private static Option<int?> Seconds(string name, string description, int least) => TypedOption.Of(name, description, text =>
        Durations.Seconds(text) is { } time && time.Microseconds / 1_000_000 is var seconds && seconds >= least && seconds <= LongestDays * (long)SecondsOfDay ? (int?)seconds
            : throw new UsageException($"{name} {text}: accepted are seconds from {least}, or {Durations.WithUnit}, up to {LongestDays}d"));

    private static string Quantity(Option<string> option, ParseResult line)
    {
        try
        {
            return new ResourceQuantity(line.GetValue(option)!).ToDecimal() > 0 ? line.GetValue(option)! : throw new FormatException();
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            throw new UsageException($"{option.Name} {line.GetValue(option)}: accepted is an amount as Kubernetes spells it, for example 1Gi");
        }
    }
}
