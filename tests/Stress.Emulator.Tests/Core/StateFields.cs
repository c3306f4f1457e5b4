using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Emulator.Tests.Core;

/// <summary>
/// Every mutable field of an object, found by reflection and not by what the object says of itself: fills each with something that no fresh object has,
/// and spells each, so that what was filled, saved and loaded can be held against what came back.
/// </summary>
internal sealed class StateFields
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private int _next;

    /// <summary>The mutable fields of a class: those that can be set, and those that are set once to something that can change.</summary>
    public static IEnumerable<FieldInfo> Of(Type type)
    {
        for (Type? t = type; t is not null && t != typeof(object); t = t.BaseType)
        {
            foreach (FieldInfo field in t.GetFields(Declared).OrderBy(field => field.MetadataToken))
            {
                // The parameter of a constructor that methods use is a field, which nobody sets again; what it refers to is somebody else's.
                bool isParameter = field.Name.EndsWith(">P", StringComparison.Ordinal);
                if (!isParameter && (!field.IsInitOnly || IsContainer(field.FieldType) || IsMutableClass(field.FieldType)))
                {
                    yield return field;
                }
            }
        }
    }

    /// <summary>The reason why a field is in no image, or null for one that is.</summary>
    public static string? Excuse(FieldInfo field)
    {
        string property = field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)] : "";
        return (field.GetCustomAttribute<NotSavedAttribute>() ?? field.DeclaringType!.GetProperty(property, Declared)?.GetCustomAttribute<NotSavedAttribute>())?.Reason;
    }

    /// <summary>Fills the mutable fields of an object.</summary>
    public void Fill(object target)
    {
        foreach (FieldInfo field in Of(target.GetType()).Where(field => Excuse(field) is null || field.FieldType.IsValueType))
        {
            object? value = field.GetValue(target);
            if (value is not null && !value.GetType().IsValueType && field.IsInitOnly)
            {
                FillObject(value);
            }
            else
            {
                field.SetValue(target, Filled(field.FieldType, value));
            }
        }
    }

    /// <summary>Spells the mutable fields of an object, a line for each value: <c>path = value</c>.</summary>
    /// <param name="target">The object.</param>
    /// <param name="excused">Fields that are in no image as well.</param>
    public static List<string> Spell(object target, bool excused = false)
    {
        List<string> lines = [];
        SpellFields(target, target.GetType().Name, lines, excused);
        return lines;
    }

    private static bool IsContainer(Type type) =>
        type.IsArray || (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(List<>) || type.GetGenericTypeDefinition() == typeof(Ring<>)));

    // A class of ours that can change: one that says nothing of its state is found all the same.
    private static bool IsMutableClass(Type type) =>
        type.IsClass && type.Assembly == typeof(Ring<>).Assembly && (typeof(IState).IsAssignableFrom(type) || Of(type).Any(field => !field.IsInitOnly && !IsInit(field)));

    private static bool IsInit(FieldInfo field) => field.Name.StartsWith('<')
        && field.DeclaringType!.GetProperty(field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)], Declared) is { } property
        && (property.SetMethod is null || property.SetMethod.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)));

    private void FillObject(object value)
    {
        switch (value)
        {
            case EventQueue queue: // a slot's time and number are one number
                for (int slot = 0; slot < SlotsOf(queue); slot++)
                {
                    queue.Schedule(slot, new VirtualTime(++_next));
                }

                break;
            case FrameRing ring: // where its frames lie goes with how long they are
                ring.Add(new VirtualTime(++_next), [(byte)_next, 1, 2], (byte)_next);
                ring.Add(new VirtualTime(++_next), [(byte)_next, 3], (byte)_next);
                break;
            case List<CrashTally> crashes: // with what the oracle told of each
                crashes.Add(Crash(UseSite.InDelMulti));
                crashes.Add(Crash(UseSite.In6SelectHlim));
                break;
            case Array array:
                for (int i = 0; i < array.Length; i++)
                {
                    if (array.GetType().GetElementType()!.IsValueType)
                    {
                        array.SetValue(Filled(array.GetType().GetElementType()!, array.GetValue(i)), i);
                    }
                    else if (array.GetValue(i) is { } element)
                    {
                        FillObject(element);
                    }
                }

                break;
            case IList list:
                Type item = value.GetType().GetGenericArguments()[0];
                list.Add(Filled(item, null));
                list.Add(Filled(item, null));
                break;
            case var ring when ring.GetType().IsGenericType && ring.GetType().GetGenericTypeDefinition() == typeof(Ring<>):
                Type queued = ring.GetType().GetGenericArguments()[0];
                for (int i = 0; i < 2; i++)
                {
                    ring.GetType().GetMethod("Add")!.Invoke(ring, [Filled(queued, null)]);
                }

                break;
            default:
                Fill(value);
                break;
        }
    }

    private static int SlotsOf(EventQueue queue) => (int)typeof(EventQueue).GetField("_slots", Declared)!.GetValue(queue)!;

    private CrashTally Crash(UseSite site)
    {
        var told = new CrashStory();
        FillObject(told);
        return new CrashTally(new CrashTitle(site, HolderKind.InMultiIfp, PurgeGap.NoInetAddress), Role.Calling)
        {
            Count = ++_next, First = new VirtualTime(++_next), FirstEvent = ++_next, Told = told,
        };
    }

    // Each number is another than the one before, and none is 0, all ones, or the number that a fresh object has.
    private object? Filled(Type type, object? old)
    {
        if (type == typeof(bool))
        {
            return true;
        }

        if (type.IsEnum)
        {
            return Enum.ToObject(type, Filled(type.GetEnumUnderlyingType(), null)!);
        }

        if (type.IsPrimitive)
        {
            _next = (_next % 100) + 2;
            return Convert.ChangeType(_next, type, CultureInfo.InvariantCulture);
        }

        if (type.IsArray)
        {
            Type element = type.GetElementType()!;
            Array array = Array.CreateInstance(element, Math.Max(2, (old as Array)?.Length ?? 0));
            FillObject(array);
            return array;
        }

        if (type.IsValueType)
        {
            return FilledStruct(type, old ?? RuntimeHelpers.GetUninitializedObject(type));
        }

        return old;
    }

    private object FilledStruct(Type type, object box)
    {
        if (type.GetCustomAttribute<InlineArrayAttribute>() is not null)
        {
            Array elements = Elements(box);
            FillObject(elements);
            return Inline(nameof(OfElements), type).Invoke(null, [elements])!;
        }

        foreach (FieldInfo field in type.GetFields(Declared))
        {
            field.SetValue(box, Filled(field.FieldType, field.GetValue(box)));
        }

        // How many are in use goes with how many there are.
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Sequence<>))
        {
            FieldInfo items = type.GetField("_items", Declared)!, count = type.GetField("<Count>k__BackingField", Declared)!;
            count.SetValue(box, ((Array)items.GetValue(box)!).Length);
        }

        return box;
    }

    // An inline array's elements, which reflection does not reach but for the first.
    private static Array Elements(object box) => (Array)Inline(nameof(ToElements), box.GetType()).Invoke(null, [box])!;

    private static MethodInfo Inline(string name, Type type) =>
        typeof(StateFields).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(type, type.GetFields(Declared).Single().FieldType);

    private static TElement[] ToElements<T, TElement>(T value)
        where T : unmanaged
        where TElement : unmanaged => MemoryMarshal.Cast<T, TElement>(new Span<T>(ref value)).ToArray();

    private static object OfElements<T, TElement>(TElement[] elements)
        where T : unmanaged
        where TElement : unmanaged => MemoryMarshal.Cast<TElement, T>(elements.AsSpan())[0];

    private static void SpellFields(object target, string path, List<string> lines, bool excused)
    {
        foreach (FieldInfo field in Of(target.GetType()))
        {
            if (Excuse(field) is null || (excused && field.FieldType.IsValueType))
            {
                SpellValue(field.GetValue(target), $"{path}.{field.Name}", lines, excused);
            }
        }
    }

    private static void SpellValue(object? value, string path, List<string> lines, bool excused)
    {
        switch (value)
        {
            case null:
                lines.Add($"{path} = null");
                break;
            case IConvertible number:
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{path} = {(value is string ? value : number.ToType(typeof(decimal), CultureInfo.InvariantCulture))}"));
                break;
            case Array array:
                SpellItems(array.Cast<object?>(), path, lines, excused);
                break;
            case IList list:
                SpellItems(list.Cast<object?>(), path, lines, excused);
                break;
            case var ring when ring.GetType().IsGenericType && ring.GetType().GetGenericTypeDefinition() == typeof(Ring<>):
                int n = (int)ring.GetType().GetProperty("Count")!.GetValue(ring)!;
                MethodInfo take = ring.GetType().GetMethod("Take")!, add = ring.GetType().GetMethod("Add")!;
                for (int i = 0; i < n; i++)
                {
                    object? item = take.Invoke(ring, null);
                    add.Invoke(ring, [item]); // round it goes
                    SpellValue(item, $"{path}[{i}]", lines, excused);
                }

                break;
            case var row when row.GetType().GetCustomAttribute<InlineArrayAttribute>() is not null:
                SpellItems(Elements(row).Cast<object?>(), path, lines, excused);
                break;
            case var sequence when sequence.GetType().IsGenericType && sequence.GetType().GetGenericTypeDefinition() == typeof(Sequence<>):
                var items = (Array)sequence.GetType().GetField("_items", Declared)!.GetValue(sequence)!;
                SpellItems(items.Cast<object?>().Take((int)sequence.GetType().GetProperty("Count")!.GetValue(sequence)!), path, lines, excused);
                break;
            case ValueType:
                foreach (FieldInfo field in value.GetType().GetFields(Declared).Where(field => Excuse(field) is null))
                {
                    SpellValue(field.GetValue(value), $"{path}.{field.Name}", lines, excused);
                }

                break;
            default:
                SpellFields(value, path, lines, excused);
                break;
        }
    }

    // Zeros at the end of an array are room, and room is no state.
    private static void SpellItems(IEnumerable<object?> items, string path, List<string> lines, bool excused)
    {
        int i = 0, kept = lines.Count;
        foreach (object? item in items)
        {
            int before = lines.Count;
            SpellValue(item, $"{path}[{i++}]", lines, excused);
            if (lines[before..].Exists(line => !line.EndsWith(" = 0", StringComparison.Ordinal)))
            {
                kept = lines.Count;
            }
        }

        lines.RemoveRange(kept, lines.Count - kept);
    }
}
