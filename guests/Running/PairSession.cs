using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stress.Dial.Far;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Guests.Calendar;
using Stress.Guests.Kernels;
using Stress.Guests.Line;
using Stress.Guests.Processes;
using Stress.Guests.Systems;
using Stress.Observability;

namespace Stress.Guests.Running;

/// <summary>What a pair is made of on this machine.</summary>
/// <param name="Cache">Where kernels and systems are.</param>
/// <param name="Launcher">The launcher's program.</param>
/// <param name="System">The guests' system.</param>
/// <param name="Called">The kernel of the called end.</param>
/// <param name="Calling">The kernel of the calling end.</param>
public sealed record PairParts(GuestCache Cache, string Launcher, GuestSystem System, GuestKernel Called, GuestKernel Calling)
{
    /// <summary>The kernel of a role.</summary>
    public GuestKernel Of(Role role) => role == Role.Called ? Called : Calling;
}

/// <summary>
/// One pair of real systems in execution: run to one virtual time after another. The same options, parts and times give the same digest. One thread at a time.
/// </summary>
public sealed class PairSession : IDisposable
{
    private const long Microsecond = 1_000, Second = 1_000_000_000;

    // Before the end of the run a guest has this many seconds to look for unreachable memory (system/init).
    private const long LeakScan = 30;

    private readonly PairParts _parts;
    private readonly PairOptions _options;
    private readonly PairCalendar _calendar;
    private readonly List<GuestBoot> _boots = [];
    private readonly Living?[] _living = new Living?[2];
    private readonly List<GuestCrash> _crashes = [];
    private readonly int[] _bootNumbers = new int[2];
    private readonly IncrementalHash _ends = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly string _scratch;
    private RandomStream _reboot;
    private TimeSpan _cpu, _hostCpu;
    private bool _shared;
    private Func<GuestCrash, bool>? _wanted;
    private GuestCrash? _found;

    // A guest that is up, and how much of its console has been looked at.
    private sealed class Living(GuestSeat seat, long boot, int number)
    {
        public GuestSeat Seat => seat;

        public long Boot => boot;

        public int Number => number;

        public IncrementalHash Hash { get; } = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public ConsoleReports Watch { get; } = new();

        public int Known { get; set; }
    }

    /// <summary>A pair that is switched on at virtual time zero; nothing is started yet.</summary>
    /// <param name="parts">Kernels and systems.</param>
    /// <param name="options">What to run.</param>
    /// <param name="observe">Sees every event of the line in order of time; may be null.</param>
    /// <exception cref="GuestException">A kernel cannot be a site.</exception>
    public PairSession(PairParts parts, PairOptions options, Action<LineEvent>? observe = null)
    {
        parts.Called.CheckSite();
        parts.Calling.CheckSite();
        _parts = parts;
        _options = options;
        _reboot = new RandomStream(options.Seed, options.Number, RandomPurpose.Reboot);
        _scratch = ScratchFolder.Create();
        _calendar = new PairCalendar(
            options.Line, options.Seed, options.Number, Boot, Lost, GuestLimits.Default,
            observe is null ? null : (time, role, sent, e) => observe(new LineEvent(time, role, sent, e.Kind == PortMessageKind.Data, (int)e.Lines, e.Data)));
    }

    /// <summary>Virtual time reached.</summary>
    public VirtualTime Now => new(_calendar.Now / Microsecond);

    /// <summary>Counts of the line.</summary>
    public LineCounts LineCounts => _calendar.Line;

    /// <summary>Counts of the calendar.</summary>
    public CalendarCounts Calendar => _calendar.Counts;

    /// <summary>What the kernels reported, and guests that ended or hung without a report, in the order in which they were seen.</summary>
    public IReadOnlyList<GuestCrash> Crashes => _crashes;

    /// <summary>Boots that are over.</summary>
    public IReadOnlyList<GuestBoot> Boots => _boots;

    /// <summary>Guests that ended while the run went on, by role.</summary>
    public long[] Panics { get; } = new long[2];

    /// <summary>Continues to a time.</summary>
    /// <param name="until">Virtual time.</param>
    /// <param name="stop">Ends it early, at a place that depends on the moment: what is reached then is not a result.</param>
    public void RunTo(VirtualTime until, CancellationToken stop)
    {
        _calendar.Run(until.Microseconds * Microsecond, stop);
        foreach (Living living in _living.OfType<Living>())
        {
            living.Seat.Process.TakeOutput();
            Look(living, _calendar.Now);
        }
    }

