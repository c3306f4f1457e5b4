using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>Configuration options of LCP (RFC 1661 section 6, RFC 1662 section 7).</summary>
public enum LcpOptionType : byte
{
    /// <summary>Maximum-Receive-Unit (RFC 1661, 6.1).</summary>
    MaximumReceiveUnit = 1,

    /// <summary>Async-Control-Character-Map (RFC 1662, 7.1).</summary>
    AsyncControlCharacterMap = 2,

    /// <summary>Authentication-Protocol (RFC 1661, 6.2).</summary>
    AuthenticationProtocol = 3,

    /// <summary>Quality-Protocol (RFC 1661, 6.3).</summary>
    QualityProtocol = 4,

    /// <summary>Magic-Number (RFC 1661, 6.4).</summary>
    MagicNumber = 5,

    /// <summary>Protocol-Field-Compression (RFC 1661, 6.5).</summary>
    ProtocolFieldCompression = 7,

    /// <summary>Address-and-Control-Field-Compression (RFC 1661, 6.6).</summary>
    AddressControlFieldCompression = 8,
}

/// <summary>Configuration options of IPCP (RFC 1332 section 3, RFC 1877).</summary>
public enum IpcpOptionType : byte
{
    /// <summary>IP-Addresses, obsolete (RFC 1332, 3.1).</summary>
    IpAddresses = 1,

    /// <summary>IP-Compression-Protocol (RFC 1332, 3.2).</summary>
    IpCompressionProtocol = 2,

    /// <summary>IP-Address (RFC 1332, 3.3).</summary>
    IpAddress = 3,

    /// <summary>Primary DNS server (RFC 1877, 1.1).</summary>
    PrimaryDns = 129,

    /// <summary>Primary NBNS server (RFC 1877, 1.2).</summary>
    PrimaryNbns = 130,

    /// <summary>Secondary DNS server (RFC 1877, 1.3).</summary>
    SecondaryDns = 131,

    /// <summary>Secondary NBNS server (RFC 1877, 1.4).</summary>
    SecondaryNbns = 132,
}

/// <summary>Configuration options of IPV6CP (RFC 5072 section 4).</summary>
public enum Ipv6cpOptionType : byte
{
    /// <summary>Interface-Identifier (RFC 5072, 4.1).</summary>
    InterfaceIdentifier = 1,

    /// <summary>IPv6-Compression-Protocol (RFC 5172).</summary>
    Ipv6CompressionProtocol = 2,
}

/// <summary>One configuration option: type, length and data (RFC 1661 section 6).</summary>
public readonly ref struct PppOption
{
    internal PppOption(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>Type and length included.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The option's type: its first byte.</summary>
    public byte Type => Bytes[0];

    /// <summary>Bytes after type and length.</summary>
    public ReadOnlySpan<byte> Data => Bytes[2..];

    /// <summary>The data as a number when it has exactly two bytes.</summary>
    public bool TryUInt16(out ushort value) => BinaryPrimitives.TryReadUInt16BigEndian(Data, out value) && Data.Length == 2;

    /// <summary>The data as a number when it has exactly four bytes.</summary>
    public bool TryUInt32(out uint value) => BinaryPrimitives.TryReadUInt32BigEndian(Data, out value) && Data.Length == 4;

    /// <summary>The data as a number when it has exactly eight bytes.</summary>
    public bool TryUInt64(out ulong value) => BinaryPrimitives.TryReadUInt64BigEndian(Data, out value) && Data.Length == 8;
}

/// <summary>Walks the options of a Configure packet: <c>while (options.Next(out PppOption o))</c>. Stops at an option whose length is wrong and says so.</summary>
public ref struct PppOptions(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>True when the walk stopped at an option with a length below 2 or past the end.</summary>
    public bool Malformed { get; private set; }

    /// <summary>The bytes not walked yet: empty at a clean end, the bad option at a malformed one.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Steps to the next option.</summary>
    public bool Next(out PppOption option)
    {
        option = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (_rest.Length < 2 || _rest[1] < 2 || _rest[1] > _rest.Length)
        {
            Malformed = true;
            return false;
        }

        option = new PppOption(_rest[.._rest[1]]);
        _rest = _rest[_rest[1]..];
        return true;
    }
}

/// <summary>Writes options one after the other.</summary>
public ref struct PppOptionWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>An option without data.</summary>
    public void Flag(byte type) => Start(type, 0);

    /// <summary>An option of two bytes of data.</summary>
    public void UInt16(byte type, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Start(type, 2), value);

    /// <summary>An option of four bytes of data.</summary>
    public void UInt32(byte type, uint value) => BinaryPrimitives.WriteUInt32BigEndian(Start(type, 4), value);

    /// <summary>An option of eight bytes of data.</summary>
    public void UInt64(byte type, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Start(type, 8), value);

    /// <summary>An Authentication-Protocol option: PAP, or CHAP with the algorithm byte.</summary>
    public void Authentication(PppProtocol protocol, byte algorithm)
    {
        Span<byte> data = Start((byte)LcpOptionType.AuthenticationProtocol, protocol == PppProtocol.Chap ? 3 : 2);
        BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)protocol);
        if (protocol == PppProtocol.Chap)
        {
            data[2] = algorithm;
        }
    }

    /// <summary>An option as it stands, type and length included.</summary>
    public void Copy(ReadOnlySpan<byte> option)
    {
        option.CopyTo(_destination[Length..]);
        Length += option.Length;
    }

    private Span<byte> Start(byte type, int dataLength)
    {
        Span<byte> option = _destination.Slice(Length, 2 + dataLength);
        option[0] = type;
        option[1] = (byte)option.Length;
        Length += option.Length;
        return option[2..];
    }
}
