using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stress.Emulator.Core;

/// <summary>
/// The bytes between the fields of a struct. What they hold is undefined, so an image has zeros in their place: equal states are equal images.
/// </summary>
/// <typeparam name="T">The struct.</typeparam>
internal static class ImagePadding<T> where T : unmanaged
{
    private static readonly int[] Gaps = [.. Find()];

    /// <summary>How many bytes of the struct belong to no field.</summary>
    public static int Count => Gaps.Length;

    /// <summary>Sets them to zero.</summary>
    /// <param name="values">Structs, one after another.</param>
    public static void Clear(Span<byte> values)
    {
        if (Gaps.Length == 0)
        {
            return;
        }

        for (; values.Length > 0; values = values[Unsafe.SizeOf<T>()..])
        {
            foreach (int gap in Gaps)
            {
                values[gap] = 0;
            }
        }
    }

    private static IEnumerable<int> Find()
    {
        T filled = StructFill.Fill<T>();
        byte[] bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in filled)).ToArray();
        return Enumerable.Range(0, bytes.Length).Where(i => bytes[i] == 0);
    }
}

/// <summary>Fills the fields of a struct, and nothing between them.</summary>
internal static class StructFill
{
    private const byte Filled = 0xff;

    /// <summary>A struct whose fields have every bit set and whose other bytes are zero.</summary>
    public static T Fill<T>() where T : unmanaged
    {
        T value = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        if (typeof(T).IsPrimitive || typeof(T).IsEnum)
        {
            bytes.Fill(Filled);
            return value;
        }

        FieldInfo[] fields = typeof(T).GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        object box = value;
        foreach (FieldInfo field in fields)
        {
            field.SetValue(box, FillOf(field.FieldType));
        }

        value = (T)box;
        if (typeof(T).GetCustomAttribute<InlineArrayAttribute>() is { } array)
        {
            // Reflection reaches its first element.
            int element = bytes.Length / array.Length;
            for (int i = 1; i < array.Length; i++)
            {
                bytes[..element].CopyTo(bytes[(i * element)..]);
            }
        }

        return value;
    }

    private static object? FillOf(Type type) =>
        typeof(StructFill).GetMethod(nameof(Fill))!.MakeGenericMethod(type).Invoke(null, null);
}
