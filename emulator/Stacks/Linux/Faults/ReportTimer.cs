namespace Stress.Emulator.Stacks.Linux.Faults;

/// <summary>
/// mr_ifc_timer of IGMP and mc_ifc_work of MLD: state changes are reported twice, at once and within a second of that. While it is pending it holds the interface's object.
/// </summary>
/// <param name="references">The count of that object.</param>
/// <param name="fire">What it does.</param>
/// <param name="put">Gives its reference back, in the function named.</param>
/// <param name="again">1 if it is started once more after the last report (igmp_ifc_timer_expire), 0 if not (mld_ifc_work).</param>
internal sealed class ReportTimer(ReferenceCount references, Action fire, Action<string> put, int again)
{
    /// <summary>sysctl_igmp_qrv, sysctl_mld_qrv: how often a state change is reported.</summary>
    public const int Robustness = 2;

    // Two ticks of 10 ms; then the mean of what is drawn up to a second.
    private const int Soon = 20, Later = 520;

    private int _reports, _left;
    private bool _isPending;

    /// <summary>igmp_ifc_event, mld_ifc_event.</summary>
    public void Event()
    {
        _reports = Robustness;
        Start(Soon);
    }

    /// <summary>del_timer, and a reference that goes with it.</summary>
    public void Stop(string function)
    {
        _reports = 0;
        if (_isPending)
        {
            _isPending = false;
            references.PutNotLast(function);
        }
    }

    /// <summary>Time passes.</summary>
    public void Pass(int milliseconds)
    {
        while (_isPending && _left <= milliseconds)
        {
            milliseconds -= _left;
            _isPending = false;
            fire();
            if (_reports > 0 && --_reports + again > 0)
            {
                Start(Later);
            }

            put(again > 0 ? "igmp_ifc_timer_expire" : "mld_ifc_work");
        }

        _left -= milliseconds;
    }

    private void Start(int delay)
    {
        _left = delay;
        _isPending = _isPending || references.HoldUnlessEnded();
    }
}
