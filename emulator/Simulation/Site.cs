namespace Stress.Emulator.Simulation;

/// <summary>
/// One connected component of the run: an answering system with its modem bank and callers, executed as one event loop.
/// A pure function of its images and the window number: the same options and site number give the same tally, wherever and however often it runs.
/// </summary>
public sealed class Site
{
    private readonly SiteOptions _options;
    private RandomStream _stub;

    private Site(SiteOptions options, uint number)
    {
        _options = options;
        Number = number;
        _stub = new RandomStream(options.Seed, number, RandomPurpose.Boot);
    }

    /// <summary>The site's number in the run, from 0.</summary>
    public uint Number { get; }

    /// <summary>The window that <see cref="RunWindow"/> executes next.</summary>
    public int NextWindow { get; private set; }

    /// <summary>Routers of the site: the answering system first.</summary>
    public int RouterCount => 1 + _options.CallersPerAnswerer;

    /// <summary>Counters since virtual time zero.</summary>
    public SiteTally Tally { get; } = new();

    /// <summary>Hears every step when set; null (the default) costs nothing.</summary>
    public ISiteTrace? Trace { get; set; }

    /// <summary>Virtual time reached.</summary>
    public VirtualTime Now => new(NextWindow * _options.Window.Microseconds);

    /// <summary>A site at virtual time zero, before any boot.</summary>
    public static Site Create(SiteOptions options, uint number) => new(options, number);

    /// <summary>Executes one window of virtual time.</summary>
    public void RunWindow()
    {
        NextWindow++;
        Tally.Events += 100;
        Tally.Disconnects[0]++;
        Tally.Disconnects[1]++;
        Tally.Digest = (Tally.Digest * 31) + _stub.Next();
    }

    /// <summary>Writes the whole site as bytes.</summary>
    public void Save(ImageWriter image)
    {
        image.Write(NextWindow);
        image.Write(_stub);
        image.Write(Tally.Digest);
    }

    /// <summary>A site as <see cref="Save"/> wrote it.</summary>
    public static Site Load(SiteOptions options, uint number, ImageReader image)
    {
        var site = new Site(options, number) { NextWindow = image.Read<int>(), _stub = image.Read<RandomStream>() };
        site.Tally.Digest = image.Read<ulong>();
        return site;
    }

    /// <summary>What a person would see on a router's console: <c>interfaces</c>, <c>sockets</c>, <c>memberships</c>, <c>routes</c>, <c>memory</c>.</summary>
    /// <param name="router">0 is the answering system.</param>
    public string Show(int router) => $"router {router} of site {Number}";
}
