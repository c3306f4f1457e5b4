namespace Stress.Emulator.Userland;

/// <summary>A signal that one process sends to another.</summary>
public enum Signal : byte
{
    /// <summary>SIGHUP.</summary>
    Hup,

    /// <summary>SIGTERM.</summary>
    Term,
}
