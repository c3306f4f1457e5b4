using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Recorded;
using Stress.Tests.Shared;

namespace Stress.Emulator.Tests.Stacks;

/// <summary>The recordings under tests/recorded.</summary>
internal static class Recordings
{
    public static string Folder => Repository.At("tests", "recorded");

    public static OperationFile List(params string[] path)
    {
        string file = Path.Combine([Folder, .. path]);
        return OperationFile.Parse(File.ReadAllText(file), file);
    }

    public static Recording Answers(params string[] path) => Recording.Parse(File.ReadAllText(Path.Combine([Folder, .. path])));

    public static OperationRun Run(string stack, string? design, params string[] operations) =>
        new OperationRunner(StackCatalog.Create(stack, design)).Run(OperationList.Parse(string.Join('\n', operations), "test.ops"));

    /// <summary>Every recording of a kernel in a folder under <see cref="Folder"/>, compared with its model.</summary>
    public static Agreement Compare(string folder, string kernel)
    {
        var agreement = new Agreement(RecordedKernel.Named(kernel)!);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Folder, folder), $"*.{kernel}.txt").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(file)[..^$".{kernel}.txt".Length];
            agreement.Add(name, List(folder, name + ".ops"), Recording.Parse(File.ReadAllText(file)));
        }

        return agreement;
    }

    /// <summary>Every verdict on a kernel and side in a table under <see cref="Folder"/>, compared with the model's.</summary>
    public static VerdictAgreement Verdicts(string folder, RecordedKernel kernel)
    {
        var agreement = new VerdictAgreement(kernel);
        foreach (RecordedVerdict verdict in VerdictTable.Parse(File.ReadAllText(Path.Combine(Folder, folder, "verdicts.tsv"))).Where(v => RecordedKernel.Of(v) == kernel))
        {
            agreement.Add(verdict, List(folder, verdict.List + ".ops"));
        }

        return agreement;
    }
}
