namespace Stress.Dial.Lines;

/// <summary>A line with carrier: bytes in both directions until one side hangs up.</summary>
public interface ILine : IAsyncDisposable
{
    /// <summary>Waits for bytes.</summary>
    /// <returns>Bytes read; 0 when carrier is gone, for whatever reason. Never throws for a broken line.</returns>
    ValueTask<int> ReadAsync(Memory<byte> buffer);

    /// <summary>Sends bytes.</summary>
    /// <param name="bytes">What to send.</param>
    /// <param name="stop">Gives up: a far side that does not read must not block the call.</param>
    /// <returns>False when carrier is gone or the far side did not take the bytes in time.</returns>
    ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop);

    /// <summary>Sends a break condition, after what has been written, if the line supports it: a terminal does.</summary>
    ValueTask BreakAsync() => ValueTask.CompletedTask;

    /// <summary>Drops carrier at once: closes the connection, ends the command, or lowers DTR. A pending read returns 0.</summary>
    void HangUp();
}

/// <summary>Waits for calls.</summary>
public interface ILineListener : IAsyncDisposable
{
    /// <summary>Its address for callers, as a target.</summary>
    LineTarget Target { get; }

    /// <summary>Waits for the next call.</summary>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    ValueTask<ILine> AcceptAsync(CancellationToken stop);
}

/// <summary>The far side could not be reached. The message is one line for people.</summary>
/// <param name="message">The line.</param>
/// <param name="inner">The system's message.</param>
public sealed class LineException(string message, Exception? inner = null) : Exception(message, inner);
