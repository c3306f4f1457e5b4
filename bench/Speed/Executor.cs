using Stress.Contracts;
using Stress.Emulator.Sites;

namespace Stress.Bench.Speed;

/// <summary>The site executor on the calling thread, without Orleans.</summary>
internal static class Executor
{
    /// <summary>Every site to its end, one after the other: what a worker does.</summary>
    public static Task<Measurement> SiteBySite(SiteOptions options, int sites, int windows) => Measurement.Of(() =>
    {
        var digest = new RunDigest();
        long events = 0, quiet = 0;
        for (int number = 0; number < sites; number++)
        {
            Site site = Site.Create(options, (uint)number);
            for (int window = 0; window < windows; window++)
            {
                site.RunWindow();
            }

            digest.Add(number, site.Tally.Digest);
            events += site.Tally.Counters.OfSite().Events;
            quiet += site.QuietEvents;
        }

        return Task.FromResult(new Done(Hours(options, sites, windows), events, quiet, digest.Value));
    });

    /// <summary>All sites alive, window by window: the processor's caches serve every one of them in turn. The worst case.</summary>
    public static Task<Measurement> Together(SiteOptions options, int sites, int windows)
    {
        Site[] all = Create(options, sites);
        return Measurement.Of(() =>
        {
            var digest = new RunDigest();
            long events = 0, quiet = 0;
            for (int window = 0; window < windows; window++)
            {
                foreach (Site site in all)
                {
                    site.RunWindow();
                }
            }

            foreach (Site site in all)
            {
                digest.Add((int)site.Number, site.Tally.Digest);
                events += site.Tally.Counters.OfSite().Events;
                quiet += site.QuietEvents;
            }

            return Task.FromResult(new Done(Hours(options, sites, windows), events, quiet, digest.Value));
        });
    }

    /// <summary>Sites at virtual time zero.</summary>
    public static Site[] Create(SiteOptions options, int sites) => [.. Enumerable.Range(0, sites).Select(number => Site.Create(options, (uint)number))];

    /// <summary>Virtual hours, summed over the pairs.</summary>
    public static double Hours(SiteOptions options, int sites, int windows) =>
        (double)sites * options.Lines * windows * options.Window.Microseconds / 3_600_000_000;
}
