namespace Stress.Emulator.Userland;

/// <summary>zebra's socket, as its clients see it (Quagga zebra/zserv.c).</summary>
public interface IZserv
{
    /// <summary>Somebody answers at the socket.</summary>
    bool Runs { get; }

    /// <summary>A client connects: it goes to the end of the list and gets what zebra knows.</summary>
    /// <returns>False when nobody answers.</returns>
    bool Connect(int process);

    /// <summary>A client's connection is closed.</summary>
    void Disconnect(int process);

    /// <summary>Whether a process is a client.</summary>
    bool Serves(int process);

    /// <summary>A client's message of a route (ZEBRA_IPV4_ROUTE_ADD and its like) lies on zebra's socket.</summary>
    void Route(in ZebraRoute route);

    /// <summary>SIGTERM: its sockets are closed, that of the routing messages too.</summary>
    /// <returns>The clients that it had, in the order in which they connected.</returns>
    int[] End();
}
