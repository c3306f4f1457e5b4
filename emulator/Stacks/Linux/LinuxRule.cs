namespace Stress.Emulator.Stacks.Linux;

/// <summary>The rule of the kernel that an answer of <see cref="Linux6Stack"/> comes from: where to look when a real kernel answers differently.</summary>
/// <param name="Function">The kernel function that decides the answer.</param>
/// <param name="File">Its file in the kernel's tree.</param>
public sealed record LinuxRule(string Function, string File)
{
    private static readonly SortedDictionary<OperationKind, LinuxRule> Known = new()
    {
        [OperationKind.Create] = new("tun_set_iff", "drivers/net/tun.c"),
        [OperationKind.Open] = new("tun_attach", "drivers/net/tun.c"),
        [OperationKind.Index] = new("dev_new_index", "net/core/dev.c"),
        [OperationKind.Addr4] = new("inet_rtm_newaddr", "net/ipv4/devinet.c"),
        [OperationKind.DelAddr4] = new("__inet_del_ifa", "net/ipv4/devinet.c"),
        [OperationKind.Addr6] = new("inet6_rtm_newaddr", "net/ipv6/addrconf.c"),
        [OperationKind.DelAddr6] = new("inet6_addr_del", "net/ipv6/addrconf.c"),
        [OperationKind.Up] = new("addrconf_notify at NETDEV_UP", "net/ipv6/addrconf.c"),
        [OperationKind.Down] = new("addrconf_ifdown", "net/ipv6/addrconf.c"),
        [OperationKind.Mcif4] = new("do_ip_setsockopt, IP_MULTICAST_IF", "net/ipv4/ip_sockglue.c"),
        [OperationKind.GetMcif4] = new("do_ip_getsockopt, IP_MULTICAST_IF", "net/ipv4/ip_sockglue.c"),
        [OperationKind.Mcif6] = new("do_ipv6_setsockopt, IPV6_MULTICAST_IF", "net/ipv6/ipv6_sockglue.c"),
        [OperationKind.GetMcif6] = new("do_ipv6_getsockopt, IPV6_MULTICAST_IF", "net/ipv6/ipv6_sockglue.c"),
        [OperationKind.Join4] = new("ip_mc_find_dev, then __ip_mc_join_group", "net/ipv4/igmp.c"),
        [OperationKind.GJoin4] = new("ip_mc_find_dev, then __ip_mc_join_group", "net/ipv4/igmp.c"),
        [OperationKind.Drop4] = new("ip_mc_leave_group", "net/ipv4/igmp.c"),
        [OperationKind.GDrop4] = new("ip_mc_leave_group", "net/ipv4/igmp.c"),
        [OperationKind.SJoin4] = new("ip_mc_source", "net/ipv4/igmp.c"),
        [OperationKind.SDrop4] = new("ip_mc_source", "net/ipv4/igmp.c"),
        [OperationKind.Join6] = new("__ipv6_sock_mc_join", "net/ipv6/mcast.c"),
        [OperationKind.Drop6] = new("ipv6_sock_mc_drop", "net/ipv6/mcast.c"),
        [OperationKind.SJoin6] = new("ip6_mc_source", "net/ipv6/mcast.c"),
        [OperationKind.SDrop6] = new("ip6_mc_source", "net/ipv6/mcast.c"),
        [OperationKind.Send4] = new("ip_route_output_key_hash_rcu", "net/ipv4/route.c"),
        [OperationKind.Send6] = new("ip6_dst_lookup_tail, then ipv6_dev_get_saddr", "net/ipv6/ip6_output.c"),
        [OperationKind.SendPkt6] = new("ip6_datagram_send_ctl, then ip6_dst_lookup_tail", "net/ipv6/datagram.c"),
        [OperationKind.Route4] = new("fib_table_insert", "net/ipv4/fib_trie.c"),
        [OperationKind.Route6] = new("fib6_add_rt2node", "net/ipv6/ip6_fib.c"),
        [OperationKind.Destroy] = new("unregister_netdevice_many_notify", "net/core/dev.c"),
    };

    /// <summary>The rule of an operation; null where no kernel function decides (the agent or the file descriptor does).</summary>
    public static LinuxRule? Of(OperationKind kind) => Known.GetValueOrDefault(kind);

    /// <inheritdoc/>
    public override string ToString() => $"{Function} ({File})";
}
