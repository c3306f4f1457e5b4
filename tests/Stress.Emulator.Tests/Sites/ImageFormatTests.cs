using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

public sealed class ImageFormatTests
{
    private static readonly SiteOptions Options = new();

    [Fact]
    public void An_image_begins_with_its_format_and_layout()
    {
        byte[] image = Image();

        Assert.Equal("STRI"u8, image.AsSpan(0, 4));
        Assert.Equal(ImageFormat.Current, BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(4)));
        Assert.Equal(Site.Format.Layout, BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(6)));
        Assert.Equal(Site.Create(Options, 3).Digest, Site.Load(Options, 3, new ImageReader(image)).Digest);
    }

    [Fact]
    public void An_image_of_a_build_without_formats_is_refused_in_a_sentence()
    {
        var e = Assert.Throws<ImageFormatException>(() => Site.Load(Options, 3, new ImageReader(Image()[ImageFormat.Length..])));

        Assert.Equal($"image: without a format number, as builds before format 1 wrote them; accepted is {Site.Format}", e.Message);
        Assert.Throws<ImageFormatException>(() => Site.Load(Options, 3, new ImageReader(Array.Empty<byte>())));
    }

    [Theory]
    [InlineData(4, "format 1")]
    [InlineData(6, "format 2, layout")]
    public void An_image_of_another_format_or_layout_is_refused_and_both_are_named(int at, string found)
    {
        byte[] image = Image();
        image[at] ^= 3;
        var e = Assert.Throws<ImageFormatException>(() => Site.Load(Options, 3, new ImageReader(image)));

        Assert.StartsWith($"image: {found}", e.Message, StringComparison.Ordinal);
        Assert.EndsWith($"; accepted is {Site.Format}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_left_of_an_image_after_its_end_is_an_error() =>
        Assert.Throws<InvalidDataException>(() => Site.Load(Options, 3, new ImageReader((byte[])[.. Image(), 0])));

    [Fact]
    public void The_layout_follows_the_fields_of_what_is_written_and_their_order()
    {
        ulong Hash(Action<ImageWriter> write)
        {
            var image = new ImageWriter(notesLayout: true);
            write(image);
            return image.LayoutHash;
        }

        ulong[] all =
        [
            Hash(i => i.Write(default(One))), Hash(i => i.Write(default(Renamed))), Hash(i => i.Write(default(Wider))),
            Hash(i => { i.Write(1); i.Write(1L); }), Hash(i => { i.Write(1L); i.Write(1); }), Hash(i => i.WriteArray<One>([])),
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(Hash(i => i.WriteArray<One>([])), Hash(i => i.WriteArray<One>(new One[3])));
    }

    private readonly record struct One(int A);

    private readonly record struct Renamed(int B);

    private readonly record struct Wider(long A);

    private static byte[] Image()
    {
        var image = new ImageWriter();
        Site.Create(Options, 3).Save(image);
        return image.Written.ToArray();
    }
}
