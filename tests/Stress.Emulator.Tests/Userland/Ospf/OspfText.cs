using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ospf;

namespace Stress.Emulator.Tests.Userland.Ospf;

/// <summary>An area's tables as text that can be compared: a line a row, in order.</summary>
internal static class OspfText
{
    /// <summary>Each LSA of the database with number and checksum.</summary>
    public static string Database(OspfArea area)
    {
        List<string> lines = [];
        foreach (ref readonly OspfDatabaseRow row in area.Database)
        {
            if (row.Used)
            {
                lines.Add($"{row.Header.Type} {row.Header.LinkStateId} {row.Header.AdvertisingRouter} {row.Header.Sequence:x8} {row.Header.Checksum:x4} {row.Flushed}");
            }
        }

        return Ordered(lines);
    }

    /// <summary>Each route with its cost and next hop.</summary>
    public static string Routes(OspfArea area)
    {
        List<string> lines = [];
        foreach (ref readonly OspfRoute route in area.Routes)
        {
            if (route.Used && route.News != RouteNews.Gone)
            {
                lines.Add($"{route.Prefix}/{route.PrefixLength} {route.Cost} {route.NextHop}");
            }
        }

        return Ordered(lines);
    }

    private static string Ordered(List<string> lines)
    {
        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }
}
