using System.Text.Json.Serialization;
using Stress.Emulator.Core;

namespace Stress.Emulator.Link;

/// <summary>The telephone line and its modems.</summary>
public sealed record LineOptions
{
    /// <summary>Bits per second; a byte takes ten (asynchronous framing).</summary>
    public int BitRate { get; init; } = 33_600;

    /// <summary>One-way delay, drawn for each call.</summary>
    public TimeRange Delay { get; init; } = TimeRange.Milliseconds(80, 200);

    /// <summary>From carrier to pppd's start on the called system: getty's prompt, name, password, the login shell.</summary>
    public TimeRange LoginTime { get; init; } = TimeRange.Seconds(3, 6);

    /// <summary>Dialling, ringing and training.</summary>
    public TimeRange DialTime { get; init; } = TimeRange.Seconds(25, 40);

    /// <summary>The whole of an attempt that ends in NO CARRIER, BUSY or NO ANSWER.</summary>
    public TimeRange FailedDialTime { get; init; } = TimeRange.Seconds(30, 60);

    /// <summary>Attempts per thousand in which training fails.</summary>
    public int TrainingFailuresPerThousand { get; init; } = 50;

    /// <summary>From DTR low at one end to loss of carrier at the other.</summary>
    public TimeRange CarrierDetect { get; init; } = TimeRange.Milliseconds(100, 2000);

    /// <summary>Frames per million that noise corrupts.</summary>
    public int NoisePerMillionFrames { get; init; } = 200;

    /// <summary>Mean time between carrier losses of the line itself; zero, or a time that never comes, for a line that loses none.</summary>
    public VirtualTime CarrierLossEvery { get; init; }
}
