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
        ulong[] all =
        [
            StateLayout.Of(new One<int>()), StateLayout.Of(new One<long>()), StateLayout.Of(new Renamed()), StateLayout.Of(new One<int>(), new Renamed()), StateLayout.Of(new Renamed(), new One<int>()),
            StateLayout.Of(new Rows(1)), StateLayout.Of(),
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(StateLayout.Of(new Rows(1)), StateLayout.Of(new Rows(3)));
    }

    [Fact]
    public void A_struct_goes_into_an_image_without_what_lies_between_its_fields()
    {
        var image = new ImageWriter();
        image.WriteStructs<Padded>(new Padded[] { new() { First = 0x11, Second = 0x22334455 }, new() { First = 0x66, Second = 0x778899aa } });

        Assert.Equal("02000000" + "1155443322" + "66AA998877", Convert.ToHexString(image.Written.Span));
    }

    private sealed class One<T> : IState
        where T : unmanaged, IConvertible
    {
        private T _a;

        public void Fields<TPass>(ref TPass pass)
            where TPass : struct, IStatePass => pass.Field(ref _a);
    }

    private sealed class Renamed : IState
    {
        private int _b;

        public void Fields<TPass>(ref TPass pass)
            where TPass : struct, IStatePass => pass.Field(ref _b);
    }

    private sealed class Rows(int count) : IState
    {
        private readonly Padded[] _rows = new Padded[count];

        public void Fields<TPass>(ref TPass pass)
            where TPass : struct, IStatePass => pass.Structs<Padded>(_rows);
    }

    private struct Padded : IStateValue<Padded>
    {
        public byte First;
        public int Second;

        public static void Fields<TPass>(ref Padded value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.First);
            pass.Field(ref value.Second);
        }
    }

    private static byte[] Image()
    {
        var image = new ImageWriter();
        Site.Create(Options, 3).Save(image);
        return image.Written.ToArray();
    }
}
