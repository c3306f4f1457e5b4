using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ospf;

namespace Stress.Dial.Tests.Frr;

/// <summary>What an emulated router has, to be held against what FRR shows.</summary>
internal static class RouterViews
{
    /// <summary>Its ospfd.</summary>
    public static Ospfd Ospfd(this Router router) => (Ospfd)router.Processes.All.ToArray().Single(p => p is Ospfd);

    /// <summary>The routes of an area's shortest paths, by prefix.</summary>
    public static Dictionary<string, uint> Costs(this OspfArea area)
    {
        Dictionary<string, uint> costs = [];
        foreach (ref readonly OspfRoute route in area.Routes)
        {
            if (route.Used && route.News != RouteNews.Gone)
            {
                costs[$"{route.Prefix}/{route.PrefixLength}"] = route.Cost;
            }
        }

        return costs;
    }
}
