using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Recorded;
using Xunit;

namespace Stress.Emulator.Tests.Stacks;

public class AgreementTests
{
    [Theory]
    [InlineData("netbsd-7")]
    [InlineData("linux-6.18")]
    public void All_58_steps_of_pppd_come_out_as_recorded_with_kind_and_destination_of_every_drained_frame(string kernel)
    {
        Agreement agreement = Recordings.Compare("", kernel);

        Assert.Empty(agreement.Differing);
        Assert.Empty(agreement.DifferingFrames);
        Assert.Equal(58, agreement.Agreed);
        Assert.Equal(1, agreement.SameEnd);
    }

    [Fact]
    public void A_run_of_pppd_on_netbsd_7_prints_the_recorded_file_line_by_line()
    {
        OperationFile list = Recordings.List("pppd.ops");
        OperationRun run = new OperationRunner(StackCatalog.Create(StackCatalog.NetBsd7, null, list.Conditions)).Run(list.Operations);
        string[] recorded = File.ReadAllLines(Path.Combine(Recordings.Folder, "pppd.netbsd-7.txt"));

        Assert.Equal(recorded.Where(line => line.Length > 0), run.Steps.Select(s => s.ToString()).Append(run.End));
    }

    [Theory]
    [InlineData("netbsd-7")]
    [InlineData("linux-6.18")]
    public void Random_lists_agree_in_value_and_errno(string kernel)
    {
        Agreement agreement = Recordings.Compare("random", kernel);

        Assert.Equal(120, agreement.Lists);
        Assert.True(agreement.IsReached, string.Join('\n', agreement.Differing));
    }

    [Theory]
    [InlineData("big", "netbsd-7")]
    [InlineData("big", "netbsd-7-fix-in")]
    [InlineData("big", "linux-6.18")]
    [InlineData("lim", "netbsd-7")]
    [InlineData("lim", "netbsd-7-fix-in")]
    [InlineData("lim", "linux-6.18")]
    [InlineData("ops", "netbsd-7")]
    [InlineData("ops", "netbsd-7-fix-in")]
    [InlineData("ops", "linux-6.18")]
    [InlineData("td", "linux-6.18")]
    [InlineData("minimal", "netbsd-7")]
    [InlineData("minimal", "linux-6.18")]
    [InlineData("gen", "linux-6.18")]
    public void Long_lists_limits_teardowns_and_unusual_operations_agree_in_every_step_death_and_end(string folder, string kernel)
    {
        Agreement agreement = Recordings.Compare(folder, kernel);

        Assert.NotEqual(0, agreement.Lists);
        Assert.Empty(agreement.Differing);
        Assert.Empty(agreement.NotModelled);
        Assert.Equal(agreement.Lists, agreement.SameEnd);
        Assert.True(agreement.SameFrames * 10 >= agreement.Drains * 9, string.Join('\n', agreement.DifferingFrames));
        Assert.True(agreement.Otherwise.Count * 100 <= agreement.Compared, string.Join('\n', agreement.Otherwise));
    }

    [Theory]
    [InlineData("netbsd-7-fix-out")]
    [InlineData("netbsd-7-fix-in")]
    public void Teardown_verdicts_are_those_of_the_sanitizer_with_first_step_and_function(string kernel)
    {
        VerdictAgreement agreement = Recordings.Verdicts("", RecordedKernel.Named(kernel)!);

        Assert.Equal(29, agreement.Lists);
        Assert.Equal(29, agreement.SameVerdict);
        Assert.Equal(agreement.Dirty, agreement.SameFirst);
        Assert.Equal(kernel == "netbsd-7-fix-out" ? 1 : 0, agreement.FirstInTimer);
    }

    [Theory]
    [InlineData("netbsd-7-fix-out")]
    [InlineData("netbsd-7-fix-in")]
    public void Verdicts_are_those_of_the_sanitizer_on_the_real_kernel(string kernel)
    {
        VerdictAgreement agreement = Recordings.Verdicts("teardown", RecordedKernel.Named(kernel)!);

        Assert.Equal(120, agreement.Lists);
        Assert.True(agreement.IsReached, string.Join('\n', agreement.Differing));
    }

    [Fact]
    public void A_recording_whose_answer_was_parted_from_its_step_by_a_console_message_is_read_as_one_line()
    {
        Recording recording = Recording.Parse(" 1  create tun0                                  Kernel RNG FAILURE\ncprng: failed\n-> 0\n 2  open tun0  -> -1 ENXIO(6)  [0]\nEND normal, no crash\n");

        Assert.Equal([(1, 0, ""), (2, -1, "ENXIO(6)")], recording.Answers.Select(a => (a.Number, a.Value, a.Error)));
        Assert.Null(recording.Death);
    }

    [Theory]
    [InlineData(" 1  create tun0                                  -> 0\n", 2, "", "")]
    [InlineData(" 1  create tun0                                  -> 0\n 2  addr4 tun0 10.0.0.1 10.0.0.2  panic: kernel diagnostic assertion \"x == NULL\" failed: file \"/sys/pslist.h\", line 118 \n", 2, "", "pslist.h")]
    [InlineData(" 1  create tun0                                  -> 0\n 2  close o  panic: double free in in6_delmulti\n", 2, "in6_delmulti", "")]
    [InlineData(" 1  create tun0                                  -> 0\n 2  open tun0                                    -> 0\nEND process died at step 2 (open tun0)\n", 2, "", "")]
    public void A_recording_without_an_end_is_of_a_kernel_that_died_in_the_step_without_an_answer(string text, int step, string function, string file)
    {
        Recording recording = Recording.Parse(text);

        Assert.Equal((step, function, file), (recording.Death!.Step, recording.Death.Function, recording.Death.SourceFile));
        Assert.Single(recording.Answers);
    }

