namespace Stress.Dial.Far;

/// <summary>A report that is being read: where its lines go, and the result once it is complete. Bounded whatever the console prints.</summary>
internal sealed class PendingReport(FarKind kind, string cause, int rank, string text, string? function)
{
    private const string Nobody = "unknown";

    // The machinery above the one to blame is read too.
    private const int MaxFrames = 2 * PanicDetector.MaxStack;

    private readonly Trace _main = new("", 1);
    private readonly Trace _allocated = new("", 1);
    private readonly Trace _freed = new("", 1);
    private readonly List<Trace> _related = [];
    private readonly List<Trace> _holders = [];
    private readonly List<Item> _objects = [];
    private Trace? _current;
    private string _owner = "";
    private string _task = "";
    private int _mark = -1;
    private bool _begun;

    public FarKind Kind { get; set; } = kind;

    public string Cause { get; set; } = cause;

    public int Rank { get; set; } = rank;

    /// <summary>What the heading or a register names.</summary>
    public string? Function { get; set; } = function;

    /// <summary>The task, or a leaked object's owner, is not known yet.</summary>
    public bool WantsTask => Kind == FarKind.Leak && _objects.Count > 0 ? _objects[^1].Task.Length == 0 : _task.Length == 0;

    public int Lines { get; set; }

    /// <summary>The system has said that the report ends; what follows is something else.</summary>
    public bool Ended { get; set; }

    public bool HasStack => _main.Frames.Count > 0;

    // Until the first section begins, frames are the crash's own.
    private Trace? Current => _begun ? _current : _main;

    /// <summary>Another sentence of a kind still belongs to this report.</summary>
    public bool Accepts(FarKind other) =>
        !Ended && !HasStack && (Kind == FarKind.Leak ? other == FarKind.Leak && Rank < CausePattern.Plain : Together(Kind) && Together(other));

    public void Enter(SectionRole role, string heading, int count)
    {
        _current = role switch
        {
            SectionRole.Stack when Kind == FarKind.Leak || Current is { Open: true } => Current,
            SectionRole.Stack => HasStack ? null : _main,
            SectionRole.Access when !HasStack => _main,
            SectionRole.Access or SectionRole.Related => Listed(_related, new Trace(heading, 1)),
            SectionRole.Allocated => _allocated.Frames.Count == 0 ? _allocated : null,
            SectionRole.Freed => _freed.Frames.Count == 0 ? _freed : null,
            SectionRole.Holder => Listed(_holders, new Trace(heading, count) { Open = true }),
            _ => null,
        };
        _begun = true;
    }

    public void NameTask(string task)
    {
        if (Kind == FarKind.Leak && _objects.Count > 0)
        {
            _objects[^1].Task = task;
        }
        else
        {
            _task = task;
        }
    }

    public void BlankLine()
    {
        if (_current != _main && _begun)
        {
            _current = null;
        }
        else if (HasStack)
        {
            (_current, _begun) = (null, true);
        }
    }

    public void MarkTrap()
    {
        if (Current == _main && (_mark < 0 || _mark == _main.Frames.Count))
        {
            _mark = _main.Frames.Count;
        }
    }

    public void AddFrame(string name, string? callee, bool guess, Func<string, FunctionRole> roleOf)
    {
        if (Current is not { } trace || trace.Frames.Count >= MaxFrames)
        {
            return;
        }

        // "callee() at caller+offset" (older kernels) and "function() at function+offset": the name before the brackets, and at last the one behind.
        List<Frame> frames = trace.Frames;
        if (callee is not null && callee[0] != '?')
        {
            if (frames.Count == 0 || !trace.CallerIsLast || frames[^1].Name != callee)
            {
                Append(trace, callee, guess, roleOf);
            }

            trace.CallerIsLast = callee != name;
            if (!trace.CallerIsLast)
            {
                return;
            }
        }

        Append(trace, name, guess, roleOf);
    }

    public void AddObject(string address, long size, string cache, bool isNew)
    {
        Item? item = _objects.Count > 0 ? _objects[^1] : null;
        if (item is null || isNew || (address.Length > 0 && item.Address.Length > 0 && address != item.Address))
        {
            item = new Item();
            if (_objects.Count < PanicDetector.MaxListed)
            {
                _objects.Add(item);
            }

            if (Kind == FarKind.Leak)
            {
                (_current, _begun) = (item.Trace, true);
            }
        }

        item.Address = address.Length > 0 ? address : item.Address;
        item.Size = size > 0 ? size : item.Size;
        item.Cache = cache.Length > 0 ? cache : item.Cache;
    }

    /// <summary>A lock of lockdep's list: <c>2 locks held by NAME</c>, then each lock and the function that took it.</summary>
    public void AddLock(string name, string? taker)
    {
        (_current, _begun) = (null, true);
        if (taker is null)
        {
            _owner = name;
            return;
        }

        Trace holder = new($"{_owner}: {name}", 1);
        holder.Frames.Add(new Frame(taker, false));
        Listed(_holders, holder);
    }

