using Xunit;

namespace Stress.Observability.Tests;

public sealed class BandTests
{
    [Theory]
    [InlineData(0.72, 0.78, BandVerdict.Met)]
    [InlineData(0.70, 0.80, BandVerdict.Met)]
    [InlineData(0.68, 0.74, BandVerdict.TooFew)]
    [InlineData(0.60, 0.90, BandVerdict.TooFew)]
    [InlineData(0.60, 0.70, BandVerdict.TooFew)]
    [InlineData(0.81, 0.83, BandVerdict.NotMet)]
    [InlineData(0.60, 0.69, BandVerdict.NotMet)]
    public void A_band_is_met_by_an_interval_inside_and_failed_by_one_outside(double low, double high, BandVerdict verdict) =>
        Assert.Equal(verdict, new Band(70, 80).Judge(new WilsonInterval((low + high) / 2, low, high)));

    [Fact]
    public void A_bound_that_no_share_can_pass_needs_no_interval_on_its_side()
    {
        Assert.Equal(BandVerdict.Met, new Band(0, 100).Judge(new WilsonInterval(0, 0, 1)));
        Assert.Equal(BandVerdict.Met, new Band(0, 1).Judge(new WilsonInterval(0, 0, 0.006)));
        Assert.Equal(BandVerdict.Met, new Band(90, 100).Judge(new WilsonInterval(1, 0.95, 1)));
    }

    // No interval lies inside a point: a control that must come out at zero is about the count, which one crash breaks and none keeps.
    [Theory]
    [InlineData(0, 0.0, BandVerdict.Met)]
    [InlineData(0, 0.00001, BandVerdict.NotMet)]
    [InlineData(10, 0.1, BandVerdict.Met)]
    [InlineData(10, 0.11, BandVerdict.NotMet)]
    public void A_band_of_one_point_is_about_the_count_and_not_about_a_rate(double percent, double rate, BandVerdict verdict) =>
        Assert.Equal(verdict, new Band(percent, percent).Judge(new WilsonInterval(rate, 0, 1)));

    [Fact]
    public void The_sites_that_would_decide_do_decide_and_far_fewer_do_not()
    {
        var band = new Band(70, 80);
        WilsonInterval Of(double times) => WilsonInterval.OfRate(0.74, 100 * times);

        long needed = band.SitesNeeded(40, Of)!.Value;

        Assert.Equal(BandVerdict.TooFew, band.Judge(Of(1)));
        Assert.Equal(BandVerdict.Met, band.Judge(Of(needed / 40.0)));
        Assert.Equal(BandVerdict.TooFew, band.Judge(Of(needed / 40.0 * 0.9)));
        Assert.Equal(0, needed % (long)Math.Pow(10, Math.Floor(Math.Log10(needed)) - 1));
        Assert.Null(band.SitesNeeded(40, times => WilsonInterval.OfRate(0.7, 100 * times)));
    }
}
