using System.Net;
using System.Net.Sockets;
using Stress.Client.Launching;

namespace Stress.Client.Clusters;

/// <summary>A TCP port that the command is to listen on, tried before anything is started.</summary>
internal static class ListeningPort
{
    /// <summary>Tries a port. Orleans would share one with another silo of the same user, and their connections would go to either.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="address">Address to listen on.</param>
    /// <param name="port">The port; 0 for any that is free.</param>
    /// <exception cref="UsageException">It cannot be listened on.</exception>
    public static void Check(string option, IPAddress address, int port)
    {
        try
        {
            using var probe = new TcpListener(address, port);
            probe.Start();
        }
        catch (SocketException e)
        {
            throw Refused(option, address, port, e);
        }
    }

    /// <summary>The message for a port that cannot be listened on.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="address">Address to listen on.</param>
    /// <param name="port">The port.</param>
    /// <param name="e">What the system says.</param>
    public static UsageException Refused(string option, IPAddress address, int port, Exception e)
    {
        string reason = e.GetBaseException().Message.TrimEnd('.');
        return new UsageException(e.GetBaseException() is SocketException { SocketErrorCode: SocketError.AddressNotAvailable }
            ? $"--listen {address}: {reason}; accepted is an address of this machine"
            : $"{option} {port}: {reason}; accepted is a free port of {address}{(option == RunOptions.MetricsPortName ? ", or 0" : "")}");
    }
}
