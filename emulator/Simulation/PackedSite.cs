using System.Buffers;

namespace Stress.Emulator.Simulation;

/// <summary>
/// A site between two windows: its image (<see cref="Site.Save"/>) with runs of zero bytes left out, a fraction of the live object's size. Packing and
/// opening take some microseconds: a worker that has many sites opens one, executes as many windows as it likes, and packs it again.
/// </summary>
public sealed class PackedSite
{
    private readonly byte[] _bytes;
    private readonly int _imageLength;

    private PackedSite(uint number, byte[] bytes, int imageLength)
    {
        Number = number;
        _bytes = bytes;
        _imageLength = imageLength;
    }

    /// <summary>The site's number in the run.</summary>
    public uint Number { get; }

    /// <summary>Size in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>Packs a site, which stays as it is.</summary>
    public static PackedSite Pack(Site site)
    {
        var image = new ImageWriter();
        site.Save(image);
        ReadOnlySpan<byte> from = image.Written.Span;

        // A zero byte is followed by the length of its run, so at worst one byte becomes two.
        byte[] to = ArrayPool<byte>.Shared.Rent(2 * from.Length);
        int length = 0;
        while (from.Length > 0)
        {
            int plain = from.IndexOf((byte)0);
            plain = plain < 0 ? from.Length : plain;
            from[..plain].CopyTo(to.AsSpan(length));
            length += plain;
            from = from[plain..];
            if (from.Length > 0)
            {
                int run = from[..Math.Min(from.Length, byte.MaxValue)].IndexOfAnyExcept((byte)0);
                run = run < 0 ? Math.Min(from.Length, byte.MaxValue) : run;
                to[length++] = 0;
                to[length++] = (byte)run;
                from = from[run..];
            }
        }

        byte[] bytes = to.AsSpan(0, length).ToArray();
        ArrayPool<byte>.Shared.Return(to);
        return new PackedSite(site.Number, bytes, image.Written.Length);
    }

    /// <summary>The live site.</summary>
    /// <param name="options">The options it was made with.</param>
    public Site Open(SiteOptions options)
    {
        byte[] image = ArrayPool<byte>.Shared.Rent(_imageLength);
        Span<byte> to = image;
        ReadOnlySpan<byte> from = _bytes;
        while (from.Length > 0)
        {
            int plain = from.IndexOf((byte)0);
            plain = plain < 0 ? from.Length : plain;
            from[..plain].CopyTo(to);
            to = to[plain..];
            from = from[plain..];
            if (from.Length > 0)
            {
                to[..from[1]].Clear();
                to = to[from[1]..];
                from = from[2..];
            }
        }

        Site site = Site.Load(options, Number, new ImageReader(image.AsMemory(0, _imageLength)));
        ArrayPool<byte>.Shared.Return(image);
        return site;
    }
}
