namespace Stress.Emulator.Stacks.Linux.Faults;

/// <summary>
/// An accepted socket starts with the same membership objects as the listening one: inet_csk_clone_lock without clearing mc_list. Whichever of the two frees one leaves the other
/// with a pointer to it, and the next walk of that list reads freed memory (net/ipv4/igmp.c of Linux 6.12).
/// </summary>
internal sealed class CloneListFault(StackOracle oracle) : LinuxFault(oracle)
{
    private readonly List<StackSocket> _family = [];
    private readonly HashSet<SocketMembership4> _freed = new(ReferenceEqualityComparer.Instance);

    public override void Cloned(StackSocket listener, StackSocket accepted)
    {
        accepted.Memberships4.AddRange(listener.Memberships4);
        _family.AddRange(new[] { listener, accepted }.Except(_family));
    }

    public override void ListUsed(StackSocket socket, string function)
    {
        if (socket.Memberships4.Find(_freed.Contains) is { } freed)
        {
            Oracle.Die(BadAccessKind.HeapUseAfterFree, function, "net/ipv4/igmp.c", $"ip_mc_socklist of {freed.Group} in the list of {socket.Name}, freed by a socket that shared it");
        }
    }

    public override void MembershipFreed(StackSocket socket, SocketMembership4 membership)
    {
        int at = socket.Memberships4.IndexOf(membership);
        SocketMembership4? before = at > 0 ? socket.Memberships4[at - 1] : null;
        foreach (StackSocket other in _family.Where(other => other != socket && IsIn(other, membership)))
        {
            // What is unlinked from a shared predecessor is gone for both; each socket has its own head pointer.
            if (before is not null && IsIn(other, before))
            {
                other.Memberships4.RemoveAll(m => ReferenceEquals(m, membership));
            }
            else
            {
                _freed.Add(membership);
            }
        }
    }

    private static bool IsIn(StackSocket socket, SocketMembership4 membership) => socket.Memberships4.Exists(m => ReferenceEquals(m, membership));
}
