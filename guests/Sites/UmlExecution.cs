using System.Buffers.Binary;
using System.Text;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Guests.Running;
using Stress.Observability;

namespace Stress.Guests.Sites;

/// <summary>
/// A pair of real kernels as a site. Windows are executed on a thread of their own, since guests block; the caller of a window waits a while and asks
/// again (<see cref="ISiteExecution.RunWindow"/>). What is read between two windows is the state at the last one's end.
/// </summary>
internal sealed class UmlExecution : ISiteExecution
{
    // Far below the time after which a call counts as unanswered.
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(5);

    private readonly UmlBackend _backend;
    private readonly RunPlan _plan;
    private readonly int _site;
    private readonly UmlSettings _settings;
    private readonly CancellationTokenSource _stop = new();
    private readonly string[] _accounts = ["", ""];
    private PairSession? _session;
    private Task? _window;
    private bool _holds;
    private bool _disposed;

    public UmlExecution(UmlBackend backend, RunPlan plan, int site)
    {
        _backend = backend;
        _plan = plan;
        _site = site;
        _settings = UmlSettings.Read(plan.BackendSettings) ?? throw new ArgumentException("the plan names no kernels", nameof(plan));
        Tally = new SiteTally();
    }

    public int NextWindow { get; private set; }

    public long Events => Tally.Counters.OfSite().Events;

    public ulong Digest => Tally.Digest;

    public int RouterCount => UmlBackend.Guests;

    public SiteTally Tally { get; private set; }

    public async ValueTask RunWindow(CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _window ??= ExecuteAsync(NextWindow);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (await Task.WhenAny(_window, Task.Delay(Slice, enough.Token)) != _window)
        {
            cancel.ThrowIfCancellationRequested();
            return;
        }

        await enough.CancelAsync();
        await _window;
        _window = null;
        NextWindow++;
    }

    public void Note(SiteSeries series, int bin)
    {
        for (Role role = Role.Called; role <= Role.Calling; role++)
        {
            series.Note(bin, role, Tally.Counters[role].Disconnects);
        }

        foreach (CrashTally crash in Tally.Crashes)
        {
            series.Note(bin, CrashKey.Of(crash), crash.Count);
        }
    }

    public ValueTask<string> Show(int router, CancellationToken cancel)
    {
        var role = (Role)router;
        string head = $"router {router} of site {_site}, the {CodePath.Of(role)} end: {_plan.Backend} kernel {(role == Role.Called ? _settings.Called : _settings.Calling).Name}";
        return new(_accounts[router].Length > 0 ? $"{head}\n{_accounts[router]}" : $"{head}\nnothing known yet: its agent gives an account of it every {_plan.Site.Window} from its boot on");
    }

    public ZeroRuns? Save() => null;

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_window is { } window)
        {
            await window.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.Run(End).ConfigureAwait(false);
        _stop.Dispose();
    }

    // The first window boots the guests, as soon as there is room for them; the last one ends them.
    private async Task ExecuteAsync(int window)
    {
        // Off the caller's scheduler: a grain's is for its own turns.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        VirtualTime length = _plan.Site.Window, duration = new(_plan.Windows * length.Microseconds);
        if (_session is null)
        {
            PairParts parts = await _settings.PartsAsync(_backend.Cache, _stop.Token).ConfigureAwait(false);
            await _backend.Capacity.TakeAsync(UmlBackend.Guests, Memory, _stop.Token).ConfigureAwait(false);
            _holds = true;
            _session = new PairSession(parts, _settings.OptionsOf(_plan.Site, duration, _site));
        }

        PairSession session = _session;
        await Task.Factory.StartNew(
            () =>
            {
                session.RunTo(new VirtualTime((window + 1) * length.Microseconds), _stop.Token);
                _stop.Token.ThrowIfCancellationRequested();
                Tally = Count(session);
                for (int i = 0; i < _accounts.Length; i++)
                {
                    _accounts[i] = Account.Last(session.ConsoleOf((Role)i)) ?? "switched off: it starts again after the scenario's reboot time";
                }

                if (window + 1 == _plan.Windows)
                {
                    End();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    private int Memory => UmlBackend.MemoryOf(_plan, _settings);

    private void End()
    {
        _session?.Dispose();
        _session = null;
        if (_holds)
        {
            _holds = false;
            _backend.Capacity.Free(UmlBackend.Guests, Memory);
        }
    }

    private static SiteTally Count(PairSession session)
    {
        var tally = new SiteTally
        {
            Counters = PairTopology.Counters(
                new() { Disconnects = session.LineCounts.Disconnects[0], DecidedDisconnects = session.LineCounts.Disconnects[0] - session.LineCounts.Undecided[0], Panics = session.Panics[0] },
                new()
                {
                    Disconnects = session.LineCounts.Disconnects[1], DecidedDisconnects = session.LineCounts.Disconnects[1] - session.LineCounts.Undecided[1],
                    Panics = session.Panics[1], Redials = session.LineCounts.Dialled,
                },
                new() { Events = session.Calendar.Events, Frames = session.LineCounts.Frames }),
            Digest = BinaryPrimitives.ReadUInt64BigEndian(session.DigestSoFar()),
        };
        foreach (IGrouping<(Role Role, string Title), GuestCrash> same in session.Crashes.GroupBy(crash => (crash.Role, crash.Title)))
        {
            GuestCrash first = same.First();
            tally.Crashes.Add(new CrashTally(default, first.Role)
            {
                Words = first.Title, Function = first.Report.Path, Count = same.Count(), First = first.At, FirstEvent = first.Event, Stack = first.Report.Stack,
                Story = [first.Report.Text], AllocatedBy = first.Report.AllocatedBy, FreedBy = first.Report.FreedBy,
            });
            tally.FirstCrash = first.At < tally.FirstCrash ? first.At : tally.FirstCrash;
        }

        return tally;
    }
}

/// <summary>A guest agent's periodic account of its kernel, on the console.</summary>
internal static class Account
{
    private const string Mark = "account: ";

    /// <summary>The last whole account of a console; null without a console.</summary>
    public static string? Last(byte[]? console)
    {
        if (console is null)
        {
            return null;
        }

        string last = "";
        var account = new StringBuilder();
        foreach (string line in ConsoleText.Lines(console).Where(line => line.StartsWith(Mark, StringComparison.Ordinal)).Select(line => line[Mark.Length..]))
        {
            if (line == "end")
            {
                last = account.ToString().TrimEnd();
                account.Clear();
            }
            else
            {
                account.Append(line).Append('\n');
            }
        }

        return last;
    }
}
