using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stress.Emulator.Core;
using Xunit;

namespace Stress.Emulator.Tests.Core;

/// <summary>
/// Images are compared byte for byte and hashed, and a struct goes into one as it lies in memory: bytes between its fields would hold whatever was there before.
/// </summary>
public sealed class ImageLayoutTests
{
    private static readonly Type[] Raw = [.. TypesInUnmanagedPlaces(typeof(ImageWriter).Assembly)];

    public static TheoryData<Type> Structs => [.. Raw.Where(type => !type.IsPrimitive && !type.IsEnum)];

    [Fact]
    public void The_structs_that_are_looked_for_are_found()
    {
        Assert.Contains(typeof(VirtualTime), Raw);
        Assert.Contains(typeof(int), Raw);
        Assert.True(Structs.Count > 20, string.Join(", ", Raw.Select(type => type.Name)));
    }

    [Theory]
    [MemberData(nameof(Structs))]
    public void What_lies_between_the_fields_of_a_struct_is_zero_in_an_image(Type type) =>
        typeof(ImageLayoutTests).GetMethod(nameof(Check), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(type).Invoke(null, null);

    [Fact]
    public void The_bytes_of_the_fields_are_left_as_they_are()
    {
        Padded[] values = [new(0x11, 0x22334455), new(0x66, 0x778899aa)];
        var image = new ImageWriter();
        image.WriteArray<Padded>(values);
        Assert.Equal("02000000" + "1100000055443322" + "66000000AA998877", Convert.ToHexString(image.Written.Span));
        Check<Padded>();
        Check<Row>();
    }

    // The fields' sizes, added up by reflection, say how many bytes an image may keep; the others become zero.
    private static void Check<T>() where T : unmanaged
    {
        byte[] bytes = new byte[2 * Unsafe.SizeOf<T>()];
        bytes.AsSpan().Fill(0xff);
        var image = new ImageWriter();
        image.WriteArray<T>(MemoryMarshal.Cast<byte, T>(bytes));
        byte[] kept = image.Written[sizeof(int)..].ToArray();
        Assert.Equal(2 * SumOfFields(typeof(T)), kept.Count(b => b == 0xff));
        Assert.Equal(2 * (Unsafe.SizeOf<T>() - SumOfFields(typeof(T))), kept.Count(b => b == 0));
        var one = new ImageWriter();
        one.Write(MemoryMarshal.Read<T>(bytes));
        Assert.Equal(kept[..Unsafe.SizeOf<T>()], one.Written.ToArray());
    }

    // Every type that the assembly's code puts in place of a type parameter that has to be unmanaged: those of ImageWriter's methods, and of the containers that save themselves.
    private static IEnumerable<Type> TypesInUnmanagedPlaces(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        HashSet<Type> found = [];
        for (int row = 1; row <= metadata.GetTableRowCount(TableIndex.TypeSpec); row++)
        {
            if (Resolve(() => assembly.ManifestModule.ResolveType(MetadataTokens.GetToken(MetadataTokens.TypeSpecificationHandle(row)))) is { IsConstructedGenericType: true } type)
            {
                Add(type.GetGenericTypeDefinition().GetGenericArguments(), type.GetGenericArguments());
            }
        }

        for (int row = 1; row <= metadata.GetTableRowCount(TableIndex.MethodSpec); row++)
        {
            if (Resolve(() => assembly.ManifestModule.ResolveMethod(MetadataTokens.GetToken(MetadataTokens.MethodSpecificationHandle(row)))) is MethodInfo { IsGenericMethod: true } method)
            {
                Add(method.GetGenericMethodDefinition().GetGenericArguments(), method.GetGenericArguments());
            }
        }

        return found.OrderBy(type => type.FullName, StringComparer.Ordinal);

        void Add(Type[] parameters, Type[] arguments)
        {
            for (int i = 0; i < parameters.Length; i++)
            {
                if (!arguments[i].ContainsGenericParameters && parameters[i].GetCustomAttributesData().Any(a => a.AttributeType.Name == "IsUnmanagedAttribute"))
                {
                    found.Add(arguments[i]);
                }
            }
        }
    }

    // What stands inside a generic method or type names that one's own parameters and cannot be resolved by itself; its closed uses are in the tables too.
    private static T? Resolve<T>(Func<T?> resolve) where T : class
    {
        try
        {
            return resolve();
        }
        catch (Exception e) when (e is ArgumentException or BadImageFormatException)
        {
            return null;
        }
    }

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    private static int SumOfFields(Type type)
    {
        if (type.IsPrimitive || type.IsEnum || type.IsPointer)
        {
            return SizeOf(type);
        }

        int sum = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Sum(field => SumOfFields(field.FieldType));
        return sum * (type.GetCustomAttribute<InlineArrayAttribute>()?.Length ?? 1);
    }

    private readonly record struct Padded(byte First, int Second);

    [InlineArray(Length)]
    private struct Row
    {
        public const int Length = 3;
        private short _first;
    }
}
