using System.CommandLine;
using Spectre.Console;
using Stress.Client;
using Stress.Client.Launching;
using Stress.Tests.Shared;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Stress.K8s.Tests;

/// <summary>What compose.yaml mentions, against the code and the image that are meant: no engine is needed to read it.</summary>
public sealed class ComposeTests
{
    private static readonly Dictionary<string, object> File = new DeserializerBuilder().Build()
        .Deserialize<Dictionary<string, object>>(new MergingParser(new Parser(new StringReader(System.IO.File.ReadAllText(Repository.At("compose.yaml"))))));

    private static readonly Dictionary<string, Dictionary<object, object>> Services =
        ((Dictionary<object, object>)File["services"]).ToDictionary(service => (string)service.Key, service => (Dictionary<object, object>)service.Value);

    [Fact]
    public void Every_command_line_of_ours_is_one_that_stress_accepts_and_its_scenario_is_in_the_image()
    {
        RootCommand stress = StressCommand.Create(new Terminal(AnsiConsole.Console, TextWriter.Null));
        Containerfile image = Containerfile.Load();
        foreach (Dictionary<object, object> service in Ours)
        {
            string[] command = Texts(service, "command");
            ParseResult line = stress.Parse(command);

            Assert.Empty(line.Errors);
            Assert.NotEqual(stress, line.CommandResult.Command);
            if (command[0] == "run")
            {
                string app = $"{image.Only("WORKDIR")}/scenarios/";
                Assert.StartsWith(app, command[1], StringComparison.Ordinal);
                Assert.Contains(image.Image, instruction => instruction.Text == "--from=build /src/scenarios/*.yaml scenarios/");
                new RunSettings
                {
                    File = Repository.At("scenarios", command[1][app.Length..]),
                    Pairs = Value(command, "--pairs") is { } pairs ? RunOptions.ReadPairs(pairs) : null,
                    Hours = Value(command, "--hours") is { } hours ? RunOptions.ReadHours(hours) : null,
                    Pace = Value(command, "--pace") is { } pace ? RunOptions.ReadPace(pace) : null,
                }.Load();
            }
        }
    }

    [Fact]
    public void Pages_that_others_could_reach_ask_for_a_token_and_ports_are_open_to_this_machine_alone()
    {
        string[] command = Texts(Services["triage"], "command");

        Assert.Equal("/run/secrets/tokens", Value(command, "--token-file"));
        Assert.Equal(["tokens"], Texts(Services["triage"], "secrets"));
        Assert.All(Services.Values.SelectMany(service => Texts(service, "ports")), port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        Assert.Contains($"127.0.0.1:8090:{Value(command, "--listen")!.Split(':')[1]}", Texts(Services["triage"], "ports"));
        Assert.All(Services.Where(service => service.Key != "triage"), service => Assert.Equal("service:triage", service.Value["network_mode"]));
    }

    [Fact]
    public void No_container_writes_to_its_image_or_may_gain_rights_and_every_image_has_a_version() => Assert.All(Services.Values, service =>
    {
        Assert.Equal("true", service["read_only"]);
        Assert.Equal(["ALL"], Texts(service, "cap_drop"));
        Assert.Equal(["no-new-privileges:true"], Texts(service, "security_opt"));
        Assert.False(service.ContainsKey("privileged") || service.ContainsKey("cap_add") || service.ContainsKey("user"));
        Assert.Matches("^(stress:dev|[a-z-]+/[a-z-]+:v?[0-9]+\\.[0-9]+\\.[0-9]+)$", (string)service["image"]);
    });

    [Fact]
    public void What_is_mounted_is_in_the_repository_or_a_volume_and_where_our_containers_write_belongs_to_their_user()
    {
        var volumes = ((Dictionary<object, object>)File["volumes"]).Keys.Cast<string>().ToHashSet();
        Assert.All(Services.Values.SelectMany(service => Texts(service, "volumes")).Select(mount => mount.Split(':')[0]), from =>
            Assert.True(from.StartsWith("./", StringComparison.Ordinal) ? Directory.Exists(Repository.At(from[2..])) : volumes.Contains(from), from));

        Containerfile image = Containerfile.Load();
        string user = image.Only("USER");
        Assert.All(Ours, service =>
        {
            Assert.Equal(["data:/data"], Texts(service, "volumes"));
            Assert.Equal("/data", service["working_dir"]);
        });
        Assert.Contains(image.Image, instruction => instruction.Text == $"--from=build --chown={user}:{user} /data /data");
    }

    [Fact]
    public void Prometheus_scrapes_the_port_on_which_the_run_has_its_metrics()
    {
        string port = Value(Texts(Services["run"], "command"), "--metrics-port")!;

        Assert.Contains($"localhost:{port}", System.IO.File.ReadAllText(Repository.At("observability", "prometheus", "prometheus.yml")), StringComparison.Ordinal);
    }

    private static IEnumerable<Dictionary<object, object>> Ours => Services.Values.Where(service => (string)service["image"] == "stress:dev");

    private static string[] Texts(Dictionary<object, object> service, string key) => service.TryGetValue(key, out object? list) ? [.. ((List<object>)list).Cast<string>()] : [];

    private static string? Value(string[] command, string option) => command.FirstOrDefault(word => word.StartsWith(option + "=", StringComparison.Ordinal))?[(option.Length + 1)..];
}
