using System.Collections.Concurrent;
using Orleans.Metadata;
using Orleans.Runtime;
using Stress.Contracts;

namespace Stress.Grains;

/// <summary>
/// Adds to a silo's manifest, for every grain class, which format it writes and reads. A silo without it belongs to a build before format 1.
/// </summary>
/// <param name="build">What this silo writes and reads.</param>
public sealed class FormatProperty(BuildStamp build) : IGrainPropertiesProvider
{
    /// <summary>The property with <see cref="BuildStamp.Key"/>.</summary>
    public const string Format = "stress.format";

    /// <summary>The property with the whole stamp in words.</summary>
    public const string Build = "stress.build";

    /// <inheritdoc/>
    public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties)
    {
        properties[Format] = build.Key;
        properties[Build] = build.ToString();
    }
}

/// <summary>Which format each silo of the cluster writes and reads, according to its membership.</summary>
/// <param name="manifests">The silos' manifests.</param>
/// <param name="build">What this silo writes and reads.</param>
public sealed class SiloFormats(IClusterManifestProvider manifests, BuildStamp build)
{
    /// <summary>Under this name a request states its run's format; without it, the format is that of the calling silo.</summary>
    public const string RequestKey = "stress.format";

    private readonly ConcurrentDictionary<SiloAddress, (string Format, string Build)> _known = new();

    /// <summary>What this silo writes and reads.</summary>
    public BuildStamp Here => build;

    /// <summary>The format of a silo (<see cref="BuildStamp.Key"/>) and its whole stamp in words; null while nothing is known of it, and for a build before format 1.</summary>
    public (string Format, string Build)? Of(SiloAddress silo)
    {
        if (_known.TryGetValue(silo, out (string, string) known))
        {
            return known;
        }

        if (manifests.Current.Silos.TryGetValue(silo, out GrainManifest? manifest))
        {
            foreach (GrainProperties grain in manifest.Grains.Values)
            {
                if (grain.Properties.TryGetValue(FormatProperty.Format, out string? format))
                {
                    return _known[silo] = (format, grain.Properties.GetValueOrDefault(FormatProperty.Build, format));
                }
            }
        }

        return null;
    }

    /// <summary>The silos of a format. Placement does not guess: a silo of unknown format is left out.</summary>
    /// <param name="format">The format.</param>
    /// <param name="silos">Silos.</param>
    public SiloAddress[] Among(string format, IEnumerable<SiloAddress> silos) => [.. silos.Where(silo => Of(silo)?.Format == format)];

    /// <summary>The formats of all silos, in words, for a message.</summary>
    public string InWords(IEnumerable<SiloAddress> silos) => string.Join(
        "; ", silos.Select(silo => Of(silo)?.Build ?? BuildStamp.Unversioned).GroupBy(words => words).Select(group => $"{group.Count()} of {group.Key}"));
}