    /// <summary>Continues to the first wanted crash, and no further.</summary>
    /// <param name="until">Virtual time: of the end of a window, where a kernel that goes on after a report is looked at.</param>
    /// <param name="wanted">Says of a crash whether it is the one.</param>
    /// <param name="stop">Ends it early.</param>
    /// <returns>The crash; null where none came until then.</returns>
    public GuestCrash? RunToCrash(VirtualTime until, Func<GuestCrash, bool> wanted, CancellationToken stop)
    {
        (_wanted, _found, _calendar.EndAt) = (wanted, null, null);
        RunTo(until, stop);
        _wanted = null;
        return _found;
    }

    /// <summary>SHA-256 over every byte on the line with its time, every modem line, all consoles and verdicts so far.</summary>
    public byte[] DigestSoFar()
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        all.AppendData(_calendar.Digest.GetCurrentHash());
        all.AppendData(_ends.GetCurrentHash());
        foreach (Living living in _living.OfType<Living>())
        {
            all.AppendData(living.Hash.GetCurrentHash());
        }

        return all.GetHashAndReset();
    }

    /// <summary>The console of the guest that is up at a role, as far as it has been looked at; null while there is none.</summary>
    public byte[]? ConsoleOf(Role role) => _living[(int)role]?.Seat.Process.Console;

    /// <summary>Ends the guests.</summary>
    public PairResult Finish()
    {
        byte[] digest = DigestSoFar();
        for (int i = 0; i < 2; i++)
        {
            if (_living[i] is { } living)
            {
                Close((Role)i, living, _calendar.Now, null, false);
                _calendar.Leave((Role)i);
                living.Seat.Dispose();
            }
        }

        return new PairResult
        {
            Digest = Convert.ToHexStringLower(digest), Reached = Now, Boots = [.. _boots.OrderBy(boot => boot.Boot).ThenBy(boot => boot.Role)], Line = _calendar.Line, Calendar = _calendar.Counts,
            GuestCpu = _cpu, HostCpu = _hostCpu, SharedCalendar = _shared, AllCrashes = [.. _crashes],
        };
    }

    /// <summary>Ends what runs.</summary>
    public void Dispose()
    {
        foreach (Living living in _living.OfType<Living>())
        {
            living.Seat.Dispose();
        }

        ScratchFolder.Remove(_scratch);
    }

    private GuestSeat Boot(Role role, long time, long freeUntil)
    {
        int number = _bootNumbers[(int)role]++;
        string folder = Path.Combine(_scratch, $"{(int)role}-{number}");
        Directory.CreateDirectory(folder);
        File.CreateSymbolicLink(Path.Combine(folder, "initramfs"), _parts.System.ImageOf(_parts.Cache, _options.Daemons ? GuestLoad.Daemons : GuestLoad.Pppd));
        var clock = new GuestClock(Path.Combine(folder, "clock"), time) { FreeUntilAtStart = freeUntil };
        var port = new GuestPort(Path.Combine(folder, "port"));
        ulong seed = new RandomStream(_options.Seed + (ulong)number, (_options.Number * 2) + (ulong)role, RandomPurpose.Boot).Next();
        var process = new GuestProcess(_parts.Launcher, folder, _parts.Of(role).ProgramOf(_parts.Cache), CommandLine(role, time), seed);
        var seat = new GuestSeat(process, clock, port);
        _living[(int)role] = new Living(seat, time, number);
        return seat;
    }

    // The kernel mixes its command line into its random state: the same words, and nothing of this machine, for every start.
    private IEnumerable<string> CommandLine(Role role, long boot)
    {
        string Seconds(VirtualTime t) => (t.Microseconds / 1_000_000).ToString(CultureInfo.InvariantCulture);
        string phase = Seconds(new RandomStream(_options.Seed, _options.Number, RandomPurpose.Hup).Draw(_options.HupPhase));
        long left = ((_options.Duration.Microseconds * Microsecond) - boot) / Second;
        return
        [
            $"mem={_options.MemoryMiB}M", "initrd=initramfs", "umid=guest", "uml_dir=.", "con=null", "con0=null,fd:1", "stderr=1", "time-travel=ext:0:clock", "stress_tty=port",
            "kasan.fault=panic", "oops=panic", "panic_on_warn=1", "panic=-1", .. KernelWords.Seeded, "nordrand",
            .. _options.Fault is null ? (string[])[] : [$"stress_fault={_options.Fault}"],
            .. _options.KernelArguments,
            "job=router", $"role={CodePath.Of(role)}", $"hup={Seconds(_options.HupEvery)}", $"phase={phase}", $"holdoff={Seconds(_options.Holdoff)}",
            $"frr={(_options.Daemons ? 1 : 0)}", $"show={Seconds(_options.ShowEvery)}",
            .. _parts.Of(role).Kmemleak && left > 2 * LeakScan ? (string[])[$"leak={left - LeakScan}"] : [],
            "end",
        ];
    }

    private long Lost(Role role, GuestSeat seat, GuestLoss loss, long time)
    {
        Living living = _living[(int)role]!;
        Panics[(int)role]++;
        Close(role, living, time, "", loss == GuestLoss.Hung);
        return time + (_reboot.Draw(_options.Reboot).Microseconds * Microsecond);
    }

    private void Close(Role role, Living living, long time, string? exit, bool hung)
    {
        _shared |= living.Seat.Clock.IsShared;

        // A kernel that died on its own finishes printing; one that hangs, or is up at the end, is killed.
        GuestEnd end = exit is null || hung ? living.Seat.Process.End() : living.Seat.Process.WaitForEnd();
        _cpu += end.Cpu;
        _hostCpu += end.HostCpu;
        string? ended = exit is null ? null : hung ? "hung" : end.ToString();
        Look(living, time);
        foreach (FarPanic report in living.Watch.Complete())
        {
            Book(role, living, time, report);
        }

        if (ended is not null && living.Watch.Reports.Count == 0)
        {
            if (!living.Seat.Clock.HasStarted)
            {
                // It never got as far as its clock: no kernel ran that could have crashed.
                throw new GuestException(GuestProblem.Failed, $"the {CodePath.Of(role)} guest did not start ({ended}): {Tail(living)}");
            }

            Book(role, living, time, living.Watch.Unreported(hung ? "guest stood still: virtual time did not go on" : $"guest ended without a report ({ended})", Tail(living)));
        }

        var boot = new GuestBoot(
            role, new VirtualTime(living.Boot / Microsecond), new VirtualTime(time / Microsecond), living.Seat.Process.Console, ended, hung, living.Watch.Reports);
        _boots.Add(boot);
        if (ended is not null)
        {
            // A boot that is over counts by how it ended; those that are up, by what they have printed.
            _ends.AppendData(Encoding.UTF8.GetBytes($"{(boot.Role == Role.Called ? "Called" : "Calling")} {boot.Boot} {boot.End} {boot.Exit}\n"));
            _ends.AppendData(living.Hash.GetCurrentHash());
            _ends.AppendData(Encoding.UTF8.GetBytes(string.Concat(boot.Panics.Select(panic => panic.Title + "\n"))));
        }

        _living[(int)role] = null;
    }

    // The last lines of a console, in one.
    private static string Tail(Living living)
    {
        const int Lines = 6;
        string[] lines = [.. ConsoleText.Lines(living.Seat.Process.Console).Where(line => line.Length > 0)];
        return lines.Length == 0 ? "it printed nothing" : string.Join("; ", lines[Math.Max(0, lines.Length - Lines)..]);
    }

    private void Look(Living living, long time)
    {
        byte[] news = living.Seat.Process.ConsoleFrom(living.Known);
        if (news.Length == 0)
        {
            return;
        }

        living.Known += news.Length;
        living.Hash.AppendData(news);
        Role role = ReferenceEquals(_living[0], living) ? Role.Called : Role.Calling;
        foreach (FarPanic report in living.Watch.Take(news))
        {
            Book(role, living, time, report);
        }
    }

    private void Book(Role role, Living living, long time, FarPanic report)
    {
        var crash = new GuestCrash(role, living.Number, new VirtualTime(time / Microsecond), _calendar.Counts.Events, report);
        _crashes.Add(crash);
        if (_found is null && _wanted?.Invoke(crash) == true)
        {
            _found = crash;
            _calendar.EndAt = time + 1;
        }
    }
}

