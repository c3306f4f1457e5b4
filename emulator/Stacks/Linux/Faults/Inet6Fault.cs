namespace Stress.Emulator.Stacks.Linux.Faults;

/// <summary>
/// References to an inet6_dev are dropped more often than they were taken: by addresses (ipv6_add_addr without its in6_dev_hold), or by records of groups that were left
/// (mld_add_delrec without). Its other holders are dev->ip6_ptr, each group, copies of routes, work that is pending (net/ipv6/addrconf.c, mcast.c of Linux 6.12).
/// </summary>
internal sealed class Inet6Fault(StackOracle oracle, bool holdsOfAddresses, bool holdsOfRecords) : LinuxFault(oracle)
{
    private const string InterfaceAllNodes = "ff01::1", AllNodes = "ff02::1";

    private readonly List<Inet6Device> _devices = [];

    public override void Registered(StackInterface ifp) => _devices.Add(new Inet6Device(Oracle, ifp, holdsOfAddresses, holdsOfRecords));

    public override void CameUp(StackInterface ifp, bool isReady) => Of(ifp).Up(isReady);

    public override void BecameReady(StackInterface ifp) => Of(ifp).Up(isReady: true);

    public override void WentDown(StackInterface ifp) => Of(ifp).Down(ifp.Addresses6.Count);

    public override void Unregistered(StackInterface ifp) => Of(ifp).Destroy(ifp.Addresses6.Count);

    public override void Address6(StackInterface ifp, int change, bool isLinkLocal)
    {
        if (change > 0)
        {
            Of(ifp).AddAddress(isLinkLocal, ifp.IsUp);
        }
        else
        {
            Of(ifp).DeleteAddress();
        }
    }

    public override void Membership(StackInterface ifp, string group, int change, bool isIpv6)
    {
        if (!isIpv6)
        {
            return;
        }

        if (change > 0)
        {
            Of(ifp).Join(group, ifp.IsUp);
        }
        else
        {
            Of(ifp).Leave(group);
        }
    }

    public override void Routed6(StackInterface ifp, string route) => Of(ifp).Copy(route);

    public override void TimePassed(int milliseconds) => _devices.ForEach(device => device.Pass(milliseconds));

    private Inet6Device Of(StackInterface ifp) => _devices.Last(device => device.Interface == ifp);

    private sealed class Inet6Device
    {
        private const string Addrconf = "net/ipv6/addrconf.c";

        // ip6_null_entry, ip6_prohibit_entry, ip6_blk_hole_entry.
        private const int RefusingRoutes = 3;

        private readonly bool _holdsOfAddresses, _holdsOfRecords;
        private readonly List<(string Group, int Users)> _groups = [(AllNodes, 1), (InterfaceAllNodes, 1)];
        private readonly LeftGroups _records;
        private readonly SortedSet<string> _copies = new(StringComparer.Ordinal);
        private readonly ReferenceCount _references;
        private readonly ReportTimer _timer;
        private bool _isDead, _isReady, _solicits;
        private int _linkLocals;

        public Inet6Device(StackOracle oracle, StackInterface ifp, bool holdsOfAddresses, bool holdsOfRecords)
        {
            (Interface, _holdsOfAddresses, _holdsOfRecords) = (ifp, holdsOfAddresses, holdsOfRecords);
            _references = new ReferenceCount(oracle, $"inet6_dev of {ifp.Name}", Addrconf);
            _records = new LeftGroups(Put);
            _timer = new ReportTimer(_references, () => _records.Report("mld_ifc_work"), Put, again: 0);
            _groups.ForEach(_ => _references.Hold("__ipv6_dev_mc_inc"));
            if (ifp.IsLoopback)
            {
                for (int i = 0; i < RefusingRoutes; i++)
                {
                    _references.Hold("ip6_route_dev_notify");
                }
            }
        }

        public StackInterface Interface { get; }

        public void Pass(int milliseconds)
        {
            _timer.Pass(milliseconds);

            // addrconf_dad_completed of the link's only address: Router Solicitations that never end.
            if (_linkLocals == 1 && !_solicits)
            {
                _solicits = true;
                _references.Hold("addrconf_dad_completed");
            }
        }

