using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Stress.Silo;

/// <summary>
/// A TCP port on loopback for a listener that is started later, perhaps by another process. A port that the system chose and that was closed again is anybody's: the next outgoing
/// connection may take it. This one lies outside the range from which the system chooses, and a file that is locked keeps it from others who ask here.
/// </summary>
#if LINKED
internal
#else
public
#endif
    sealed class LoopbackPort : IDisposable
{
    /// <summary>The lowest port that is taken.</summary>
    public const int Lowest = 20_000;

    /// <summary>The highest port that is taken: the system's own begin at 32768, unless its administrator changed that (net.ipv4.ip_local_port_range).</summary>
    public const int Highest = 29_999;

    private static readonly string Folder = Path.Combine(Path.GetTempPath(), $"stress-ports-{Environment.UserName}");
    private readonly FileStream? _kept;

    private LoopbackPort(int number, FileStream? kept)
    {
        Number = number;
        _kept = kept;
    }

    /// <summary>Its number.</summary>
    public int Number { get; }

    /// <summary>Takes a port that nobody listens on.</summary>
    /// <param name="lowest">The lowest that may be taken.</param>
    /// <param name="highest">The highest.</param>
    /// <exception cref="IOException">There is none.</exception>
    public static LoopbackPort Take(int lowest = Lowest, int highest = Highest)
    {
        int count = highest - lowest + 1;

        // Not from the lowest upward: whoever still asks for a server that has ended would meet the next one.
        int first = Random.Shared.Next(count);
        for (int i = 0; i < count; i++)
        {
            int port = lowest + ((first + i) % count);
            if (!TryKeep(port, out FileStream? kept))
            {
                continue;
            }

            if (IsFree(port))
            {
                return new LoopbackPort(port, kept);
            }

            kept?.Dispose();
        }

        throw new IOException($"no free port of 127.0.0.1 from {lowest} to {highest}");
    }

    /// <summary>Lets others take it.</summary>
    public void Dispose() => _kept?.Dispose();

    // False if another process, or another part of this one, keeps the port. Where no file can be written, ports are not kept from others.
    private static bool TryKeep(int port, out FileStream? kept)
    {
        kept = null;
        string file = Path.Combine(Folder, port.ToString(CultureInfo.InvariantCulture));
        try
        {
            Directory.CreateDirectory(Folder);
            kept = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
        catch (IOException)
        {
            return !File.Exists(file);
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Any, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
