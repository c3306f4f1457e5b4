using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Orleans.Serialization;
using Orleans.Storage;
using Stress.Contracts;

namespace Stress.Grains;

/// <summary>
/// The form of every state in grain storage, in Redis, on disk and in memory: a magic number, a hash of all that follows, the stamp of the build that wrote it, and the state as
/// Orleans writes it. A state of another format, without a stamp, or damaged is refused with a one-line error.
/// </summary>
/// <param name="serializer">Orleans'.</param>
/// <param name="build">What this silo writes and reads.</param>
public sealed class StateSerializer(Serializer serializer, BuildStamp build) : IGrainStorageSerializer
{
    private const int HeadLength = 8 + 8 + 4 + 8;

    // Version and commit take one line at most.
    private const int LongestHead = 1024;
    private static readonly byte[] Mark = "STRESS02"u8.ToArray();

    /// <inheritdoc/>
    public BinaryData Serialize<T>(T? input)
    {
        byte[] state = serializer.SerializeToArray(input!);
        using var bytes = new MemoryStream(HeadLength + 128 + state.Length);
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(Mark);
        writer.Write(0UL);
        writer.Write(build.Format);
        writer.Write(IsShared<T>() ? 0UL : build.Layout);
        writer.Write(build.Version);
        writer.Write(build.Commit);
        writer.Write(state);
        writer.Flush();
        byte[] written = bytes.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(written.AsSpan(Mark.Length), XxHash3.HashToUInt64(written.AsSpan(Mark.Length + sizeof(ulong))));
        return new BinaryData(written);
    }

    /// <inheritdoc/>
    /// <exception cref="StateFormatException">It has no stamp, or that of another format or layout.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public T Deserialize<T>(BinaryData input)
    {
        ReadOnlyMemory<byte> bytes = input.ToMemory();
        if (bytes.Length < HeadLength || !bytes.Span.StartsWith(Mark))
        {
            throw new StateFormatException($"{BuildStamp.Unversioned}; accepted is {Accepted<T>().Words}");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[Mark.Length..]) != XxHash3.HashToUInt64(bytes.Span[(Mark.Length + sizeof(ulong))..]))
        {
            throw new InvalidDataException("damaged; without it what it holds is executed again, with the same result");
        }

        using var reader = new BinaryReader(new MemoryStream(bytes[(Mark.Length + sizeof(ulong))..Math.Min(bytes.Length, LongestHead)].ToArray()), Encoding.UTF8);
        var written = new BuildStamp(reader.ReadInt32(), reader.ReadUInt64(), reader.ReadString(), reader.ReadString());
        return Accepted<T>().Refusal(written) is { } refusal
            ? throw new StateFormatException(refusal)
            : serializer.Deserialize<T>(bytes[(Mark.Length + sizeof(ulong) + (int)reader.BaseStream.Position)..])!;
    }

    // The list of runs belongs to silos of every layout: it names runs, and holds nothing of them that has a layout.
    private BuildStamp Accepted<T>() => IsShared<T>() ? build with { Layout = 0 } : build;

    private static bool IsShared<T>() => typeof(T) == typeof(RunIndexState);
}
