using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Recorded;
using Xunit;

namespace Stress.Emulator.Tests.Stacks;

public class AgreementTests
{
    [Theory]
    [InlineData(StackCatalog.NetBsd7, "netbsd-7")]
    [InlineData(StackCatalog.Linux6, "linux-6.18")]
    public void All_58_steps_of_pppd_come_out_as_recorded_with_kind_and_destination_of_every_drained_frame(string stack, string suffix)
    {
        var agreement = new Agreement(stack, comparesFrames: true);
        agreement.Add("pppd", Recordings.List("pppd.ops"), Recordings.Answers($"pppd.{suffix}.txt"));

        Assert.Empty(agreement.Differing);
        Assert.Equal(58, agreement.Agreed);
    }

    [Fact]
    public void A_run_of_pppd_on_netbsd_7_prints_the_recorded_file_line_by_line()
    {
        OperationRun run = new OperationRunner(StackCatalog.Create(StackCatalog.NetBsd7, null, "pppd")).Run(Recordings.List("pppd.ops"));
        string[] recorded = File.ReadAllLines(Path.Combine(Recordings.Folder, "pppd.netbsd-7.txt"));

        Assert.Equal(recorded.Where(line => line.Length > 0), run.Steps.Select(s => s.ToString()).Append(run.End));
    }

    [Theory]
    [InlineData(StackCatalog.NetBsd7, "netbsd-7", 9_900)]
    [InlineData(StackCatalog.Linux6, "linux-6.18", 9_700)]
    public void Random_lists_agree_in_value_and_errno(string stack, string suffix, int basisPoints)
    {
        Agreement agreement = Recordings.Random(stack, suffix);

        Assert.Equal(120, agreement.Lists);
        Assert.True(agreement.Reaches(basisPoints), string.Join('\n', agreement.Differing));
    }

    [Fact]
    public void No_recorded_list_that_the_real_kernel_survived_kills_the_model()
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Recordings.Folder, "random"), "*.ops"))
        {
            OperationRun run = new OperationRunner(StackCatalog.Create(StackCatalog.NetBsd7)).Run(Recordings.List("random", Path.GetFileName(file)));
            Assert.False(run.Stack.Oracle.HasDied, $"{file}: {run.End}");
        }
    }

    [Theory]
    [InlineData("fix-out")]
    [InlineData("fix-in")]
    public void Verdicts_are_those_of_the_sanitizer_on_the_real_kernel(string side)
    {
        var agreement = new VerdictAgreement(side);
        foreach (RecordedVerdict verdict in VerdictTable.Parse(File.ReadAllText(Path.Combine(Recordings.Folder, "teardown", "verdicts.tsv"))).Where(v => v.Side == side))
        {
            agreement.Add(verdict, Recordings.List("teardown", verdict.List + ".ops"));
        }

        Assert.Equal(120, agreement.Lists);
        Assert.True(agreement.SameVerdict * 100 >= agreement.Lists * 97, string.Join('\n', agreement.Differing));
        Assert.True(agreement.SameFirst * 100 >= agreement.Dirty * 90, string.Join('\n', agreement.Differing));
    }

    [Fact]
    public void A_recording_whose_answer_was_parted_from_its_step_by_a_console_message_is_read_as_one_line()
    {
        IReadOnlyList<RecordedAnswer> answers = RecordedAnswers.Parse(" 1  create tun0                                  Kernel RNG FAILURE\ncprng: failed\n-> 0\n 2  open tun0  -> -1 ENXIO(6)  [0]\nEND normal, no crash\n");

        Assert.Equal([(1, 0, ""), (2, -1, "ENXIO(6)")], answers.Select(a => (a.Number, a.Value, a.Error)));
    }

    [Fact]
    public void A_model_that_dies_where_the_recording_ends_agrees_and_one_that_dies_earlier_or_later_differs()
    {
        IReadOnlyList<Operation> list = OperationList.Parse("udp6 r 521\ncreate tun0\nopen tun0\naddr6 tun0 fe80::1 64\njoin6 r ff02::9 tun0\ndeladdr6 tun0 fe80::1\ndestroy tun0\nclose r\n", "x");
        RecordedAnswer[] answers = [.. list.Select((o, i) => new RecordedAnswer(i + 1, o.Text, 0, "", []))];

        Assert.Equal(7, Compared(answers[..6]).Agreed);
        Assert.Empty(Compared(answers[..6]).Differing);
        Assert.Single(Compared(answers).Differing);
        Assert.Single(Compared(answers[..5]).Differing);

        Agreement Compared(RecordedAnswer[] recorded)
        {
            var agreement = new Agreement(StackCatalog.NetBsd7);
            agreement.Add("x", list, recorded);
            return agreement;
        }
    }
}
