using CsCheck;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>The kernel's part of PPP: how frames begin, which of them go up, and which wait for pppd (if_ppp.c, ppp_tty.c).</summary>
public sealed class PppFramingTests
{
    [Theory]
    [InlineData(PppFlags.None, "FF030021")]
    [InlineData(PppFlags.CompressAddress, "0021")]
    [InlineData(PppFlags.CompressProtocol, "FF0321")]
    [InlineData(PppFlags.CompressAddress | PppFlags.CompressProtocol, "21")]
    public void A_network_packet_begins_as_the_flags_of_the_unit_say(PppFlags flags, string header)
    {
        var m = new Machine();
        int slot = m.Up();
        m.K.PppIocSFlags(slot, flags);
        m.Frames.Clear();
        m.K.IpAddMembership(m.K.OpenSocket(PcbTable.Udp, 123), Machine.Ntp, Machine.Local);

        byte[] frame = Assert.Single(m.Frames);
        Assert.Equal(header + "46", Convert.ToHexString(frame)[..(header.Length + 2)]);
    }

    [Fact]
    public void The_flags_go_with_the_tty()
    {
        var m = new Machine(staticUnits: 1);
        int slot = m.Up();
        m.K.PppIocSFlags(slot, PppFlags.CompressAddress);
        m.Down(slot);

        Assert.Equal(slot, m.Up());
        Assert.Equal(PppFlags.None, m.K.Interfaces[slot].PppFlags);
    }

    [Theory]
    [InlineData("FF030021")]
    [InlineData("0021")]
    [InlineData("FF0321")]
    [InlineData("21")]
    public void A_network_packet_goes_up_under_any_header_while_its_protocol_passes(string header)
    {
        var m = new Machine();
        int slot = m.Up();
        int socket = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        Span<byte> packet = stackalloc byte[Ipv4Header.MinLength + 8];
        new Ipv4Header { PayloadLength = 8, TimeToLive = 1, Protocol = IpProtocol.Ospf, Source = Machine.Peer, Destination = Machine.Local }.Write(packet);
        byte[] frame = [.. Convert.FromHexString(header), .. packet];

        m.K.PppInput(0, frame);
        Assert.Equal((socket, slot), Assert.Single(m.Received) is var (pcb, index) ? (pcb, m.K.IfByIndex(index)) : default);
        m.K.PppIocSNpMode(slot, ip: false, ipv6: true);
        m.K.PppInput(0, frame);
        Assert.Single(m.Received);
        Assert.Empty(m.Reads);
    }

    [Fact]
    public void What_is_no_network_packet_waits_for_pppd_whatever_passes()
    {
        var m = new Machine();
        int slot = m.Up(line: 3);
        m.K.PppIocSNpMode(slot, ip: false, ipv6: false);
        byte[] echo = [0xFF, 0x03, 0xC0, 0x21, 9, 1, 0, 8, 0, 0, 0, 0];

        m.K.PppInput(3, echo);
        m.K.PppInput(2, echo);
        m.K.PppInput(3, [0xFF, 0x03, 0xC0]);

        (int line, byte[] frame) = Assert.Single(m.Reads);
        Assert.Equal(3, line);
        Assert.Equal(echo, frame);
    }

    [Fact]
    public void What_pppd_writes_goes_out_of_its_tty_as_it_is_and_nowhere_once_the_tty_has_gone()
    {
        var m = new Machine(staticUnits: 1);
        int slot = m.Up(line: 5);
        m.K.PppIocSFlags(slot, PppFlags.CompressAddress | PppFlags.CompressProtocol);
        m.Frames.Clear();
        byte[] request = [0xFF, 0x03, 0xC0, 0x21, 1, 1, 0, 4];

        Assert.Equal(Errno.None, m.K.PppWrite(slot, request));
        m.Close(slot);
        Assert.Equal(Errno.ENETDOWN, m.K.PppWrite(slot, request));
        Assert.Equal(request, Assert.Single(m.Frames));
    }

    [Fact]
    public void Every_header_is_read_as_it_was_written() => Gen.Select(Gen.Enum<PppProtocol>(), Gen.Bool, Gen.Bool).Sample((protocol, address, field) =>
    {
        Span<byte> frame = stackalloc byte[PppHeader.MaxLength + 1];
        int length = PppHeader.Write(frame, protocol, address, field);
        Assert.True(PppHeader.TryParse(frame[..(length + 1)], out PppProtocol read, out int end));
        Assert.Equal((protocol, length), (read, end));
    });
}
