using Xunit;

namespace Stress.Observability.Tests;

public sealed class CountedTests
{
    [Theory]
    [InlineData(1, "entry", "1 entry")]
    [InlineData(0, "entry", "0 entries")]
    [InlineData(2, "crash", "2 crashes")]
    [InlineData(1, "crash", "1 crash")]
    [InlineData(1_200, "site", "1,200 sites")]
    [InlineData(2, "day", "2 days")]
    [InlineData(3, "alias", "3 aliases")]
    public void A_number_has_the_word_that_goes_with_it(long n, string one, string expected) => Assert.Equal(expected, Counted.Of(n, one));
}
