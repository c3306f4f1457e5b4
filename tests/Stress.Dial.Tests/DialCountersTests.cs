using Stress.Dial.Calls;
using Xunit;

namespace Stress.Dial.Tests;

public sealed class DialCountersTests
{
    [Fact]
    public void Every_count_is_added_and_named_and_so_is_every_outcome()
    {
        DialCounters sum = Numbered(), more = Numbered();
        sum.Add(more);

        Assert.All(Enum.GetValues<CallOutcome>(), outcome => Assert.Equal(2, sum.Of(outcome)));
        Assert.Equal(typeof(DialCounters).GetProperties().Count(property => property.PropertyType == typeof(long)), sum.ByName.Count);
        Assert.All(sum.ByName, count => Assert.Equal(2 * more.ByName[count.Key], count.Value));
        Assert.DoesNotContain(0, sum.ByName.Values);
    }

    private static DialCounters Numbered()
    {
        var counters = new DialCounters();
        long n = 0;
        foreach (System.Reflection.PropertyInfo count in typeof(DialCounters).GetProperties().Where(property => property.CanWrite))
        {
            count.SetValue(counters, ++n);
        }

        foreach (CallOutcome outcome in Enum.GetValues<CallOutcome>())
        {
            counters.End(outcome);
        }

        return counters;
    }
}
