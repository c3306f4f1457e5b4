using System.Runtime.InteropServices;
using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Observability;

namespace Stress.Contracts;

/// <summary>A crash title under a label.</summary>
/// <param name="Title">Holder × use site × why the purge did not run.</param>
/// <param name="Role">The label of what crashed.</param>
/// <param name="Words">The title in a real system's own words; null for an emulated crash.</param>
/// <param name="Function">The kernel function that such a crash belongs to, or null.</param>
[GenerateSerializer, Immutable, Alias("stress.CrashKey")]
public readonly record struct CrashKey(
    [property: Id(0)] CrashTitle Title, [property: Id(1)] Role Role, [property: Id(2)] string? Words = null, [property: Id(3)] string? Function = null)
{
    /// <summary>The path of a crash whose function is unknown.</summary>
    public const string UnknownPath = "unknown";

    /// <summary>The title as written in reports.</summary>
    public string Text => Words ?? Title.ToString();

    /// <summary>The short name of its code path.</summary>
    public string Path => Words is null ? CodePath.Of(Title) : Function ?? UnknownPath;

    /// <summary>The key of a tally's line.</summary>
    public static CrashKey Of(CrashTally crash) => new(crash.Title, crash.Role, crash.Words, crash.Function);
}

/// <summary>A holder under a label.</summary>
/// <param name="Holder">The field that holds the pointer.</param>
/// <param name="Role">The label of those whose kernel it is.</param>
[GenerateSerializer, Immutable, Alias("stress.StaleKey")]
public readonly record struct StaleKey([property: Id(0)] HolderKind Holder, [property: Id(1)] Role Role) : IStateValue<StaleKey>
{
    /// <inheritdoc/>
    public static void Fields<TPass>(ref StaleKey value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        (HolderKind holder, Role role) = value;
        pass.Field(ref holder);
        pass.Field(ref role);
        value = new(holder, role);
    }
}

/// <summary>
/// Counts over virtual time, as running totals at the end of each bin, so that noting a window twice changes nothing and the sum over
/// sites is the same in any order.
/// </summary>
/// <param name="bins">How many bins the run has.</param>
/// <param name="labels">How many labels its nodes have.</param>
public sealed class SiteSeries(int bins, int labels = SiteSeries.LabelsOfPair)
{
    private const int LabelsOfPair = 2;

    /// <summary>The empty series of a site of a run.</summary>
    public static SiteSeries Of(RunPlan plan) => new(plan.Bins, plan.Site.Topology.Labels.Count);

    /// <summary>An empty series with as many bins and labels.</summary>
    public SiteSeries Empty() => new(Bins, Disconnects.Count);

    /// <summary>How many bins.</summary>
    public int Bins { get; } = bins;

    /// <summary>Disconnects up to the end of the bin, by label.</summary>
    public IReadOnlyList<long[]> Disconnects { get; } = [.. Enumerable.Range(0, labels).Select(_ => new long[bins])];

    /// <summary>Crashes up to the end of the bin.</summary>
    public Dictionary<CrashKey, long[]> Crashes { get; } = [];

    /// <summary>Stale pointers that exist at the end of the bin.</summary>
    public Dictionary<StaleKey, long[]> StaleLive { get; } = [];

    /// <summary>Notes a site's counters at the end of a window that lies in the bin. Allocates only the lines of what occurs for the first time.</summary>
    public void Note(int bin, Site site)
    {
        Span<long> created = stackalloc long[Holders.Kinds];
        Span<int> live = stackalloc int[Holders.Kinds];
        for (int label = 0; label < Disconnects.Count; label++)
        {
            var role = (Role)label;
            Note(bin, role, site.DisconnectsOf(role));
            site.StaleOf(role, created, live);
            for (int holder = 1; holder < live.Length; holder++)
            {
                if (created[holder] > 0 || live[holder] > 0)
                {
                    Note(bin, new StaleKey((HolderKind)holder, role), live[holder]);
                }
            }
        }

        foreach (CrashTally crash in site.Crashes)
        {
            Note(bin, CrashKey.Of(crash), crash.Count);
        }
    }

    /// <summary>Notes disconnects of a label up to the end of the bin.</summary>
    public void Note(int bin, Role role, long disconnects) => Disconnects[(int)role][bin] = disconnects;

    /// <summary>Notes crashes up to the end of the bin.</summary>
    public void Note(int bin, CrashKey crash, long count) => Line(Crashes, crash)[bin] = count;

    /// <summary>Notes stale pointers that exist at the end of the bin.</summary>
    public void Note(int bin, StaleKey stale, long live) => Line(StaleLive, stale)[bin] = live;

    /// <summary>Gives the bins from <paramref name="bin"/> on the value of the one before: a site that stopped early stays where it was.</summary>
    public void HoldFrom(int bin)
    {
        if (bin <= 0)
        {
            return;
        }

        foreach (long[] line in (long[][])[.. Disconnects, .. Crashes.Values, .. StaleLive.Values])
        {
            for (int i = bin; i < line.Length; i++)
            {
                line[i] = line[i - 1];
            }
        }
    }

