using System.Text.Json.Serialization;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>
/// Counters of a site, or the sum over many: a row for each node under its label, and one for what a site counts as a whole. Nodes with one label share a row.
/// </summary>
[JsonConverter(typeof(NodeCountersJson))]
public sealed class NodeCounters
{
    // One row per label, and the site's own row last.
    private readonly Counters[] _rows;

    /// <summary>Zeros.</summary>
    /// <param name="labels">One label per row, those of a site's <see cref="Topology"/>; null for those of a pair.</param>
    public NodeCounters(IReadOnlyList<string>? labels = null)
    {
        Labels = labels ?? PairTopology.Labels;
        _rows = new Counters[Labels.Count + 1];
    }

    /// <summary>The labels, one per row.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>All rows, the site's own last.</summary>
    public Span<Counters> Rows => _rows;

    /// <summary>The sum of all rows.</summary>
    public Counters Total
    {
        get
        {
            Counters sum = default;
            foreach (Counters row in _rows)
            {
                sum += row;
            }

            return sum;
        }
    }

    /// <summary>The row of a label, by its place in <see cref="Labels"/>.</summary>
    public ref Counters this[int node] => ref _rows[node];

    /// <summary>The row of a label.</summary>
    public ref Counters this[Role role] => ref _rows[(int)role];

    /// <summary>What the site counts as a whole.</summary>
    public ref Counters OfSite() => ref _rows[^1];

    /// <summary>The labels, by their number.</summary>
    public IEnumerable<Role> Roles => Enumerable.Range(0, Labels.Count).Select(static label => (Role)label);

    /// <summary>A label in words.</summary>
    public string NameOf(Role role) => Labels[(int)role];

    /// <summary>The values of one counter, one per label.</summary>
    /// <param name="counter">Which, as <c>c => c.Redials</c>.</param>
    public long[] By(Func<Counters, long> counter) => [.. Labels.Select((_, node) => counter(_rows[node]))];

    /// <summary>Adds another's counts.</summary>
    /// <exception cref="ArgumentException">It has other labels.</exception>
    public void Add(NodeCounters more)
    {
        CheckLabels(more);
        for (int i = 0; i < _rows.Length; i++)
        {
            _rows[i] += more._rows[i];
        }
    }

    /// <summary>Subtracts what was added before.</summary>
    /// <exception cref="ArgumentException">It has other labels.</exception>
    public void Subtract(NodeCounters less)
    {
        CheckLabels(less);
        for (int i = 0; i < _rows.Length; i++)
        {
            _rows[i] -= less._rows[i];
        }
    }

    /// <summary>The same counts, apart from these.</summary>
    public NodeCounters Copy()
    {
        var copy = new NodeCounters(Labels);
        copy.Add(this);
        return copy;
    }

    private void CheckLabels(NodeCounters other)
    {
        if (!ReferenceEquals(Labels, other.Labels) && !Labels.SequenceEqual(other.Labels))
        {
            throw new ArgumentException($"counters of {string.Join(", ", other.Labels)}; accepted are those of {string.Join(", ", Labels)}");
        }
    }
}
