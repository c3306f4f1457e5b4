using Stress.Guests.Processes;
using Stress.Guests.Running;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Guests.Tests;

public sealed class ReproducerTests
{
    [ToolFact("gcc", "gcc")]
    public async Task A_list_as_a_C_program_compiles_without_a_warning_and_executes_the_list()
    {
        string folder = Directory.CreateTempSubdirectory("stress-reproducer-").FullName;
        try
        {
            string source = Path.Combine(folder, "reproducer.c"), program = Path.Combine(folder, "reproducer");
            await File.WriteAllTextAsync(source, Reproducer.ToC("a */ name", "# what \"is\" \\ this??\nudp6 s 0\nclose s\nclose s\n"));
            (int code, IReadOnlyList<string> said) = await Tool.RunAsync(folder, null, default, "gcc", "-std=c99", "-Wall", "-Werror", "-o", program, source);
            Assert.True(code == 0, string.Join('\n', said));

            (code, said) = await Tool.RunAsync(folder, null, default, program);

            Assert.Equal(0, code);
            Assert.Equal(["close s -> 0", "close s -> -1 EBADF(9)", "END normal"], said.Skip(1).Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries).SkipWhile(w => int.TryParse(w, out _)))));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
