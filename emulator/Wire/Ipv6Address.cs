using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Stress.Emulator.Core;

namespace Stress.Emulator.Wire;

/// <summary>Scope of an IPv6 multicast address (RFC 4291 section 2.7).</summary>
public enum Ipv6Scope : byte
{
    /// <summary>No multicast address.</summary>
    None = 0,

    /// <summary>Interface-local (RFC 4291, 2.7).</summary>
    InterfaceLocal = 1,

    /// <summary>Link-local.</summary>
    LinkLocal = 2,

    /// <summary>Admin-local.</summary>
    AdminLocal = 4,

    /// <summary>Site-local.</summary>
    SiteLocal = 5,

    /// <summary>Organization-local.</summary>
    OrganizationLocal = 8,

    /// <summary>Global.</summary>
    Global = 14,
}

/// <summary>An IPv6 address.</summary>
/// <param name="High">The first 64 bits in host order: of fe80::1 it is 0xFE80000000000000.</param>
/// <param name="Low">The last 64 bits in host order: the interface identifier of a link-local address.</param>
public readonly record struct Ipv6Address(ulong High, ulong Low) : IComparable<Ipv6Address>, IStateValue<Ipv6Address>
{
    /// <inheritdoc/>
    public static void Fields<TPass>(ref Ipv6Address value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        (ulong high, ulong low) = (value.High, value.Low);
        pass.Field(ref high);
        pass.Field(ref low);
        value = new(high, low);
    }

    /// <summary>Bytes on the wire.</summary>
    public const int Length = 16;

    /// <summary>The unspecified address ::.</summary>
    public static readonly Ipv6Address Any = default;

    /// <summary>::1.</summary>
    public static readonly Ipv6Address Loopback = new(0, 1);

    /// <summary>ff01::1, all nodes of this interface.</summary>
    public static readonly Ipv6Address InterfaceLocalAllNodes = new(0xFF01000000000000, 1);

    /// <summary>ff02::1, all nodes of the link.</summary>
    public static readonly Ipv6Address AllNodes = new(0xFF02000000000000, 1);

    /// <summary>ff02::2, all routers of the link.</summary>
    public static readonly Ipv6Address AllRouters = new(0xFF02000000000000, 2);

    /// <summary>ff02::9, all RIPng routers of the link (RFC 2080 section 2.5.2).</summary>
    public static readonly Ipv6Address AllRipRouters = new(0xFF02000000000000, 9);

    /// <summary>True for ::.</summary>
    public bool IsAny => (High | Low) == 0;

    /// <summary>True for ::1.</summary>
    public bool IsLoopback => High == 0 && Low == 1;

    /// <summary>True for ff00::/8.</summary>
    public bool IsMulticast => High >> 56 == 0xFF;

    /// <summary>True for fe80::/10.</summary>
    public bool IsLinkLocal => High >> 54 == 0xFE80 >> 6;

    /// <summary>The first bits of the address, the others 0.</summary>
    /// <param name="length">How many bits, 0 to 128.</param>
    public Ipv6Address Prefix(int length) => length <= 64
        ? new(length == 0 ? 0 : High & (ulong.MaxValue << (64 - length)), 0)
        : new(High, length == 128 ? Low : Low & ~(ulong.MaxValue >> (length - 64)));

    /// <summary>True for the former fec0::/10, which a 2005 kernel still treats as scoped.</summary>
    public bool IsSiteLocal => High >> 54 == 0xFEC0 >> 6;

    /// <summary>True for a multicast address of link-local scope (ffx2::/16).</summary>
    public bool IsMulticastLinkLocal => IsMulticast && Scope == Ipv6Scope.LinkLocal;

    /// <summary>True for a multicast address of interface-local scope (ffx1::/16).</summary>
    public bool IsMulticastInterfaceLocal => IsMulticast && Scope == Ipv6Scope.InterfaceLocal;

    /// <summary>The scope bits of a multicast address; for a unicast address the scope of its prefix.</summary>
    public Ipv6Scope Scope => IsMulticast ? (Ipv6Scope)((High >> 48) & 0xF)
        : IsLinkLocal ? Ipv6Scope.LinkLocal
        : IsLoopback ? Ipv6Scope.InterfaceLocal
        : IsSiteLocal ? Ipv6Scope.SiteLocal
        : IsAny ? Ipv6Scope.None : Ipv6Scope.Global;

    /// <summary>The second 16-bit word, where KAME keeps the interface index of a scoped address inside the kernel (s6_addr16[1]). Zero on the wire.</summary>
    public ushort EmbeddedScope => (ushort)(High >> 32);

    /// <summary>True when the kernel form of this address carries an interface index: link-local unicast, and link- or interface-local multicast.</summary>
    public bool HasEmbeddedScope => IsLinkLocal || IsMulticastLinkLocal || IsMulticastInterfaceLocal;

    /// <summary>This address with another second 16-bit word; 0 gives the form for the wire.</summary>
    public Ipv6Address WithEmbeddedScope(ushort index) => new((High & 0xFFFF0000FFFFFFFF) | ((ulong)index << 32), Low);

    /// <summary>The link-local address of an interface identifier (RFC 4862 section 5.3).</summary>
    public static Ipv6Address LinkLocal(ulong interfaceIdentifier) => new(0xFE80000000000000, interfaceIdentifier);

    /// <summary>The solicited-node group of this address, ff02::1:ffXX:XXXX (RFC 4291 section 2.7.1).</summary>
    public Ipv6Address SolicitedNode => new(0xFF02000000000000, 0x00000001FF000000 | (Low & 0xFFFFFF));

    /// <summary>Reads 16 bytes in network order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 16 bytes.</exception>
    public static Ipv6Address Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes 16 bytes in network order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Room for fewer than 16 bytes.</exception>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>Parses the text forms of RFC 4291 section 2.2. A zone (<c>%ppp0</c>) or prefix length is not accepted.</summary>
    /// <exception cref="FormatException">Anything else; the message names what is accepted.</exception>
    public static Ipv6Address Parse(string text) => TryParse(text, out Ipv6Address address)
        ? address
        : throw new FormatException($"'{text}' is not an IPv6 address: eight groups of 1-4 hex digits with colons, '::' once for zeros, such as fe80::1");

    /// <inheritdoc cref="Parse"/>
    public static bool TryParse([NotNullWhen(true)] string? text, out Ipv6Address address) => TryParse(text.AsSpan(), out address);

    /// <inheritdoc cref="Parse"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Ipv6Address address)
    {
        address = default;
        Span<ushort> words = stackalloc ushort[8];
        int count = 0, gap = -1, at = 0;
        if (text.StartsWith("::"))
        {
            gap = 0;
            at = 2;
        }

        while (at < text.Length)
        {
            if (count == 8)
            {
                return false;
            }

            int start = at;
            uint n = 0;
            while (at < text.Length && at - start < 4 && char.IsAsciiHexDigit(text[at]))
            {
                n = (n << 4) | HexDigit(text[at++]);
            }

            if (at == start)
            {
                return false;
            }

            if (at < text.Length && text[at] == '.')
            {
                if (count > 6 || !Ipv4Address.TryParse(text[start..], out Ipv4Address tail))
                {
                    return false;
                }

                words[count++] = (ushort)(tail.Value >> 16);
                words[count++] = (ushort)tail.Value;
                break;
            }

            words[count++] = (ushort)n;
            if (at == text.Length)
            {
                break;
            }

            if (text[at++] != ':' || at == text.Length)
            {
                return false;
            }

            if (text[at] == ':')
            {
                if (gap >= 0)
                {
                    return false;
                }

                gap = count;
                at++;
            }
        }

        if (gap < 0 ? count != 8 : count > 7)
        {
            return false;
        }

        if (gap >= 0)
        {
            int moved = count - gap;
            for (int i = 1; i <= moved; i++)
            {
                words[8 - i] = words[count - i];
            }

            words[gap..(8 - moved)].Clear();
        }

        ulong high = 0, low = 0;
        for (int i = 0; i < 4; i++)
        {
            high = (high << 16) | words[i];
            low = (low << 16) | words[4 + i];
        }

        address = new Ipv6Address(high, low);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(Ipv6Address other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)(((High * 0x9E3779B97F4A7C15) ^ (Low * 0xD1B54A32D192ED03)) >> 32);

    /// <summary>The canonical form of RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as '::', the first on a tie.</summary>
    public override string ToString()
    {
        Span<char> text = stackalloc char[48];
        int at = 0, bestStart = -1, bestLength = 1;
        for (int i = 0; i < 8;)
        {
            int run = 0;
            while (i + run < 8 && Word(i + run) == 0)
            {
                run++;
            }

            if (run > bestLength)
            {
                (bestStart, bestLength) = (i, run);
            }

            i += Math.Max(run, 1);
        }

        bool mapped = High == 0 && Low >> 32 == 0xFFFF;
        int words = mapped ? 6 : 8;
        for (int i = 0; i < words; i++)
        {
            if (i == bestStart)
            {
                text[at++] = ':';
                text[at++] = ':';
                i += bestLength - 1;
                continue;
            }

            if (i > 0 && text[at - 1] != ':')
            {
                text[at++] = ':';
            }

            Word(i).TryFormat(text[at..], out int written, "x", null);
            at += written;
        }

        return mapped ? $"{text[..at]}:{new Ipv4Address((uint)Low)}" : new string(text[..at]);
    }

    private ushort Word(int index) => (ushort)((index < 4 ? High : Low) >> (48 - (16 * (index & 3))));

    private static uint HexDigit(char c) => c <= '9' ? (uint)(c - '0') : (uint)((c | 0x20) - 'a' + 10);
}
