namespace Stress.Contracts;

/// <summary>The keys of a run's grains. All start with the run, then the shard or site, so that a placement rule can read the site from any of them.</summary>
public static class GrainKeys
{
    /// <summary>The key of a shard.</summary>
    public static string Shard(string runId, int shard) => $"{runId}/shard-{shard}";

    /// <summary>The key of a line; line 0 leads its site.</summary>
    public static string Link(string runId, int site, int caller) => $"{runId}/{site}/{caller}";

    /// <summary>The key of a router; router 0 answers.</summary>
    public static string Router(string runId, int site, int router) => $"{runId}/{site}/{router}";

    /// <summary>The run that a key belongs to.</summary>
    public static string RunOf(string key) => key.IndexOf('/', StringComparison.Ordinal) is var end and >= 0 ? key[..end] : key;

    /// <summary>What decides where a grain is placed: for a link or router its run and site, for a shard its whole key; a run is where its first shard is.</summary>
    public static string PlaceOf(string key)
    {
        int last = key.LastIndexOf('/');
        return last < 0 ? Shard(key, 0) : key.AsSpan(0, last).Contains('/') ? key[..last] : key;
    }

    /// <summary>The parts of a link's or router's key.</summary>
    /// <exception cref="FormatException">The key has another form.</exception>
    public static (string RunId, int Site, int Member) Parse(string key)
    {
        int last = key.LastIndexOf('/');
        int middle = last <= 0 ? -1 : key.LastIndexOf('/', last - 1);
        return middle > 0 && int.TryParse(key.AsSpan(middle + 1, last - middle - 1), out int site) && int.TryParse(key.AsSpan(last + 1), out int member)
            ? (key[..middle], site, member)
            : throw new FormatException($"grain key '{key}': accepted is RUN/SITE/NUMBER");
    }
}
