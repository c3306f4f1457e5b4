namespace Stress.Contracts;

/// <summary>The backends of a silo, by name.</summary>
/// <param name="backends">All of them; of two with one name, the later.</param>
public sealed class SiteBackends(IEnumerable<ISiteBackend> backends)
{
    private readonly SortedDictionary<string, ISiteBackend> _byName = ByName(backends);

    /// <summary>The backend that a plan names, or null.</summary>
    public ISiteBackend? Of(RunPlan plan) => _byName.GetValueOrDefault(plan.Backend);

    /// <summary>Why the plan cannot be executed here, in one sentence; null when it can.</summary>
    public string? Problem(RunPlan plan) =>
        Of(plan) is not { } backend ? $"backend '{plan.Backend}': this silo has none of that name; accepted: {string.Join(", ", _byName.Keys)}"
        : !backend.Capabilities.Deterministic && plan.CheckedSites.Count > 0
            ? $"{plan.CheckedSites.Count} checked sites: backend '{plan.Backend}' does not give the same twice; accepted are none"
        : backend.Capabilities.RealTime && plan.Pace is not (0 or 1) ? $"pace {plan.Pace}: backend '{plan.Backend}' runs in real time; accepted is 1"
        : backend.Problem(plan);

    private static SortedDictionary<string, ISiteBackend> ByName(IEnumerable<ISiteBackend> backends)
    {
        SortedDictionary<string, ISiteBackend> byName = new(StringComparer.Ordinal);
        foreach (ISiteBackend backend in backends)
        {
            byName[backend.Name] = backend;
        }

        return byName;
    }
}