    /// <summary>The result, as one report, or as one per place where leaked objects were allocated.</summary>
    public IReadOnlyList<FarPanic> Complete(FarSystem system, Func<string, FunctionRole> roleOf)
    {
        if (Kind == FarKind.Leak && _objects.Count > 0)
        {
            // In the order in which the console named them.
            return
            [
                .. _objects.GroupBy(o => Blamed(o.Trace.Names(), roleOf, null).Path, StringComparer.Ordinal).Select(
                    group => Make(system, group.Key, Blamed(group.First().Trace.Names(), roleOf, null).Stack, [.. group], roleOf)),
            ];
        }

        (string path, IReadOnlyList<string> stack) = Kind == FarKind.Held
            ? Blamed(_holders.OrderByDescending(h => h.Count).FirstOrDefault()?.Names() ?? _main.Names(), roleOf, null)
            : Main(roleOf);
        return [Make(system, path, stack, _objects, roleOf)];
    }

    private static bool Together(FarKind kind) => kind is FarKind.Fault or FarKind.Panic or FarKind.Checker or FarKind.Warning;

    private static Trace? Listed(List<Trace> list, Trace trace)
    {
        if (list.Count >= PanicDetector.MaxListed)
        {
            return null;
        }

        list.Add(trace);
        return trace;
    }

    private void Append(Trace trace, string name, bool guess, Func<string, FunctionRole> roleOf)
    {
        List<Frame> frames = trace.Frames;
        if (trace == _main && roleOf(name) == FunctionRole.Entry && (_mark < 0 || _mark == frames.Count))
        {
            _mark = frames.Count + 1;
        }

        frames.Add(new Frame(name, guess));
    }

    private (string Path, IReadOnlyList<string> Stack) Main(Func<string, FunctionRole> roleOf)
    {
        // Frames that the kernel only guesses count if there are no others.
        bool sure = _main.Frames.Any(f => !f.Guess);
        List<string> names = [];
        int mark = -1;
        for (int i = 0; i < _main.Frames.Count; i++)
        {
            mark = i == _mark ? names.Count : mark;
            if (!sure || !_main.Frames[i].Guess)
            {
                names.Add(_main.Frames[i].Name);
            }
        }

        mark = _mark == _main.Frames.Count && _mark > 0 ? names.Count : mark;

        // A trap is named by what is below its mark. An assertion is named by the function that made it, even inside the handler of an unrelated trap.
        if (mark > 0 && (Kind == FarKind.Fault || names.Take(mark).All(name => roleOf(name) is not FunctionRole.Ordinary)))
        {
            names.RemoveRange(0, mark);
        }

        return Blamed(names, roleOf, Function);
    }

    // The first function that is neither machinery nor a helper; what the heading or the program counter names takes precedence.
    private static (string Path, IReadOnlyList<string> Stack) Blamed(List<string> names, Func<string, FunctionRole> roleOf, string? named)
    {
        int at = named is null ? -1 : names.IndexOf(named);
        if (named is not null && roleOf(named) == FunctionRole.Ordinary)
        {
            List<string> below = at >= 0 ? names[(at + 1)..] : names[Skip(names, 0, roleOf, machineryOnly: true)..];
            return (named, Kept([named, .. below]));
        }

        int first = Skip(names, at + 1, roleOf, machineryOnly: false);
        return first < names.Count ? (names[first], Kept(names[first..])) : (Nobody, Kept(names));
    }

    private static int Skip(List<string> names, int from, Func<string, FunctionRole> roleOf, bool machineryOnly)
    {
        while (from < names.Count && roleOf(names[from]) is var role && role != FunctionRole.Ordinary && !(machineryOnly && role == FunctionRole.Helper))
        {
            from++;
        }

        return from;
    }

    private static IReadOnlyList<string> Kept(List<string> names) => names.Count > PanicDetector.MaxStack ? names[..PanicDetector.MaxStack] : names;

    private static IReadOnlyList<string> Trimmed(Trace trace, Func<string, FunctionRole> roleOf) => Blamed(trace.Names(), roleOf, null).Stack;

    private FarPanic Make(FarSystem system, string path, IReadOnlyList<string> stack, IReadOnlyList<Item> objects, Func<string, FunctionRole> roleOf) =>
        new(system, path == Nobody ? Cause : $"{Cause} in {path}", path, text, stack)
        {
            Kind = Kind,
            Cause = Cause,
            Task = Kind == FarKind.Leak && objects.Count > 0 ? objects[0].Task : _task,
            AllocatedBy = Trimmed(_allocated, roleOf),
            FreedBy = Trimmed(_freed, roleOf),
            Related = [.. _related.Where(t => t.Frames.Count > 0).Select(t => new FarTrace(t.Heading, Trimmed(t, roleOf)))],
            Holders = [.. _holders.Select(t => new FarHolder(t.Heading, t.Count, Trimmed(t, roleOf)))],
            Objects = [.. objects.Select(o => new FarObject(o.Address, o.Size, o.Cache, Trimmed(o.Trace, roleOf)))],
        };

    private readonly record struct Frame(string Name, bool Guess);

    private sealed class Trace(string heading, int count)
    {
        public string Heading => heading;

        public int Count => count;

        public List<Frame> Frames { get; } = [];

        // The last frame was the caller of the one before, and may be named again by the next line.
        public bool CallerIsLast { get; set; }

        // A heading of its own may follow before its frames do.
        public bool Open { get; init; }

        public List<string> Names() => [.. (Frames.Any(f => !f.Guess) ? Frames.Where(f => !f.Guess) : Frames).Select(f => f.Name)];
    }

    private sealed class Item
    {
        public string Address { get; set; } = "";

        public long Size { get; set; }

        public string Cache { get; set; } = "";

        public string Task { get; set; } = "";

        public Trace Trace { get; } = new("", 1);
    }
}
