using Stress.Emulator.Core;
using Stress.Emulator.Oracle;

namespace Stress.Emulator.Userland;

/// <summary>A cron job that sends a signal to pppd. It follows the wall clock, which a panic does not stop.</summary>
public sealed class Cron : Process
{
    private readonly HupOptions _options;
    private readonly Signal _signal;
    private RandomStream _random;
    private VirtualTime _base;

    /// <summary>A cron before power is on.</summary>
    /// <param name="entry">Its entry in the table.</param>
    /// <param name="options">Its programme.</param>
    /// <param name="random">Phase and lateness of its signals, over all boots.</param>
    /// <param name="signal">What it sends.</param>
    public Cron(ProcessEntry entry, HupOptions options, RandomStream random, Signal signal = Signal.Hup)
        : base(entry)
    {
        _signal = signal;
        _options = options;
        _random = random;
    }

    /// <inheritdoc/>
    public override void PowerOn()
    {
        _base = _random.Draw(_options.Phase);
        if (_options.Enabled)
        {
            ArmNext();
        }
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now)
    {
    }

    /// <inheritdoc/>
    public override void Timer(int which, VirtualTime now)
    {
        if (Machine.IsUp && Admits(_signal == Signal.Hup ? SitePartKind.Hup : SitePartKind.Term))
        {
            Say(_signal == Signal.Hup ? "pkill -HUP pppd" : "pkill -TERM pppd");
            Machine.Kill(Pppd.Program, _signal);
        }

        _base += _options.Every;
        ArmNext();
    }

    private void ArmNext() => Arm(0, _base + _options.Every + _random.Draw(_options.Jitter));

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        pass.Struct(ref _random);
        pass.Struct(ref _base);
    }
}
