namespace Stress.Emulator.Stacks.Linux.Faults;

/// <summary>The records of groups that were left (mc_tomb of in_device and inet6_dev), each of which is reported as often as a state change is, and then gives its reference back.</summary>
/// <param name="put">Gives a reference to the interface's object back, in the function named.</param>
internal sealed class LeftGroups(Action<string> put)
{
    private readonly List<(string Group, int Left)> _records = [];

    /// <summary>igmpv3_add_delrec, mld_add_delrec: newest first.</summary>
    public void Add(string group) => _records.Insert(0, (group, ReportTimer.Robustness));

    /// <summary>igmpv3_del_delrec, mld_del_delrec: the group is joined again.</summary>
    /// <param name="group">The group; nothing happens where no record of it is there.</param>
    /// <param name="function">The kernel function that gives its reference back.</param>
    public void Take(string group, string function)
    {
        int at = _records.FindIndex(r => r.Group == group);
        if (at >= 0)
        {
            _records.RemoveAt(at);
            put(function);
        }
    }

    /// <summary>igmpv3_send_cr, mld_send_cr: each is reported once more, and goes after the last time.</summary>
    /// <param name="function">The kernel function that gives the references back.</param>
    public void Report(string function)
    {
        for (int i = 0; i < _records.Count;)
        {
            _records[i] = (_records[i].Group, _records[i].Left - 1);
            if (_records[i].Left > 0)
            {
                i++;
                continue;
            }

            _records.RemoveAt(i);
            put(function);
        }
    }

    /// <summary>igmpv3_clear_delrec, mld_clear_delrec: all go.</summary>
    /// <param name="function">The kernel function that gives the references back.</param>
    public void Clear(string function)
    {
        int records = _records.Count;
        _records.Clear();
        for (; records > 0; records--)
        {
            put(function);
        }
    }
}
