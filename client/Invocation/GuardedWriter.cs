using System.Text;

namespace Stress.Client;

/// <summary>
/// A stream of the process that may fail under the command: standard output on a full disk, a terminal that is gone. The command continues, since its files are still useful; the
/// first failure is kept, and nothing more is written.
/// </summary>
/// <param name="to">The stream's writer.</param>
public sealed class GuardedWriter(TextWriter to) : TextWriter
{
    /// <summary>What the file system said first, or null.</summary>
    public Exception? Failure { get; private set; }

    /// <inheritdoc/>
    public override Encoding Encoding => to.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => to.Write(value));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => to.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => to.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => to.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(to.Flush);

    private void Try(Action write)
    {
        if (Failure is not null)
        {
            return;
        }

        try
        {
            write();
        }
        catch (Exception e) when (Deliveries.IsOfFileSystem(e))
        {
            Failure = e;
        }
    }
}
