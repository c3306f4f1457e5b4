using System.Numerics;

namespace Stress.Emulator.Core;

/// <summary>What a random stream is for: one stream for each (seed, entity, purpose), so that a new draw in one place does not affect any other.</summary>
public enum RandomPurpose : ushort
{
    /// <summary>A router's boot and reboot, the phase of its ticks, and how soon its watchers act.</summary>
    Boot = 1,

    /// <summary>Dialling and training.</summary>
    Dial,

    /// <summary>Delay and modem signals of a call.</summary>
    Line,

    /// <summary>Frames that noise breaks.</summary>
    Noise,

    /// <summary>Phase and jitter of SIGHUP.</summary>
    Hup,

    /// <summary>Nothing draws from it: kept, since the number of a purpose decides its streams.</summary>
    CarrierLoss,

    /// <summary>Allocations of others.</summary>
    Competitor,

    /// <summary>Times and identifiers of pppd.</summary>
    Pppd,

    /// <summary>Times of ospfd.</summary>
    Ospfd,

    /// <summary>Times of ripngd.</summary>
    Ripngd,

    /// <summary>Timers of IGMP reports.</summary>
    Igmp,

    /// <summary>Running time of ip-up and ip-down.</summary>
    Script,

    /// <summary>From a panic of a real kernel until it runs again.</summary>
    Reboot,

    /// <summary>Nothing draws from it: kept, since the number of a purpose decides its streams.</summary>
    Login,

    /// <summary>Free blocks after boot.</summary>
    Heap,

    /// <summary>Nothing draws from it: kept, since the number of a purpose decides its streams.</summary>
    InterfaceIdentifier,

    /// <summary>Choices of operation lists and samples.</summary>
    Operations,

    /// <summary>Phase and jitter of SIGTERM.</summary>
    Term,

    /// <summary>When zebra is restarted, and for how long it is away.</summary>
    ZebraRestart,

    /// <summary>Phase of the program that sends datagrams.</summary>
    Datagrams,

    /// <summary>Intervals of router advertisements.</summary>
    Rtadvd,

    /// <summary>The links of a random network.</summary>
    Topology,

    /// <summary>What a programme of events affects, and when.</summary>
    Programme,

    /// <summary>How long an interface that is created again was away.</summary>
    Interfaces,

    /// <summary>How long a cable of a segment is out.</summary>
    Segment,

    /// <summary>When an access concentrator answers, and how long a session lasts.</summary>
    Concentrator,

    /// <summary>When somebody logs in by ssh, and types.</summary>
    Ssh,

    /// <summary>When a querier begins.</summary>
    Querier,

    /// <summary>What a daemon draws whose line of registration names nothing else, and upwards.</summary>
    FirstDaemon = 256,
}

/// <summary>
/// A counter-based random stream: draw n is a hash of (key, n), with no other state. The mixing function is SplitMix64's finaliser
/// (Steele, Lea and Flood 2014). Integers only.
/// </summary>
public struct RandomStream : IStateValue<RandomStream>
{
    private ulong _key;
    private ulong _counter;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref RandomStream value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value._key);
        pass.Field(ref value._counter);
    }

    /// <summary>Opens the stream of one purpose of one entity under a seed.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="entity">A number that names the entity in the run (site, router and line numbers packed).</param>
    /// <param name="purpose">What is drawn.</param>
    public RandomStream(ulong seed, ulong entity, RandomPurpose purpose)
    {
        _key = Mix(Mix(seed + 0x9E3779B97F4A7C15) ^ Mix(entity * 0xD1B54A32D192ED03 + (ulong)purpose));
        _counter = 0;
    }

    /// <inheritdoc/>
    public static void Rekey(ref RandomStream value, ulong key) => value._key = SeedOf(value._key, key);

    /// <summary>Another seed for streams that are opened from now on.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="other">Which; 0 leaves it as it is.</param>
    internal static ulong SeedOf(ulong seed, ulong other) => other == 0 ? seed : Mix(seed ^ Mix(other));

    /// <summary>How many numbers were drawn.</summary>
    public readonly ulong Drawn => _counter;

    /// <summary>The next 64 random bits.</summary>
    public ulong Next() => Mix(_key + (++_counter * 0x9E3779B97F4A7C15));

    /// <summary>A number in [0, bound).</summary>
    public uint Below(uint bound) => bound <= 1 ? 0 : (uint)(((Next() >> 32) * bound) >> 32);

    /// <summary>A time in the inclusive range.</summary>
    public VirtualTime Draw(TimeRange range)
    {
        long span = range.Max.Microseconds - range.Min.Microseconds;
        return span <= 0 ? range.Min : new VirtualTime(range.Min.Microseconds + (long)Math.BigMul(Next(), (ulong)span + 1, out _));
    }

    /// <summary>A count in the inclusive range.</summary>
    public int Draw(CountRange range) => range.Max <= range.Min ? range.Min : range.Min + (int)Below((uint)(range.Max - range.Min + 1));

    /// <summary>An exponentially distributed time with the given mean, from a fixed-point logarithm (24 fractional bits).</summary>
    public VirtualTime Exponential(VirtualTime mean)
    {
        ulong u = (Next() >> 1) | 1;
        long minusLnQ24 = (long)(((ulong)((63L << 24) - Log2Q24(u)) * 11629080UL) >> 24);
        return new VirtualTime((long)((UInt128)(ulong)mean.Microseconds * (ulong)minusLnQ24 >> 24));
    }

    // log2 of a non-zero integer with 24 fractional bits; 11629080 / 2^24 is ln 2. The repeated squaring defines the result. The machine's logarithm, whose error is less than
    // 2^-20 of the last of those bits, only predicts it, and is not used if its guess is within 2^-8 of the next number.
    internal static long Log2Q24(ulong x)
    {
        double guess = Math.Log2(x) * (1 << 24);
        long below = (long)guess;
        return guess - below is > 1.0 / 256 and < 255.0 / 256 ? below : Log2Q24BySquaring(x);
    }

    /// <summary>log2 of a non-zero integer with 24 fractional bits, cut off.</summary>
    internal static long Log2Q24BySquaring(ulong x)
    {
        int whole = BitOperations.Log2(x);
        ulong m = x << (63 - whole);
        long result = whole;
        for (int bit = 0; bit < 24; bit++)
        {
            // The square's first bit is the next one of the logarithm. No branch: it would be unpredictable.
            ulong high = Math.BigMul(m, m, out ulong low);
            int one = (int)(high >> 63), shift = one ^ 1;
            result = (result << 1) | (uint)one;
            m = (high << shift) | ((low >> 63) & (uint)shift);
        }

        return result;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
