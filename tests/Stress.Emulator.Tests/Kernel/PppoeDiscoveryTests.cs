using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>Discovery of PPP over Ethernet as if_pppoe.c has it: states, timers, and what becomes of them when the Ethernet goes.</summary>
public class PppoeDiscoveryTests
{
    private const ulong Concentrator = 0x0250_AC00_0001;
    private const int TicksPerSecond = 5;
    private static readonly Ipv4Address Local = Ipv4Address.Of(10, 200, 1, 1), Far = Ipv4Address.Of(10, 200, 1, 254);

    private static short Unit(string name)
    {
        Assert.True(ClonedKind.TryParse(name, out short unit));
        return unit;
    }

    private static (Machine M, int Stick, int Session) Dialling(KernelOptions? options = null, string design = "netbsd-2005", int freeSoftc = 1)
    {
        var m = new Machine(options: options, design: design, freeSoftc: freeSoftc);
        m.K.EnterFromUser(KernelFunction.Syscall);
        int stick = m.K.IfCloneCreate(Unit("aue0"));
        m.K.SiocSIfFlags(stick, true);
        int session = m.K.IfCloneCreate(Unit("pppoe0"));
        Assert.Equal(Errno.None, m.K.SiocSetParent(session, stick, discovers: true));
        m.K.SiocAifAddr(session, Local, Far);
        m.K.SiocSIfFlags(session, true);
        return (m, stick, session);
    }

    private static (Machine M, int Stick, int Session) Connected(KernelOptions? options = null, string design = "netbsd-2005", int freeSoftc = 1)
    {
        (Machine m, int stick, int session) = Dialling(options, design, freeSoftc);
        Answer(m, PppoeCode.Offer);
        Answer(m, PppoeCode.SessionConfirmation, 0x1234);
        Assert.Equal(PppoeState.Session, State(m));
        return (m, stick, session);
    }

    private static PppoeState State(Machine m) => Assert.Single(m.K.PppoeSoftcs.ToArray(), sc => sc.Used).State;

    private static void Tick(Machine m, int ticks)
    {
        for (int i = 0; i < ticks; i++)
        {
            m.K.EnterFromUser(KernelFunction.SoftNet);
            m.K.PppoeTimo();
        }
    }

    private static PppoeCode[] Codes(Machine m) => [.. m.Pppoe.Select(sent => Read(sent.Frame).Packet.Code)];

    private static (EthernetHeader Header, PppoePacket Packet, byte[] Tags) Read(byte[] frame)
    {
        Assert.Equal(WireError.None, EthernetHeader.TryParse(frame, out EthernetHeader header));
        Assert.Equal(WireError.None, PppoePacket.TryParse(frame.AsSpan(EthernetHeader.Length), out PppoePacket packet));
        Assert.InRange(frame.Length, EthernetHeader.MinFrame, 1514);
        return (header, packet, packet.Payload(frame.AsSpan(EthernetHeader.Length)).ToArray());
    }

    private static byte[] Tag(byte[] tags, PppoeTag tag)
    {
        Assert.True(PppoePacket.TryTag(tags, tag, out ReadOnlySpan<byte> value), $"no {tag}");
        return value.ToArray();
    }

    private static void Answer(Machine m, PppoeCode code, ushort session = 0, byte[]? hostUniq = null, PppoeTag? error = null)
    {
        byte[] tags = new byte[64];
        int length = code == PppoeCode.Terminate ? 0 : PppoePacket.WriteTag(tags, PppoeTag.HostUniq, hostUniq ?? Tag(Read(m.Pppoe[^1].Frame).Tags, PppoeTag.HostUniq));
        length += code == PppoeCode.Offer ? PppoePacket.WriteTag(tags.AsSpan(length), PppoeTag.AcCookie, [1, 2, 3, 4, 5]) : 0;
        length += error is { } e ? PppoePacket.WriteTag(tags.AsSpan(length), e, []) : 0;
        byte[] frame = new byte[EthernetHeader.MinFrame + length];
        new EthernetHeader(0, Concentrator, EtherType.PppoeDiscovery).Write(frame);
        new PppoePacket(code, session, (ushort)length).Write(frame.AsSpan(EthernetHeader.Length));
        tags.AsSpan(0, length).CopyTo(frame.AsSpan(EthernetHeader.Length + PppoePacket.Length));
        m.K.EnterFromUser(KernelFunction.SoftNet);
        m.K.PppoeInput(Unit("aue0"), frame);
    }