    [Fact]
    public void The_death_of_the_real_kernel_is_one_step_and_agrees_only_with_a_death_at_that_step()
    {
        OperationFile list = OperationFile.Parse(DyingAtItsSeventhStep, "x");
        RecordedAnswer[] answers = [.. list.Operations.Select((o, i) => new RecordedAnswer(i + 1, o.Text, 0, "", []))];

        Agreement same = Compared(new Recording(answers[..6], new RecordedDeath(7, "", "", "")));
        Assert.Equal((7, 7, 1, 1), (same.Agreed, same.Compared, same.Deaths, same.SameEnd));

        Agreement early = Compared(new Recording(answers[..5], new RecordedDeath(6, "", "", "")));
        Assert.Equal((5, 6, 0), (early.Agreed, early.Compared, early.SameEnd));
        Assert.Equal("(died)", Assert.Single(early.Differing).Recorded);

        Agreement survivor = Compared(new Recording(answers));
        Assert.Equal((6, 8, 0), (survivor.Agreed, survivor.Compared, survivor.SameEnd));
        Assert.Equal("(died at step 7 in in6_setscope, scope6.c)", survivor.Differing[0].Modelled);

        Agreement elsewhere = Compared(new Recording(answers[..6], new RecordedDeath(7, "panic: in in6_delmulti", "in6_delmulti", "")));
        Assert.Equal((6, 7, 0), (elsewhere.Agreed, elsewhere.Compared, elsewhere.SameEnd));

        Agreement Compared(Recording recording)
        {
            var agreement = new Agreement(RecordedKernel.Named("netbsd-7")!);
            agreement.Add("x", list, recording);
            return agreement;
        }
    }

    [Fact]
    public void The_values_of_index_and_getmcif_are_answers_too()
    {
        OperationFile list = OperationFile.Parse("create tun0\nindex tun0\n", "x");
        var agreement = new Agreement(RecordedKernel.Named("netbsd-7")!);
        agreement.Add("x", list, Recording.Parse(" 1  create tun0  -> 0\n 2  index tun0  -> 0  [3]\nEND normal\n"));

        Assert.Equal(("0 [3]", "0 [2]"), (agreement.Differing.Single().Recorded, agreement.Differing.Single().Modelled));
    }

    [Fact]
    public void A_list_without_a_header_is_of_the_default_conditions_unless_its_answers_contradict_them_and_others_explain_every_step()
    {
        OperationFile pppd = Recordings.List("pppd.ops") with { Conditions = null };
        var agreement = new Agreement(RecordedKernel.Named("netbsd-7")!);
        agreement.Add("pppd", pppd, Recordings.Answers("pppd.netbsd-7.txt"));
        Assert.Equal([("pppd", RecordingConditions.Earlier)], agreement.FoundConditions);
        Assert.Empty(agreement.Differing);

        var said = new Agreement(RecordedKernel.Named("netbsd-7")!);
        said.Add("pppd", pppd with { Conditions = RecordingConditions.Default }, Recordings.Answers("pppd.netbsd-7.txt"));
        Assert.Empty(said.FoundConditions);
        Assert.NotEmpty(said.Differing);
    }

    [Fact]
    public void A_step_with_two_answers_differs_only_when_the_real_stack_gave_neither()
    {
        OperationFile list = OperationFile.Parse("create tun0\nopen tun0\nup tun0\nudp6 r 521\naddr6 tun0 fe80::1 64\nsendpkt6 r ff02::9 tun0\n", "x");
        foreach ((string answer, int agreed, int otherwise, int differing) in new[] { ("0", 6, 0, 0), ("-1 EADDRNOTAVAIL(99)", 5, 1, 0), ("-1 ENODEV(19)", 5, 0, 1) })
        {
            var agreement = new Agreement(RecordedKernel.Named("linux-6.18")!);
            string[] lines = [.. list.Operations.Select((o, i) => $" {i + 1}  {o.Text}  -> {(i == 5 ? answer : "0")}"), "END normal"];
            agreement.Add("x", list, Recording.Parse(string.Join('\n', lines)));
            Assert.Equal((agreed, otherwise, differing), (agreement.Agreed, agreement.Otherwise.Count, agreement.Differing.Count));
        }
    }

    [Theory]
    [InlineData("netbsd-7", "netbsd-7")]
    [InlineData("linux-6.18", "linux-6")]
    [InlineData("netbsd-7-fix-in", "netbsd-7-fix-in")]
    [InlineData("netbsd-77", null)]
    [InlineData("lwip-2.1.3", null)]
    public void A_recording_is_of_the_kernel_that_its_name_begins_with_whatever_the_minor_version(string name, string? kernel) => Assert.Equal(kernel, RecordedKernel.Named(name)?.Name);

    private const string DyingAtItsSeventhStep = "udp6 r 521\ncreate tun0\nopen tun0\naddr6 tun0 fe80::1 64\njoin6 r ff02::9 tun0\ndeladdr6 tun0 fe80::1\ndestroy tun0\nclose r\n";
}
