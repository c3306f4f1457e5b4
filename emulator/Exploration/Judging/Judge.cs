using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.History;
using Stress.Emulator.Stacks.NetBsd;

namespace Stress.Emulator.Exploration.Judging;

/// <summary>The bug that fixes are judged by.</summary>
/// <param name="Name">The list's name.</param>
/// <param name="Before">The kernel that has it.</param>
/// <param name="Holder">The holder that it is about; null for that of the list's most severe finding.</param>
/// <param name="Operations">The list.</param>
public sealed record JudgedBug(string Name, HistorySide Before, HolderKind? Holder, IReadOnlyList<Operation> Operations);

/// <summary>The outcome of a list on one kernel.</summary>
/// <param name="Own">Of the bug's holder; null for nothing.</param>
/// <param name="Death">The title that the kernel died with, in words; null for a kernel that lived.</param>
/// <param name="Kept">What is still held after every socket was closed; null for nothing.</param>
/// <param name="NotModelled">Steps that the kernel does not model, in words; empty for none.</param>
public sealed record ListFinding(HolderFinding? Own, string? Death, string? Kept, string NotModelled);

/// <summary>A schedule on which a fix is not clean.</summary>
/// <param name="World">What was left out of the list; empty for nothing.</param>
/// <param name="Operations">The order.</param>
/// <param name="Found">What was found.</param>
public sealed record BadSchedule(string World, IReadOnlyList<Operation> Operations, string Found);

/// <summary>An answer that a fix changes while every interface is attached.</summary>
/// <param name="List">The list.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="Operation">Its text.</param>
/// <param name="Before">The answer without the fix.</param>
/// <param name="After">With it.</param>
public sealed record ChangedAnswer(string List, int Step, string Operation, string Before, string After);

/// <summary>What a fix costs: the additional work of its kernel on the lists that both executed.</summary>
/// <param name="Steps">Steps executed.</param>
/// <param name="Lookups">Look-ups in a table.</param>
/// <param name="Checks">Checks of a flag or generation.</param>
/// <param name="References">References taken or given back.</param>
public sealed record FixPrice(long Steps, long Lookups, long Checks, long References);

/// <summary>A fix, judged.</summary>
public sealed record JudgedFix
{
    /// <summary>The fix.</summary>
    public required Fix Fix { get; init; }

    /// <summary>The verdict.</summary>
    public required FixVerdict Verdict { get; init; }

    /// <summary>What the verdict rests on, in words.</summary>
    public required string Why { get; init; }

    /// <summary>The list itself under the fix.</summary>
    public required ListFinding OnList { get; init; }

    /// <summary>Schedules executed, those of the list without one operation included.</summary>
    public required int Schedules { get; init; }

    /// <summary>There are no others.</summary>
    public required bool IsExhaustive { get; init; }

    /// <summary>Schedules on which the kernel without the fix has the bug, and the one with it is clean.</summary>
    public required int OnlyBefore { get; init; }

    /// <summary>Schedules where it is the other way round.</summary>
    public required int OnlyAfter { get; init; }

    /// <summary>Schedules on which the fix is not clean.</summary>
    public required int Bad { get; init; }

    /// <summary>The first of these, with the fewest switches; null for none.</summary>
    public BadSchedule? Shown { get; init; }

    /// <summary>Answers that it changes.</summary>
    public IReadOnlyList<ChangedAnswer> Changed { get; init; } = [];

    /// <summary>Its price.</summary>
    public required FixPrice Price { get; init; }

    /// <summary>The verdict is the one that its file expects.</summary>
    public bool IsAsExpected => Verdict == Fix.Expected;
}

