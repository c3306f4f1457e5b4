using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;

namespace Stress.Contracts.Surrogates;

/// <summary>
/// Wire form of <see cref="Counters"/> and <see cref="NodeCounters"/>: the numbers, packed since most of them are small, after a hash of the names. Counters of a build with other
/// declarations are refused.
/// </summary>
[GenerateSerializer, Immutable, Alias("stress.Counters")]
public struct CountersSurrogate
{
    private static readonly ulong Names = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(string.Join('\n', CounterInfo.All.Select(counter => counter.Name))));

    /// <summary>Hash of the names, in their order.</summary>
    [Id(0)]
    public ulong Declared;

    /// <summary>The numbers, with their zero bytes left out.</summary>
    [Id(1)]
    public byte[] Packed;

    /// <summary>The labels; null for those of a pair.</summary>
    [Id(2)]
    public string[]? Labels;

    /// <summary>Writes rows.</summary>
    public static CountersSurrogate Of(ReadOnlySpan<Counters> rows, string[]? labels = null) => MemoryMarshal.AsBytes(rows).ContainsAnyExcept((byte)0)
        ? new() { Declared = Names, Packed = new ZeroRuns(MemoryMarshal.AsBytes(rows)).Packed, Labels = labels }
        : new() { Packed = [], Labels = labels };

    /// <summary>Reads them again.</summary>
    /// <exception cref="InvalidDataException">They have other declarations.</exception>
    public readonly void To(Span<Counters> rows)
    {
        if (Packed.Length == 0)
        {
            // Zeros are the same in every declaration.
            rows.Clear();
            return;
        }

        if (Declared != Names)
        {
            throw new InvalidDataException($"counters of another build: their names hash to {Declared:x16}; accepted is {Names:x16}");
        }

        Span<byte> bytes = MemoryMarshal.AsBytes(rows);
        new ZeroRuns(Packed, bytes.Length).Unpack().CopyTo(bytes);
    }
}

/// <summary>Converts <see cref="Counters"/>.</summary>
[RegisterConverter]
public sealed class CountersConverter : IConverter<Counters, CountersSurrogate>
{
    /// <inheritdoc/>
    public Counters ConvertFromSurrogate(in CountersSurrogate surrogate)
    {
        Counters counters = default;
        surrogate.To(new Span<Counters>(ref counters));
        return counters;
    }

    /// <inheritdoc/>
    public CountersSurrogate ConvertToSurrogate(in Counters value) => CountersSurrogate.Of(new ReadOnlySpan<Counters>(in value));
}

/// <summary>Wire form of <see cref="NodeCounters"/>.</summary>
[GenerateSerializer, Immutable, Alias("stress.NodeCounters")]
public struct NodeCountersSurrogate
{
    /// <summary>The rows.</summary>
    [Id(0)]
    public CountersSurrogate Rows;
}

/// <summary>Converts <see cref="NodeCounters"/>.</summary>
[RegisterConverter]
public sealed class NodeCountersConverter : IConverter<NodeCounters, NodeCountersSurrogate>
{
    /// <inheritdoc/>
    public NodeCounters ConvertFromSurrogate(in NodeCountersSurrogate surrogate)
    {
        var counters = new NodeCounters(surrogate.Rows.Labels);
        surrogate.Rows.To(counters.Rows);
        return counters;
    }

    /// <inheritdoc/>
    public NodeCountersSurrogate ConvertToSurrogate(in NodeCounters value) =>
        new() { Rows = CountersSurrogate.Of(value.Rows, ReferenceEquals(value.Labels, PairTopology.Labels) ? null : [.. value.Labels]) };
}
