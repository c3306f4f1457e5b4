using Stress.Emulator.Core;
using Stress.Emulator.Oracle;

namespace Stress.Emulator.Userland;

/// <summary>
/// Restarts of zebra, and the timers with which its clients come back (Quagga 0.98.2 lib/zclient.c: zclient_failed, zclient_event): 10 s after the first three
/// failures, then 60 s, and no longer after ten. It is a process of its own, so that the others keep their places in the order of equal times whether it exists or not.
/// </summary>
public sealed class ZebraRestarts : Process
{
    private const int EndTimer = 0, StartTimer = 1, FirstClient = 2;
    private const int MostFailures = 10, QuickFailures = 3;
    private static readonly VirtualTime Quick = VirtualTime.FromSeconds(10), Slow = VirtualTime.FromSeconds(60);
    private readonly ZebraOptions _options;
    private readonly byte[] _failures;
    private RandomStream _random;

    /// <summary>Nothing has been restarted yet.</summary>
    /// <param name="entry">Its entry in the table.</param>
    /// <param name="options">When zebra is restarted.</param>
    /// <param name="processes">How many processes come before it in the table: any may be a client.</param>
    /// <param name="random">When, and how long it takes, over all boots.</param>
    public ZebraRestarts(ProcessEntry entry, ZebraOptions options, int processes, RandomStream random)
        : base(entry)
    {
        _options = options;
        _failures = new byte[processes];
        _random = random;
    }

    /// <summary>Timers that it needs in a table with this many processes before it.</summary>
    public static int TimersOf(int processes) => FirstClient + processes;

    /// <inheritdoc/>
    public override void Start(RandomStream random, VirtualTime now) => ArmEnd(now);

    /// <inheritdoc/>
    public override void Stop(VirtualTime now)
    {
        base.Stop(now);
        Array.Clear(_failures);
    }

    /// <inheritdoc/>
    public override void Timer(int which, VirtualTime now)
    {
        if (!Machine.IsUp || Machine.Zserv is not { } zebra)
        {
            return;
        }

        switch (which)
        {
            case EndTimer when zebra.Runs && Admits(SitePartKind.ZebraRestart):
                Quiet.Changed();
                Say("kill -TERM zebra");
                foreach (int client in zebra.End())
                {
                    Failed(client, now);
                }

                Arm(StartTimer, now + _random.Draw(_options.Downtime));
                break;
            case EndTimer:
                ArmEnd(now);
                break;
            case StartTimer:
                Quiet.Changed();
                Say("zebra is started again");
                Machine.Restart((Process)zebra, now);
                ArmEnd(now);
                break;
            default:
                int process = which - FirstClient;
                if (Machine.AsksZebra(process) && !zebra.Serves(process))
                {
                    Quiet.Changed();
                    Say("zclient connects");
                    if (zebra.Connect(process))
                    {
                        _failures[process] = 0;
                    }
                    else
                    {
                        Failed(process, now);
                    }
                }

                break;
        }
    }

    /// <summary>zclient_failed: a client has lost zebra, or did not find it.</summary>
    public void Failed(int process, VirtualTime now)
    {
        if (_failures[process] < MostFailures)
        {
            _failures[process]++;
        }

        if (_failures[process] < MostFailures)
        {
            Arm(FirstClient + process, now + (_failures[process] < QuickFailures ? Quick : Slow));
        }
    }

    private void ArmEnd(VirtualTime now) =>
        Arm(EndTimer, now + _random.Draw(new TimeRange(new VirtualTime(_options.RestartEvery.Microseconds / 2), new VirtualTime(_options.RestartEvery.Microseconds * 3 / 2))));

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        pass.Struct(ref _random);
        pass.Numbers<byte>(_failures);
    }
}