/// <summary>
/// Judges fixes of the emulated kernel. Each is executed on the list, on the schedules of the list's programs, and on those of the list without each one operation, which are the small worlds next
/// to it; the kernel without the fix executes all of these too, so outcomes are paired.
/// </summary>
public sealed class Judge
{
    private readonly JudgedBug _bug;
    private readonly HolderKind _holder;
    private readonly IReadOnlyList<(string World, IReadOnlyList<Operation> Order, ListFinding Before)> _trials;
    private readonly IReadOnlyList<(string Name, IReadOnlyList<Operation> Operations, OperationRun Before, OperationRun Of2005)> _lists;

    /// <summary>Executes the kernel without a fix on everything.</summary>
    /// <param name="bug">The bug.</param>
    /// <param name="lists">Lists whose answers a fix may not change while every interface is attached.</param>
    /// <param name="most">Most schedules of a small world.</param>
    /// <exception cref="ArgumentException">The kernel without a fix does not have the bug.</exception>
    public Judge(JudgedBug bug, IReadOnlyList<(string Name, IReadOnlyList<Operation> Operations)> lists, int most)
    {
        _bug = bug;
        NetBsd2005Stack stack = Stack(bug.Before);
        new OperationRunner(stack).Run(bug.Operations);
        HolderFinding? gravest = stack.Findings().Where(f => bug.Holder is null || f.Holder == bug.Holder).MaxBy(f => f.Verdict);
        _holder = gravest?.Holder ?? throw new ArgumentException($"{bug.Name}: kernel {bug.Before} executes it without a finding{(bug.Holder is { } h ? $" of {KernelNames.Of(h)}" : "")}; accepted is a list that shows the bug");
        OnListBefore = gravest;
        var trials = new List<(string, IReadOnlyList<Operation>, ListFinding)>();
        bool exhaustive = true;
        var worlds = new List<IReadOnlyList<Operation>>();
        foreach ((string world, IReadOnlyList<Operation> operations) in SmallWorlds(bug.Operations))
        {
            worlds.Add(operations);
            foreach (IReadOnlyList<Operation> order in Judging.Schedules.Of(operations, most, out bool all))
            {
                trials.Add((world, order, Run(bug.Before, order)));
                exhaustive &= all;
            }
        }

        _trials = trials;
        Worlds = worlds;
        IsExhaustive = exhaustive;
        var of2005 = new HistorySide(TeardownDesigns.Named("netbsd-2005"), KernelSwitch.None);
        _lists =
        [
            .. lists.Select(list => (list.Name, list.Operations, Before: Executed(bug.Before, list.Operations), Of2005: Executed(of2005, list.Operations)))
                .Where(list => list is { Before: not null, Of2005: not null }).Select(list => (list.Name, list.Operations, list.Before!, list.Of2005!)),
        ];
        ListsLeftOut = lists.Count - _lists.Count;
    }

    /// <summary>The result of the list without a fix.</summary>
    public HolderFinding OnListBefore { get; }

    /// <summary>The small worlds: the list, and the list with any one operation removed that the others do not need.</summary>
    public IReadOnlyList<IReadOnlyList<Operation>> Worlds { get; }

    /// <summary>Lists that the kernel without a fix cannot execute within the model: its own mistake leaves it, such as a count below zero.</summary>
    public int ListsLeftOut { get; }

    /// <summary>Schedules of all small worlds.</summary>
    public int Schedules => _trials.Count;

    /// <summary>There are no others.</summary>
    public bool IsExhaustive { get; }

    /// <summary>Schedules on which the kernel without a fix has the bug.</summary>
    public int BadBefore => _trials.Count(t => t.Before.Own is not null);

