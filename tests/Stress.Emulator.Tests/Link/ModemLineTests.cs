using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Xunit;

namespace Stress.Emulator.Tests.Link;

public class ModemLineTests
{
    [Fact]
    public void A_line_told_to_lose_carrier_never_does_not_lose_it_at_a_time_in_the_past()
    {
        Assert.True(Losing(VirtualTime.Zero).NextLoss().IsNever);
        Assert.True(Losing(VirtualTime.Never).NextLoss().IsNever);
        Assert.InRange(Losing(VirtualTime.FromMinutes(20)).NextLoss().Microseconds, 0, VirtualTime.FromHours(24).Microseconds);
    }

    private static ModemLine Losing(VirtualTime every) => new(new LineOptions { CarrierLossEvery = every }, 1, 1, 0);
}
