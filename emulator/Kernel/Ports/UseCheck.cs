namespace Stress.Emulator.Kernel.Ports;

/// <summary>The result of a design's check before a use.</summary>
public enum UseCheck : byte
{
    /// <summary>The design does not check: the stored pointer is followed as it is.</summary>
    Unchecked,

    /// <summary>The check found an attached interface.</summary>
    Found,

    /// <summary>The check found that the interface is gone.</summary>
    Gone,
}