    [Theory]
    [InlineData(Abi.Ilp32, 4)]
    [InlineData(Abi.Lp64, 8)]
    public void An_interface_that_comes_up_asks_all_for_any_service_and_its_Host_Uniq_is_its_softcs_address(Abi abi, int length)
    {
        (Machine m, int _, int session) = Dialling(new KernelOptions { Abi = abi });

        (short unit, byte[] frame) = Assert.Single(m.Pppoe);
        (EthernetHeader header, PppoePacket packet, byte[] tags) = Read(frame);
        Assert.Equal(Unit("aue0"), unit);
        Assert.Equal((EthernetHeader.Broadcast, EtherType.PppoeDiscovery), (header.Destination, header.Type));
        Assert.Equal((PppoeCode.Initiation, (ushort)0), (packet.Code, packet.SessionId));
        Assert.Empty(Tag(tags, PppoeTag.ServiceName));
        byte[] hostUniq = Tag(tags, PppoeTag.HostUniq);
        Assert.Equal(length, hostUniq.Length);
        Assert.Equal(m.K.Interfaces[session].Address, BitConverter.ToUInt32(hostUniq));
    }

    [Fact]
    public void The_offer_is_taken_with_its_cookie_and_after_the_confirmation_packets_go_out_in_the_session()
    {
        (Machine m, int _, int session) = Dialling();
        Assert.True(m.K.PppoeTimersRun);

        Answer(m, PppoeCode.Offer);

        (EthernetHeader header, PppoePacket packet, byte[] tags) = Read(m.Pppoe[^1].Frame);
        Assert.Equal((Concentrator, PppoeCode.Request), (header.Destination, packet.Code));
        Assert.Equal([1, 2, 3, 4, 5], Tag(tags, PppoeTag.AcCookie));
        Answer(m, PppoeCode.Offer);
        Assert.Equal(2, m.Pppoe.Count); // a second offer is unexpected

        Answer(m, PppoeCode.SessionConfirmation, 0x1234);

        Assert.Equal(PppoeState.Session, State(m));
        m.Pppoe.Clear();
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpMulticastIf(s, Local);
        Assert.Equal(Errno.None, m.K.SendRaw(s, Ipv4Address.AllSpfRouters, Local, IpProtocol.Ospf, [1, 2, 3, 4]));
        (header, packet, byte[] payload) = Read(Assert.Single(m.Pppoe).Frame);
        Assert.Equal((EtherType.PppoeSession, PppoeCode.Session, (ushort)0x1234), (header.Type, packet.Code, packet.SessionId));
        Assert.Equal([0x00, 0x21, 0x45], payload[..3]);
        Assert.Equal("pppoe0", m.K.NameOf(session));
    }

    [Fact]
    public void Without_an_answer_PADIs_are_sent_after_5_10_20_and_35_seconds_and_then_one_a_minute()
    {
        (Machine m, int _, int _) = Dialling();
        var at = new List<int> { 0 };
        for (int tick = 1; tick <= 160 * TicksPerSecond; tick++)
        {
            int before = m.Pppoe.Count;
            Tick(m, 1);
            at.AddRange(m.Pppoe.Count > before ? [tick / TicksPerSecond] : []);
        }

        Assert.Equal([0, 5, 10, 20, 35, 95, 155], at);
        Assert.All(Codes(m), code => Assert.Equal(PppoeCode.Initiation, code));
    }

