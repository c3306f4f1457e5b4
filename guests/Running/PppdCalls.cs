using Stress.Dial;
using Stress.Dial.Calls;
using Stress.Dial.Far;
using Stress.Dial.Lines;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Wire;

namespace Stress.Guests.Running;

/// <summary>Calls between our endpoint and Debian's pppd.</summary>
public sealed record PppdCallOptions
{
    /// <summary>Guests at once, each with a line of its own.</summary>
    public int Lines { get; init; } = 1;

    /// <summary>Calls on each line.</summary>
    public int CallsOfLine { get; init; } = 20;

    /// <summary>What the lines do.</summary>
    public PeerLine Line { get; init; } = new(TimeSpan.Zero, 0);

    /// <summary>How long our calling end leaves a link up; pppd's calling end: <see cref="PeerLine.PppdUp"/>.</summary>
    public VirtualTime Up { get; init; } = VirtualTime.FromMilliseconds(200);

    /// <summary>Seed of every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Folder for a transcript and a capture of each call, in a folder of its line; null for none.</summary>
    public string? Transcripts { get; init; }
}

/// <summary>Their outcomes.</summary>
/// <param name="Results">A line's calls each.</param>
/// <param name="Touched">Frames that lines doubled, dropped or corrupted.</param>
/// <param name="Reports">What the guests' kernels reported.</param>
/// <param name="Consoles">What each guest's console said: pppd's own log.</param>
public sealed record PppdCallResult(IReadOnlyList<DialResult> Results, long Touched, IReadOnlyList<FarPanic> Reports, IReadOnlyList<IReadOnlyList<string>> Consoles)
{
    /// <summary>Calls planned.</summary>
    public long Planned => Results.Sum(result => result.Planned);

    /// <summary>Calls that went as planned.</summary>
    public long Done => Results.Sum(result => result.Done);

    /// <summary>Counts of all lines together.</summary>
    public DialCounters Counters
    {
        get
        {
            var sum = new DialCounters();
            foreach (DialResult result in Results)
            {
                sum.Add(result.Counters);
            }

            return sum;
        }
    }
}

/// <summary>Real pppd in guests as the peer of <c>dial</c> and <c>answer</c>, in real time.</summary>
/// <param name="parts">Kernel, system and launcher.</param>
public sealed class PppdCalls(PairParts parts)
{
    // A guest that has not got this far by then never will, however slow the machine.
    private static readonly TimeSpan Boot = TimeSpan.FromMinutes(5);

    private static readonly Ipv4Address Called = Ipv4Address.Of(10, 1, 0, 1), Calling = Ipv4Address.Of(10, 1, 0, 2);

    /// <summary>Our end calls pppd.</summary>
    public Task<PppdCallResult> DialAsync(PppdCallOptions options, CancellationToken stop) => AllAsync(options, async line =>
    {
        await using var peer = new PppdPeer(parts, Role.Called, 0, options.Line, options.Seed, line);
        await peer.Ready.WaitAsync(Boot, stop).ConfigureAwait(false);
        var dialer = new Dialer(Options(options, LineTarget.Parse($"tcp://127.0.0.1:{peer.Port}"), Role.Calling, line), TimeProvider.System);
        return (await dialer.RunAsync(stop).ConfigureAwait(false), peer.Touched, peer.Reports, (IReadOnlyList<string>)[.. peer.Console]);
    });

    /// <summary>pppd calls our end.</summary>
    public Task<PppdCallResult> AnswerAsync(PppdCallOptions options, CancellationToken stop) => AllAsync(options, async line =>
    {
        await using ILineListener listener = LineTarget.Parse("tcp://127.0.0.1:0").Listen();
        await using var peer = new PppdPeer(parts, Role.Calling, int.Parse(listener.Target.Port, System.Globalization.CultureInfo.InvariantCulture), options.Line, options.Seed, line);
        var answerer = new Answerer(Options(options, listener.Target, Role.Called, line), listener, TimeProvider.System);
        return (await answerer.RunAsync(stop).ConfigureAwait(false), peer.Touched, peer.Reports, (IReadOnlyList<string>)[.. peer.Console]);
    });

    private static async Task<PppdCallResult> AllAsync(PppdCallOptions options, Func<int, Task<(DialResult Result, long Touched, IReadOnlyList<FarPanic> Reports, IReadOnlyList<string> Console)>> one)
    {
        (DialResult Result, long Touched, IReadOnlyList<FarPanic> Reports, IReadOnlyList<string> Console)[] all =
            await Task.WhenAll(Enumerable.Range(0, options.Lines).Select(line => Task.Run(() => one(line)))).ConfigureAwait(false);
        return new PppdCallResult([.. all.Select(a => a.Result)], all.Sum(a => a.Touched), [.. all.SelectMany(a => a.Reports)], [.. all.Select(a => a.Console)]);
    }

    private static DialOptions Options(PppdCallOptions options, LineTarget target, Role role, int line)
    {
        bool calling = role == Role.Calling;
        var call = new CallOptions
        {
            Calling = calling, Up = calling ? TimeRange.Fixed(options.Up) : TimeRange.Fixed(VirtualTime.Never), Establish = VirtualTime.FromMinutes(3),
            HelloInterval = VirtualTime.Zero, RipngUpdate = VirtualTime.Zero,
        };
        VirtualTime restart = VirtualTime.FromSeconds(options.Line.Restart);
        call = call with
        {
            Ppp = call.Ppp with { LocalAddress = calling ? Calling : Called, RemoteAddress = calling ? Called : Calling, LcpRestart = restart, IpcpRestart = restart, Ipv6cpRestart = restart },
        };
        return new DialOptions
        {
            Target = target, Lines = 1, Cycles = options.CallsOfLine, CallOf = _ => call, Holdoff = VirtualTime.Zero, Connect = VirtualTime.FromMinutes(3), Seed = options.Seed,
            Wait = VirtualTime.FromMinutes(3),
            Transcripts = options.Transcripts is { } folder ? Path.Combine(folder, line.ToString("D3", System.Globalization.CultureInfo.InvariantCulture)) : null,
        };
    }
}
