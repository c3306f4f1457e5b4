using System.Text.Json;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class ExecCommandTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    private string Write(string name, params string[] lines)
    {
        string file = Path.Combine(_screen.Folder, name);
        File.WriteAllLines(file, lines);
        return file;
    }

    [Fact]
    public async Task Exec_prints_the_recorded_form_then_the_verdict_with_its_story()
    {
        string file = Write("x.ops", "raw4 o 89", "create tun0", "open tun0", "addr4 tun0 10.0.0.1 10.0.0.2", "join4 o 224.0.0.5 10.0.0.1", "deladdr4 tun0 10.0.0.1", "ifclose tun0", "destroy tun0", "close o");

        Assert.Equal(ExitCodes.Ok, await _screen.Run("exec", file, "--stack", "netbsd-7", "--design", "netbsd-2005"));
        string[] lines = _screen.Out.Split(Environment.NewLine);
        Assert.Equal(" 3  open tun0                                    -> 0  [0]", lines[2]);
        Assert.Equal("verdict: step 9 (close o): heap-use-after-free in if_mcast_op (if.c)", lines[10]);
        Assert.Equal("  step 9, if_mcast_op: ifnet.if_ioctl of tun0 (allocation 1), freed at step 8", lines[11]);
    }

    [Fact]
    public async Task Exec_with_json_prints_one_document()
    {
        string file = Write("x.ops", "index tun0");

        Assert.Equal(ExitCodes.Ok, await _screen.Run("exec", file, "--stack", "netbsd-7", "--json"));
        using JsonDocument document = JsonDocument.Parse(_screen.Out);
        JsonElement step = document.RootElement.GetProperty("steps")[0];
        Assert.Equal(("ENXIO", "6", -1), (step.GetProperty("errno").GetString(), step.GetProperty("number").GetString(), step.GetProperty("value").GetInt32()));
        Assert.Equal("clean", document.RootElement.GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task A_wrong_list_is_one_line_with_file_and_line_and_exit_2()
    {
        string file = Write("x.ops", "create tun0", "frobnicate tun0");

        Assert.Equal(ExitCodes.Usage, await _screen.Run("exec", file, "--stack", "netbsd-7"));
        Assert.StartsWith($"stress: {file}:2: unknown operation 'frobnicate'; accepted: create", _screen.Error);
        Assert.Empty(_screen.Out);
    }

    [Fact]
    public async Task Agree_is_content_with_the_recordings_of_the_repository()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("agree", Repository.At("tests", "recorded")));
        Assert.Contains("netbsd-7: 1 list, 58 of 58 (100.00 %) of the steps agree, needed 99.9 %; 1 of 1 (100.00 %) end alike", _screen.Out);
    }

    [Fact]
    public async Task Agree_names_every_differing_step_and_exits_1_when_too_few_agree()
    {
        Write("y.ops", "create tun0", "up tun0");
        Write("y.netbsd-7.txt", " 1  create tun0                                  -> 0", " 2  up tun0                                      -> -1 ENXIO(6)", "END normal, no crash");

        Assert.Equal(ExitCodes.ExpectationFailed, await _screen.Run("agree", _screen.Folder));
        Assert.Contains("differs: y step 2 (up tun0): real -1 ENXIO(6), model 0", _screen.Out);
    }

    [Fact]
    public async Task Agree_compares_the_deaths_of_real_kernels_and_exits_1_when_a_model_outlives_one()
    {
        Write("y.ops", "create tun0", "up tun0", "down tun0");
        Write("y.netbsd-7.txt", " 1  create tun0                                  -> 0");

        Assert.Equal(ExitCodes.ExpectationFailed, await _screen.Run("agree", _screen.Folder));
        Assert.Contains("netbsd-7: 1 list, 1 of 2 (50.00 %) of the steps agree, needed 99.9 %; 0 of 1 (0.00 %) end alike, needed 99.5 %, 1 real death", _screen.Out);
        Assert.Contains("differs: y step 2 (up tun0): real (died), model 0", _screen.Out);
    }

    [Fact]
    public async Task Agree_takes_the_side_of_a_recording_from_its_name_and_says_what_no_stack_models()
    {
        Write("y.ops", "create tun0");
        Write("y.netbsd-7-fix-in.txt", " 1  create tun0                                  -> 0", "END normal, no crash");
        Write("y.plan9-4.txt", " 1  create tun0                                  -> 0", "END normal, no crash");
        Write("verdicts.tsv", "y\tnetbsd-7\tfix-in\tclean", "y\tplan9-4\tfix-in\tclean");

        Assert.Equal(ExitCodes.Ok, await _screen.Run("agree", _screen.Folder));
        Assert.Contains("netbsd-7-fix-in: 1 list, 1 of 1 (100.00 %) of the steps agree", _screen.Out);
        Assert.Contains("verdicts netbsd-7-fix-in: 1 of 1 (100.00 %) the same, needed 99.5 %", _screen.Out);
        Assert.Contains("not compared: 2 recordings of plan9-4, which no stack models", _screen.Out);
    }

    [Theory]
    [InlineData("auto-linklocal=yes", "condition 'auto-linklocal' cannot be 'yes'; accepted: auto-linklocal=on or auto-linklocal=off")]
    [InlineData("auto-linklocl=on", "unknown condition 'auto-linklocl=on', did you mean auto-linklocal?; accepted: auto-linklocal=on|off, ")]
    [InlineData("node-groups=on node-groups=on", "condition 'node-groups' is said twice")]
    public async Task A_wrong_condition_is_one_line_and_exit_2(string conditions, string message)
    {
        string option = Write("x.ops", "create tun0"), header = Write("y.ops", "# a comment", $"# conditions: {conditions}", "create tun0");

        Assert.Equal(ExitCodes.Usage, await _screen.Run("exec", option, "--stack", "netbsd-7", "--conditions", conditions));
        Assert.Contains(message, _screen.Error);
        using var other = new Screen();
        Assert.Equal(ExitCodes.Usage, await other.Run("exec", header, "--stack", "netbsd-7"));
        Assert.Contains($"{header}:2: {message}", other.Error);
    }

    [Fact]
    public async Task The_conditions_of_a_list_are_those_of_its_header_then_those_of_the_option()
    {
        string bare = Write("x.ops", "create tun0", "open tun0", "up tun0", "show tun0"), header = Write("y.ops", "# conditions: auto-linklocal=off", "create tun0", "open tun0", "up tun0", "show tun0");

        await _screen.Run("exec", bare, "--stack", "netbsd-7", "--conditions", "auto-linklocal=on");
        Assert.Contains(" fe80::", _screen.Out);
        using var other = new Screen();
        await other.Run("exec", header, "--stack", "netbsd-7", "--conditions", "auto-linklocal=on");
        Assert.DoesNotContain(" fe80::", other.Out);
    }

    [Fact]
    public async Task Agree_refuses_a_folder_without_recordings()
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run("agree", _screen.Folder));
        Assert.Contains("nothing recorded here", _screen.Error);
    }
}
