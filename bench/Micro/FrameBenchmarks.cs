using BenchmarkDotNet.Attributes;
using Stress.Bench.Speed;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Emulator.Wire;

namespace Stress.Bench.Micro;

/// <summary>A frame's path: its check sequence, and a whole connected pair, from timer through kernel, line and kernel.</summary>
public class FrameBenchmarks
{
    private const int HelloBytes = 68;
    private readonly byte[] _frame = [.. Enumerable.Range(0, HelloBytes).Select(i => (byte)(i * 37))];
    private Site _site = Site.Create(Work.Quiet(), 0);

    /// <summary>A pair an hour into its run.</summary>
    [GlobalSetup]
    public void Connect() => _site.RunUntil(VirtualTime.FromSeconds(3_600), long.MaxValue);

    /// <summary>The FCS of a Hello (RFC 1662, C.2).</summary>
    [Benchmark]
    public ushort Check_sequence_of_a_hello() => Fcs16.Add(Fcs16.Initial, _frame);

    /// <summary>Ten virtual seconds of a pair whose line is up.</summary>
    [Benchmark]
    public long Ten_seconds_of_a_connected_pair()
    {
        _site.RunUntil(_site.Now + VirtualTime.FromSeconds(10), long.MaxValue);
        return _site.Clock.Events;
    }
}
