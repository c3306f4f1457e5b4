using Stress.Emulator.Core;

namespace Stress.Emulator.Oracle;

/// <summary>What was noted about the latest units of a router: all that a crash title depends on.</summary>
/// <param name="units">How many are remembered.</param>
internal sealed class DetachBook(int units) : IState
{
    private readonly DetachFacts[] _facts = new DetachFacts[units];
    private int _next;

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Structs<DetachFacts>(_facts);
        pass.Field(ref _next);
    }

    /// <summary>What was noted about a unit, by the index that <see cref="Find"/> names.</summary>
    public ref DetachFacts this[int place] => ref _facts[place];

    /// <summary>All places.</summary>
    public ReadOnlySpan<DetachFacts> Facts => _facts;

    /// <summary>A unit has come; the oldest one is forgotten.</summary>
    public void Add(in DetachFacts facts)
    {
        _facts[_next] = facts;
        _next = (_next + 1) % _facts.Length;
    }

    /// <summary>The latest unit of an allocation, or -1: numbers start again at a boot, and the notes from before it are still there.</summary>
    public int Find(uint generation)
    {
        for (int i = 1; i <= _facts.Length && generation != 0; i++)
        {
            int place = (_next + _facts.Length - i) % _facts.Length;
            if (_facts[place].Generation == generation)
            {
                return place;
            }
        }

        return -1;
    }
}
