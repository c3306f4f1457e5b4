using OpenTelemetry.Trace;

namespace Stress.Observability.Instruments;

/// <summary>
/// Samples, of the spans without a parent, those of commands (<see cref="WindowSpans.Command"/>). Anything else would be a separate trace for every call that Orleans makes.
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