    /// <summary>Judges a fix.</summary>
    public JudgedFix Of(Fix fix)
    {
        ListFinding onList = Run(fix.Side, _bug.Operations);
        int bad = 0, onlyBefore = 0, onlyAfter = 0, undecided = 0;
        BadSchedule? shown = null;
        foreach ((string world, IReadOnlyList<Operation> order, ListFinding before) in _trials)
        {
            ListFinding after = Run(fix.Side, order);

            undecided += after.NotModelled.Length > 0 ? 1 : 0;

            // A death that the kernel without the fix dies too is another bug.
            bool isBad = after.Own is not null || IsNew(after.Death, before) || (after.Kept is not null && before.Kept is null);
            bad += isBad ? 1 : 0;
            onlyBefore += before.Own is not null && !isBad ? 1 : 0;
            onlyAfter += before.Own is null && isBad ? 1 : 0;
            shown ??= isBad ? new BadSchedule(world, order, after.Own?.Text ?? after.Death ?? after.Kept!) : null;
        }

        (IReadOnlyList<ChangedAnswer> changed, FixPrice price) = Answers(fix.Side);
        (FixVerdict verdict, string why) = Verdict(onList, bad, undecided, changed);
        return new JudgedFix
        {
            Fix = fix, Verdict = verdict, Why = why, OnList = onList, Schedules = _trials.Count, IsExhaustive = IsExhaustive, OnlyBefore = onlyBefore, OnlyAfter = onlyAfter, Bad = bad, Shown = shown,
            Changed = changed, Price = price,
        };
    }

    private static bool IsNew(string? death, ListFinding before) => death is not null && before.Own is not null && before.Death != death;

    private (FixVerdict Verdict, string Why) Verdict(ListFinding onList, int bad, int undecided, IReadOnlyList<ChangedAnswer> changed)
    {
        if (onList.Own is { } own && (own.Verdict != Oracle.Verdict.Leak || OnListBefore.Verdict == Oracle.Verdict.Leak))
        {
            return (FixVerdict.DoesNotEnd, own.Text);
        }

        return onList.Death is { } death ? (FixVerdict.Moves, death)
            : onList.Own is { } leak ? (FixVerdict.Leaks, leak.Text)
            : onList.Kept is { } kept ? (FixVerdict.Leaks, kept)
            : changed.Count > 0 ? (FixVerdict.Breaks, $"{changed[0].List} step {changed[0].Step} ({changed[0].Operation}) answered {changed[0].Before}, and now {changed[0].After}")
            : bad > 0 ? (FixVerdict.EndsHereOnly, "another schedule is not clean")
            : undecided > 0 ? (FixVerdict.NotSeen, $"{undecided} of the schedules cannot be executed to their end on the model")
            : IsExhaustive ? (FixVerdict.Ends, "on every schedule")
            : (FixVerdict.NotSeen, "on the schedules that were executed");
    }

    // The list, the list with any one operation removed that the others do not need, and two variations of the teardown: addresses removed first, and an interface created again.
    private static IEnumerable<(string World, IReadOnlyList<Operation> Operations)> SmallWorlds(IReadOnlyList<Operation> list)
    {
        yield return ("", list);
        for (int n = 0; n < list.Count; n++)
        {
            Operation gone = list[n];
            bool opens = gone.Kind is OperationKind.Create or OperationKind.Raw4 or OperationKind.Raw6 or OperationKind.Udp6 or OperationKind.Tcp6 or OperationKind.Connect4 or OperationKind.Connect6 or OperationKind.Carp or OperationKind.Mrt6;
            if (!opens)
            {
                yield return ($"without \"{gone.Text}\"", [.. list.Take(n), .. list.Skip(n + 1)]);
            }
        }

        int destroy = list.ToList().FindIndex(o => o.Kind == OperationKind.Destroy);
        if (destroy < 0)
        {
            yield break;
        }

        string name = list[destroy].Target;
        Operation[] before = [.. list.Take(destroy)], after = [.. list.Skip(destroy + 1)], mine = [.. before.Where(o => o.Target == name)];
        if (!mine.Any(o => o.Kind is OperationKind.DelAddr4 or OperationKind.DelAddr6))
        {
            string[] texts = [.. mine.Select(o => o.Kind switch { OperationKind.Addr4 => $"deladdr4 {name} {o.Address4}", OperationKind.Addr6 => $"deladdr6 {name} {o.Address6}", _ => "" }).Where(t => t.Length > 0)];
            if (texts.Length > 0)
            {
                yield return ("with its addresses deleted first", [.. before, .. OperationList.Parse(string.Join('\n', texts), "small world"), .. list.Skip(destroy)]);
            }
        }

        if (!after.Any(o => o.Kind == OperationKind.Create && o.Target == name))
        {
            yield return ("with the interface made again", [.. list.Take(destroy + 1), .. mine.Where(o => o.Kind is OperationKind.Create or OperationKind.Addr4 or OperationKind.Addr6 or OperationKind.Up).Select(o => o with { }), .. after]);
        }
    }