        public void AddAddress(bool isLinkLocal, bool isUp)
        {
            // ipv6_find_idev.
            if (isUp)
            {
                MulticastUp();
            }

            _linkLocals += isLinkLocal ? 1 : 0;
            if (_holdsOfAddresses)
            {
                _references.Hold("ipv6_add_addr");
            }
        }

        // inet6_ifa_finish_destroy.
        public void DeleteAddress() => Put("inet6_ifa_finish_destroy");

        public void Join(string group, bool isUp)
        {
            int at = _groups.FindIndex(g => g.Group == group);
            if (at >= 0)
            {
                _groups[at] = (group, _groups[at].Users + 1);
                return;
            }

            _references.Hold("__ipv6_dev_mc_inc");
            _groups.Insert(0, (group, 1));
            _records.Take(group, "mld_del_delrec");
            if (isUp)
            {
                _timer.Event();
            }
        }

        public void Leave(string group)
        {
            int at = _groups.FindIndex(g => g.Group == group);
            if (at < 0)
            {
                return;
            }

            _groups[at] = (group, _groups[at].Users - 1);
            if (_groups[at].Users == 0)
            {
                _groups.RemoveAt(at);
                Dropped(group);
                Put("ma_put");
            }
        }

        public void Copy(string route)
        {
            if (_copies.Add(route))
            {
                _references.Hold("ip6_pol_route");
            }
        }

        public void Up(bool isReady)
        {
            if (isReady)
            {
                _isReady = true;
                MulticastUp();
            }
        }

        // addrconf_ifdown.
        public void Down(int addresses)
        {
            ForgetRoutes();
            Withdraw(addresses);
            if (_isReady)
            {
                MulticastDown();
            }

            _isReady = false;
        }

        // The same at NETDEV_UNREGISTER.
        public void Destroy(int addresses)
        {
            ForgetRoutes();
            _isDead = true;
            Withdraw(addresses);
            MulticastDown();
            _records.Clear("mld_clear_delrec");
            Leave(AllNodes);
            while (_groups.Count > 0)
            {
                _groups.RemoveAt(0);
                Put("ma_put");
            }

            Put("addrconf_ifdown");
            if (Interface.IsLoopback)
            {
                for (int i = 0; i < RefusingRoutes; i++)
                {
                    Put("ip6_route_dev_notify");
                }
            }
        }

        private void ForgetRoutes()
        {
            int copies = _copies.Count;
            _copies.Clear();
            for (; copies > 0; copies--)
            {
                Put("ip6_dst_destroy");
            }
        }

        private void Withdraw(int addresses)
        {
            if (_solicits)
            {
                _solicits = false;
                _references.PutNotLast("addrconf_ifdown");
            }

            _linkLocals = 0;
            for (; addresses > 0; addresses--)
            {
                DeleteAddress();
            }
        }

        // ipv6_mc_up.
        private void MulticastUp()
        {
            foreach ((string group, _) in _groups.ToArray())
            {
                _records.Take(group, "mld_del_delrec");
                if (IsReported(group))
                {
                    _timer.Event();
                }
            }
        }

        // ipv6_mc_down.
        private void MulticastDown()
        {
            foreach ((string group, _) in _groups.ToArray())
            {
                Dropped(group);
            }

            _timer.Stop("ipv6_mc_down");
        }

        // Nobody reports all nodes (MAF_NOREPORT).
        private static bool IsReported(string group) => group is not (AllNodes or InterfaceAllNodes);

        private void Dropped(string group)
        {
            if (!IsReported(group) || _isDead)
            {
                return;
            }

            if (_holdsOfRecords)
            {
                _references.Hold("mld_add_delrec");
            }

            _records.Add(group);
            _timer.Event();
        }

        private void Put(string function)
        {
            if (_references.Put(function) && _groups.Count > 0)
            {
                _references.Warn("in6_dev_finish_destroy", "ended with groups");
            }
        }
    }
}
