using Stress.Contracts;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Following;

/// <summary>
/// Notes during a run how much memory each silo needs for it. A process never forgets its peak, which may be an earlier run's: it counts if it has grown since the run began;
/// otherwise the largest value noted counts.
/// </summary>
/// <param name="host">Where the silos are.</param>
internal sealed class SiloMemory(IRunHost host) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private readonly Dictionary<string, Noted> _silos = [];
    private readonly CancellationTokenSource _end = new();
    private Task _noting = Task.CompletedTask;

    /// <summary>Notes the state before the run, and keeps noting.</summary>
    public async Task Begin()
    {
        await Note();
        _noting = NoteOn();
    }

    /// <summary>What was needed, for each silo that has answered during the run, in the order of their names.</summary>
    public async Task<IReadOnlyList<SiloMemoryFacts>> End()
    {
        await DisposeAsync();
        await Note();
        return
        [
            .. from silo in _silos.OrderBy(silo => silo.Key, StringComparer.Ordinal)
               let noted = silo.Value
               select new SiloMemoryFacts(silo.Key, noted.Last.IdleMemoryBytes, noted.PeakMemoryBytes, noted.MostRouters),
        ];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _noting;
    }

    private async Task NoteOn()
    {
        while (!_end.IsCancellationRequested)
        {
            await Task.Delay(Every, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Note();
        }
    }

    // A silo that does not answer now, whatever it throws while its storage is away, is noted later, or as it was.
    private async Task Note()
    {
        try
        {
            foreach (SiloFacts facts in (await host.Silos().WaitAsync(Longest)).Where(silo => silo.Answers))
            {
                if (_silos.TryGetValue(facts.Silo, out Noted? noted))
                {
                    noted.Add(facts);
                }
                else
                {
                    _silos[facts.Silo] = new Noted(facts);
                }
            }
        }
        catch (Exception)
        {
            // Memory is a side note: if a reading fails, whatever a silo without storage throws, it is skipped.
        }
    }

    private sealed class Noted(SiloFacts first)
    {
        private SiloFacts? _last;
        private long _bytes;
        private int _routers;

        public SiloFacts Last => _last ?? first;

        public long PeakMemoryBytes => Last.PeakMemoryBytes > first.PeakMemoryBytes ? Last.PeakMemoryBytes : Math.Max(_bytes, first.MemoryBytes);

        public int MostRouters => Last.MostRouters > first.MostRouters ? Last.MostRouters : Math.Max(_routers, first.Routers);

        public void Add(SiloFacts facts)
        {
            _last = facts;
            _bytes = Math.Max(_bytes, facts.MemoryBytes);
            _routers = Math.Max(_routers, facts.Routers);
        }
    }
}
