using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stress.Emulator.Core;

namespace Stress.Emulator.Wire;

/// <summary>An IPv4 address.</summary>
/// <param name="Value">The 32 bits in host order: 10.0.0.1 is 0x0A000001.</param>
[JsonConverter(typeof(Ipv4AddressJson))]
public readonly record struct Ipv4Address(uint Value) : IComparable<Ipv4Address>, IStateValue<Ipv4Address>
{
    /// <inheritdoc/>
    public static void Fields<TPass>(ref Ipv4Address value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        uint bits = value.Value;
        pass.Field(ref bits);
        value = new(bits);
    }

    /// <summary>Bytes on the wire.</summary>
    public const int Length = 4;

    /// <summary>0.0.0.0.</summary>
    public static readonly Ipv4Address Any = new(0);

    /// <summary>224.0.0.1, all systems on this subnet (RFC 1112).</summary>
    public static readonly Ipv4Address AllHosts = new(0xE0000001);

    /// <summary>224.0.0.2, all routers on this subnet (RFC 2236).</summary>
    public static readonly Ipv4Address AllRouters = new(0xE0000002);

    /// <summary>224.0.0.5, AllSPFRouters (RFC 2328 appendix A.1).</summary>
    public static readonly Ipv4Address AllSpfRouters = new(0xE0000005);

    /// <summary>224.0.0.6, AllDRouters (RFC 2328 appendix A.1).</summary>
    public static readonly Ipv4Address AllDRouters = new(0xE0000006);

    /// <summary>255.255.255.255.</summary>
    public static readonly Ipv4Address Broadcast = new(0xFFFFFFFF);

    /// <summary>True for 0.0.0.0.</summary>
    public bool IsAny => Value == 0;

    /// <summary>True for 224.0.0.0/4 (RFC 1112, class D).</summary>
    public bool IsMulticast => Value >> 28 == 0xE;

    /// <summary>True for 224.0.0.0/24, the groups that no router forwards.</summary>
    public bool IsLocalGroup => Value >> 8 == 0xE00000;

    /// <summary>True for 127.0.0.0/8.</summary>
    public bool IsLoopback => Value >> 24 == 127;

    /// <summary>The address of four octets, left to right.</summary>
    public static Ipv4Address Of(byte a, byte b, byte c, byte d) => new(((uint)a << 24) | ((uint)b << 16) | ((uint)c << 8) | d);

    /// <summary>The mask of a network.</summary>
    /// <param name="length">Bits of it, 0 to 32.</param>
    public static Ipv4Address Mask(int length) => new(length == 0 ? 0 : uint.MaxValue << (32 - length));

    /// <summary>The network that the address is in: its host bits are 0.</summary>
    /// <param name="length">Bits of the mask, 0 to 32.</param>
    public Ipv4Address Network(int length) => new(Value & Mask(length).Value);

    /// <summary>Reads four bytes in network order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than four bytes.</exception>
    public static Ipv4Address Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt32BigEndian(bytes));

    /// <summary>Writes four bytes in network order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Room for fewer than four bytes.</exception>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt32BigEndian(destination, Value);

    /// <summary>Parses four decimal octets with dots.</summary>
    /// <exception cref="FormatException">Anything else; the message names what is accepted.</exception>
    public static Ipv4Address Parse(string text) => TryParse(text, out Ipv4Address address)
        ? address
        : throw new FormatException($"'{text}' is not an IPv4 address: four numbers 0-255 with dots, such as 192.0.2.1");

    /// <summary>Parses four decimal octets with dots, no leading zeros, nothing before or after.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Ipv4Address address) => TryParse(text.AsSpan(), out address);

    /// <inheritdoc cref="TryParse(string?, out Ipv4Address)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Ipv4Address address)
    {
        address = default;
        uint value = 0;
        int at = 0;
        for (int octet = 0; octet < 4; octet++)
        {
            if (octet > 0 && (at >= text.Length || text[at++] != '.'))
            {
                return false;
            }

            int start = at;
            uint n = 0;
            while (at < text.Length && at - start < 3 && char.IsAsciiDigit(text[at]))
            {
                n = (n * 10) + (uint)(text[at++] - '0');
            }

            if (at == start || n > 255 || (at - start > 1 && text[start] == '0'))
            {
                return false;
            }

            value = (value << 8) | n;
        }

        if (at != text.Length)
        {
            return false;
        }

        address = new Ipv4Address(value);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(Ipv4Address other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)(Value * 0x9E3779B9);

    /// <summary>Dotted decimal.</summary>
    public override string ToString() =>
        string.Create(null, stackalloc char[16], $"{Value >> 24}.{(Value >> 16) & 255}.{(Value >> 8) & 255}.{Value & 255}");
}

/// <summary>An address as JSON: dotted decimal.</summary>
public sealed class Ipv4AddressJson : JsonConverter<Ipv4Address>
{
    /// <inheritdoc/>
    public override Ipv4Address Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Ipv4Address.TryParse(reader.GetString(), out Ipv4Address address)
            ? address
            : throw new JsonException("an IPv4 address; accepted are four numbers 0-255 with dots, such as 192.0.2.1");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Ipv4Address value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
