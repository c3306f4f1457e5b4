namespace Stress.Emulator.Userland;

/// <summary>zebra's socket, as its clients see it (Quagga zebra/zserv.c).</summary>
public interface IZserv
{
    /// <summary>A client connects: it goes to the end of the list and gets what zebra knows.</summary>
    void Connect(int process);

    /// <summary>A client's connection is closed.</summary>
    void Disconnect(int process);
}
