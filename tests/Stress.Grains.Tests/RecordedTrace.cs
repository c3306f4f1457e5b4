using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;

namespace Stress.Grains.Tests;

/// <summary>
/// A backend without a kernel: what happened once, played back. It waits before every window, has no image, and its crashes are titled by a console's words.
/// </summary>
internal sealed class RecordedTrace : ISiteBackend
{
    /// <summary>What the trace holds, a line a window; it begins anew at its end.</summary>
    private static readonly (int Events, int Disconnects, bool Crash)[] Lines = [(3, 0, false), (5, 1, false), (9, 2, true), (2, 0, false)];

    private int _alive;
    private int _begun;
    private long _windows;

    /// <summary>The title of its crashes.</summary>
    public const string Title = "KASAN: slab-use-after-free in rip6_send";

    public string Name => "trace";

    public BackendCapabilities Capabilities => new(Deterministic: true, Checkpointable: false, RealTime: false);

    /// <summary>Asked before each window; what it gives is waited for.</summary>
    public Func<int, CancellationToken, Task> Before { get; init; } = async (_, _) => await Task.Yield();

    /// <summary>Calls that it takes to execute a window: all but the last return with the window still to come.</summary>
    public int CallsForWindow { get; init; } = 1;

    /// <summary>Executions that have begun and are not disposed of.</summary>
    public int Alive => Volatile.Read(ref _alive);

    /// <summary>Executions that have begun.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>Windows executed, repeated ones too.</summary>
    public long Windows => Interlocked.Read(ref _windows);

    public string? Problem(RunPlan plan) => plan.BackendSettings is null ? null : $"backend settings '{plan.BackendSettings}': accepted are none";

    public ValueTask<ISiteExecution> Begin(RunPlan plan, int site, CancellationToken cancel)
    {
        Interlocked.Increment(ref _alive);
        Interlocked.Increment(ref _begun);
        return new(new Playback(this, site));
    }

    /// <summary>What a site has come to after so many windows.</summary>
    public static async Task<SiteTally> After(int site, int windows)
    {
        await using var playback = new Playback(new RecordedTrace(), site);
        while (playback.NextWindow < windows)
        {
            await playback.RunWindow(default);
        }

        return playback.Tally;
    }

    private sealed class Playback(RecordedTrace trace, int site) : ISiteExecution
    {
        private bool _ended;
        private int _calls;
        private long _crashes;
        private long _disconnects;
        private VirtualTime _firstCrash = VirtualTime.Never;
        private long _firstEvent;

        public int NextWindow { get; private set; }

        public long Events { get; private set; }

        public ulong Digest { get; private set; } = (ulong)site + 1;

        public int RouterCount => 2;

        public SiteTally Tally => new()
        {
            Counters = PairTopology.Counters(new() { Disconnects = _disconnects, Panics = _crashes }, site: new() { Events = Events }),
            Digest = Digest,
            FirstCrash = _firstCrash,
            Crashes = _crashes == 0 ? [] :
            [
                new CrashTally(default, Role.Called)
                {
                    Words = Title, Function = "rip6_send", Count = _crashes, First = _firstCrash, FirstEvent = _firstEvent,
                    Stack = ["rip6_send", "sock_sendmsg"], Story = ["Oops: 0000"], AllocatedBy = ["alloc_netdev", "ppp_open"], FreedBy = ["kfree", "free_netdev"],
                },
            ],
        };

        public async ValueTask RunWindow(CancellationToken cancel)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            await trace.Before(NextWindow, cancel);
            if (++_calls % trace.CallsForWindow != 0)
            {
                return;
            }

            (int events, int disconnects, bool crash) = Lines[(NextWindow + site) % Lines.Length];
            Interlocked.Increment(ref trace._windows);
            Events += events;
            _disconnects += disconnects;
            if (crash && _crashes++ == 0)
            {
                (_firstCrash, _firstEvent) = (VirtualTime.FromMinutes(NextWindow), Events);
            }

            Digest = (Digest * 0x9E3779B97F4A7C15) ^ (ulong)events;
            NextWindow++;
        }

        public void Note(SiteSeries series, int bin)
        {
            series.Note(bin, Role.Called, _disconnects);
            series.Note(bin, new CrashKey(default, Role.Called, Title, "rip6_send"), _crashes);
        }

        public ValueTask<string> Show(int router, CancellationToken cancel) => new($"router {router} of site {site}, window {NextWindow} of a trace");

        public ZeroRuns? Save() => null;

        public ValueTask DisposeAsync()
        {
            if (!_ended)
            {
                _ended = true;
                Interlocked.Decrement(ref trace._alive);
            }

            return default;
        }
    }
}
