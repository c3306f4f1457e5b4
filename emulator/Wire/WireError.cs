namespace Stress.Emulator.Wire;

/// <summary>Why bytes are not the message that a parser looks for.</summary>
public enum WireError : byte
{
    /// <summary>The bytes are a valid message.</summary>
    None,

    /// <summary>Fewer bytes than the header needs.</summary>
    TooShort,

    /// <summary>A length field that disagrees with the bytes present or with the message's minimum.</summary>
    BadLength,

    /// <summary>Another version than the parser's.</summary>
    BadVersion,

    /// <summary>Another message type than the parser's.</summary>
    BadType,

    /// <summary>The checksum does not agree with the bytes.</summary>
    BadChecksum,
}
