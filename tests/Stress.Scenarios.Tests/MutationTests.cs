using CsCheck;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Scenarios.Tests;

public sealed class MutationTests
{
    private static readonly string Valid = File.ReadAllText(Repository.At("scenarios", "troxel-2005.yaml"));

    private static readonly string[] Pieces =
    [
        "\n", "  ", "\t", ":", ": ", "- ", "{", "}", "[", "]", ",", "\"", "'", "#", "*a", "&a ", "!x ", "|\n", ">-\n", "? ", "---\n", "...\n", "%YAML 1.1\n", "<<: ", "..", "never", "null", "~",
        "-1", "0", "1e9", "99999999999999999999", "0.5", "true", "role: called", "include: troxel-2005.yaml\n", "\0", "\u0085", "\ufeff", "\\u0000", "\\ud800", "\ud83d\ude00", "\ud800", "competitors: [{}]",
    ];

    private static readonly Gen<Func<string, string>> Mutation = Gen.OneOf(
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i])).Select<int, string, Func<string, string>>((at, piece) => s => s.Insert(at % (s.Length + 1), piece)),
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[1, 40]).Select<int, int, Func<string, string>>((at, n) => s => s.Length == 0 ? s : s.Remove(at % s.Length, Math.Min(n, s.Length - (at % s.Length)))),
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Char).Select<int, char, Func<string, string>>((at, c) => s => s.Length == 0 ? s : s[..(at % s.Length)] + c + s[((at % s.Length) + 1)..]),
        Gen.Select(Gen.Int[0, 200], Gen.Int[0, 200]).Select<int, int, Func<string, string>>((from, to) => s =>
        {
            // A line put in another's place keeps the text YAML, so that such files reach the checks of the fields.
            string[] lines = s.Split('\n');
            lines[to % lines.Length] = lines[from % lines.Length];
            return string.Join('\n', lines);
        }));

    [Fact]
    public void A_file_with_any_damage_is_accepted_or_refused_in_one_line_and_what_is_accepted_can_be_written_and_read_again() =>
        Mutation.Array[1, 4].Sample(
            mutations =>
            {
                Scenario scenario;
                try
                {
                    scenario = ScenarioLoader.Parse(mutations.Aggregate(Valid, (text, mutation) => mutation(text)), "s.yaml");
                }
                catch (ScenarioException e)
                {
                    Refusals.OneLine(e);
                    return;
                }

                ScenarioWriterTests.Same(scenario, ScenarioLoader.Parse(ScenarioWriter.Write(scenario), "s.yaml"));
            },
            iter: 3_000);
}
