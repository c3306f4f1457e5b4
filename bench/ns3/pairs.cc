// Pairs of routers over point-to-point lines in ns-3, with as much of a modem pair's traffic as ns-3's own models can carry: an OSPF-sized hello every
// 10 s and a RIPng-sized update every 30 s from each end to a group of the line, an echo every 30 s that is answered, and the line's interface down 90 s
// in every 600 s. No PPP negotiation, no daemons, no kernel model: the yardstick is what a simulator pays for the packets alone.
//   pairs PAIRS HOURS   prints one line of JSON
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"

using namespace ns3;

namespace
{
constexpr uint16_t kHelloPort = 89, kUpdatePort = 521, kEchoPort = 7;
constexpr uint32_t kHelloBytes = 44, kUpdateBytes = 64, kEchoBytes = 56;
constexpr double kHelloSeconds = 10, kUpdateSeconds = 30, kEchoSeconds = 30, kCycleSeconds = 600, kDownSeconds = 90;

uint64_t received = 0, echoes = 0;

void Drain(Ptr<Socket> socket)
{
    while (socket->Recv())
    {
        received++;
    }
}

void Answer(Ptr<Socket> socket)
{
    Address from;
    while (Ptr<Packet> packet = socket->RecvFrom(from))
    {
        received++;
        socket->SendTo(packet, 0, from);
    }
}

void Echoed(Ptr<Socket> socket)
{
    while (socket->Recv())
    {
        received++;
        echoes++;
    }
}

// One end of a line: its sockets and its timers.
class Router
{
  public:
    Router(Ptr<Node> node, Ipv4Address peer, bool hangsUp, Ptr<UniformRandomVariable> phase)
        : m_ipv4(node->GetObject<Ipv4>()), m_hello(Open(node, kHelloPort, MakeCallback(&Drain))), m_update(Open(node, kUpdatePort, MakeCallback(&Drain))),
          m_server(Open(node, kEchoPort, MakeCallback(&Answer))), m_echo(Open(node, 0, MakeCallback(&Echoed)))
    {
        m_hello->Connect(InetSocketAddress(peer, kHelloPort));
        m_update->Connect(InetSocketAddress(peer, kUpdatePort));
        m_echo->Connect(InetSocketAddress(peer, kEchoPort));
        At(phase->GetValue(0, kHelloSeconds), &Router::Hello);
        At(phase->GetValue(0, kUpdateSeconds), &Router::Update);
        At(phase->GetValue(0, kEchoSeconds), &Router::Echo);
        if (hangsUp)
        {
            At(phase->GetValue(0, kCycleSeconds), &Router::Down);
        }
    }

  private:
    static Ptr<Socket> Open(Ptr<Node> node, uint16_t port, Callback<void, Ptr<Socket>> receive)
    {
        Ptr<Socket> socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
        socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
        socket->SetRecvCallback(receive);
        return socket;
    }

    void At(double seconds, void (Router::*what)())
    {
        Simulator::Schedule(Seconds(seconds), what, this);
    }

    void Hello()
    {
        m_hello->Send(Create<Packet>(kHelloBytes));
        At(kHelloSeconds, &Router::Hello);
    }

    void Update()
    {
        m_update->Send(Create<Packet>(kUpdateBytes));
        At(kUpdateSeconds, &Router::Update);
    }

    void Echo()
    {
        m_echo->Send(Create<Packet>(kEchoBytes));
        At(kEchoSeconds, &Router::Echo);
    }

    void Down()
    {
        m_ipv4->SetDown(1);
        At(kDownSeconds, &Router::Up);
    }

    void Up()
    {
        m_ipv4->SetUp(1);
        At(kCycleSeconds - kDownSeconds, &Router::Down);
    }

    Ptr<Ipv4> m_ipv4;
    Ptr<Socket> m_hello, m_update, m_server, m_echo;
};

rusage Usage()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage;
}

double ProcessorSeconds()
{
    rusage usage = Usage();
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + ((usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}
} // namespace

int main(int argc, char** argv)
{
    int pairs = argc > 1 ? std::atoi(argv[1]) : 0;
    double hours = argc > 2 ? std::atof(argv[2]) : 0;
    if (pairs < 1 || hours <= 0)
    {
        std::fprintf(stderr, "pairs: usage: pairs PAIRS HOURS; accepted are a whole number from 1 and a number above 0\n");
        return 2;
    }

    RngSeedManager::SetSeed(2005);
    long before = Usage().ru_maxrss;
    NodeContainer nodes;
    nodes.Create(2 * pairs);
    PointToPointHelper line;
    line.SetDeviceAttribute("DataRate", StringValue("33600bps"));
    line.SetChannelAttribute("Delay", StringValue("100ms"));
    InternetStackHelper stack;
    stack.SetIpv6StackInstall(false);
    stack.Install(nodes);
    Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.252");
    Ptr<UniformRandomVariable> phase = CreateObject<UniformRandomVariable>();
    std::vector<Router*> routers;
    for (int i = 0; i < pairs; i++)
    {
        NetDeviceContainer ends = line.Install(nodes.Get(2 * i), nodes.Get((2 * i) + 1));
        Ipv4InterfaceContainer at = addresses.Assign(ends);
        addresses.NewNetwork();
        routers.push_back(new Router(nodes.Get(2 * i), at.GetAddress(1), false, phase));
        routers.push_back(new Router(nodes.Get((2 * i) + 1), at.GetAddress(0), true, phase));
    }

    Simulator::Stop(Hours(hours));
    double start = ProcessorSeconds();
    Simulator::Run();
    double seconds = ProcessorSeconds() - start;
    std::printf("{\"pairs\":%d,\"hours\":%g,\"processorSeconds\":%.3f,\"packets\":%llu,\"echoes\":%llu,\"events\":%llu,\"kilobytesANode\":%.1f}\n", pairs, hours,
                seconds, static_cast<unsigned long long>(received), static_cast<unsigned long long>(echoes),
                static_cast<unsigned long long>(Simulator::GetEventCount()), double(Usage().ru_maxrss - before) / (2.0 * pairs));
    for (Router* router : routers)
    {
        delete router;
    }

    Simulator::Destroy();
    return 0;
}
