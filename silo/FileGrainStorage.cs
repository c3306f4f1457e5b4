using System.Buffers.Binary;
using System.IO.Hashing;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Storage;

namespace Stress.Silo;

/// <summary>
/// Grain storage in a folder, for the embedded silo: a file a grain, written whole under another name, flushed to the disk and then renamed, so that neither
/// kill -9 nor a power cut leaves half a file. One process at a time.
/// </summary>
public sealed class FileGrainStorage : IGrainStorage, IDisposable
{
    private const string LockName = "lock";
    private const int HeaderLength = 16;
    private static readonly byte[] Magic = "STRESS01"u8.ToArray();

    private readonly string _folder;
    private readonly FileStream _lock;
    private readonly Serializer _serializer;

    /// <summary>Opens a folder, which is created where it is missing.</summary>
    /// <exception cref="IOException">Another process has it open, or it cannot be written.</exception>
    public FileGrainStorage(string folder, Serializer serializer)
    {
        _folder = folder;
        _serializer = serializer;
        Directory.CreateDirectory(folder);
        _lock = new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
    }

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        string file = FileOf(stateName, grainId);

        // The disk may take its time, here as in writing and deleting; the grain's scheduler must not wait for it.
        byte[]? bytes = await Task.Run(() => File.Exists(file) ? File.ReadAllBytes(file) : null);
        if (bytes is null)
        {
            grainState.State = Activator.CreateInstance<T>();
            grainState.RecordExists = false;
            grainState.ETag = null;
            return;
        }

        if (bytes.Length < HeaderLength || !bytes.AsSpan(0, Magic.Length).SequenceEqual(Magic)
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(Magic.Length)) != XxHash3.HashToUInt64(bytes.AsSpan(HeaderLength)))
        {
            throw new InvalidDataException($"{file}: damaged; without it what it holds is executed again, with the same result");
        }

        grainState.State = _serializer.Deserialize<T>(bytes.AsMemory(HeaderLength));
        grainState.RecordExists = true;
        grainState.ETag = "";
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        byte[] payload = _serializer.SerializeToArray(grainState.State);
        string file = FileOf(stateName, grainId);

        await Task.Run(() => Replace(file, payload));
        grainState.RecordExists = true;
        grainState.ETag = "";
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        string file = FileOf(stateName, grainId);
        await Task.Run(() => File.Delete(file));
        grainState.State = Activator.CreateInstance<T>();
        grainState.RecordExists = false;
        grainState.ETag = null;
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static void Replace(string file, byte[] payload)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[Magic.Length..], XxHash3.HashToUInt64(payload));
        string next = file + ".new";
        using (FileStream stream = File.Create(next))
        {
            stream.Write(header);
            stream.Write(payload);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
    }

    // Everything but letters, digits and a few marks is written as %XX: a key names no other folder.
    private string FileOf(string stateName, GrainId grainId) => Path.Combine(_folder, $"{stateName}-{Uri.EscapeDataString(grainId.Key.ToString()!)}.state");
}