    [Fact]
    public void A_request_is_sent_twice_and_then_all_are_asked_again()
    {
        (Machine m, int _, int _) = Dialling();
        Answer(m, PppoeCode.Offer);

        Tick(m, 15 * TicksPerSecond);

        Assert.Equal([PppoeCode.Initiation, PppoeCode.Request, PppoeCode.Request, PppoeCode.Initiation], Codes(m));
        Assert.Equal(EthernetHeader.Broadcast, Read(m.Pppoe[^1].Frame).Header.Destination);
        Assert.Equal(PppoeState.PadiSent, State(m));
    }

    [Theory]
    [InlineData(PppoeTag.ServiceNameError)]
    [InlineData(PppoeTag.AcSystemError)]
    [InlineData(PppoeTag.GenericError)]
    public void An_offer_with_an_error_or_with_anothers_Host_Uniq_is_none(PppoeTag error)
    {
        (Machine m, int _, int _) = Dialling();

        Answer(m, PppoeCode.Offer, error: error);
        Answer(m, PppoeCode.Offer, hostUniq: [1, 2, 3, 4]);
        Answer(m, PppoeCode.Offer, hostUniq: []);

        Assert.Single(m.Pppoe);
        Assert.Equal(PppoeState.PadiSent, State(m));
    }

    [Fact]
    public void An_interface_that_is_set_down_sends_a_PADT_a_moment_later_and_one_that_still_looks_sends_nothing()
    {
        (Machine m, int _, int session) = Connected();
        m.Pppoe.Clear();
        m.K.SiocSIfFlags(session, false);
        Assert.Equal(PppoeState.Closing, State(m));
        Assert.Empty(m.Pppoe);

        Tick(m, 1);

        (EthernetHeader header, PppoePacket packet, byte[] tags) = Read(Assert.Single(m.Pppoe).Frame);
        Assert.Equal((Concentrator, PppoeCode.Terminate, (ushort)0x1234), (header.Destination, packet.Code, packet.SessionId));
        Assert.Empty(tags);
        Assert.Equal(PppoeState.Initial, State(m));
        Assert.Equal([session], m.PppoeDown);

        m.K.SiocSIfFlags(session, true);
        m.K.SiocSIfFlags(session, false);
        Assert.Equal(PppoeState.Initial, State(m));
        Assert.False(m.K.PppoeTimersRun);
    }

    [Fact]
    public void A_session_whose_echoes_are_not_answered_is_closed_after_40_seconds_and_one_whose_are_stays()
    {
        (Machine m, int _, int session) = Connected();
        m.Pppoe.Clear();
        for (int i = 0; i < 10; i++)
        {
            Tick(m, 10 * TicksPerSecond);
            (EthernetHeader header, PppoePacket packet, byte[] payload) = Read(m.Pppoe[^1].Frame);
            Assert.Equal((EtherType.PppoeSession, "c021" + "09"), (header.Type, Convert.ToHexStringLower(payload[..3])));
            byte[] reply = m.Pppoe[^1].Frame;
            reply[EthernetHeader.Length + PppoePacket.Length + LcpPacket.ProtocolLength] = (byte)LcpCode.EchoReply;
            m.K.PppoeInput(Unit("aue0"), reply);
        }

        Assert.Equal(PppoeState.Session, State(m));
        m.Pppoe.Clear();
        Tick(m, 40 * TicksPerSecond);
        Assert.Equal((PppoeState.Closing, (Iff)0, 3), (State(m), m.K.Interfaces[session].Flags & Iff.Up, m.Pppoe.Count));
        Tick(m, 1);
        Assert.Equal(PppoeCode.Terminate, Codes(m)[^1]);
    }

    [Fact]
    public void A_PADT_takes_the_session_of_its_number_down_and_no_other()
    {
        (Machine m, int _, int session) = Connected();

        Answer(m, PppoeCode.Terminate, 0x1235);
        Assert.Equal(PppoeState.Session, State(m));

        m.Messages();
        Answer(m, PppoeCode.Terminate, 0x1234);

        Assert.Equal(PppoeState.Initial, State(m));
        Assert.Equal((Iff)0, m.K.Interfaces[session].Flags & Iff.Up);
        Assert.Contains(m.Messages(), x => x.Type == RtMsg.IfInfo);
        Assert.Equal([session], m.PppoeDown);
    }

