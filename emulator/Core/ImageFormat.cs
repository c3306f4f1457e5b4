using System.Globalization;

namespace Stress.Emulator.Core;

/// <summary>An image that this build cannot read. The message names the image's format and the one that is accepted.</summary>
public sealed class ImageFormatException(string message) : FormatException(message);

/// <summary>
/// The head of every image: a magic number, the format number and a hash of the layout. The number changes when the meaning of what is written changes; the hash changes
/// automatically when a written type changes its fields, or the order of what is written changes. Format and layout decide, never a build.
/// </summary>
/// <param name="Number">The format.</param>
/// <param name="Layout">The layout: <see cref="StateLayout"/> of a whole site.</param>
public readonly record struct ImageFormat(ushort Number, ulong Layout)
{
    /// <summary>The format that this build writes and reads.</summary>
    public const ushort Current = 2;

    /// <summary>Bytes of the head.</summary>
    public const int Length = 14;

    // "STRI" on a little-endian machine. An image without a head begins with a window's number, which is never that large.
    private const uint Mark = 0x49525453;

    /// <summary>Writes the head.</summary>
    public void Write(ImageWriter image)
    {
        image.Write(Mark);
        image.Write(Number);
        image.Write(Layout);
    }

    /// <summary>Reads and checks a head.</summary>
    /// <param name="image">The image, at its first byte.</param>
    /// <exception cref="ImageFormatException">The image has no head, or another format or layout.</exception>
    public void Check(ImageReader image)
    {
        if (image.Remaining < Length || image.Read<uint>() != Mark)
        {
            throw new ImageFormatException($"image: without a format number, as builds before format 1 wrote them; accepted is {this}");
        }

        var found = new ImageFormat(image.Read<ushort>(), image.Read<ulong>());
        if (found != this)
        {
            throw new ImageFormatException($"image: {found}; accepted is {this}");
        }
    }

    /// <summary>For example <c>format 2, layout 0123456789abcdef</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"format {Number}, layout {Layout:x16}");
}
