using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Recorded;
using Stress.Tests.Shared;

namespace Stress.Emulator.Tests.Stacks;

/// <summary>The recordings under tests/recorded.</summary>
internal static class Recordings
{
    public static string Folder => Repository.At("tests", "recorded");

    public static IReadOnlyList<Operation> List(params string[] path)
    {
        string file = Path.Combine([Folder, .. path]);
        return OperationList.Parse(File.ReadAllText(file), file);
    }

    public static IReadOnlyList<RecordedAnswer> Answers(params string[] path) => RecordedAnswers.Parse(File.ReadAllText(Path.Combine([Folder, .. path])));

    public static OperationRun Run(string stack, string? design, params string[] operations) =>
        new OperationRunner(StackCatalog.Create(stack, design)).Run(OperationList.Parse(string.Join('\n', operations), "test.ops"));

    public static Agreement Random(string stack, string suffix)
    {
        var agreement = new Agreement(stack);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Folder, "random"), "*.ops").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            agreement.Add(name, List("random", name + ".ops"), Answers("random", $"{name}.{suffix}.txt"));
        }

        return agreement;
    }
}
