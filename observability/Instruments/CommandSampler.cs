using OpenTelemetry.Trace;

namespace Stress.Observability.Instruments;

/// <summary>
/// Of the spans without a parent, samples those of commands (<see cref="WindowSpans.Command"/>). What belongs to no command, or to a slice that was not chosen,
/// would be a trace of its own for every call that Orleans makes.
/// </summary>
public sealed class CommandSampler : Sampler
{
    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        foreach (KeyValuePair<string, object?> tag in samplingParameters.Tags ?? [])
        {
            if (tag.Key == WindowSpans.CommandTag)
            {
                return new SamplingResult(SamplingDecision.RecordAndSample);
            }
        }

        return new SamplingResult(SamplingDecision.Drop);
    }
}
