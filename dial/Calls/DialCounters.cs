using System.Reflection;
using System.Text.Json;

namespace Stress.Dial.Calls;

/// <summary>How a call ended.</summary>
public enum CallOutcome
{
    /// <summary>It was up, and it ended as the programme says. Only this is success.</summary>
    Completed,

    /// <summary>No carrier: the far side could not be reached.</summary>
    NoConnection,

    /// <summary>The login prompt, or another expected text, never came, or an abort text did.</summary>
    ChatFailed,

    /// <summary>LCP did not open.</summary>
    NegotiationFailed,

    /// <summary>PAP or CHAP failed.</summary>
    AuthenticationFailed,

    /// <summary>LCP opened, but IPCP and IPV6CP did not all open in time.</summary>
    NetworkFailed,

    /// <summary>The line returned our own frames.</summary>
    Looped,

    /// <summary>Carrier went away while the call was being set up or was up, and not by our programme.</summary>
    CarrierLost,

    /// <summary>The far side ended the link while it was up (for a called system this is the normal end: see <see cref="Completed"/>).</summary>
    PeerTerminated,

    /// <summary>Echo requests were not answered.</summary>
    PeerNotResponding,

    /// <summary>A link that was up went down before its planned end, and was not up again in time: renegotiation stalled.</summary>
    LinkLost,

    /// <summary>We were asked to stop.</summary>
    Interrupted,
}

/// <summary>Everything that is counted about calls. One for each line while it runs; added up at the end.</summary>
public sealed class DialCounters
{
    /// <summary>How many <see cref="CallOutcome"/> there are.</summary>
    public const int Outcomes = (int)CallOutcome.Interrupted + 1;

    // Every property that counts: sums and reports are derived from the declaration.
    private static readonly PropertyInfo[] Counts = [.. typeof(DialCounters).GetProperties().Where(property => property.PropertyType == typeof(long) && property.CanWrite)];

    private readonly long[] _outcomes = new long[Outcomes];

    /// <summary>Calls begun.</summary>
    public long Calls { get; set; }

    /// <summary>Calls in which LCP opened.</summary>
    public long LcpOpened { get; set; }

    /// <summary>Calls in which IPCP opened.</summary>
    public long IpcpOpened { get; set; }

    /// <summary>Calls in which IPV6CP opened.</summary>
    public long Ipv6cpOpened { get; set; }

    /// <summary>Links that had a network protocol open and ended: the far kernel took an interface down each time.</summary>
    public long Disconnects { get; set; }

    /// <summary>Ends by Terminate-Request (what pppd does at a HUP).</summary>
    public long Hups { get; set; }

    /// <summary>Ends by loss of carrier on our side.</summary>
    public long CarrierDrops { get; set; }

    /// <summary>Ends by falling silent.</summary>
    public long Silences { get; set; }

    /// <summary>Terminate-Requests that were never acknowledged.</summary>
    public long TerminatesUnanswered { get; set; }

    /// <summary>Bytes from the line.</summary>
    public long BytesIn { get; set; }

    /// <summary>Bytes to the line.</summary>
    public long BytesOut { get; set; }

    /// <summary>Frames with a right FCS.</summary>
    public long FramesIn { get; set; }

    /// <summary>Frames sent.</summary>
    public long FramesOut { get; set; }

    /// <summary>Frames with a wrong FCS.</summary>
    public long BadFcs { get; set; }

    /// <summary>Frames longer than any MRU, discarded on arrival.</summary>
    public long TooLong { get; set; }

    /// <summary>Runs of bytes between flags too short for a frame, and aborted frames.</summary>
    public long Runts { get; set; }

    /// <summary>PPP packets whose lengths contradict their bytes.</summary>
    public long Malformed { get; set; }

    /// <summary>Frames of a protocol that has no place in the phase.</summary>
    public long OutOfPhase { get; set; }

    /// <summary>Replies that match no request.</summary>
    public long Unexpected { get; set; }

    /// <summary>Protocol-Rejects sent.</summary>
    public long ProtocolRejects { get; set; }

    /// <summary>Code-Rejects sent.</summary>
    public long CodeRejects { get; set; }

    /// <summary>Options rejected.</summary>
    public long OptionsRejected { get; set; }

    /// <summary>Options naked.</summary>
    public long OptionsNaked { get; set; }

    /// <summary>Negotiations that would not converge.</summary>
    public long EndlessNegotiations { get; set; }

    /// <summary>OSPF hellos sent.</summary>
    public long HellosSent { get; set; }

    /// <summary>OSPF hellos heard.</summary>
    public long HellosHeard { get; set; }

    /// <summary>RIPng messages sent.</summary>
    public long RipngSent { get; set; }

    /// <summary>RIPng messages heard.</summary>
    public long RipngHeard { get; set; }

    /// <summary>Network packets that are neither, or whose checksums are wrong.</summary>
    public long OtherPackets { get; set; }

    /// <summary>Transcripts and captures that could not be written.</summary>
    public long TranscriptsLost { get; set; }

    /// <summary>Every count by the name of its property in camel case, and how many calls ended.</summary>
    public IReadOnlyDictionary<string, long> ByName
    {
        get
        {
            var names = new SortedDictionary<string, long>(StringComparer.Ordinal) { ["ended"] = Ended };
            foreach (PropertyInfo count in Counts)
            {
                names.Add(JsonNamingPolicy.CamelCase.ConvertName(count.Name), (long)count.GetValue(this)!);
            }

            return names;
        }
    }

    /// <summary>Calls of an outcome.</summary>
    public long Of(CallOutcome outcome) => _outcomes[(int)outcome];

    /// <summary>Calls that ended, however.</summary>
    public long Ended => _outcomes.Sum();

    /// <summary>Counts the end of a call.</summary>
    public void End(CallOutcome outcome) => _outcomes[(int)outcome]++;

    /// <summary>Adds another line's counts.</summary>
    public void Add(DialCounters other)
    {
        for (int i = 0; i < Outcomes; i++)
        {
            _outcomes[i] += other._outcomes[i];
        }

        foreach (PropertyInfo count in Counts)
        {
            count.SetValue(this, (long)count.GetValue(this)! + (long)count.GetValue(other)!);
        }
    }
}
