using System.Buffers.Binary;
using System.IO.Hashing;

namespace Stress.Contracts;

/// <summary>The digest of a run: the digests of its finished sites, folded in the order of their numbers, regardless of where and when they were executed.</summary>
public sealed class RunDigest
{
    private readonly XxHash3 _hash = new();
    private int _last = -1;

    /// <summary>The digest so far.</summary>
    public ulong Value => _hash.GetCurrentHashAsUInt64();

    /// <summary>Adds a site.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The site does not come after the last one.</exception>
    public void Add(int site, ulong digest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(site, _last);
        _last = site;
        Span<byte> bytes = stackalloc byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, site);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[4..], digest);
        _hash.Append(bytes);
    }
}
