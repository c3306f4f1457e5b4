using System.CommandLine;

namespace Stress.Client.Commands;

/// <summary><c>stress test</c>, <c>stress bench</c> and <c>stress pack</c>: done by the script <c>stress</c> in the repository's root, which builds what they need. Here for the help.</summary>
public static class ScriptCommands
{
    /// <summary><c>stress test</c>.</summary>
    public static Command Test(Terminal terminal) => Create(
        terminal, "test", "Build everything and run every test, with a total for each project.", "Further words for dotnet test, as --filter NAME.");

    /// <summary><c>stress bench</c>.</summary>
    public static Command Bench(Terminal terminal) => Create(
        terminal, "bench", "Measure speed and memory against their targets (stress bench --help lists the measurements).", "A measurement and its options (default: the table of targets).");

    /// <summary><c>stress pack</c>.</summary>
    public static Command Pack(Terminal terminal) => Create(
        terminal, "pack", "Pack the command, the library for designs of your own and its template as NuGet packages (docs/designs.md).", "The folder for the packages (default: nupkg).");

    private static Command Create(Terminal terminal, string name, string what, string words)
    {
        var command = new Command(name, what) { new Argument<string[]>("WORDS") { Description = words, Arity = ArgumentArity.ZeroOrMore } };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(_ =>
        {
            terminal.Error.WriteLine($"stress: {name}: of the source tree; accepted is ./stress {name} in the repository's root");
            return ExitCodes.Usage;
        });
        return command;
    }
}
