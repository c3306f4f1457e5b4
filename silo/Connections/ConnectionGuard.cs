using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Stress.Silo.Connections;

/// <summary>
/// Keeps silent connections out of a silo's port: Orleans waits forever for a connection's first bytes. It has two layers in the connection's pipeline, with TLS between them if it
/// is on: the outer one counts, and closes connections that have not identified themselves in time; the inner one notices when they do.
/// </summary>
/// <param name="where">The port, in words.</param>
/// <param name="limits">The limits.</param>
/// <param name="time">The clock.</param>
/// <param name="news">Told who is refused.</param>
internal sealed class ConnectionGuard(string where, ConnectionLimits limits, TimeProvider time, RefusalNews news)
{
    // Orleans starts with the length of a description of the peer, and accepts none that is longer.
    private const int LongestPreamble = 1024;
    private readonly Lock _lock = new();
    private readonly LinkedList<Silent> _silent = [];
    private int _open;

    /// <summary>The outer layer: below TLS.</summary>
    public ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        var here = new Silent(connection);
        if (Enter(here) is { } refusal)
        {
            Refuse(connection, refusal);
            return;
        }

        connection.Features.Set(here);
        try
        {
            await using (time.CreateTimer(_ => TooLate(here), null, limits.SilentTime, Timeout.InfiniteTimeSpan))
            {
                await next(connection);
            }
        }
        finally
        {
            lock (_lock)
            {
                _open--;
                Forget(here);
            }
        }
    };

    /// <summary>The inner layer: above TLS. It reads the first bytes and puts them back.</summary>
    public ConnectionDelegate Hear(ConnectionDelegate next) => async connection =>
    {
        if (!await Speaks(connection.Transport.Input))
        {
            return;
        }

        lock (_lock)
        {
            Forget(connection.Features.Get<Silent>());
        }

        await next(connection);
    };

    private static async Task<bool> Speaks(PipeReader input)
    {
        try
        {
            for (; ; )
            {
                ReadResult read = await input.ReadAsync();
                if (IsWhole(read.Buffer))
                {
                    input.AdvanceTo(read.Buffer.Start);
                    return true;
                }

                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled)
                {
                    return false;
                }
            }
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    // Bytes of another protocol are left for Orleans to refuse.
    private static bool IsWhole(ReadOnlySequence<byte> buffer)
    {
        if (buffer.Length < sizeof(int))
        {
            return false;
        }

        Span<byte> first = stackalloc byte[sizeof(int)];
        buffer.Slice(0, sizeof(int)).CopyTo(first);
        int length = BinaryPrimitives.ReadInt32LittleEndian(first);
        return length is <= 0 or > LongestPreamble || buffer.Length >= sizeof(int) + length;
    }

    // Why a connection may not come in; null when it may.
    private string? Enter(Silent here)
    {
        Silent? pushed = null;
        lock (_lock)
        {
            if (_open >= limits.Most)
            {
                return $"{limits.Most} connections are open";
            }

            _open++;
            if (_silent.Count >= limits.MostSilent)
            {
                pushed = _silent.First!.Value;
                Forget(pushed);
            }

            here.Place = _silent.AddLast(here);
        }

        if (pushed is not null)
        {
            Refuse(pushed.Connection, $"it has not said who it is, and neither have {limits.MostSilent} that came later");
        }

        return null;
    }

    private void TooLate(Silent here)
    {
        lock (_lock)
        {
            if (here.Place is null)
            {
                return;
            }

            Forget(here);
        }

        Refuse(here.Connection, $"it has not said who it is within {limits.SilentTime.TotalSeconds:0} s");
    }

    private void Forget(Silent? here)
    {
        if (here?.Place is { } place)
        {
            _silent.Remove(place);
            here.Place = null;
        }
    }

    private void Refuse(ConnectionContext connection, string why)
    {
        news.Refused(connection.RemoteEndPoint?.ToString() ?? "somebody", where, why);
        connection.Abort(new ConnectionAbortedException(why));
    }

    private sealed class Silent(ConnectionContext connection)
    {
        public ConnectionContext Connection => connection;

        // Its place among the unidentified connections; null once it has identified itself, or was closed.
        public LinkedListNode<Silent>? Place { get; set; }
    }
}
