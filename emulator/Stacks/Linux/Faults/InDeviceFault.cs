namespace Stress.Emulator.Stacks.Linux.Faults;

/// <summary>
/// The records of groups that were left drop a reference to the in_device that they never took: igmpv3_add_delrec. Its other holders are dev->ip_ptr, each address, each group, the timer of reports
/// (net/ipv4/devinet.c, igmp.c of Linux 6.12).
/// </summary>
internal sealed class InDeviceFault(StackOracle oracle, LinuxRelease release) : LinuxFault(oracle)
{
    private const string File = "net/ipv4/igmp.c", AllHosts = "224.0.0.1";

    private readonly List<InDevice> _devices = [];

    public override void Registered(StackInterface ifp) => _devices.Add(new InDevice(Oracle, ifp, release.FreesInDeviceAtOnce));

    public override void CameUp(StackInterface ifp, bool isReady) => Of(ifp).Up();

    public override void WentDown(StackInterface ifp) => Of(ifp).Down();

    public override void Unregistered(StackInterface ifp) => Of(ifp).Destroy();

    public override void Address4(StackInterface ifp, int change) => Of(ifp).Address(change);

    public override void Membership(StackInterface ifp, string group, int change, bool isIpv6)
    {
        if (isIpv6)
        {
            return;
        }

        if (change > 0)
        {
            Of(ifp).Join(group);
        }
        else
        {
            Of(ifp).Leave(group);
        }
    }

    public override void TimePassed(int milliseconds) => _devices.ForEach(device => device.Timer.Pass(milliseconds));

    private InDevice Of(StackInterface ifp) => _devices.Last(device => device.Interface == ifp);

    private sealed class InDevice
    {
        // Newest first, as in_device.mc_list.
        private readonly List<(string Group, int Users)> _groups = [];
        private readonly LeftGroups _records;
        private readonly ReferenceCount _references;
        private readonly bool _isFreedAtOnce;
        private int _addresses;
        private bool _isDead, _isFreed;

        public InDevice(StackOracle oracle, StackInterface ifp, bool isFreedAtOnce)
        {
            _isFreedAtOnce = isFreedAtOnce;
            Interface = ifp;
            _references = new ReferenceCount(oracle, $"in_device of {ifp.Name}", File);
            _records = new LeftGroups(Put);
            Timer = new ReportTimer(_references, () => _records.Report("igmp_ifc_timer_expire"), Put, again: 1);
        }

        public StackInterface Interface { get; }

        public ReportTimer Timer { get; }

        public void Address(int change)
        {
            if (change > 0)
            {
                _addresses++;
                _references.Hold("inet_rtm_newaddr");
            }
            else
            {
                _addresses--;
                Put("inet_rcu_free_ifa");
            }
        }

        // ____ip_mc_inc_group.
        public void Join(string group)
        {
            int at = _groups.FindIndex(g => g.Group == group);
            if (at >= 0)
            {
                _groups[at] = (group, _groups[at].Users + 1);
                return;
            }

            _references.Hold("____ip_mc_inc_group");
            _groups.Insert(0, (group, 1));
            _records.Take(group, "igmpv3_del_delrec");
            Added(group);
        }

        // __ip_mc_dec_group.
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
                Put("ip_ma_put");
            }
        }

        // ip_mc_up.
        public void Up()
        {
            Join(AllHosts);
            foreach ((string group, _) in _groups.ToArray())
            {
                _records.Take(group, "igmpv3_del_delrec");
                Added(group);
            }
        }

        // ip_mc_down.
        public void Down()
        {
            foreach ((string group, _) in _groups.ToArray())
            {
                Dropped(group);
            }

            Timer.Stop("ip_mc_down");
            Leave(AllHosts);
        }

        // inetdev_destroy.
        public void Destroy()
        {
            _isDead = true;
            Down();
            _records.Clear("igmpv3_clear_delrec");
            Read("igmpv3_clear_delrec");
            while (_groups.Count > 0)
            {
                _groups.RemoveAt(0);
                Put("ip_ma_put");
                Read("ip_mc_destroy_dev");
            }

            // The addresses are off the list, and freed after a grace period.
            int addresses = _addresses;
            _addresses = 0;
            if (!_isFreedAtOnce)
            {
                Put("inetdev_event");
            }

            for (; addresses > 0; addresses--)
            {
                Put("inet_rcu_free_ifa");
            }

            if (_isFreedAtOnce)
            {
                // call_rcu with a head in the in_device itself.
                Read("rcu_process_callbacks");
                Put("in_dev_rcu_put");
            }
        }

        // A use of the in_device after its last reference reads freed memory.
        private void Read(string function)
        {
            if (_isFreed)
            {
                _references.Warn(function, "freed by in_dev_finish_destroy");
            }
        }

        private void Added(string group)
        {
            if (group != AllHosts && !_isDead)
            {
                Timer.Event();
            }
        }

        // igmpv3_add_delrec without its in_dev_hold.
        private void Dropped(string group)
        {
            if (group != AllHosts && !_isDead)
            {
                _records.Add(group);
                Timer.Event();
            }
        }

        private void Put(string function)
        {
            Read(function);
            if (!_references.Put(function))
            {
                return;
            }

            if (_addresses > 0 || _groups.Count > 0)
            {
                _references.Warn("in_dev_finish_destroy", "ended with addresses or groups");
            }

            _isFreed = _isFreedAtOnce && _isDead;
        }
    }
}
