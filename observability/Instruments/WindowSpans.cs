using System.Diagnostics;

namespace Stress.Observability.Instruments;

/// <summary>
/// The spans of a window: <c>window</c>, and in it <c>lease</c>, <c>execute</c>, <c>return</c> and sometimes <c>checkpoint</c>. A parent comes from
/// <see cref="Activity.Current"/>, which Orleans carries over calls as a W3C context. Without a listener every method returns null and costs one check.
/// </summary>
public static class WindowSpans
{
    /// <summary>The source's name, for those who listen.</summary>
    public const string SourceName = MetricCatalogue.MeterName;

    /// <summary>The tag by which a command's span is known.</summary>
    public const string CommandTag = "stress.command";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The W3C name under which a context travels.</summary>
    public const string ContextHeader = "traceparent";

    /// <summary>True when somebody listens.</summary>
    public static bool IsHeard => Source.HasListeners();

    /// <summary>Spans started in it are in the same trace, but not recorded. Null if nothing is traced here anyway.</summary>
    public static Activity? Unheard() => Activity.Current is { } current
        ? new Activity("unheard").SetParentId(current.TraceId, current.SpanId, ActivityTraceFlags.None).Start()
        : null;

    /// <summary>One slice of a site's windows, from lease to return.</summary>
    public static Activity? Window(string run, long site, int window) =>
        Source.StartActivity("window")?.SetTag("stress.run", run).SetTag("stress.site", site).SetTag("stress.window", window);

    /// <summary>The lead link asks the router for its image.</summary>
    public static Activity? Lease() => Source.StartActivity("lease");

    /// <summary>The site executor runs.</summary>
    public static Activity? Execute() => Source.StartActivity("execute");

    /// <summary>The image is returned.</summary>
    public static Activity? Return() => Source.StartActivity("return");

    /// <summary>The image is written to storage.</summary>
    public static Activity? Checkpoint() => Source.StartActivity("checkpoint");

    /// <summary>The client's command: the root of a run's trace.</summary>
    public static Activity? Command(string name) => Source.StartActivity(name, ActivityKind.Client, default(ActivityContext), [new(CommandTag, name)]);
}