/// <summary>Trouble of one guest.</summary>
/// <param name="Role">Which end.</param>
/// <param name="Boot">Its boot, from 0.</param>
/// <param name="At">Virtual time: of its end, or of the end of the window in which a kernel that went on reported it.</param>
/// <param name="Event">Events of the pair until then.</param>
/// <param name="Report">What its console said.</param>
public sealed record GuestCrash(Role Role, int Boot, VirtualTime At, long Event, FarPanic Report)
{
    /// <summary>
    /// The crash's identity: the kernel's words, with who allocated and who freed the object, if it says so. The function that faults is often not the guilty
    /// one, and two faults can meet in one function.
    /// </summary>
    public string Title => CrashWords.Of(Report);
}

/// <summary>Something on the line, for people and captures.</summary>
/// <param name="Nanoseconds">Virtual time.</param>
/// <param name="Role">The end that did it, or at which it arrived.</param>
/// <param name="Sent">The end did it; else it arrived there.</param>
/// <param name="IsData">Bytes; else modem lines.</param>
/// <param name="Lines">The modem lines, bits of TIOCMGET.</param>
/// <param name="Data">The bytes.</param>
public readonly record struct LineEvent(long Nanoseconds, Role Role, bool Sent, bool IsData, int Lines, byte[] Data);
