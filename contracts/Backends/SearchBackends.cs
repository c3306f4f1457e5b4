namespace Stress.Contracts;

/// <summary>What a silo can search with, by name.</summary>
/// <param name="backends">All of them.</param>
public sealed class SearchBackends(IEnumerable<ISearchBackend> backends)
{
    private readonly ISearchBackend[] _backends = [.. backends];

    /// <summary>The backend of a plan.</summary>
    /// <exception cref="RunRefusedException">The silo has none of that name.</exception>
    public ISearchBackend Of(SearchPlan plan) => Array.Find(_backends, backend => backend.Name == plan.Backend)
        ?? throw new RunRefusedException($"search refused: backend '{plan.Backend}': this silo has none of that name; accepted: {string.Join(", ", _backends.Select(backend => backend.Name))}");

    /// <summary>Why the plan cannot be executed here, in one sentence; null when it can.</summary>
    /// <exception cref="RunRefusedException">The silo has no backend of that name.</exception>
    public string? Problem(SearchPlan plan) =>
        !RunPlan.IsRunId(plan.Name) ? "its name: accepted are letters, digits, '-', '_' and '.'"
        : plan.Order.Length > SearchPlan.MaxOrderLength ? $"its order: accepted are up to {SearchPlan.MaxOrderLength} characters"
        : Of(plan).Problem(plan.Order);
}
