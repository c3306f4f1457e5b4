using System.Collections.Concurrent;
using System.Text.Json;
using Stress.Contracts;
using Stress.Fuzz.Stacks;

namespace Stress.Fuzz.Search;

/// <summary>The settings of a search on a cluster.</summary>
public sealed record FuzzOrder
{
    /// <summary>Names of the stacks.</summary>
    public required IReadOnlyList<string> Stacks { get; init; }

    /// <summary>A fault to switch on in real kernels, or null.</summary>
    public string? Fault { get; init; }

    /// <summary>Its budget. Workers are the silos'.</summary>
    public required FuzzOptions Options { get; init; }
}

/// <summary>Searches on a cluster: the rounds of <see cref="FuzzRounds"/> in one grain, their parts in others.</summary>
/// <param name="opener">Opens the stacks.</param>
public sealed class FuzzBackend(StackOpener opener) : ISearchBackend
{
    /// <summary>Its name in a plan.</summary>
    public const string BackendName = "fuzz";

    // Opened once in a process: a guest's system is built, and lwIP compiled, at the first part that needs it.
    private readonly ConcurrentDictionary<(string Name, string? Fault), Lazy<Task<IFuzzStack>>> _open = [];

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <summary>An order in serialised form.</summary>
    public static string Write(FuzzOrder order) => JsonSerializer.Serialize(order);

    /// <inheritdoc/>
    public string? Problem(string order)
    {
        FuzzOrder read;
        try
        {
            read = Read(order);
        }
        catch (JsonException e)
        {
            return $"its order cannot be read: {e.Message}";
        }

        return read.Stacks.Count == 0 ? "no stack; accepted is one or more"
            : read.Stacks.FirstOrDefault(name => StackOpener.FactsOf(name) is null) is { } unknown ? $"stack {unknown}: a silo has none of that name; accepted are emulated stacks, uml:KERNEL and lwip"
            : null;
    }

    /// <inheritdoc/>
    public ISearch Open(string order, ReadOnlyMemory<byte>? image)
    {
        FuzzOrder read = Read(order);
        IStackFacts[] facts = [.. read.Stacks.Select(name => StackOpener.FactsOf(name)!)];
        FuzzState? state = image is { } bytes ? JsonSerializer.Deserialize<FuzzState>(bytes.Span) : null;
        return new Rounds(new FuzzRounds(StackOpener.GrammarOf(facts), facts, read.Options, state), read.Fault);
    }

    /// <inheritdoc/>
    public async Task<byte[]> Execute(string order, byte[] part, CancellationToken stop)
    {
        FuzzOrder read = Read(order);
        FuzzPart work = JsonSerializer.Deserialize<FuzzPart>(part)!;
        IFuzzStack[] stacks = await Task.WhenAll((work.Title?.Stacks ?? [work.Stack]).Select(name => Opened(name, read.Fault))).WaitAsync(stop).ConfigureAwait(false);
        return JsonSerializer.SerializeToUtf8Bytes(new FuzzWorker(stacks, read.Options).Execute(work, stop));
    }

    private static FuzzOrder Read(string order) => JsonSerializer.Deserialize<FuzzOrder>(order)!;

    // A stack that could not be opened is tried again by the next part: what is missing may be installed meanwhile.
    private async Task<IFuzzStack> Opened(string name, string? fault)
    {
        Lazy<Task<IFuzzStack>> opening = _open.GetOrAdd((name, fault), key => new(() => opener.OpenAsync(key.Name, key.Fault, static _ => { }, CancellationToken.None)));
        try
        {
            return await opening.Value.ConfigureAwait(false);
        }
        catch
        {
            _open.TryRemove(KeyValuePair.Create((name, fault), opening));
            throw;
        }
    }

    private sealed class Rounds(FuzzRounds rounds, string? fault) : ISearch
    {
        public long Round => rounds.Round;

        public IReadOnlyList<byte[]> Next() => [.. rounds.Next().Select(part => JsonSerializer.SerializeToUtf8Bytes(part))];

        public void Take(IReadOnlyList<byte[]> results) => rounds.Take([.. results.Select(result => JsonSerializer.Deserialize<FuzzPartResult>(result)!)]);

        public byte[] Save() => JsonSerializer.SerializeToUtf8Bytes(rounds.Save());

        public byte[] Progress() => JsonSerializer.SerializeToUtf8Bytes(rounds.Progress());

        public byte[] Report(bool interrupted) => JsonSerializer.SerializeToUtf8Bytes(rounds.Report(TimeSpan.Zero, interrupted) with { Fault = fault ?? "" });
    }
}
