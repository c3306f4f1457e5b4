using Orleans.Runtime;
using Orleans.Storage;
using Stress.Contracts;

namespace Stress.Silo;

/// <summary>
/// Grain storage in a folder, for the embedded silo: one file per grain, written completely under another name, flushed to the disk and then renamed, so that neither
/// kill -9 nor a power cut leaves half a file. One process at a time.
/// </summary>
public sealed class FileGrainStorage : IGrainStorage, IDisposable
{
    private const string LockName = "lock";
    private readonly string _folder;
    private readonly FileStream _lock;
    private readonly IGrainStorageSerializer _serializer;

    /// <summary>Opens a folder, which is created where it is missing.</summary>
    /// <exception cref="IOException">Another process has it open, or it cannot be written.</exception>
    public FileGrainStorage(string folder, IGrainStorageSerializer serializer)
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

        // The disk may be slow, as in writing and deleting; the grain's scheduler must not wait for it.
        byte[]? bytes = await Task.Run(() => File.Exists(file) ? File.ReadAllBytes(file) : null);
        if (bytes is null)
        {
            grainState.State = Activator.CreateInstance<T>();
            grainState.RecordExists = false;
            grainState.ETag = null;
            return;
        }

        try
        {
            grainState.State = _serializer.Deserialize<T>(new BinaryData(bytes));
        }
        catch (StateFormatException e)
        {
            throw new StateFormatException($"{file}: {e.Message}");
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{file}: {e.Message}");
        }

        grainState.RecordExists = true;
        grainState.ETag = "";
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        BinaryData state = _serializer.Serialize(grainState.State);
        string file = FileOf(stateName, grainId);

        await Task.Run(() => Replace(file, state));
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

    private static void Replace(string file, BinaryData state)
    {
        string next = file + ".new";
        using (FileStream stream = File.Create(next))
        {
            stream.Write(state.ToMemory().Span);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
    }

    // Everything but letters, digits and a few marks is written as %XX: a key cannot name another folder.
    private string FileOf(string stateName, GrainId grainId) => Path.Combine(_folder, $"{stateName}-{Uri.EscapeDataString(grainId.Key.ToString()!)}.state");
}
