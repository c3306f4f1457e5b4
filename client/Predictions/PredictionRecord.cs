using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stress.Emulator.Stacks.Predictions;
using Stress.Observability;

namespace Stress.Client.Predictions;

/// <summary>A sealed prediction: everything that was predicted before a kernel ran.</summary>
public sealed record SealedPrediction
{
    /// <summary>The format of this file.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The format it was written in.</summary>
    public required int Format { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Made { get; init; }

    /// <summary>The version of Stress that made it.</summary>
    public required string By { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The model's design.</summary>
    public required string Design { get; init; }

    /// <summary>The fault that is switched on in both, model and kernel; null for none.</summary>
    public string? Fault { get; init; }

    /// <summary>The kernel that it is about.</summary>
    public required string Kernel { get; init; }

    /// <summary>Its release and key.</summary>
    public required string Identity { get; init; }

    /// <summary>The prediction for each list.</summary>
    public required IReadOnlyList<ListPrediction> Lists { get; init; }
}

/// <summary>The outcome, with the seal of the prediction that it is compared with.</summary>
public sealed record PredictionOutcome
{
    /// <summary>SHA-256 of prediction.json, in hexadecimal.</summary>
    public required string Seal { get; init; }

    /// <summary>When the first kernel was started: after the prediction was sealed.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>When the last had ended.</summary>
    public required DateTimeOffset Ended { get; init; }

    /// <summary>The outcome of each list.</summary>
    public required IReadOnlyList<ListOutcome> Lists { get; init; }

    /// <summary>The score.</summary>
    public required PredictionScore Score { get; init; }

    /// <summary>Differences, each minimised on its own; empty without <c>--minimise</c>.</summary>
    public IReadOnlyList<MinimalDifference> Differences { get; init; } = [];
}

/// <summary>The files of one prediction: <c>prediction.json</c>, its seal beside it, and <c>outcome.json</c>.</summary>
/// <param name="folder">Where they are.</param>
public sealed class PredictionRecord(string folder)
{
    /// <summary>Name of the prediction's file.</summary>
    public const string PredictionFile = "prediction.json";

    /// <summary>Name of the seal's file, as sha256sum reads it.</summary>
    public const string SealFile = "prediction.sha256";

    /// <summary>Name of the outcome's file.</summary>
    public const string OutcomeFile = "outcome.json";

    /// <summary>The folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>Writes the prediction and its seal, and has the disk take both.</summary>
    /// <returns>The seal.</returns>
    public string Seal(SealedPrediction prediction)
    {
        Directory.CreateDirectory(Folder);
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(prediction, RunFolder.Json);
        string seal = SealOf(bytes);
        WriteThrough(PredictionFile, bytes);
        WriteThrough(SealFile, Encoding.ASCII.GetBytes($"{seal}  {PredictionFile}\n"));
        return seal;
    }

    /// <summary>Writes the outcome.</summary>
    public void Write(PredictionOutcome outcome) => WriteThrough(OutcomeFile, JsonSerializer.SerializeToUtf8Bytes(outcome, RunFolder.Json));

    /// <summary>The seal of the prediction's file as it is now.</summary>
    /// <exception cref="UsageException">There is no such file.</exception>
    public string SealNow() => SealOf(Bytes(PredictionFile));

    /// <summary>The seal as it was written next to the prediction.</summary>
    /// <exception cref="UsageException">There is no such file.</exception>
    public string SealWritten() => Encoding.UTF8.GetString(Bytes(SealFile)).Split(' ', 2)[0].Trim();

    /// <summary>The prediction.</summary>
    /// <exception cref="UsageException">There is none, or it is not one of this version.</exception>
    public SealedPrediction Prediction() => Read<SealedPrediction>(PredictionFile) is { Format: SealedPrediction.CurrentFormat } read ? read
        : throw new UsageException($"{Path.Combine(Folder, PredictionFile)}: another format; accepted is format {SealedPrediction.CurrentFormat}");

    /// <summary>The outcome.</summary>
    /// <exception cref="UsageException">There is none, or it cannot be read.</exception>
    public PredictionOutcome Outcome() => Read<PredictionOutcome>(OutcomeFile);

    private static string SealOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private byte[] Bytes(string name)
    {
        string file = Path.Combine(Folder, name);
        return File.Exists(file) ? File.ReadAllBytes(file)
            : throw new UsageException($"{Folder}: no {name} here; accepted is the folder of a prediction, with {PredictionFile}, {SealFile} and {OutcomeFile}");
    }

    private T Read<T>(string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Bytes(name), RunFolder.Json) ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new UsageException($"{Path.Combine(Folder, name)}: {e.Message.ReplaceLineEndings(" ")}; accepted is the file as predict wrote it");
        }
    }

    private void WriteThrough(string name, byte[] bytes)
    {
        using var file = new FileStream(Path.Combine(Folder, name), FileMode.Create, FileAccess.Write, FileShare.Read);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }
}
