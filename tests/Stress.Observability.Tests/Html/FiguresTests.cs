using Stress.Emulator.Core;
using Stress.Observability.Html;
using Xunit;

namespace Stress.Observability.Tests.Html;

public sealed class FiguresTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "100")]
    [InlineData(0.742, "74.2")]
    [InlineData(0.0112, "1.12")]
    [InlineData(0.00865, "0.865")]
    [InlineData(0.00005, "0.0050")]
    public void A_share_has_as_many_decimals_as_its_size_deserves(double share, string text) => Assert.Equal(text, Figures.Percent(share));

    [Theory]
    [InlineData(250, "250 µs")]
    [InlineData(59_700_000, "59.7 s")]
    [InlineData(598_000_000, "9 min 58 s")]
    [InlineData(12_000_000_000, "3 h 20 min")]
    public void A_span_is_said_as_a_person_would(long microseconds, string text) => Assert.Equal(text, Figures.Span(new VirtualTime(microseconds)));

    [Fact]
    public void A_scale_ends_at_a_round_number()
    {
        Scale scale = Scale.Round(74.2, 0, 100, 8);
        Assert.Equal(80, scale.Max);
        Assert.Equal([0, 10, 20, 30, 40, 50, 60, 70, 80], scale.Ticks(8));
    }
}
