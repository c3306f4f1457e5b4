using Stress.Emulator.Core;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ospf;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Tests.Userland.Ospf;

/// <summary>
/// Areas of several routers on one segment, whose Hellos go every 10 s and who take a neighbour for dead after 40 s of silence; a network of its own behind each, as a line with nobody at the other end.
/// </summary>
internal sealed class LanNet
{
    public const int Segment = 0, Behind = 1;
    private static readonly VirtualTime Hello = VirtualTime.FromSeconds(10), Dead = VirtualTime.FromSeconds(40);
    private readonly byte[] _packet = new byte[1500];
    private readonly VirtualTime[] _helloDue;
    private readonly Dictionary<(int Router, int Other), VirtualTime> _heard = [];

    public LanNet(params byte[] priorities)
    {
        Priorities = priorities;
        Areas = [.. priorities.Select((_, i) => new OspfArea(AreaNet.Id(i), new OspfTimes()))];
        CableOut = new bool[priorities.Length];
        _helloDue = new VirtualTime[priorities.Length];
        for (int i = 0; i < priorities.Length; i++)
        {
            Boot(i, new OspfArea(AreaNet.Id(i), new OspfTimes()));
        }
    }

    public byte[] Priorities { get; }

    public OspfArea[] Areas { get; }

    public bool[] CableOut { get; }

    /// <summary>A router at the other end of the line of router 1.</summary>
    public OspfArea? Far { get; private set; }

    public VirtualTime Now { get; private set; }

    /// <summary>Every packet that was sent: who sent it, to whom, and its bytes.</summary>
    public List<(int From, Ipv4Address To, byte[] Packet)> Sent { get; } = [];

    public Func<int, byte[], bool>? Loses { get; set; }

    public static Ipv4Address At(int router) => Ipv4Address.Of(192, 168, 77, (byte)(router + 1));

    public void Boot(int router, OspfArea area)
    {
        Areas[router] = area;
        area.Open(default, 0, Now);
        area.InterfaceUp(Segment, new OspfBroadcastNetwork(At(router), 24, Priorities[router], Dead), 1500, Now);
        area.InterfaceUp(Behind, Ipv4Address.Of(10, 9, (byte)router, 1), Ipv4Address.Of(10, 9, (byte)router, 2), 1500, Now);
        _helloDue[router] = Now + VirtualTime.FromMilliseconds(100 * router);
        foreach ((int, int) key in _heard.Keys.Where(k => k.Router == router).ToList())
        {
            _heard.Remove(key);
        }
    }

    public OspfArea JoinFar()
    {
        Far = new OspfArea(Ipv4Address.Of(10, 255, 1, 1), new OspfTimes());
        Far.Open(default, 0, Now);
        Far.InterfaceUp(0, Ipv4Address.Of(10, 9, 1, 2), Ipv4Address.Of(10, 9, 1, 1), 1500, Now);
        Far.TwoWay(0, AreaNet.Id(1), Now);
        Areas[1].TwoWay(Behind, Far.RouterId, Now);
        return Far;
    }

    public void RunTo(VirtualTime end)
    {
        while (true)
        {
            while (Deliver())
            {
            }

            VirtualTime next = VirtualTime.Min(_helloDue.Min(), Areas.Select(a => a.NextDue).Min());
            next = VirtualTime.Min(next, Far?.NextDue ?? VirtualTime.Never);
            next = _heard.Values.Aggregate(next, (least, at) => VirtualTime.Min(least, at + Dead));
            if (next > end)
            {
                Now = end;
                return;
            }

            Now = next > Now ? next : Now;
            for (int i = 0; i < Areas.Length; i++)
            {
                Step(i);
            }

            while (Far?.Timers(Now) == true)
            {
            }
        }
    }

    private void Step(int router)
    {
        foreach ((int Router, int Other) key in _heard.Where(h => h.Key.Router == router && h.Value + Dead <= Now).Select(h => h.Key).ToList())
        {
            _heard.Remove(key);
            Areas[router].Lost(Segment, AreaNet.Id(key.Other), Now);
        }

        while (Areas[router].Timers(Now))
        {
        }

        if (_helloDue[router] > Now)
        {
            return;
        }

        _helloDue[router] = Now + Hello;
        OspfInterface own = Areas[router].Interfaces[Segment];
        foreach (int other in Others(router))
        {
            _heard[(other, router)] = Now;
            if (_heard.ContainsKey((router, other)))
            {
                Areas[other].HelloReceived(Segment, new OspfBroadcastHello(AreaNet.Id(router), At(router), Priorities[router], own.DesignatedRouter, own.BackupDesignatedRouter), Now);
            }
            else
            {
                Areas[other].Lost(Segment, AreaNet.Id(router), Now);
            }
        }
    }

    private IEnumerable<int> Others(int router) => CableOut[router] ? [] : Enumerable.Range(0, Areas.Length).Where(o => o != router && !CableOut[o]);

    private bool Deliver()
    {
        bool any = false;
        for (int i = 0; i < Areas.Length; i++)
        {
            while (Areas[i].NextPacket(_packet, Now, out int number, out Ipv4Address to) is > 0 and int length)
            {
                any = true;
                byte[] packet = _packet[..length];
                if (number == Behind)
                {
                    Far?.Receive(0, packet, Now);
                }

                Sent.Add((i, to, packet));
                foreach (int other in Others(i).Where(o => number == Segment && Hears(o, to)))
                {
                    if (Loses?.Invoke(i, packet) != true)
                    {
                        Areas[other].Receive(Segment, packet, Now);
                    }
                }
            }
        }

        while (Far?.NextPacket(_packet, Now, out _, out _) is > 0 and int length)
        {
            any = true;
            Areas[1].Receive(Behind, _packet.AsSpan(0, length), Now);
        }

        return any;
    }

    private bool Hears(int router, Ipv4Address to) => to == At(router) || to == Ipv4Address.AllSpfRouters || (to == Ipv4Address.AllDRouters && Areas[router].Interfaces[Segment].IsDesignated);

    public string Elected(int router) => $"{Areas[router].Interfaces[Segment].DesignatedRouter.Value & 255}/{Areas[router].Interfaces[Segment].BackupDesignatedRouter.Value & 255}";

    public string Database(int router) => OspfText.Database(Areas[router]);

    public string Routes(int router) => OspfText.Routes(Areas[router]);
}
