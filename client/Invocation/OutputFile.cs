using System.Text;

namespace Stress.Client;

/// <summary>A file that the command line names for a result; <c>-</c> is standard output, and the screen's text then goes to standard error.</summary>
public static class OutputFile
{
    /// <summary>The name of standard output.</summary>
    public const string Standard = "-";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Opens it, empty. The caller closes it; what is buffered may fail only then.</summary>
    public static Stream Create(string file, Terminal terminal) => file == Standard ? terminal.Standard() : new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read);

    /// <summary>Writes a text.</summary>
    public static void Write(string file, string text, Terminal terminal)
    {
        using Stream stream = Create(file, terminal);
        stream.Write(Utf8.GetBytes(text));
        stream.Flush();
    }

    /// <summary>Writes a file through a writer.</summary>
    public static void Write(string file, Action<TextWriter> write, Terminal terminal)
    {
        using var writer = new StreamWriter(Create(file, terminal), Utf8);
        write(writer);
        writer.Flush();
    }
}