    private ListFinding Run(HistorySide side, IReadOnlyList<Operation> operations)
    {
        if (Executed(side, operations) is not { } run)
        {
            return new ListFinding(null, null, null, "the kernel's own mistake leaves the model");
        }

        var stack = (NetBsd2005Stack)run.Stack;
        IReadOnlyList<HolderFinding> findings = stack.Findings();
        HolderFinding? own = findings.FirstOrDefault(f => f.Holder == _holder);
        string? death = stack.Title is { } title && title.Holder != _holder ? title.ToString() : null;
        return new ListFinding(own, death, stack.Title is null ? Kept(stack, operations) : null, run.WhyNotDecided);
    }

    // Null if the kernel reaches a state that the model cannot represent: it throws, which is neither a crash nor a clean end.
    private static OperationRun? Executed(HistorySide side, IReadOnlyList<Operation> operations)
    {
        try
        {
            return new OperationRunner(Stack(side)).Run(operations);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    // What is still held when nothing should be: sockets are closed, and deferred work is done.
    private static string? Kept(NetBsd2005Stack stack, IReadOnlyList<Operation> operations)
    {
        foreach (string socket in operations.Where(o => o.Kind is OperationKind.Raw4 or OperationKind.Raw6 or OperationKind.Udp6).Select(o => o.Target).Distinct())
        {
            stack.Close(socket);
        }

        return stack.Title is null && stack.RunningKernel.DetachesPending is > 0 and int pending ? $"{pending} of the departed interfaces wait forever: all sockets are closed" : null;
    }

    private (IReadOnlyList<ChangedAnswer> Changed, FixPrice Price) Answers(HistorySide side)
    {
        var changed = new List<ChangedAnswer>();
        long steps = 0, lookups = 0, checks = 0, references = 0;
        foreach ((string name, IReadOnlyList<Operation> operations, OperationRun before, OperationRun of2005) in _lists)
        {
            if (Executed(side, operations) is not { } after)
            {
                continue;
            }

            int common = Math.Min(before.Steps.Count, after.Steps.Count);
            for (int n = 0; n < common && operations[n].Kind != OperationKind.Destroy; n++)
            {
                string was = Answer(before.Steps[n]), now = Answer(after.Steps[n]);

                // A kernel whose bug shows in an answer is fixed if it gives the answer of the kernel of 2005.
                if (was != now && (n >= of2005.Steps.Count || Answer(of2005.Steps[n]) != now))
                {
                    changed.Add(new ChangedAnswer(name, n + 1, operations[n].Text, was, now));
                    break;
                }
            }

            if (before.Steps.Count == after.Steps.Count)
            {
                Counters now = ((NetBsd2005Stack)after.Stack).RunningKernel.Counters, then = ((NetBsd2005Stack)before.Stack).RunningKernel.Counters;
                steps += common;
                lookups += now.TableLookups - then.TableLookups;
                checks += now.PointerChecks - then.PointerChecks;
                references += now.References - then.References;
            }
        }

        return (changed, new FixPrice(steps, lookups, checks, references));
    }

    private static string Answer(StepResult step) => $"{step.Result.Value}{(step.Result.Error is { } error ? $" {error}" : "")}{(step.Result.Detail is { } detail ? $" [{detail}]" : "")}";

    private static NetBsd2005Stack Stack(HistorySide side) => new(side.Design, switches: side.Switches);
}
