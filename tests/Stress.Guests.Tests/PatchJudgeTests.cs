using Stress.Emulator.Exploration.Judging;
using Stress.Guests.Judging;
using Xunit;

namespace Stress.Guests.Tests;

public sealed class PatchJudgeTests
{
    private const string Bug = "KASAN slab-use-after-free in a";
    private static readonly Trial Clean = new([], false, null), Sick = new([Bug], false, null), Other = new(["WARNING in b"], false, null), Held = new(["unregister_netdevice: waiting for tun0"], true, null);

    private static JudgedPatch Judged(Func<ulong, Trial> after, Func<ulong, Trial>? before = null, string answer = " 1  create tun0  -> 0") =>
        new PatchJudge(new Kernel(before ?? (_ => Sick)), new Kernel(_ => Clean), ["list"], tries: 10, seed: 5).Of("patch", FixVerdict.Ends, new Kernel(after, answer, bytes: 1_100));

    [Fact]
    public void A_patch_with_which_no_seed_reports_anything_ends_it()
    {
        JudgedPatch patch = Judged(_ => Clean);

        Assert.Equal((FixVerdict.Ends, 0, 10, 0, 100L), (patch.Verdict, patch.Bad, patch.OnlyBefore, patch.OnlyAfter, patch.MoreBytes));
        Assert.True(patch.IsAsExpected);
    }

    [Fact]
    public void One_boot_with_the_bug_is_enough_to_say_that_it_does_not_end_it()
    {
        JudgedPatch patch = Judged(seed => seed == 9 ? Sick : Clean);

        Assert.Equal((FixVerdict.DoesNotEnd, $"{Bug}, in 1 of 10 boots"), (patch.Verdict, patch.Why));
        Assert.False(patch.IsAsExpected);
    }

    [Fact]
    public void Another_title_is_a_bug_that_moved_and_something_that_stays_is_a_leak()
    {
        Assert.Equal((FixVerdict.Moves, "WARNING in b, in 10 of 10 boots"), Named(Judged(_ => Other)));
        Assert.Equal((FixVerdict.Leaks, "unregister_netdevice: waiting for tun0, in 10 of 10 boots"), Named(Judged(_ => Held)));

        static (FixVerdict, string) Named(JudgedPatch patch) => (patch.Verdict, patch.Why);
    }

    [Fact]
    public void An_answer_that_changes_breaks_something()
    {
        JudgedPatch patch = Judged(_ => Clean, answer: " 1  create tun0  -> -1 EBUSY(16)");

        Assert.Equal((FixVerdict.Breaks, "list step 1 (create tun0) answered 0, and now -1 EBUSY(16)"), (patch.Verdict, patch.Why));
    }

    [Fact]
    public void Too_few_seeds_that_had_it_say_nothing()
    {
        JudgedPatch patch = Judged(_ => Clean, before: seed => seed < 8 ? Sick : Clean);

        Assert.Equal((FixVerdict.NotSeen, 3), (patch.Verdict, patch.OnlyBefore));
        Assert.Contains("may be chance (p 0.25)", patch.Why);
    }

    [Fact]
    public void A_kernel_that_stands_still_is_not_clean()
    {
        JudgedPatch patch = Judged(seed => seed == 7 ? new Trial([], false, "the kernel hung and was killed") : Clean);

        Assert.Equal((FixVerdict.NotSeen, "the kernel hung and was killed"), (patch.Verdict, patch.Why));
    }

    [Fact]
    public void A_list_that_shows_nothing_is_no_bug()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => Judged(_ => Clean, before: _ => Clean));

        Assert.StartsWith("kernel k reports nothing in 10 boots; accepted is a list that shows the bug", e.Message);
    }

    private sealed class Kernel(Func<ulong, Trial> boot, string answer = " 1  create tun0  -> 0", long bytes = 1_000) : IJudgedKernel
    {
        public string Name => "k";

        public long Bytes => bytes;

        public Trial Try(ulong seed) => boot(seed);

        public double Answer(out IReadOnlyList<IReadOnlyList<string>> answers)
        {
            answers = [[answer]];
            return 1;
        }
    }
}
