using System.Diagnostics;
using System.IO.Hashing;
using System.Text;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Stacks;

namespace Stress.Fuzz.Search;

/// <summary>
/// The search, separate from its execution: rounds of lists, each drawn afresh or mutated from one that had reached something new before the round began, divided into parts. The
/// results of a round are merged in the order of its lists, so nothing depends on who executed which part, on the number of workers, or on repeated executions.
/// </summary>
public sealed class FuzzRounds
{
    // Percentage of lists that are drawn afresh although there are lists to change.
    private const int FreshShare = 25;

    // Rounds are small at first, so that what the first lists reach is used soon; the sizes do not depend on anything but the round's number.
    private const int FirstRound = 32, LargestGrowth = 8;

    private readonly Grammar _grammar;
    private readonly IReadOnlyList<IStackFacts> _stacks;
    private readonly FuzzOptions _options;
    private readonly Generator _generator;
    private readonly HashSet<string> _names;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly FuzzState _state;
    private readonly Corpus _corpus;
    private readonly EdgeMap _edges;
    private readonly SortedDictionary<string, long> _seen;
    private readonly SortedDictionary<(string Stack, string Word), (long Tried, long Succeeded)> _rates = [];
    private IReadOnlyList<string>[]? _drawn;
    private FuzzPart[]? _parts;
    private TimeSpan _concludingSince;

    /// <summary>A search, new or restored.</summary>
    /// <param name="grammar">The language with what every stack has.</param>
    /// <param name="stacks">The stacks.</param>
    /// <param name="options">Its budget.</param>
    /// <param name="state">What <see cref="Save"/> gave; null for a new one.</param>
    public FuzzRounds(Grammar grammar, IReadOnlyList<IStackFacts> stacks, FuzzOptions options, FuzzState? state = null)
    {
        (_grammar, _stacks, _options, _state) = (grammar, stacks, options, state ?? new FuzzState());
        _generator = new Generator(grammar);
        _names = [.. grammar.Pools.SelectMany(pool => pool.Members)];
        _corpus = new Corpus(_state.Corpus, _state.Reached);
        _edges = new EdgeMap(_state.Edges, _state.Functions);
        _seen = new SortedDictionary<string, long>(_state.Seen, StringComparer.Ordinal);
        foreach (OperationRate rate in _state.Operations)
        {
            _rates[(rate.Stack, rate.Operation)] = (rate.Tried, rate.Succeeded);
        }
    }

    /// <summary>Rounds that were merged, and those that confirmed titles.</summary>
    public long Round => _state.Round;

    /// <summary>Titles are being confirmed and minimised.</summary>
    public bool IsConcluding => _state.Pending.Count > 0;

    private TimeSpan Elapsed => _state.Elapsed + _clock.Elapsed;

    /// <summary>The parts of the open round, or of the next; the same ones until their results are merged. None at the end.</summary>
    public IReadOnlyList<FuzzPart> Next()
    {
        if (_parts is null && IsConcluding)
        {
            _concludingSince = Elapsed;
            _parts = [.. _state.Pending.Select(title => new FuzzPart { Title = title })];
        }
        else if (_parts is null && Left() is > 0 and { } left)
        {
            int batch = _stacks.Max(stack => stack.Batch);
            _drawn = Draw((int)Math.Min(left, Math.Max(FirstRound, batch * Math.Min(_state.Searched + 1, LargestGrowth) / 2)));
            _parts = [.. _stacks.SelectMany(stack => _drawn.Chunk(stack.Batch).Select(lists => new FuzzPart { Stack = stack.Name, Lists = lists }))];
        }

        return _parts ?? [];
    }

    /// <summary>Merges the outcome of the open round.</summary>
    /// <param name="results">A result for each part, in their order.</param>
    public void Take(IReadOnlyList<FuzzPartResult> results)
    {
        if (_parts is not { } parts || parts.Length != results.Count)
        {
            throw new InvalidOperationException($"{results.Count} results of {_parts?.Length ?? 0} parts");
        }

        if (_drawn is { } drawn)
        {
            foreach ((FuzzPart part, FuzzPartResult result) in parts.Zip(results).Where(pair => pair.Second.CoveredFunctions > 0))
            {
                _state.Covered[part.Stack] = result.CoveredFunctions;
            }

            ListOutcome[][] outcomes = [.. _stacks.Select(stack => parts.Zip(results).Where(pair => pair.First.Stack == stack.Name).SelectMany(pair => pair.Second.Outcomes).ToArray())];
            for (int i = 0; i < drawn.Length && !HasEnough; i++)
            {
                _state.Lists++;
                Take(drawn[i], [.. outcomes.Select(of => of[i])]);
            }

            _state.Searched++;
        }
        else
        {
            foreach (FuzzPartResult result in results)
            {
                Finding finding = result.Finding!;
                Digest([finding.Title, $"{finding.Confirmed}", .. finding.Minimal]);
                _state.Findings.Add(finding);
            }

            _state.Pending.Clear();
            _state.Aside += Elapsed - _concludingSince;
        }

        _state.Round++;
        (_drawn, _parts) = (null, null);
    }

