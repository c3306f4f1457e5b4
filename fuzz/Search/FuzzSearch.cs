using System.Diagnostics;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Stacks;

namespace Stress.Fuzz.Search;

/// <summary>A search in this process: the rounds of <see cref="FuzzRounds"/>, the parts of each executed by several workers.</summary>
/// <param name="grammar">The language with what every stack has.</param>
/// <param name="stacks">The stacks.</param>
/// <param name="options">What it may use up.</param>
public sealed class FuzzSearch(Grammar grammar, IReadOnlyList<IFuzzStack> stacks, FuzzOptions options)
{
    /// <summary>How often a finding's list is executed on its own.</summary>
    public const int Confirmations = 3;

    private readonly FuzzRounds _rounds = new(grammar, stacks, options);
    private readonly FuzzWorker _worker = new(stacks, options);

    /// <summary>Searches until its budget is used up, or it is ended; stacks that keep processes from list to list end them then.</summary>
    /// <param name="show">Hears where it is.</param>
    /// <param name="stop">Ends it; what was found until then is the result.</param>
    public FuzzReport Run(Action<FuzzProgress> show, CancellationToken stop)
    {
        TimeSpan processor = ProcessorTime();
        bool interrupted = false;
        try
        {
            while (_rounds.Next() is { Count: > 0 } parts)
            {
                show(_rounds.Progress());
                _rounds.Take(Execute(parts, show, stop));
                show(_rounds.Progress());
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            interrupted = true;
        }

        foreach (IDisposable stack in stacks.OfType<IDisposable>())
        {
            stack.Dispose();
        }

        return _rounds.Report(ProcessorTime() - processor, interrupted);
    }

    private FuzzPartResult[] Execute(IReadOnlyList<FuzzPart> parts, Action<FuzzProgress> show, CancellationToken stop)
    {
        var results = new FuzzPartResult[parts.Count];
        long done = 0;
        Parallel.For(0, parts.Count, new ParallelOptions { MaxDegreeOfParallelism = options.Workers, CancellationToken = stop }, i =>
        {
            results[i] = _worker.Execute(parts[i], stop);
            show(_rounds.Progress(Interlocked.Add(ref done, parts[i].Lists.Count) / stacks.Count));
        });
        return results;
    }

    // Of this process and of the children that have ended.
    private static TimeSpan ProcessorTime() => ChildProcessorTime.OfEnded() + Process.GetCurrentProcess().TotalProcessorTime;
}
