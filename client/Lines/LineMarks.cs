using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace Stress.Client.Lines;

/// <summary>One line of a program that can be executed.</summary>
/// <param name="File">The source file, from the folder that was asked for.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Function">The method, as its file calls it; a local function or lambda counts towards its enclosing method.</param>
public sealed record MarkedLine(string File, int Line, string Function);

/// <summary>
/// A copy of an assembly that marks each line as it is executed: a store into an array of bytes precedes the instructions of every sequence point of its symbols. The program
/// computes the same. The original is not touched.
/// </summary>
public static class LineMarks
{
    /// <summary>The type that is added, and its array.</summary>
    public const string TypeName = "LineMarks", FieldName = "Executed";

    /// <summary>Writes the copy.</summary>
    /// <param name="assembly">The assembly, with its symbols next to it.</param>
    /// <param name="folder">Only lines of sources below a folder of this path are marked, such as <c>/emulator/Kernel/</c>.</param>
    /// <param name="into">Receives the copy.</param>
    /// <returns>The lines, each at its place in the array.</returns>
    public static IReadOnlyList<MarkedLine> Write(string assembly, string folder, Stream into)
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(assembly, new ReaderParameters { ReadSymbols = true });
        var marks = new TypeDefinition("", TypeName, TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed, module.TypeSystem.Object);
        var executed = new FieldDefinition(FieldName, FieldAttributes.Public | FieldAttributes.Static, new ArrayType(module.TypeSystem.Byte));
        marks.Fields.Add(executed);
        var lines = new List<MarkedLine>();
        foreach (MethodDefinition method in module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody && !ShowsState(method)).ToList())
        {
            Mark(method, folder, executed, lines);
        }

        var start = new MethodDefinition(".cctor", MethodAttributes.Private | MethodAttributes.Static | MethodAttributes.SpecialName | MethodAttributes.RTSpecialName, module.TypeSystem.Void);
        ILProcessor il = start.Body.GetILProcessor();
        il.Emit(OpCodes.Ldc_I4, lines.Count);
        il.Emit(OpCodes.Newarr, module.TypeSystem.Byte);
        il.Emit(OpCodes.Stsfld, executed);
        il.Emit(OpCodes.Ret);
        marks.Methods.Add(start);
        module.Types.Add(marks);
        module.Write(into);
        return lines;
    }

    // Which fields a kernel has and how they are saved is not behaviour of the kernel.
    private static bool ShowsState(MethodDefinition method) => method.Name.EndsWith("Fields", StringComparison.Ordinal) && method.HasGenericParameters;

    private static void Mark(MethodDefinition method, string folder, FieldDefinition executed, List<MarkedLine> lines)
    {
        List<SequencePoint> points = [.. method.DebugInformation.SequencePoints.Where(p => !p.IsHidden && p.Document.Url.Replace('\\', '/').Contains(folder, StringComparison.Ordinal))];
        if (points.Count == 0)
        {
            return;
        }

        method.Body.SimplifyMacros();
        ILProcessor il = method.Body.GetILProcessor();
        foreach (SequencePoint point in points)
        {
            Instruction at = method.Body.Instructions.First(i => i.Offset == point.Offset);
            int number = lines.Count;
            string path = point.Document.Url.Replace('\\', '/');
            lines.Add(new MarkedLine(path[(path.IndexOf(folder, StringComparison.Ordinal) + folder.Length)..], point.StartLine, NameOf(method)));
            Instruction first = il.Create(OpCodes.Ldsfld, executed);
            il.InsertBefore(at, first);
            il.InsertBefore(at, il.Create(OpCodes.Ldc_I4, number));
            il.InsertBefore(at, il.Create(OpCodes.Ldc_I4_1));
            il.InsertBefore(at, il.Create(OpCodes.Stelem_I1));
            Lead(method.Body, at, first);
        }

        method.Body.OptimizeMacros();
    }

    // Jumps to the line go to its mark; protected regions that began or ended there do so at the mark.
    private static void Lead(MethodBody body, Instruction from, Instruction to)
    {
        foreach (Instruction i in body.Instructions)
        {
            if (i.Operand == from && i != to)
            {
                i.Operand = to;
            }
            else if (i.Operand is Instruction[] targets)
            {
                for (int t = 0; t < targets.Length; t++)
                {
                    targets[t] = targets[t] == from ? to : targets[t];
                }
            }
        }

        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            handler.TryStart = handler.TryStart == from ? to : handler.TryStart;
            handler.TryEnd = handler.TryEnd == from ? to : handler.TryEnd;
            handler.HandlerStart = handler.HandlerStart == from ? to : handler.HandlerStart;
            handler.HandlerEnd = handler.HandlerEnd == from ? to : handler.HandlerEnd;
            handler.FilterStart = handler.FilterStart == from ? to : handler.FilterStart;
        }
    }

    // <Outer>b__0 of a closure's type is a part of Outer.
    private static string NameOf(MethodDefinition method)
    {
        int end = method.Name.IndexOf('>', StringComparison.Ordinal);
        string name = method.Name.StartsWith('<') && end > 1 ? method.Name[1..end] : method.Name;
        TypeDefinition type = method.DeclaringType;
        while (type.Name.StartsWith('<') && type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return $"{type.Name}.{name}";
    }
}
