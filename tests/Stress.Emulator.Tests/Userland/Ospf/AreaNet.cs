using Stress.Emulator.Core;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ospf;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Userland.Ospf;

/// <summary>Areas of several routers, joined by lines without delay whose packets a test may lose.</summary>
internal sealed class AreaNet
{
    private readonly List<(int Router, int Interface)[]> _links = [];
    private readonly bool[] _down = new bool[256];
    private readonly byte[] _packet = new byte[1500];

    public AreaNet(int routers, OspfTimes? times = null)
    {
        Areas = [.. Enumerable.Range(0, routers).Select(i => new OspfArea(Id(i), times ?? new OspfTimes()))];
        foreach ((int i, OspfArea area) in Areas.Index())
        {
            area.Open(Ipv4Address.Of(192, 168, (byte)i, 1), 24, Now);
        }
    }

    public OspfArea[] Areas { get; }

    public VirtualTime Now { get; private set; }

    /// <summary>Every packet that was sent.</summary>
    public List<byte[]> Sent { get; } = [];

    /// <summary>Whether a packet gets lost: its sender, and its bytes.</summary>
    public Func<int, byte[], bool>? Loses { get; set; }

    public static Ipv4Address Id(int router) => Ipv4Address.Of(10, 255, 0, (byte)(router + 1));

    /// <summary>Joins two routers; their Hellos have been heard.</summary>
    public int Join(int a, int ia, int b, int ib)
    {
        _links.Add([(a, ia), (b, ib)]);
        Up(_links.Count - 1);
        return _links.Count - 1;
    }

    public void Up(int link)
    {
        _down[link] = false;
        for (int end = 0; end < 2; end++)
        {
            (int router, int number) = _links[link][end];
            Areas[router].InterfaceUp(number, Address(link, end), Address(link, 1 - end), 1500, Now);
        }

        for (int end = 0; end < 2; end++)
        {
            (int router, int number) = _links[link][end];
            Areas[router].TwoWay(number, Id(_links[link][1 - end].Router), Now);
        }
    }

    public void Down(int link)
    {
        _down[link] = true;
        foreach ((int router, int number) in _links[link])
        {
            Areas[router].InterfaceDown(number, Now);
        }
    }

    public static Ipv4Address Address(int link, int end) => Ipv4Address.Of(10, 0, (byte)link, (byte)(end + 1));

    /// <summary>Goes on until a time.</summary>
    public void RunTo(VirtualTime end)
    {
        while (true)
        {
            while (Deliver())
            {
            }

            VirtualTime next = Areas.Select(a => a.NextDue).Min();
            if (next > end)
            {
                Now = end;
                return;
            }

            Now = next > Now ? next : Now;
            foreach (OspfArea area in Areas)
            {
                while (area.Timers(Now))
                {
                }
            }
        }
    }

    private bool Deliver()
    {
        bool any = false;
        for (int i = 0; i < Areas.Length; i++)
        {
            while (Areas[i].NextPacket(_packet, Now, out int number, out _) is > 0 and int length)
            {
                any = true;
                byte[] packet = _packet[..length];
                Sent.Add(packet);
                int link = _links.FindIndex(l => l.Contains((i, number)));
                (int router, int at) = _links[link].Single(e => e != (i, number));
                if (!_down[link] && Loses?.Invoke(i, packet) != true)
                {
                    Areas[router].Receive(at, packet, Now);
                }
            }
        }

        return any;
    }

    /// <summary>Each LSA of a router's database with number and checksum, in order.</summary>
    public string Database(int router) => OspfText.Database(Areas[router]);

    public string Routes(int router) => OspfText.Routes(Areas[router]);

    public void AllFull()
    {
        foreach ((int router, int number) in _links.Where((_, link) => !_down[link]).SelectMany(l => l))
        {
            Assert.Equal(OspfNeighborState.Full, Areas[router].StateOf(number));
        }

        Assert.All(Enumerable.Range(1, Areas.Length - 1), i => Assert.Equal(Database(0), Database(i)));
    }
}
