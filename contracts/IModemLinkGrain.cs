namespace Stress.Contracts;

/// <summary>One modem line. Line 0 of a site leads: it leases the site's image and executes its windows.</summary>
[Alias("stress.IModemLinkGrain")]
public interface IModemLinkGrain : IGrainWithStringKey
{
    /// <summary>Executes windows from the given one on, for about the time of one slice.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="window">The window that the caller believes to be next.</param>
    /// <param name="first">True if nothing of the site can have been executed before, so that there is no checkpoint to look for.</param>
    [Alias("RunSlice")]
    Task<SliceResult> RunSlice(RunPlan plan, int window, bool first = false);

    /// <summary>Hands in the site's results so far, without executing further.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="window">The window that the caller believes to be next.</param>
    /// <param name="keep">True to leave a checkpoint from which the site can continue.</param>
    [Alias("Close")]
    Task<SliceResult> Close(RunPlan plan, int window, bool keep);
}
