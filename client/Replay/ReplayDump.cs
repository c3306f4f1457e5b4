using Stress.Emulator.Sites;

namespace Stress.Client.Replay;

/// <summary>Interfaces, sockets, memberships, routes and memory of every router of a site.</summary>
public static class ReplayDump
{
    /// <summary>Prints it.</summary>
    public static void Write(Site site, TextWriter o)
    {
        for (int r = 0; r < site.RouterCount; r++)
        {
            o.WriteLine();
            o.WriteLine(site.Show(r));
        }
    }
}
