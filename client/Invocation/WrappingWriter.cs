using System.Text;

namespace Stress.Client;

/// <summary>Breaks each line that is written to a terminal at its blanks, as wide as the terminal is then.</summary>
/// <param name="inner">The terminal.</param>
/// <param name="width">Its width in columns.</param>
public sealed class WrappingWriter(TextWriter inner, Func<int> width) : TextWriter
{
    private readonly StringBuilder _line = new();

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value)
    {
        if (value != '\n')
        {
            _line.Append(value);
            return;
        }

        foreach (string part in Wrapped.Lines(_line.ToString(), width()))
        {
            inner.WriteLine(part);
        }

        _line.Clear();
    }

    /// <summary>Writes an unfinished line, such as a prompt.</summary>
    public override void Flush()
    {
        inner.Write(_line);
        _line.Clear();
        inner.Flush();
    }
}
