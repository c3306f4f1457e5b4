using Xunit;

namespace Stress.Observability.Tests;

public sealed class CleanBoundTests
{
    [Theory]
    [InlineData(10, 29)]
    [InlineData(1_000, 2_995)]
    [InlineData(10_000, 29_956)]
    public void A_rate_below_one_in_n_takes_about_three_n_clean_trials(long oneIn, long trials)
    {
        Assert.Equal(trials, CleanBound.TrialsFor(oneIn));
        Assert.True(CleanBound.RateExcluded(trials) <= 1.0 / oneIn);
        Assert.True(CleanBound.RateExcluded(trials - 1) > 1.0 / oneIn);
    }

    [Theory]
    [InlineData(0, 0, "no crash, and no disconnect that could have caused one: nothing is known")]
    [InlineData(0, 28, "no crash in 28 disconnects: at 95 % fewer than one in 9; 1 more clean ones are needed to claim below one in 10")]
    [InlineData(0, 2_998, "no crash in 2,998 disconnects: at 95 % fewer than one in 1,001; 26,958 more clean ones are needed to claim below one in 10,000")]
    [InlineData(2, 30, "2 crashes in 30 disconnects")]
    public void What_none_excludes_is_said_with_what_the_next_claim_takes(long crashes, long disconnects, string sentence) =>
        Assert.Equal(sentence, CleanBound.Sentence(crashes, disconnects));
}
