using Spectre.Console;

namespace Stress.Client.Tests;

/// <summary>A terminal that keeps what was written, and a folder of its own that goes away.</summary>
internal sealed class Screen : IDisposable
{
    private readonly HeardWriter _out;
    private readonly StringWriter _error = new();

    /// <param name="time">The clock of the commands; the machine's unless given.</param>
    /// <param name="line">Hears each whole line of text as it is written. The command waits meanwhile.</param>
    public Screen(TimeProvider? time = null, Action<string>? line = null)
    {
        _out = new HeardWriter(line);
        Terminal = new Terminal(
            AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(_out) }), _error)
        {
            Time = time ?? TimeProvider.System,
        };
    }

    public Terminal Terminal { get; }

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public string Folder { get; } = Directory.CreateTempSubdirectory("stress-test-").FullName;

    public Task<int> Run(params string[] arguments) => StressCommand.Run(arguments, Terminal, CancellationToken.None);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private sealed class HeardWriter(Action<string>? heard) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            heard?.Invoke(value ?? "");
        }
    }
}
