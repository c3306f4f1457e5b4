using Stress.Guests.Processes;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Guests.Tests;

public sealed class AgentTests
{
    /// <summary>There is no BSD to compile on: headers with their names and shapes stand in for theirs (bsd/), so that a slip in that half is seen at all.</summary>
    [ToolFact("gcc", "gcc")]
    public async Task The_agents_half_for_the_BSDs_is_C99_without_a_warning_as_its_half_for_Linux_is()
    {
        string folder = Directory.CreateTempSubdirectory("stress-agent-").FullName, headers = Repository.At("tests", "Stress.Guests.Tests", "bsd");
        try
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, "stress-agent.c"), Resources.Bytes("agent/stress-agent.c"));
            foreach (string[] system in (string[][])[[], .. Enumerable.Range(1, 3).Select(n => (string[])["-include", Path.Combine(headers, "prelude.h"), $"-DSYSTEM={n}", $"-I{headers}"])])
            {
                (int code, IReadOnlyList<string> said) = await Tool.RunAsync(folder, null, default, "gcc", ["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", .. system, "-c", "-o", "agent.o", "stress-agent.c"]);
                Assert.True(code == 0, string.Join('\n', said));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