    /// <summary>The state between two rounds; the open round is drawn again when the search continues.</summary>
    public FuzzState Save() => _state with
    {
        Elapsed = Elapsed,
        Corpus = [.. _corpus.Lists],
        Reached = [.. _corpus.Seen],
        Edges = [.. _edges.Edges],
        Functions = [.. _edges.Functions],
        Seen = new Dictionary<string, long>(_seen),
        Pending = [.. _state.Pending],
        Findings = [.. _state.Findings],
        Operations = [.. _rates.Select(rate => new OperationRate(rate.Key.Stack, rate.Key.Word, rate.Value.Tried, rate.Value.Succeeded))],
    };

    /// <summary>Where it is.</summary>
    /// <param name="lately">Lists of the open round that have been executed.</param>
    public FuzzProgress Progress(long lately = 0) => new(
        _state.Lists + lately, _state.Steps, _corpus.Reached, _state.Findings.Count + _state.Pending.Count, Elapsed, _edges.Count,
        IsConcluding ? $"confirming and cutting down: {string.Join("; ", _state.Pending.Select(title => title.Title))}" : "");

    /// <summary>What it has done so far.</summary>
    /// <param name="processor">Processor time of the stacks and of the search; zero if not measured.</param>
    /// <param name="interrupted">It was ended before its budget was used.</param>
    public FuzzReport Report(TimeSpan processor, bool interrupted) => new()
    {
        Stacks = [.. _stacks.Select(stack => stack.Name)], Seed = _options.Seed, Guided = _options.Guided, Lists = _state.Lists, NotExecuted = _state.NotExecuted, WhyLost = _state.WhyLost,
        Steps = _state.Steps, Reached = _corpus.Reached, Edges = _edges.Count, ByEdges = _options.Guided && _options.ByEdges && _state.Covered.Count > 0,
        CoveredFunctions = new SortedDictionary<string, int>(_state.Covered, StringComparer.Ordinal), Functions = _edges.Functions, Corpus = _corpus.Lists.Count, Kept = _corpus.Lists, Findings = [.. _state.Findings.Concat(_state.Pending.Select(Unconfirmed)).Select(finding => finding with { Seen = _seen[finding.Title] })],
        Operations = Rates(), Digest = $"{_state.Digest:x16}", SearchSeconds = (Elapsed - _state.Aside).TotalSeconds, Seconds = Elapsed.TotalSeconds, CpuSeconds = processor.TotalSeconds,
        Interrupted = interrupted,
    };

    // A search that was ended before it could confirm a title has seen it nevertheless.
    private static Finding Unconfirmed(NewTitle title) => new()
    {
        Title = title.Title, Kind = title.Kind, Stacks = title.Stacks, List = title.Number, Drawn = title.List, Minimal = title.List,
    };

    private bool HasEnough => _state.Findings.Count + _state.Pending.Count >= _options.Findings;

    // Nothing can be said either about an operation that no list had.
    private OperationRate[] Rates() =>
    [
        .. _stacks.SelectMany(stack => _grammar.Productions.Select(p => p.Word).Distinct().Select(word =>
        {
            (long tried, long succeeded) = _rates.GetValueOrDefault((stack.Name, word));
            return new OperationRate(stack.Name, word, tried, succeeded);
        })),
    ];

    // Lists that may still be drawn; 0 at the end.
    private long Left() => Elapsed >= _options.Time || HasEnough ? 0 : _options.Lists is { } most ? most - _state.Lists : long.MaxValue;

