using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>A socket's receive buffer (so_rcv), which its process empties when it runs: datagrams, each with the interface that it came by and its sender.</summary>
/// <param name="space">Its size in bytes: what does not fit is lost.</param>
public sealed class ReceiveBuffer(int space) : IState
{
    private struct Entry : IStateValue<Entry>
    {
        public ushort Index;
        public ushort Length;
        public Ipv6Address From;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Entry value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Index);
            pass.Field(ref value.Length);
            pass.Struct(ref value.From);
        }
    }

    private readonly Ring<Entry> _entries = new();
    private readonly Ring<byte> _bytes = new();

    /// <summary>Datagrams in it.</summary>
    public int Count => _entries.Count;

    /// <summary>sbappendaddr: a datagram has come.</summary>
    /// <param name="index">if_index of the interface.</param>
    /// <param name="from">The sender; nobody's where the process does not ask.</param>
    /// <param name="datagram">Its bytes, at most 65,535.</param>
    public void Add(int index, Ipv6Address from, ReadOnlySpan<byte> datagram)
    {
        if (_bytes.Count + datagram.Length > space)
        {
            return;
        }

        _entries.Add(new Entry { Index = (ushort)index, Length = (ushort)datagram.Length, From = from });
        foreach (byte b in datagram)
        {
            _bytes.Add(b);
        }
    }

    /// <summary>recvmsg(2) of the oldest.</summary>
    /// <param name="room">Takes its bytes; those that do not fit are discarded.</param>
    /// <param name="index">if_index of the interface.</param>
    /// <param name="from">The sender.</param>
    /// <returns>Bytes that it had.</returns>
    public int Take(Span<byte> room, out ushort index, out Ipv6Address from)
    {
        Entry entry = _entries.Take();
        (index, from) = (entry.Index, entry.From);
        for (int i = 0; i < entry.Length; i++)
        {
            byte b = _bytes.Take();
            if (i < room.Length)
            {
                room[i] = b;
            }
        }

        return entry.Length;
    }

    /// <summary>The socket has been replaced by another.</summary>
    public void Clear()
    {
        _entries.Clear();
        _bytes.Clear();
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _entries.Fields(ref pass);
        _bytes.Numbers(ref pass);
    }
}
