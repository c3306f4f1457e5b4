using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Guests.Calendar;
using Stress.Guests.Kernels;
using Stress.Guests.Processes;
using Stress.Guests.Systems;

namespace Stress.Guests.Running;

/// <summary>Runs one pair of real systems in virtual time. The same options, kernels and system give the same result to the byte.</summary>
/// <param name="cache">Where kernels and systems are.</param>
/// <param name="launcher">The launcher's program.</param>
/// <param name="system">The guests' system.</param>
/// <param name="called">The kernel of the called end.</param>
/// <param name="calling">The kernel of the calling end.</param>
public sealed class PairRun(GuestCache cache, string launcher, GuestSystem system, GuestKernel called, GuestKernel calling)
{
    private const long Microsecond = 1_000;

    /// <summary>Runs it.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="stop">Ends it early; what was reached is returned.</param>
    /// <param name="observe">Sees every event of the line in the order of time; may be null.</param>
    /// <exception cref="GuestException">A kernel cannot be a site.</exception>
    public PairResult Run(PairOptions options, CancellationToken stop, Action<LineEvent>? observe = null)
    {
        foreach (GuestKernel kernel in (GuestKernel[])[called, calling])
        {
            if (!kernel.VirtualTime)
            {
                throw new GuestException(GuestProblem.Wrong, $"kernel '{kernel.Name}' ({kernel.Source}) knows no virtual time and has no modem port: it runs operation lists, and cannot be a site; accepted: a kernel of ./stress kernel build");
            }
        }

        using var run = new Running(this, options, observe);
        return run.Execute(stop);
    }

    private sealed class Running : IDisposable
    {
        private readonly PairRun _owner;
        private readonly PairOptions _options;
        private readonly PairCalendar _calendar;
        private readonly List<GuestBoot> _boots = [];
        private readonly GuestSeat?[] _seats = new GuestSeat?[2];
        private readonly long[] _bootTimes = new long[2];
        private readonly int[] _bootNumbers = new int[2];
        private RandomStream _reboot;
        private readonly string _scratch;
        private TimeSpan _cpu;
        private bool _shared;

        public Running(PairRun owner, PairOptions options, Action<LineEvent>? observe)
        {
            _owner = owner;
            _options = options;
            _reboot = new RandomStream(options.Seed, options.Number, RandomPurpose.Reboot);
            _scratch = ScratchFolder.Create();
            _calendar = new PairCalendar(
                options.Line, options.Seed, options.Number, Boot, Lost, GuestLimits.Default,
                observe is null ? null : (time, role, e) => observe(new LineEvent(time, role, e.Kind == Line.PortMessageKind.Data, (int)e.Lines, e.Data)));
        }

        public PairResult Execute(CancellationToken stop)
        {
            long until = _options.Duration.Microseconds * Microsecond;
            _calendar.Run(until, stop);
            for (int i = 0; i < 2; i++)
            {
                if (_seats[i] is { } seat)
                {
                    _shared |= seat.Clock.IsShared;
                    Close((Role)i, seat, _calendar.Now, null, false);
                    seat.Dispose();
                    _seats[i] = null;
                }
            }

            GuestBoot[] boots = [.. _boots.OrderBy(boot => boot.Boot).ThenBy(boot => boot.Role)];
            return new PairResult
            {
                Digest = Digest(boots), Reached = new VirtualTime(_calendar.Now / Microsecond), Boots = boots, Line = _calendar.Line, Calendar = _calendar.Counts, GuestCpu = _cpu,
                SharedCalendar = _shared,
            };
        }

        public void Dispose()
        {
            foreach (GuestSeat? seat in _seats)
            {
                seat?.Dispose();
            }

            ScratchFolder.Remove(_scratch);
        }