    [Fact]
    public void While_the_Ethernet_is_down_nothing_is_sent_and_no_retry_counts()
    {
        (Machine m, int stick, int _) = Dialling();
        m.K.SiocSIfFlags(stick, false);

        Tick(m, 60 * TicksPerSecond);

        Assert.Single(m.Pppoe);
        m.K.SiocSIfFlags(stick, true);
        Tick(m, 5 * TicksPerSecond);
        Assert.Equal(2, m.Pppoe.Count);
    }

    [Fact]
    public void With_pfil_a_session_hears_that_its_Ethernet_goes_and_its_timer_stops()
    {
        foreach (bool connected in (ReadOnlySpan<bool>)[false, true])
        {
            (Machine m, int stick, int session) = connected ? Connected() : Dialling();

            m.K.IfCloneDestroy(stick);

            Assert.Equal(0, m.Stale(HolderKind.PppoeEthIfp));
            Assert.False(m.K.PppoeTimersRun);
            Assert.Equal((PppoeState.Initial, (Iff)0), (State(m), m.K.Interfaces[session].Flags & Iff.Up));
            m.K.IfCloneDestroy(session);
            Assert.Equal(0, m.StaleTotal());
        }
    }

    [Fact]
    public void Without_pfil_the_pointer_stays_and_the_timer_goes_on()
    {
        (Machine m, int stick, int session) = Dialling(new KernelOptions { PfilHooks = false });

        m.K.IfCloneDestroy(stick);
        Assert.Equal(1, m.Stale(HolderKind.PppoeEthIfp));
        Assert.True(m.K.PppoeTimersRun);

        // The block still says that the interface is down: pppoe_output looks, and gives up.
        Tick(m, 30 * TicksPerSecond);
        Assert.Single(m.Pppoe);
        m.K.IfCloneDestroy(session);
        Assert.Equal(0, m.StaleTotal());
        Assert.False(m.K.PppoeTimersRun);
    }

    [Fact]
    public void Without_pfil_the_PADT_jumps_through_whatever_has_the_block_of_an_Ethernet_that_went()
    {
        foreach (bool taken in (ReadOnlySpan<bool>)[false, true])
        {
            (Machine m, int stick, int session) = Connected(new KernelOptions { PfilHooks = false }, freeSoftc: 0);
            int block = m.K.Interfaces[stick].Block;
            m.K.IfCloneDestroy(stick);
            m.K.SiocSIfFlags(session, false);
            while (taken && m.K.Heap.Malloc(0, BlockImage.SmallIntegers) != block)
            {
            }

            if (taken)
            {
                KernelPanic panic = Assert.Throws<KernelPanic>(() => Tick(m, 1));
                Assert.Equal((HolderKind.PppoeEthIfp, UseSite.PppoeSendPadt, PanicAction.Jump), (panic.Holder, panic.Site, panic.Action));
            }
            else
            {
                Tick(m, 1); // the freed block still has ether_output, and flags that say down
                Assert.Equal(PppoeState.Initial, State(m));
            }
        }
    }

    [Fact]
    public void A_late_offer_is_taken_by_a_new_interface_whose_softc_has_the_old_ones_address()
    {
        (Machine m, int stick, int session) = Dialling(freeSoftc: 0);
        uint old = m.K.Interfaces[session].Address;
        byte[] hostUniq = Tag(Read(m.Pppoe[^1].Frame).Tags, PppoeTag.HostUniq);
        m.K.IfCloneDestroy(session);
        while (m.K.Interfaces[session = m.K.IfCloneCreate(Unit("pppoe1"))].Address != old)
        {
            m.K.IfCloneDestroy(session); // the list of free blocks goes round
        }

        m.K.SiocSetParent(session, stick, discovers: true);
        m.K.SiocSIfFlags(session, true);

        Answer(m, PppoeCode.Offer, hostUniq: hostUniq);

        Assert.Equal(PppoeState.PadrSent, State(m));
    }
}
