using System.Reflection;

namespace Stress.Client.Lines;

/// <summary>Lines of one function.</summary>
/// <param name="File">The file, below emulator/Kernel.</param>
/// <param name="Function">The function.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="ByLists">Of those, the lines that a list with a real answer has executed.</param>
/// <param name="ByScenario">The lines that the scenario executes.</param>
/// <param name="ByBoth">Of those, the ones that a list executed too.</param>
public sealed record FunctionCoverage(string File, string Function, int Lines, int ByLists, int ByScenario, int ByBoth);

/// <summary>
/// Which lines of <c>emulator/Kernel</c> lists with a real answer have executed, and which a scenario executes. Counted are lines with a statement; code that lists or saves the
/// kernel's fields is left out. The same work gives the same numbers.
/// </summary>
/// <param name="Functions">Every function, by file and name.</param>
/// <param name="OnlyScenario">Lines that the scenario executes and no list did, as FILE:LINE.</param>
public sealed record KernelCoverage(IReadOnlyList<FunctionCoverage> Functions, IReadOnlyList<string> OnlyScenario)
{
    private const string Emulator = "Stress.Emulator", Folder = "/emulator/Kernel/";

    /// <summary>Sites and windows of the scenario that are executed: twelve hours in windows of ten minutes.</summary>
    public const int Sites = 8, Windows = 72;

    /// <summary>Executes lists and scenario under marks.</summary>
    /// <param name="lists">Paths of lists.</param>
    /// <param name="stacks">The stack of each.</param>
    /// <param name="designs">The design of each.</param>
    /// <param name="scenario">The scenario's path.</param>
    public static KernelCoverage Of(string[] lists, string[] stacks, string[] designs, string scenario)
    {
        using var copy = new MemoryStream();
        IReadOnlyList<MarkedLine> lines = LineMarks.Write(Path.Combine(AppContext.BaseDirectory, Emulator + ".dll"), Folder, copy);
        var programs = new MarkedPrograms(Emulator, copy);
        byte[] byLists = Execute(programs, nameof(CoverageWork.RunLists), lists, stacks, designs);
        byte[] byScenario = Execute(programs, nameof(CoverageWork.RunScenario), scenario, Sites, Windows);
        programs.Unload();

        // A line has a mark for each of its statements: it is executed when one of them is.
        var all = lines.Select((line, i) => (Line: line, List: byLists[i] != 0, Scenario: byScenario[i] != 0)).GroupBy(l => (l.Line.File, l.Line.Line))
            .Select(g => (g.First().Line, List: g.Any(l => l.List), Scenario: g.Any(l => l.Scenario))).ToList();
        return new KernelCoverage(
            [.. all.GroupBy(l => (l.Line.File, l.Line.Function)).OrderBy(g => g.Key.File, StringComparer.Ordinal).ThenBy(g => g.Key.Function, StringComparer.Ordinal)
                .Select(g => new FunctionCoverage(g.Key.File, g.Key.Function, g.Count(), g.Count(l => l.List), g.Count(l => l.Scenario), g.Count(l => l.List && l.Scenario)))],
            [.. all.Where(l => l.Scenario && !l.List).OrderBy(l => l.Line.File, StringComparer.Ordinal).ThenBy(l => l.Line.Line).Select(l => $"{l.Line.File}:{l.Line.Line}")]);
    }

    // Which lines the work executes, from none.
    private static byte[] Execute(MarkedPrograms programs, string work, params object[] arguments)
    {
        FieldInfo marks = programs.LoadFromAssemblyName(new AssemblyName(Emulator)).GetType(LineMarks.TypeName)!.GetField(LineMarks.FieldName)!;
        byte[] executed = (byte[])marks.GetValue(null)!;
        Array.Clear(executed);
        Type type = programs.LoadFromAssemblyName(typeof(CoverageWork).Assembly.GetName()).GetType(typeof(CoverageWork).FullName!)!;
        type.GetMethod(work)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);
        return [.. executed];
    }
}
