using CsCheck;
using Stress.Emulator.Core;
using Xunit;

namespace Stress.Emulator.Tests.Core;

public class RandomStreamTests
{
    [Fact]
    public void The_logarithm_is_the_one_by_squaring_to_the_last_bit() =>
        Gen.Select(Gen.ULong, Gen.Int[0, 63]).Sample((x, shift) => Same(Math.Max(1, x >> shift)), iter: 100_000);

    [Fact]
    public void Also_beside_every_power_of_two()
    {
        for (int bit = 0; bit < 64; bit++)
        {
            ulong power = 1UL << bit;
            for (ulong near = 0; near < 64; near++)
            {
                Same(Math.Max(1, power - near));
                Same(power + near);
            }
        }
    }

    private static void Same(ulong x) => Assert.Equal(RandomStream.Log2Q24BySquaring(x), RandomStream.Log2Q24(x));
}
