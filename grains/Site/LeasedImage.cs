using Stress.Contracts;

namespace Stress.Grains;

/// <summary>
/// The rule of leases, separate from any grain: who may execute which window of a site. One lease at a time; only the next window; a lease that was taken back is void; and a
/// repeated request gets the same answer.
/// </summary>
public sealed class LeasedImage
{
    private readonly RunPlan _plan;
    private readonly int _site;
    private SiteAtRest? _image;
    private SiteImage? _checkpoint;
    private readonly Guid _activation;
    private long _leases;
    private bool _out;

    /// <summary>The image of a site: as it was when its router moved here, or from its last checkpoint, or from virtual time zero.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="site">The site's number.</param>
    /// <param name="checkpoint">The last checkpoint, or null.</param>
    /// <param name="moved">The image that came with the router from another silo, or null.</param>
    /// <param name="activation">Distinguishes the leases of this activation from those of any other.</param>
    public LeasedImage(RunPlan plan, int site, SiteImage? checkpoint, SiteImage? moved = null, Guid activation = default)
    {
        _plan = plan;
        _site = site;
        _checkpoint = checkpoint;
        _activation = activation;
        _image = moved is null ? null : new SiteAtRest(moved.Load(plan.Site));
        NextWindow = moved?.NextWindow ?? checkpoint?.NextWindow ?? 0;
    }

    /// <summary>The only window for which a lease is granted.</summary>
    public int NextWindow { get; private set; }

    /// <summary>The last checkpoint, or null.</summary>
    public SiteImage? Checkpoint => _checkpoint;

    /// <summary>The site as it stands, or null while it is out on a lease or was never started.</summary>
    public SiteAtRest? AtHome => _out ? null : _image;

    /// <summary>The run.</summary>
    public RunPlan Plan => _plan;

    /// <summary>Asks for the image in order to execute a window.</summary>
    public LeaseAnswer Lease(int window)
    {
        if (_image is null)
        {
            // The holder of the image may be dead, or half-way through a window. It is not waited for: executing again gives the same result.
            _out = false;
            NextWindow = _checkpoint?.NextWindow ?? 0;
        }

        if (window != NextWindow)
        {
            return new LeaseAnswer { NextWindow = NextWindow };
        }

        SiteHandOver image = _image?.HandOver() ?? _checkpoint?.Load(_plan.Site) ?? SiteHandOver.Create(_plan, _site);
        _image = null;
        _out = true;
        return new LeaseAnswer { Image = image, Lease = new LeaseId(_activation, ++_leases), NextWindow = NextWindow };
    }

    /// <summary>Takes the image back. False when the lease is not the one that is out.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="image">The image, one or more windows further on.</param>
    /// <param name="last">True if the image will not be needed again: it is not kept.</param>
    public bool Return(LeaseId lease, SiteHandOver image, bool last = false)
    {
        if (!_out || lease != new LeaseId(_activation, _leases))
        {
            return false;
        }

        if (image.IsUnbegun)
        {
            // Its execution could not travel back here: the next lease starts over.
            _out = false;
            NextWindow = _checkpoint?.NextWindow ?? 0;
            return true;
        }

        if (image.NextWindow < NextWindow)
        {
            throw new InvalidOperationException($"site {_site}: window {image.NextWindow} was returned for a lease of window {NextWindow}");
        }

        _out = false;
        _image = last ? null : new SiteAtRest(image);
        NextWindow = image.NextWindow;
        return true;
    }

    /// <summary>True when enough windows have passed since the last checkpoint for another.</summary>
    public bool IsCheckpointDue => NextWindow - (_checkpoint?.NextWindow ?? 0) >= _plan.CheckpointWindows;

    /// <summary>Makes a checkpoint of the image at home unless it is the last one already, or the site has none; true when it did.</summary>
    public bool Checkpointed() => AtHome is { IsLive: false } site && Checkpointed(site.HandOver());

    /// <summary>Makes a checkpoint of the image that just came back, unless it is the last one already, or the site has none; true when it did.</summary>
    public bool Checkpointed(SiteHandOver image)
    {
        if (_plan.CheckpointWindows == 0 || NextWindow == (_checkpoint?.NextWindow ?? 0) || SiteImage.Save(image) is not { } saved)
        {
            return false;
        }

        _checkpoint = saved;
        return true;
    }
}
