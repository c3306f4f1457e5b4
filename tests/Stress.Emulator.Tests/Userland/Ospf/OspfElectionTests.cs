using Stress.Emulator.Userland.Ospf;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Userland.Ospf;

/// <summary>The election of RFC 2328, 9.4, case by case. A router is written as its number, its priority, and what it declares: 3:1 D=2 B=3.</summary>
public sealed class OspfElectionTests
{
    [Theory]

    // Nobody declares anything: the highest priority is Designated Router, the next one Backup; of the same priority the higher Router ID. Seen by whoever becomes neither.
    [InlineData("alone", "1:1", "1/-")]
    [InlineData("alone, and cannot be elected", "1:0", "-/-")]
    [InlineData("a neighbour that cannot be elected", "1:1 | 2:0", "1/-")]
    [InlineData("neither can be elected", "1:0 | 2:0", "-/-")]
    [InlineData("by priority", "1:5 | 2:1 | 3:2", "1/3")]
    [InlineData("by Router ID", "3:1 | 1:1 | 2:1", "3/2")]

    // A router that is neither sees the highest as both until that one declares itself.
    [InlineData("the highest is somebody else", "1:1 | 2:1 | 3:1", "3/3")]
    [InlineData("the highest has declared itself", "1:1 | 2:1 | 3:1 D=3", "3/2")]
    [InlineData("both have declared themselves", "1:1 | 2:1 D=3 B=2 | 3:1 D=3 B=2", "3/2")]

    // Whoever is designated stays, whatever comes later.
    [InlineData("a higher priority comes later", "9:200 | 1:1 D=1 B=2 | 2:1 D=1 B=2", "1/2")]
    [InlineData("a higher Router ID comes later and becomes Backup where there is none", "9:1 | 1:1 D=1", "1/9")]
    [InlineData("we are Designated Router and a higher one is heard", "1:1 D=1 B=2 | 2:1 D=1 B=2 | 9:200", "1/2")]
    [InlineData("we are Backup and a higher one is heard", "2:1 D=1 B=2 | 1:1 D=1 B=2 | 9:200", "1/2")]

    // The Designated Router goes: its Backup takes its place, and the others elect a Backup.
    [InlineData("the Designated Router has gone, seen by the Backup", "2:1 D=1 B=2 | 3:1 D=1 B=2 | 4:1 D=1 B=2", "2/4")]
    [InlineData("the Designated Router has gone, seen by another", "3:1 D=1 B=2 | 2:1 D=1 B=2 | 4:1 D=1 B=2", "2/2")]
    [InlineData("the Backup has taken its place, seen by the next Backup", "4:1 D=2 B=2 | 2:1 D=2 B=0 | 3:1 D=2 B=2", "2/4")]
    [InlineData("the Backup has gone, seen by the Designated Router", "1:1 D=1 B=2 | 3:1 D=1 B=2 | 4:1 D=1 B=2", "1/4")]

    // Two parts of a network come together, each with a Designated Router: the higher one stays, the other one gives way.
    [InlineData("two Designated Routers, seen by the lower", "1:1 D=1 B=2 | 2:1 D=1 B=2 | 8:1 D=8 B=9 | 9:1 D=8 B=9", "8/9")]
    [InlineData("two Designated Routers, seen by the higher", "8:1 D=8 B=9 | 1:1 D=1 B=2 | 2:1 D=1 B=2 | 9:1 D=8 B=9", "8/9")]
    [InlineData("two Designated Routers, the lower ID with the higher priority", "8:1 D=8 | 1:2 D=1", "1/8")]

    // Declarations of a router that cannot be elected count for nothing.
    [InlineData("priority 0 declares itself", "1:1 | 2:0 D=2 B=2", "1/-")]
    public void Designated_router_and_backup_are_elected(string name, string routers, string elected)
    {
        OspfCandidate[] candidates = [.. routers.Split('|').Select(Read)];
        (Ipv4Address dr, Ipv4Address backup) = OspfElection.Elect(candidates);

        Assert.Equal((name, elected), (name, $"{Name(dr)}/{Name(backup)}"));
    }

    private static OspfCandidate Read(string text)
    {
        string[] words = text.Trim().Split(' ');
        byte[] self = [.. words[0].Split(':').Select(byte.Parse)];
        return new OspfCandidate(Ipv4Address.Of(10, 255, 0, self[0]), At(self[0]), self[1], Declared(words, "D="), Declared(words, "B="));
    }

    private static Ipv4Address Declared(string[] words, string what) =>
        words.FirstOrDefault(w => w.StartsWith(what, StringComparison.Ordinal)) is { } word && byte.Parse(word[2..]) is > 0 and var n ? At(n) : Ipv4Address.Any;

    private static Ipv4Address At(byte number) => Ipv4Address.Of(192, 168, 7, number);

    private static string Name(Ipv4Address address) => address.IsAny ? "-" : $"{address.Value & 255}";
}
