using System.Diagnostics;
using System.IO.Hashing;
using System.Text;
using Stress.Emulator.Minimise;
using Stress.Emulator.Stacks;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Stacks;

namespace Stress.Fuzz.Search;

/// <summary>What a search may use up, and how it goes about it.</summary>
public sealed record FuzzOptions
{
    /// <summary>The seed of every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Lists; null for no limit.</summary>
    public long? Lists { get; init; }

    /// <summary>Wall time; null for no limit. Confirming and minimising count.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Findings after which it ends; null for no limit.</summary>
    public int? Findings { get; init; }

    /// <summary>Change lists that reached something new.</summary>
    public bool Guided { get; init; } = true;

    /// <summary>Batches executed at once. The result does not depend on it.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Cut findings down.</summary>
    public bool Minimise { get; init; } = true;
}

/// <summary>Where a search is.</summary>
/// <param name="Lists">Lists so far.</param>
/// <param name="Steps">Steps so far.</param>
/// <param name="Reached">Different things reached.</param>
/// <param name="Findings">Findings.</param>
/// <param name="Elapsed">Wall time.</param>
/// <param name="What">What is being done beside searching, or empty.</param>
public sealed record FuzzProgress(long Lists, long Steps, int Reached, int Findings, TimeSpan Elapsed, string What);

/// <summary>
/// The search: rounds of lists, each drawn or made of one that reached something new, executed on every stack. What a round finds is taken in by the order of its lists, so
/// that neither the number of workers nor the speed of the machine changes anything.
/// </summary>
/// <param name="grammar">The language with what every stack has.</param>
/// <param name="stacks">The stacks.</param>
/// <param name="options">What it may use up.</param>
public sealed class FuzzSearch(Grammar grammar, IReadOnlyList<IFuzzStack> stacks, FuzzOptions options)
{
    /// <summary>How often a finding's list is executed by itself.</summary>
    public const int Confirmations = 3;

    // Executions that cutting one finding down may take.
    private const int MinimiseTests = 400;

    // In so many of a hundred cases a list is drawn by itself although there are lists to change.
    private const int FreshShare = 25;

    // Rounds are small at first, so that what the first lists reach is used soon; the sizes do not depend on anything but the round's number.
    private const int FirstRound = 32, LargestGrowth = 8;

    private readonly Generator _generator = new(grammar);
    private readonly Corpus _corpus = new();
    private readonly List<Finding> _findings = [];
    private readonly SortedDictionary<string, long> _seen = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(string Stack, string Word), (long Tried, long Succeeded)> _rates = [];
    private readonly XxHash3 _digest = new();
    private readonly HashSet<string> _names = [.. grammar.Pools.SelectMany(pool => pool.Members)];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _aside;
    private long _lists, _steps, _notExecuted;
    private string? _whyLost;

