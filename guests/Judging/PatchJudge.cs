using Stress.Dial.Far;
using Stress.Emulator.Exploration.Judging;
using Stress.Guests.Running;
using Stress.Observability;

namespace Stress.Guests.Judging;

/// <summary>The result of one boot of a list.</summary>
/// <param name="Titles">What the kernel reported, in order.</param>
/// <param name="IsHeld">The first is about something that stays: an interface that cannot go, or memory that nothing points to.</param>
/// <param name="Trouble">Why the boot has no result; null if it has one.</param>
public sealed record Trial(IReadOnlyList<string> Titles, bool IsHeld, string? Trouble)
{
    /// <summary>Of a boot.</summary>
    public static Trial Of(ListResult result) => new(
        [.. result.Reports.Select(CrashWords.Of)],
        result.Reports.Count > 0 && result.Reports[0].Kind is FarKind.Held or FarKind.Leak,
        result.Trouble);
}

/// <summary>A kernel to be judged.</summary>
public interface IJudgedKernel
{
    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>Bytes of its program.</summary>
    long Bytes { get; }

    /// <summary>Boots it with the list and with the fault, where there is one.</summary>
    /// <param name="seed">What it draws its random numbers from.</param>
    Trial Try(ulong seed);

    /// <summary>Its answers to other lists, without the fault.</summary>
    /// <param name="answers">The lists' answers in order; for a list that did not finish, as many as there are.</param>
    /// <returns>CPU-seconds of its boots.</returns>
    double Answer(out IReadOnlyList<IReadOnlyList<string>> answers);
}

/// <summary>A patch, judged.</summary>
/// <param name="Patch">The patch's name.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Expected">The verdict that its file expects.</param>
/// <param name="Why">What it rests on.</param>
/// <param name="Tries">Boots, with the seeds of the kernel without it.</param>
/// <param name="Bad">Of these, boots with a report.</param>
/// <param name="OnlyBefore">Seeds with a report only without the patch.</param>
/// <param name="OnlyAfter">Seeds with one only with it.</param>
/// <param name="Changed">Answers to recorded lists that it changes.</param>
/// <param name="MoreBytes">Bytes that its program is longer.</param>
/// <param name="MoreCpu">CPU-seconds that the recorded lists took longer; null where they were not run, since a boot with the patch reported something.</param>
public sealed record JudgedPatch(
    string Patch, FixVerdict Verdict, FixVerdict Expected, string Why, int Tries, int Bad, int OnlyBefore, int OnlyAfter, IReadOnlyList<ChangedAnswer> Changed, long MoreBytes, double? MoreCpu)
{
    /// <summary>The verdict is the one that its file expects.</summary>
    public bool IsAsExpected => Verdict == Expected;
}

/// <summary>
/// Judges patches of a real kernel by one list: as many boots with each as without, with the same seeds, and the answers to lists that show no bug. There is no verdict without a
/// baseline: the list must show the bug on the kernel without a patch.
/// </summary>
public sealed class PatchJudge
{
    /// <summary>A difference counts as more than chance if the exact test gives at most this p.</summary>
    public const double Alpha = 0.05;

    private readonly IJudgedKernel _healthy;
    private readonly int _tries;
    private readonly ulong _seed;
    private readonly IReadOnlyList<string> _lists;
    private readonly IReadOnlyList<IReadOnlyList<string>> _answers;
    private readonly double _cpu;

    /// <summary>Boots the kernel without a patch.</summary>
    /// <param name="patient">That kernel.</param>
    /// <param name="healthy">The kernel whose answers a patch may not change: without the bug, where it is a patch itself, or the patient.</param>
    /// <param name="lists">Names of the lists of <see cref="IJudgedKernel.Answer"/>.</param>
    /// <param name="tries">Boots of the list.</param>
    /// <param name="seed">The first boot's seed; each other has the next.</param>
    /// <exception cref="ArgumentException">The list shows nothing on it.</exception>
    public PatchJudge(IJudgedKernel patient, IJudgedKernel healthy, IReadOnlyList<string> lists, int tries, ulong seed)
    {
        (_healthy, _lists, _tries, _seed) = (healthy, lists, tries, seed);
        Before = [.. Enumerable.Range(0, tries).Select(n => patient.Try(seed + (ulong)n))];
        Title = Before.Where(t => t.Titles.Count > 0).GroupBy(t => t.Titles[0]).MaxBy(g => g.Count())?.Key
            ?? throw new ArgumentException($"kernel {patient.Name} reports nothing in {tries} boots{(Before.FirstOrDefault(t => t.Trouble is not null)?.Trouble is { } trouble ? $" ({trouble})" : "")}; accepted is a list that shows the bug");
        _cpu = healthy.Answer(out _answers);
    }