    /// <summary>Adds another site's or shard's counts.</summary>
    public void Add(SiteSeries other)
    {
        for (int label = 0; label < Disconnects.Count; label++)
        {
            Add(Disconnects[label], other.Disconnects[label]);
        }

        foreach ((CrashKey key, long[] line) in other.Crashes)
        {
            Add(Line(Crashes, key), line);
        }

        foreach ((StaleKey key, long[] line) in other.StaleLive)
        {
            Add(Line(StaleLive, key), line);
        }
    }

    /// <summary>The packed series, to which nothing is noted: the growth from bin to bin, which is mostly zero.</summary>
    public ZeroRuns Pack()
    {
        var image = new ImageWriter();
        if (Disconnects.Count != LabelsOfPair)
        {
            // What is not a number of bins: the number of labels, where they are not a pair's.
            image.Write(-Disconnects.Count);
        }

        image.Write(Bins);
        foreach (long[] line in Disconnects)
        {
            WriteGrowth(image, line);
        }

        WriteLines(image, Crashes.Where(crash => crash.Key.Words is null).Select(crash => KeyValuePair.Create(new EmulatedCrash(crash.Key.Title, crash.Key.Role), crash.Value)));
        WriteLines(image, StaleLive);
        KeyValuePair<CrashKey, long[]>[] worded = [.. Crashes.Where(crash => crash.Key.Words is not null)];
        if (worded.Length > 0)
        {
            image.Write(worded.Length);
        }

        foreach ((CrashKey key, long[] line) in worded)
        {
            image.Write(key.Role);
            image.WriteArray<byte>(Encoding.UTF8.GetBytes(key.Words!));
            image.Write(key.Function is not null);
            image.WriteArray<byte>(Encoding.UTF8.GetBytes(key.Function ?? ""));
            WriteGrowth(image, line);
        }

        return new ZeroRuns(image.Written.Span);
    }

    /// <summary>The series that was packed.</summary>
    public static SiteSeries Unpack(ZeroRuns packed)
    {
        var image = new ImageReader(packed.Unpack());
        int first = image.Read<int>();
        SiteSeries series = first < 0 ? new(image.Read<int>(), -first) : new(first);
        foreach (long[] line in series.Disconnects)
        {
            ReadGrowth(image, line);
        }

        series.ReadLines<EmulatedCrash, CrashKey>(image, series.Crashes, key => new CrashKey(key.Title, key.Role));
        series.ReadLines<StaleKey, StaleKey>(image, series.StaleLive, key => key);

        // Most series end here; so did all before there were crashes of real systems.
        for (int n = image.AtEnd ? 0 : image.Read<int>(); n > 0; n--)
        {
            Role role = image.Read<Role>();
            string words = Encoding.UTF8.GetString(image.ReadArray<byte>());
            bool named = image.Read<bool>();
            string function = Encoding.UTF8.GetString(image.ReadArray<byte>());
            ReadGrowth(image, series.Line(series.Crashes, new CrashKey(default, role, words, named ? function : null)));
        }

        image.End();
        return series;
    }

    private static void WriteLines<TKey>(ImageWriter image, IEnumerable<KeyValuePair<TKey, long[]>> some)
        where TKey : struct, IStateValue<TKey>
    {
        KeyValuePair<TKey, long[]>[] lines = [.. some];
        image.Write(lines.Length);
        foreach ((TKey key, long[] line) in lines)
        {
            image.WriteStruct(key);
            WriteGrowth(image, line);
        }
    }

    private void ReadLines<TWritten, TKey>(ImageReader image, Dictionary<TKey, long[]> lines, Func<TWritten, TKey> key)
        where TWritten : struct, IStateValue<TWritten>
        where TKey : notnull
    {
        for (int n = image.Read<int>(); n > 0; n--)
        {
            ReadGrowth(image, Line(lines, key(image.ReadStruct<TWritten>())));
        }
    }

    private static void WriteGrowth(ImageWriter image, long[] line)
    {
        long before = 0;
        foreach (long value in line)
        {
            image.Write(value - before);
            before = value;
        }
    }

    private static void ReadGrowth(ImageReader image, long[] line)
    {
        long value = 0;
        for (int bin = 0; bin < line.Length; bin++)
        {
            line[bin] = value += image.Read<long>();
        }
    }

    private static void Add(long[] sum, long[] more)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += more[i];
        }
    }

    private long[] Line<TKey>(Dictionary<TKey, long[]> lines, TKey key) where TKey : notnull =>
        CollectionsMarshal.GetValueRefOrAddDefault(lines, key, out _) ??= new long[Bins];

    // As it is written.
    private readonly record struct EmulatedCrash(CrashTitle Title, Role Role) : IStateValue<EmulatedCrash>
    {
        public static void Fields<TPass>(ref EmulatedCrash value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            (CrashTitle title, Role role) = value;
            pass.Struct(ref title);
            pass.Field(ref role);
            value = new(title, role);
        }
    }
}
