using System.Text.Json;
using Stress.Tests.Shared;

namespace Stress.K8s.Tests;

/// <summary>The instructions of the Containerfile, by stage.</summary>
public sealed class Containerfile
{
    /// <summary>A file at the repository's root.</summary>
    public static Containerfile Load(string name = "Containerfile")
    {
        var file = new Containerfile();
        foreach (string line in File.ReadLines(Repository.At(name)).Where(line => line.Length > 0 && line[0] != '#'))
        {
            string[] parts = line.Split(' ', 2);
            if (parts[0] == "FROM")
            {
                file.Stages.Add([]);
            }

            file.Stages[^1].Add((parts[0], parts[1]));
        }

        return file;
    }

    /// <summary>Instruction and its text, stage by stage.</summary>
    public List<List<(string Name, string Text)>> Stages { get; } = [];

    /// <summary>The stage that becomes the image.</summary>
    public List<(string Name, string Text)> Image => Stages[^1];

    /// <summary>The one instruction of this name in the image.</summary>
    public string Only(string name) => Image.Single(instruction => instruction.Name == name).Text;

    /// <summary>The program that a container of the image runs.</summary>
    public string[] EntryPoint => JsonSerializer.Deserialize<string[]>(Only("ENTRYPOINT"))!;

    /// <summary>Sources and target of a COPY from the build's folder, for each of a stage.</summary>
    public static IEnumerable<string> Copied(IEnumerable<(string Name, string Text)> stage) =>
        stage.Where(instruction => instruction.Name == "COPY" && !instruction.Text.StartsWith("--", StringComparison.Ordinal)).SelectMany(copy => copy.Text.Split(' ')[..^1]);
}