    /// <summary>Searches until its budget is used up, or it is ended.</summary>
    /// <param name="show">Hears where it is.</param>
    /// <param name="stop">Ends it; what was found until then is the result.</param>
    public FuzzReport Run(Action<FuzzProgress> show, CancellationToken stop)
    {
        TimeSpan processor = ProcessorTime();
        bool interrupted = false;
        try
        {
            for (int round = 0; Left() is > 0 and { } left; round++)
            {
                int batch = stacks.Max(stack => stack.Batch);
                long size = Math.Min(left, Math.Max(FirstRound, batch * Math.Min(round + 1L, LargestGrowth) / 2));
                Round((int)size, show, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            interrupted = true;
        }

        return new FuzzReport
        {
            Stacks = [.. stacks.Select(stack => stack.Name)], Seed = options.Seed, Guided = options.Guided, Lists = _lists, NotExecuted = _notExecuted, WhyLost = _whyLost, Steps = _steps,
            Reached = _corpus.Reached, Corpus = _corpus.Lists.Count, Findings = [.. _findings.Select(finding => finding with { Seen = _seen[finding.Title] })],
            Operations = Rates(), Digest = Convert.ToHexStringLower(_digest.GetCurrentHash()), SearchSeconds = (_clock.Elapsed - _aside).TotalSeconds, Seconds = _clock.Elapsed.TotalSeconds,
            CpuSeconds = (ProcessorTime() - processor).TotalSeconds, Interrupted = interrupted,
        };
    }

    // An operation that no list has had is one that nothing is said of either.
    private OperationRate[] Rates() =>
    [
        .. stacks.SelectMany(stack => grammar.Productions.Select(p => p.Word).Distinct().Select(word =>
        {
            (long tried, long succeeded) = _rates.GetValueOrDefault((stack.Name, word));
            return new OperationRate(stack.Name, word, tried, succeeded);
        })),
    ];

    // Lists that may still be drawn; 0 at the end.
    private long Left()
    {
        bool over = _clock.Elapsed >= options.Time || _findings.Count >= options.Findings;
        return over ? 0 : options.Lists is { } most ? most - _lists : long.MaxValue;
    }

    private void Round(int size, Action<FuzzProgress> show, CancellationToken stop)
    {
        IReadOnlyList<string>[] lists = new IReadOnlyList<string>[size];
        for (int i = 0; i < size; i++)
        {
            var chance = new Chance(options.Seed, (ulong)(_lists + i + 1));
            lists[i] = !options.Guided || _corpus.Lists.Count == 0 || chance.Percent(FreshShare) ? _generator.Generate(chance) : _generator.Mutate(_corpus.Draw(chance), _corpus.Draw(chance), chance);
        }

        ListOutcome[][] outcomes = Execute(lists, show, stop);
        for (int i = 0; i < size; i++)
        {
            _lists++;
            Take(lists[i], [.. outcomes.Select(of => of[i])], show, stop);
            if (_findings.Count >= options.Findings)
            {
                break;
            }
        }

        Show(show, "");
    }

    // Outcomes by stack, then by list.
    private ListOutcome[][] Execute(IReadOnlyList<string>[] lists, Action<FuzzProgress> show, CancellationToken stop)
    {
        ListOutcome[][] outcomes = [.. stacks.Select(_ => new ListOutcome[lists.Length])];
        (int Stack, int From, int Count)[] work =
        [
            .. stacks.Index().SelectMany(stack => Enumerable.Range(0, (lists.Length + stack.Item.Batch - 1) / stack.Item.Batch)
                .Select(n => (stack.Index, n * stack.Item.Batch, Math.Min(stack.Item.Batch, lists.Length - (n * stack.Item.Batch))))),
        ];
        long done = 0;
        Parallel.ForEach(work, new ParallelOptions { MaxDegreeOfParallelism = options.Workers, CancellationToken = stop }, part =>
        {
            IReadOnlyList<ListOutcome> some = stacks[part.Stack].Run(lists[part.From..(part.From + part.Count)], options.Seed, stop);
            for (int i = 0; i < part.Count; i++)
            {
                outcomes[part.Stack][part.From + i] = some[i];
            }

            long lately = Interlocked.Add(ref done, part.Count) / stacks.Count;
            show(new FuzzProgress(_lists + lately, _steps, _corpus.Reached, _findings.Count, _clock.Elapsed, ""));
        });
        return outcomes;
    }

    private void Take(IReadOnlyList<string> list, ListOutcome[] outcomes, Action<FuzzProgress> show, CancellationToken stop)
    {
        var reached = new List<string>();
        var titles = new List<(string Title, FindingKind Kind, IFuzzStack[] Stacks)>();
        Digest(list);
        foreach ((int s, ListOutcome outcome) in outcomes.Index())
        {
            IFuzzStack stack = stacks[s];
            Digest([.. outcome.Steps.Select(step => step.Error), .. outcome.Titles]);
            if (outcome.Lost is { } why)
            {
                _notExecuted++;
                _whyLost = why;
                continue;
            }

            _steps += outcome.Steps.Count;
            Count(stack.Name, outcome);
            reached.AddRange(Novelty.Of(stack.Name, list, outcome, word => _names.Contains(word.TrimStart('@'))));
            titles.AddRange(outcome.Titles.Select(title => (title, FindingKind.Crash, new[] { stack })));
        }

        for (int a = 0; a < outcomes.Length; a++)
        {
            for (int b = a + 1; b < outcomes.Length; b++)
            {
                if (stacks[a].Family is { } family && family == stacks[b].Family && outcomes[a].Lost is null && outcomes[b].Lost is null
                    && Disagreement.Of((stacks[a], outcomes[a]), (stacks[b], outcomes[b])) is { } title)
                {
                    titles.Add((title, FindingKind.Disagreement, [stacks[a], stacks[b]]));
                }
            }
        }

        // A list that crashed is changed no further: most of what is made of it would only crash so again.
        _corpus.Take(list, reached, keep: !titles.Exists(t => t.Kind == FindingKind.Crash));
        foreach ((string title, FindingKind kind, IFuzzStack[] on) in titles)
        {
            bool isNew = _seen.TryAdd(title, 0);
            _seen[title]++;
            if (isNew)
            {
                TimeSpan begun = _clock.Elapsed;
                Show(show, $"confirming and cutting down: {title}");
                _findings.Add(Conclude(list, title, kind, on, stop));
                _aside += _clock.Elapsed - begun;
            }
        }
    }

    private Finding Conclude(IReadOnlyList<string> list, string title, FindingKind kind, IFuzzStack[] on, CancellationToken stop)
    {
        var others = new SortedDictionary<string, int>(StringComparer.Ordinal);
        int confirmed = 0;
        for (ulong n = 1; n <= Confirmations; n++)
        {
            string[] titles = TitlesOf(list, kind, on, n, stop);
            confirmed += titles.Contains(title) ? 1 : 0;
            foreach (string other in titles.Where(t => t != title))
            {
                others[other] = others.GetValueOrDefault(other) + 1;
            }
        }

        var finding = new Finding { Title = title, Kind = kind, Stacks = [.. on.Select(stack => stack.Name)], List = _lists, Drawn = list, Confirmed = confirmed, OtherTitles = others, Minimal = list };
        if (!finding.IsConfirmed || !options.Minimise)
        {
            return finding;
        }

        int budget = MinimiseTests;
        List<string> least = DeltaDebugging.Reduce(list, some => TitlesOf(some, kind, on, 1, stop).Contains(title), ref budget, out bool minimal);
        while (minimal && WithoutPair(least, some => budget-- > 0 && TitlesOf(some, kind, on, 1, stop).Contains(title)) is { } less)
        {
            least = less;
        }

        return finding with { Minimal = least, IsMinimal = minimal && budget > 0 };
    }

    // An operation and the one that ends what it began can only go together.
    private static List<string>? WithoutPair(List<string> list, Func<IReadOnlyList<string>, bool> test)
    {
        for (int i = 0; i < list.Count; i++)
        {
            for (int k = i + 1; k < list.Count; k++)
            {
                List<string> rest = [.. list];
                rest.RemoveAt(k);
                rest.RemoveAt(i);
                if (test(rest))
                {
                    return rest;
                }
            }
        }

        return null;
    }

    private static string[] TitlesOf(IReadOnlyList<string> list, FindingKind kind, IFuzzStack[] on, ulong seed, CancellationToken stop)
    {
        ListOutcome[] outcomes = [.. on.Select(stack => stack.Run([list], seed, stop)[0])];
        return outcomes.Any(outcome => outcome.Lost is not null) ? []
            : kind == FindingKind.Crash ? [.. outcomes[0].Titles]
            : Disagreement.Of((on[0], outcomes[0]), (on[1], outcomes[1])) is { } title ? [title] : [];
    }

    private void Count(string stack, ListOutcome outcome)
    {
        foreach (StepAnswer step in outcome.Steps.Where(step => step.IsExecuted))
        {
            (long tried, long succeeded) = _rates.GetValueOrDefault((stack, step.Word));
            _rates[(stack, step.Word)] = (tried + 1, succeeded + (step.Error.Length == 0 ? 1 : 0));
        }
    }

    private void Digest(IEnumerable<string> words)
    {
        foreach (string word in words)
        {
            _digest.Append(Encoding.UTF8.GetBytes(word + "\n"));
        }
    }

    private void Show(Action<FuzzProgress> show, string what) => show(new FuzzProgress(_lists, _steps, _corpus.Reached, _findings.Count, _clock.Elapsed, what));

    // Of this process and of the children that have ended.
    private static TimeSpan ProcessorTime() => ChildProcessorTime.OfEnded() + Process.GetCurrentProcess().TotalProcessorTime;
}
