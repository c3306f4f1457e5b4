using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using Stress.Emulator.Sites;

namespace Stress.Contracts.Surrogates;

/// <summary>
/// Converts <see cref="SiteOptions"/>. They come with the plan in every call from silo to silo and are the same object all through a run, so they are written once, and read once
/// for all calls with the same.
/// </summary>
[RegisterConverter]
public sealed class SiteOptionsConverter : IConverter<SiteOptions, PlainDataSurrogate>
{
    private static readonly ConditionalWeakTable<SiteOptions, byte[]> Written = [];
    private static readonly ConcurrentDictionary<ulong, WeakReference<SiteOptions>> Read = new();

    /// <inheritdoc/>
    public SiteOptions ConvertFromSurrogate(in PlainDataSurrogate surrogate)
    {
        ulong hash = XxHash3.HashToUInt64(surrogate.Json);
        if (Read.TryGetValue(hash, out WeakReference<SiteOptions>? known) && known.TryGetTarget(out SiteOptions? options)
            && Written.TryGetValue(options, out byte[]? json) && json.AsSpan().SequenceEqual(surrogate.Json))
        {
            return options;
        }

        options = surrogate.To<SiteOptions>();
        Written.AddOrUpdate(options, surrogate.Json);
        Read[hash] = new WeakReference<SiteOptions>(options);
        return options;
    }

    /// <inheritdoc/>
    public PlainDataSurrogate ConvertToSurrogate(in SiteOptions value) => new() { Json = Written.GetValue(value, static options => PlainDataSurrogate.Of(options).Json) };
}
