using Stress.Contracts;

namespace Stress.Silo;

/// <summary>The settings of an embedded silo.</summary>
public sealed record EmbeddedSiloOptions
{
    /// <summary>Sites executed at once, at least 1.</summary>
    public required int Workers { get; init; }

    /// <summary>Loopback port of the metrics, 0 for any that is free, or null for none: then there is no web server either.</summary>
    public int? MetricsPort { get; init; }

    /// <summary>Wall time, as paced runs see it.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Further backends, beside those of every silo.</summary>
    public IReadOnlyList<ISiteBackend> Backends { get; init; } = [];

    /// <summary>Folder of what has to outlive the process, or null to keep everything in memory.</summary>
    public string? StateFolder { get; init; }
}
