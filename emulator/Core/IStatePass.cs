using System.Runtime.CompilerServices;

namespace Stress.Emulator.Core;

/// <summary>
/// What is done to the fields of a state, one after another: they are written (<see cref="StateWriter"/>), read (<see cref="StateReader"/>), set as at the
/// start (<see cref="StateReset"/>) or described (<see cref="StateLayout"/>). The name of a field is the expression that the declaration names it by.
/// </summary>
public interface IStatePass
{
    /// <summary>The pass puts values into the fields, and is not interested in what is there.</summary>
    bool Replaces { get; }

    /// <summary>A number, a truth value, a character or an enumeration: no struct, which has its own fields.</summary>
    /// <param name="value">The field.</param>
    /// <param name="initial">What a reset sets.</param>
    /// <param name="name">Filled in by the compiler.</param>
    void Field<T>(ref T value, T initial = default, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : unmanaged, IConvertible;

    /// <summary>A struct.</summary>
    void Struct<T>(ref T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, IStateValue<T>;

    /// <summary>What is not part of an image: it is reset, also when an image is read. The field says why with <see cref="NotSavedAttribute"/>.</summary>
    void Transient<T>(ref T value, T initial = default)
        where T : unmanaged;

    /// <summary>Numbers in an array whose length never changes.</summary>
    void Numbers<T>(Span<T> values, T initial = default, [CallerArgumentExpression(nameof(values))] string name = "")
        where T : unmanaged, IConvertible;

    /// <summary>Numbers in an array whose length is part of the state. A reset keeps the room.</summary>
    void Numbers<T>(ref T[] values, T initial = default, [CallerArgumentExpression(nameof(values))] string name = "")
        where T : unmanaged, IConvertible;

    /// <summary>The numbers that a part of a buffer holds; the length of the buffer, and their position in it, are not part of the state.</summary>
    void Part<T>(ref T[] buffer, ref int start, ref int count, [CallerArgumentExpression(nameof(buffer))] string name = "")
        where T : unmanaged, IConvertible;

    /// <summary>Structs in an array whose length never changes.</summary>
    void Structs<T>(Span<T> values, [CallerArgumentExpression(nameof(values))] string name = "")
        where T : struct, IStateValue<T>;

    /// <summary>Rows of a table: how far the array has grown is not part of the state, nor are rows of zeros at its end.</summary>
    void Rows<T>(ref T[] rows, [CallerArgumentExpression(nameof(rows))] string name = "")
        where T : unmanaged, IStateValue<T>;

    /// <summary>How many items of a type follow. The caller shows each of them, after it has made room where the pass <see cref="Replaces"/>.</summary>
    /// <param name="count">How many; 0 after a reset.</param>
    /// <param name="name">Filled in by the compiler.</param>
    void Count<T>(ref int count, [CallerArgumentExpression(nameof(count))] string name = "")
        where T : struct, IStateValue<T>;
}
