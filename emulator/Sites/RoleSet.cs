using System.Collections;
using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>What the nodes of a site are, by their label. Two sets with equal options are equal.</summary>
public sealed class RoleSet : IReadOnlyList<RoleOptions>, IEquatable<RoleSet>
{
    private readonly RoleOptions[] _roles;

    /// <summary>Options for each label.</summary>
    /// <param name="roles">In the order of their labels, from 0.</param>
    /// <exception cref="ArgumentException">One is not at its label's position.</exception>
    public RoleSet(params ReadOnlySpan<RoleOptions> roles)
    {
        _roles = roles.ToArray();
        for (int i = 0; i < _roles.Length; i++)
        {
            if ((int)_roles[i].Role != i)
            {
                throw new ArgumentException($"the options at place {i} are of role {(int)_roles[i].Role}; accepted are options in the order of their labels", nameof(roles));
            }
        }
    }

    /// <summary>How many labels.</summary>
    public int Count => _roles.Length;

    /// <summary>The options of a label, by its place.</summary>
    public RoleOptions this[int label] => _roles[label];

    /// <summary>The options of a role.</summary>
    public RoleOptions this[Role role] => _roles[(int)role];

    /// <summary>The same, but for the roles of these options.</summary>
    public RoleSet With(params ReadOnlySpan<RoleOptions> others)
    {
        RoleOptions[] roles = [.. _roles];
        foreach (RoleOptions other in others)
        {
            roles[(int)other.Role] = other;
        }

        return new RoleSet(roles);
    }

    /// <inheritdoc/>
    public IEnumerator<RoleOptions> GetEnumerator() => ((IEnumerable<RoleOptions>)_roles).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _roles.GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(RoleSet? other) => other is not null && _roles.AsSpan().SequenceEqual(other._roles);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RoleSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _roles.Length;
}