    private IReadOnlyList<string>[] Draw(int size)
    {
        IReadOnlyList<string>[] lists = new IReadOnlyList<string>[size];
        for (int i = 0; i < size; i++)
        {
            var chance = new Emulator.Stacks.Chance(_options.Seed, (ulong)(_state.Lists + i + 1));
            lists[i] = !_options.Guided || _corpus.Lists.Count == 0 || chance.Percent(FreshShare) ? _generator.Generate(chance) : _generator.Mutate(_corpus.Draw(chance, _options.ByEdges), _corpus.Draw(chance, _options.ByEdges), chance);
        }

        return lists;
    }

    private void Take(IReadOnlyList<string> list, ListOutcome[] outcomes)
    {
        var reached = new List<string>();
        var titles = new List<(string Title, FindingKind Kind, IStackFacts[] Stacks)>();
        Digest(list);
        foreach ((int s, ListOutcome outcome) in outcomes.Index())
        {
            IStackFacts stack = _stacks[s];
            Digest([.. outcome.Steps.Select(step => step.Error), .. outcome.Titles, .. outcome.Edges.SelectMany(reached => reached.Edges).Select(edge => $"{edge:x16}")]);
            if (outcome.Lost is { } why)
            {
                _state.NotExecuted++;
                _state.WhyLost = why;
                continue;
            }

            _state.Steps += outcome.Steps.Count;
            Count(stack.Name, outcome);
            reached.AddRange(Novelty.Of(stack.Name, list, outcome, word => _names.Contains(word.TrimStart('@'))));
            titles.AddRange(outcome.Titles.Select(title => (title, FindingKind.Crash, new[] { stack })));
        }

        for (int a = 0; a < outcomes.Length; a++)
        {
            for (int b = a + 1; b < outcomes.Length; b++)
            {
                if (_stacks[a].Family is { } family && family == _stacks[b].Family && outcomes[a].Lost is null && outcomes[b].Lost is null
                    && Disagreement.Of((_stacks[a], outcomes[a]), (_stacks[b], outcomes[b])) is { } title)
                {
                    titles.Add((title, FindingKind.Disagreement, [_stacks[a], _stacks[b]]));
                }
            }
        }

        int answers = _corpus.Take(reached);
        NewEdges edges = TakeEdges(list, outcomes);

        // A list that crashed is not mutated: most of its mutations would only crash the same way.
        if ((answers > 0 || (_options.ByEdges && edges.Count > 0)) && !titles.Exists(t => t.Kind == FindingKind.Crash))
        {
            _corpus.Keep(list, new KeptBecause(_state.Lists, answers, edges.Count, edges.Functions, edges.Operations));
        }

        foreach ((string title, FindingKind kind, IStackFacts[] on) in titles)
        {
            if (_seen.TryAdd(title, 0))
            {
                _state.Pending.Add(new NewTitle(title, kind, [.. on.Select(stack => stack.Name)], _state.Lists, list));
            }

            _seen[title]++;
        }
    }

    private sealed record NewEdges(int Count, IReadOnlyList<string> Functions, IReadOnlyList<string> Operations);

    private NewEdges TakeEdges(IReadOnlyList<string> list, ListOutcome[] outcomes)
    {
        int count = 0;
        List<string> entered = [], others = [], operations = [];
        foreach ((int s, ListOutcome outcome) in outcomes.Index().Where(of => of.Item.Lost is null))
        {
            foreach (ReachedEdges reached in outcome.Edges)
            {
                (int news, bool first) = _edges.Take(_stacks[s].Name, reached.Function, reached.Edges);
                if (news == 0)
                {
                    continue;
                }

                count += news;
                (first ? entered : others).Add(reached.Function);

                // Before the first operation the list's namespace is made: the operation is the first.
                string operation = reached.Step > list.Count ? KeptBecause.Removal : list[Math.Max(0, reached.Step - 1)];
                if (operations.LastOrDefault() != operation)
                {
                    operations.Add(operation);
                }
            }
        }

        return new NewEdges(count, [.. entered.Concat(others).Distinct().Take(KeptBecause.MostFunctions)], operations);
    }

    private void Count(string stack, ListOutcome outcome)
    {
        foreach (StepAnswer step in outcome.Steps.Where(step => step.IsExecuted))
        {
            (long tried, long succeeded) = _rates.GetValueOrDefault((stack, step.Word));
            _rates[(stack, step.Word)] = (tried + 1, succeeded + (step.Error.Length == 0 ? 1 : 0));
        }
    }

    // Each hash has the one before it as its seed: a search continued from its state gets the same.
    private void Digest(IEnumerable<string> words) =>
        _state.Digest = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(string.Concat(words.Select(word => word + "\n"))), (long)_state.Digest);
}
