using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ospf;

/// <summary>A router on a broadcast network, as an election sees it: what its Hellos say, and of ourselves what ours say.</summary>
/// <param name="RouterId">Router ID.</param>
/// <param name="Address">Its address on the network, by which the Designated Router is named.</param>
/// <param name="Priority">Router Priority; 0 cannot be elected.</param>
/// <param name="DesignatedRouter">Whom it declares to be the Designated Router, or 0.0.0.0.</param>
/// <param name="BackupDesignatedRouter">Whom it declares to be its Backup, or 0.0.0.0.</param>
public readonly record struct OspfCandidate(Ipv4Address RouterId, Ipv4Address Address, byte Priority, Ipv4Address DesignatedRouter, Ipv4Address BackupDesignatedRouter)
{
    /// <summary>It declares itself to be the Designated Router.</summary>
    public bool DeclaresDr => DesignatedRouter == Address;

    /// <summary>It declares itself to be the Backup.</summary>
    public bool DeclaresBackup => BackupDesignatedRouter == Address;
}

/// <summary>
/// The election of the Designated Router and its Backup (RFC 2328, 9.4). Who declares itself stays: a router of higher priority that comes later displaces nobody.
/// </summary>
public static class OspfElection
{
    /// <summary>Elects.</summary>
    /// <param name="candidates">Ourselves first, then the neighbours from 2-Way on; our own declaration is changed where the rules are gone through twice.</param>
    /// <returns>The addresses of the Designated Router and of its Backup, or 0.0.0.0.</returns>
    public static (Ipv4Address Dr, Ipv4Address Backup) Elect(Span<OspfCandidate> candidates)
    {
        OspfCandidate before = candidates[0];
        (Ipv4Address dr, Ipv4Address backup) = Once(candidates);

        // Step 4: whoever has become one of the two, or is one no longer, declares so, which may change the outcome.
        if ((dr == before.Address) != before.DeclaresDr || (backup == before.Address) != before.DeclaresBackup)
        {
            candidates[0] = before with { DesignatedRouter = dr, BackupDesignatedRouter = backup };
            (dr, backup) = Once(candidates);
        }

        return (dr, backup);
    }

    // Steps 2 and 3.
    private static (Ipv4Address Dr, Ipv4Address Backup) Once(ReadOnlySpan<OspfCandidate> candidates)
    {
        int dr = -1, backup = -1, other = -1;
        for (int i = 0; i < candidates.Length; i++)
        {
            if (candidates[i].Priority == 0)
            {
                continue;
            }

            if (candidates[i].DeclaresDr)
            {
                dr = Higher(candidates, dr, i);
            }
            else if (candidates[i].DeclaresBackup)
            {
                backup = Higher(candidates, backup, i);
            }
            else
            {
                other = Higher(candidates, other, i);
            }
        }

        Ipv4Address elected = AddressOf(candidates, backup >= 0 ? backup : other);
        return (dr >= 0 ? candidates[dr].Address : elected, elected);
    }

    private static Ipv4Address AddressOf(ReadOnlySpan<OspfCandidate> candidates, int i) => i < 0 ? Ipv4Address.Any : candidates[i].Address;

    private static int Higher(ReadOnlySpan<OspfCandidate> candidates, int best, int i) =>
        best < 0 || candidates[i].Priority > candidates[best].Priority
        || (candidates[i].Priority == candidates[best].Priority && candidates[i].RouterId.CompareTo(candidates[best].RouterId) > 0) ? i : best;
}
