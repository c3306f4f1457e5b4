using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Stress.Emulator.Core;

/// <summary>A struct's shape in words: its name and size, and name and shape of each field in the order of memory.</summary>
internal static class StructShape<T>
    where T : unmanaged
{
    /// <summary>UTF-8.</summary>
    public static readonly byte[] Words = Encoding.UTF8.GetBytes(Describe(typeof(T)) + $" {Unsafe.SizeOf<T>()};");

    private static string Describe(Type type)
    {
        if (type.IsEnum)
        {
            return $"{type.Name}:{type.GetEnumUnderlyingType().Name}";
        }

        if (type.IsPrimitive)
        {
            return type.Name;
        }

        int elements = type.GetCustomAttribute<InlineArrayAttribute>()?.Length ?? 1;
        IEnumerable<string> fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .OrderBy(field => field.MetadataToken)
            .Select(field => $"{field.Name} {Describe(field.FieldType)}");
        return $"{type.Name}[{elements}]{{{string.Join(',', fields)}}}";
    }
}
