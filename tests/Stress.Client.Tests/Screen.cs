using Spectre.Console;

namespace Stress.Client.Tests;

/// <summary>A terminal that keeps what was written, and a folder of its own that goes away.</summary>
internal sealed class Screen : IDisposable
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public Screen(TimeProvider? time = null) => Terminal = new Terminal(
        AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(_out) }), _error)
    {
        Time = time ?? TimeProvider.System,
    };

    public Terminal Terminal { get; }

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public string Folder { get; } = Directory.CreateTempSubdirectory("stress-test-").FullName;

    public Task<int> Run(params string[] arguments) => StressCommand.Run(arguments, Terminal, CancellationToken.None);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
