using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;

namespace Stress.Emulator.Core;

/// <summary>Hashes the names, types and order of a state's fields: one element for an array or a table, however many there are.</summary>
/// <param name="hash">What they are added to.</param>
public struct StateLayout(XxHash3 hash) : IStatePass
{
    /// <inheritdoc/>
    public readonly bool Replaces => false;

    /// <inheritdoc/>
    public readonly void Field<T>(ref T value, T initial, string name)
        where T : unmanaged, IConvertible => Note<T>(name);

    /// <inheritdoc/>
    public void Struct<T>(ref T value, string name)
        where T : struct, IStateValue<T> => Element<T>(name);

    /// <inheritdoc/>
    public readonly void Transient<T>(ref T value, T initial)
        where T : unmanaged
    {
    }

    /// <inheritdoc/>
    public readonly void Numbers<T>(Span<T> values, T initial, string name)
        where T : unmanaged, IConvertible => Note<T>(name + "[]");

    /// <inheritdoc/>
    public readonly void Numbers<T>(ref T[] values, T initial, string name)
        where T : unmanaged, IConvertible => Note<T>(name + "[]");

    /// <inheritdoc/>
    public readonly void Part<T>(ref T[] buffer, ref int start, ref int count, string name)
        where T : unmanaged, IConvertible => Note<T>(name + "[]");

    /// <inheritdoc/>
    public void Structs<T>(Span<T> values, string name)
        where T : struct, IStateValue<T> => Element<T>(name + "[]");

    /// <inheritdoc/>
    public void Rows<T>(ref T[] rows, string name)
        where T : unmanaged, IStateValue<T> => Element<T>(name + "[]");

    /// <inheritdoc/>
    public void Count<T>(ref int count, string name)
        where T : struct, IStateValue<T> => Element<T>(name + "[]");

    /// <summary>The hash of all fields of these objects, in order.</summary>
    public static ulong Of(params ReadOnlySpan<IState> states)
    {
        var hash = new XxHash3();
        var layout = new StateLayout(hash);
        foreach (IState state in states)
        {
            state.Fields(ref layout);
        }

        return hash.GetCurrentHashAsUInt64();
    }

    private void Element<T>(string name)
        where T : struct, IStateValue<T>
    {
        Note<T>(name);
        T element = default;
        T.Fields(ref element, ref this);
        Note<T>("end");
    }

    // An enumeration counts as the number that it is written as: a new member does not change the layout.
    private readonly void Note<T>(string name) =>
        hash.Append(Encoding.UTF8.GetBytes($"{name} {(typeof(T).IsEnum ? typeof(T).GetEnumUnderlyingType() : typeof(T)).Name} {Unsafe.SizeOf<T>()};"));
}