    /// <summary>The results of the boots without a patch.</summary>
    public IReadOnlyList<Trial> Before { get; }

    /// <summary>The bug: the title that most of them began with.</summary>
    public string Title { get; }

    /// <summary>Judges a kernel with a patch.</summary>
    /// <param name="patch">The patch's name.</param>
    /// <param name="expected">What its file expects.</param>
    /// <param name="kernel">The kernel.</param>
    public JudgedPatch Of(string patch, FixVerdict expected, IJudgedKernel kernel)
    {
        Trial[] after = [.. Enumerable.Range(0, _tries).Select(n => kernel.Try(_seed + (ulong)n))];

        // A kernel that reports something has its verdict: its answers cannot change it, and each list that kills it costs a boot.
        double? cpu = null;
        IReadOnlyList<ChangedAnswer> changed = [];
        if (!after.Any(IsBad))
        {
            cpu = kernel.Answer(out IReadOnlyList<IReadOnlyList<string>> answers) - _cpu;
            changed = Changed(answers);
        }

        int bad = after.Count(IsBad), onlyBefore = Before.Zip(after).Count(t => IsBad(t.First) && !IsBad(t.Second)), onlyAfter = Before.Zip(after).Count(t => !IsBad(t.First) && IsBad(t.Second));
        (FixVerdict verdict, string why) = Verdict(after, changed, onlyBefore, onlyAfter);
        return new JudgedPatch(patch, verdict, expected, why, _tries, bad, onlyBefore, onlyAfter, changed, kernel.Bytes - _healthy.Bytes, cpu is { } more ? Math.Round(more, 2) : null);
    }

    private static bool IsBad(Trial trial) => trial.Titles.Count > 0;

    private (FixVerdict Verdict, string Why) Verdict(IReadOnlyList<Trial> after, IReadOnlyList<ChangedAnswer> changed, int onlyBefore, int onlyAfter)
    {
        int same = after.Count(t => t.Titles.Contains(Title));
        if (same > 0)
        {
            return (FixVerdict.DoesNotEnd, $"{Title}, in {same} of {_tries} boots");
        }

        if (after.Where(IsBad).GroupBy(t => t.Titles[0]).MaxBy(g => g.Count()) is { } other)
        {
            string words = $"{other.Key}, in {other.Count()} of {_tries} boots";
            return (other.First().IsHeld ? FixVerdict.Leaks : FixVerdict.Moves, words);
        }

        if (changed.Count > 0)
        {
            return (FixVerdict.Breaks, $"{changed[0].List} step {changed[0].Step} ({changed[0].Operation}) answered {changed[0].Before}, and now {changed[0].After}");
        }

        if (after.FirstOrDefault(t => t.Trouble is not null)?.Trouble is { } trouble)
        {
            return (FixVerdict.NotSeen, trouble);
        }

        double p = McNemar.ExactP(onlyBefore, onlyAfter);
        return p <= Alpha
            ? (FixVerdict.Ends, FormattableString.Invariant($"no report in {_tries} boots with the seeds of which {onlyBefore} had one without it"))
            : (FixVerdict.NotSeen, FormattableString.Invariant($"no report in {_tries} boots, which may be chance (p {p:0.###}): {onlyBefore} of these seeds had one without it"));
    }

    private IReadOnlyList<ChangedAnswer> Changed(IReadOnlyList<IReadOnlyList<string>> answers)
    {
        var changed = new List<ChangedAnswer>();
        for (int n = 0; n < Math.Min(_answers.Count, answers.Count); n++)
        {
            IReadOnlyList<string> was = _answers[n], now = answers[n];
            int at = Enumerable.Range(0, Math.Max(was.Count, now.Count)).FirstOrDefault(i => i >= was.Count || i >= now.Count || was[i] != now[i], -1);
            if (at >= 0)
            {
                changed.Add(new ChangedAnswer(_lists[n], at + 1, Operation(at < was.Count ? was[at] : now[at]), at < was.Count ? Answer(was[at]) : "nothing", at < now.Count ? Answer(now[at]) : "nothing"));
            }
        }

        return changed;
    }

    // "NN  operation -> VALUE ..." of the agent.
    private static string Operation(string line) => line.Split(" -> ", 2)[0].TrimStart().Split(' ', 2)[^1].Trim();

    private static string Answer(string line) => line.Split(" -> ", 2)[^1].Trim();
}
