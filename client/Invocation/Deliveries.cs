using System.Diagnostics.CodeAnalysis;

namespace Stress.Client;

/// <summary>
/// Writes a command's output files. A disk may be full, a folder gone, a pipe closed: the result is on the screen before anything is written, what fails is
/// remembered, everything else is still written, and one line at the end says what is missing.
/// </summary>
/// <param name="terminal">Hears what could not be written.</param>
public sealed class Deliveries(Terminal terminal)
{
    private readonly List<string> _missed = [];
    private string _why = "";

    /// <summary>True while everything could be written.</summary>
    public bool Complete => _missed.Count == 0;

    /// <summary>Writes one thing; a failure of the file system is remembered.</summary>
    /// <param name="what">What is written, as the message names it: a file.</param>
    /// <param name="write">Writes it.</param>
    /// <returns>Whether it was written.</returns>
    public bool Write(string what, Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception e) when (IsOfFileSystem(e))
        {
            Miss(what, e);
            return false;
        }
    }

    /// <summary>Remembers something that could not be written.</summary>
    public void Miss(string what, Exception e)
    {
        _why = _missed.Count == 0 ? Reason(e) : _why;
        _missed.Add(what);
    }

    /// <summary>Says what is missing, in one line, and gives the exit code.</summary>
    /// <param name="code">The code of the result.</param>
    /// <param name="again">The command that writes it again, or null for none.</param>
    public int Conclude(int code, string? again = null)
    {
        if (Complete)
        {
            return code;
        }

        string others = _missed.Count == 1 ? "" : $"; nor {string.Join(", ", _missed.Skip(1))}";
        terminal.Error.WriteLine($"stress: the result is known, but {_missed[0]} could not be written: {_why}{others}{(again is null ? "" : $"; again with: {again}")}");
        return ExitCodes.OfNotWritten(code);
    }

    /// <summary>True for errors of a file system or a pipe: no space, no such folder, no permission, a reader that is gone.</summary>
    public static bool IsOfFileSystem([NotNullWhen(true)] Exception? e) => e is IOException or UnauthorizedAccessException;

    /// <summary>The file system's own words, without the path that the message names anyway.</summary>
    public static string Reason(Exception e)
    {
        string words = e.GetBaseException().Message.ReplaceLineEndings(" ");
        int path = words.IndexOf(" : '", StringComparison.Ordinal);
        return (path < 0 ? words : words[..path]).TrimEnd('.', ' ');
    }
}