        private GuestSeat Boot(Role role, long time, long freeUntil)
        {
            GuestKernel kernel = role == Role.Called ? _owner.KernelOfCalled : _owner.KernelOfCalling;
            int boot = _bootNumbers[(int)role]++;
            string folder = Path.Combine(_scratch, $"{(int)role}-{boot}");
            Directory.CreateDirectory(folder);
            File.CreateSymbolicLink(Path.Combine(folder, "initramfs"), _owner.Image);
            var clock = new GuestClock(Path.Combine(folder, "clock"), time) { FreeUntilAtStart = freeUntil };
            var port = new GuestPort(Path.Combine(folder, "port"));
            ulong seed = new RandomStream(_options.Seed + (ulong)boot, (_options.Number * 2) + (ulong)role, RandomPurpose.Boot).Next();
            var process = new GuestProcess(_owner.LauncherProgram, folder, kernel.ProgramOf(_owner.Cache), CommandLine(role), seed);
            _bootTimes[(int)role] = time;
            return _seats[(int)role] = new GuestSeat(process, clock, port);
        }

        // The kernel mixes its command line into its random state: the same words, and nothing of this machine, for every start.
        private IEnumerable<string> CommandLine(Role role)
        {
            string Seconds(VirtualTime t) => (t.Microseconds / 1_000_000).ToString(CultureInfo.InvariantCulture);
            string phase = Seconds(new RandomStream(_options.Seed, _options.Number, RandomPurpose.Hup).Draw(_options.HupPhase));
            return
            [
                $"mem={_options.MemoryMiB}M", "initrd=initramfs", "umid=guest", "uml_dir=.", "con=null", "con0=null,fd:1", "time-travel=ext:0:clock", "stress_tty=port",
                "kasan.fault=panic", "oops=panic", "panic=-1", "random.trust_bootloader=1", "nordrand",
                .. _options.Fault is null ? (string[])[] : [$"stress_fault={_options.Fault}"],
                .. _options.KernelArguments,
                "job=router", $"role={(role == Role.Called ? "called" : "calling")}", $"hup={Seconds(_options.HupEvery)}", $"phase={phase}", $"holdoff={Seconds(_options.Holdoff)}",
                $"frr={(_options.Daemons ? 1 : 0)}", $"show={Seconds(_options.ShowAfter)}", "end",
            ];
        }

        private long Lost(Role role, GuestSeat seat, GuestLoss loss, long time)
        {
            _shared |= seat.Clock.IsShared;
            Close(role, seat, time, "", loss == GuestLoss.Hung);
            _seats[(int)role] = null;
            return time + (_reboot.Draw(_options.Reboot).Microseconds * Microsecond);
        }

        private void Close(Role role, GuestSeat seat, long time, string? exit, bool hung)
        {
            // A kernel that died by itself finishes printing; one that stands still, or is up at the end, is ended.
            GuestEnd end = exit is null || hung ? seat.Process.End() : seat.Process.WaitForEnd();
            _cpu += end.Cpu;
            byte[] console = seat.Process.Console;
            _boots.Add(new GuestBoot(
                role, new VirtualTime(_bootTimes[(int)role] / Microsecond), new VirtualTime(time / Microsecond), console, exit is null ? null : hung ? "hung" : end.ToString(), hung,
                ConsoleText.Reports(console)));
        }

        private string Digest(IEnumerable<GuestBoot> boots)
        {
            using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            all.AppendData(_calendar.Digest.GetHashAndReset());
            foreach (GuestBoot boot in boots)
            {
                all.AppendData(Encoding.UTF8.GetBytes($"{boot.Role} {boot.Boot} {boot.End} {boot.Exit}\n"));
                all.AppendData(boot.Console);
                all.AppendData(Encoding.UTF8.GetBytes(string.Concat(boot.Panics.Select(panic => panic.Title + "\n"))));
            }

            return Convert.ToHexStringLower(all.GetHashAndReset());
        }
    }

    private GuestCache Cache => cache;

    private string LauncherProgram => launcher;

    private string Image => system.ImageOf(cache);

    private GuestKernel KernelOfCalled => called;

    private GuestKernel KernelOfCalling => calling;
}

/// <summary>Something on the line, for people and captures.</summary>
/// <param name="Nanoseconds">Virtual time.</param>
/// <param name="Role">The end that did it, or at which it arrived.</param>
/// <param name="IsData">Bytes; else modem lines.</param>
/// <param name="Lines">The modem lines, bits of TIOCMGET.</param>
/// <param name="Data">The bytes.</param>
public readonly record struct LineEvent(long Nanoseconds, Role Role, bool IsData, int Lines, byte[] Data);
