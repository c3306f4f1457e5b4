namespace Stress.Emulator.Stacks.NetBsd;

/// <summary>The forms of if_detach's last purge that the recordings know.</summary>
/// <param name="Name">The name given to <c>--design</c>.</param>
/// <param name="PurgesFlagged">The loop over PR_PURGEIF protocols runs regardless of the remaining addresses.</param>
/// <param name="PurgesBeforeFamilyData">It runs before dom_ifdetach frees the per-family data.</param>
/// <param name="ReusesMemory">
/// Freed addresses are given out again, the last freed first. The other designs were recorded under a sanitizer, which never gives freed memory out again.
/// </param>
public sealed record NetBsd7Design(string Name, bool PurgesFlagged, bool PurgesBeforeFamilyData, bool ReusesMemory)
{
    /// <summary>sys/net/if.c as it was in August 2016: the loop runs, family by family, after the family's data is gone.</summary>
    public static readonly NetBsd7Design AsShipped = new("as-shipped", true, false, true);

    /// <summary>The loop runs first; recorded as <c>fix-in</c>.</summary>
    public static readonly NetBsd7Design PurgeFlagged = new("purge-flagged", true, true, false);

    /// <summary>The loop is left out, as before March 2005; recorded as <c>fix-out</c>.</summary>
    public static readonly NetBsd7Design NetBsd2005 = new("netbsd-2005", false, false, false);

    /// <summary>All of them, the default first.</summary>
    public static readonly IReadOnlyList<NetBsd7Design> All = [AsShipped, PurgeFlagged, NetBsd2005];
}
