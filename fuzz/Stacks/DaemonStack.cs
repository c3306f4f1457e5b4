using System.Collections.Concurrent;
using System.Globalization;
using Stress.Fuzz.Daemons;
using Stress.Fuzz.Lists;
using Stress.Guests;

namespace Stress.Fuzz.Stacks;

/// <summary>
/// Debian's FRR under the lives of interfaces. Many lists share a machine (<see cref="DaemonSite"/>), each beginning with no interface but lo and the settings that the daemons were started
/// with; a list that is executed on its own has a fresh one, and so has the list after one that showed or left anything.
/// </summary>
public sealed class DaemonStack : IFuzzStack, IDisposable
{
    private const int SharedLists = 16;

    private readonly ConcurrentBag<DaemonSite> _rest = [];
    private long _lists, _begun;

    /// <inheritdoc/>
    public string Name => DaemonGrammar.Stack;

    /// <inheritdoc/>
    public string Speaks => DaemonGrammar.Stack;

    /// <inheritdoc/>
    public string? Family => null;

    /// <inheritdoc/>
    public int Batch => SharedLists;

    /// <summary>How many lists shared how many machines, as text.</summary>
    public string Shared => string.Create(CultureInfo.InvariantCulture, $"{_lists:#,0} executions of lists on {_begun:#,0} machines of namespaces: a new one after each list that showed or left anything");

    /// <summary>Checks that the daemons are there, and that namespaces may be made.</summary>
    /// <exception cref="GuestException">They are not, or may not.</exception>
    public void Check()
    {
        if (DaemonCommands.Names.FirstOrDefault(name => !File.Exists(Path.Combine(DaemonSite.Folder, name))) is { } missing)
        {
            throw new GuestException(GuestProblem.Unavailable, $"--daemons needs {DaemonSite.Folder}/{missing}: apt-get install frr");
        }

        if (!Environment.IsPrivilegedProcess)
        {
            throw new GuestException(GuestProblem.Unavailable, "--daemons needs root, for namespaces in which daemons run");
        }

        _rest.Add(Begun());
    }

    /// <inheritdoc/>
    public IReadOnlyList<ListOutcome> Run(IReadOnlyList<IReadOnlyList<string>> lists, ulong seed, CancellationToken stop)
    {
        var outcomes = new List<ListOutcome>();
        DaemonSite? site = _rest.TryTake(out DaemonSite? rested) ? rested : null;
        try
        {
            foreach (IReadOnlyList<string> list in lists)
            {
                stop.ThrowIfCancellationRequested();
                ListOutcome outcome = (site ??= Begun()).Run(list, stop);
                Interlocked.Increment(ref _lists);
                outcomes.Add(outcome);
                if (outcome.Titles.Count > 0 || outcome.Lost is not null)
                {
                    site.Dispose();
                    site = null;
                }
            }
        }
        catch
        {
            site?.Dispose();
            throw;
        }

        if (site is not null)
        {
            _rest.Add(site);
        }

        return outcomes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_rest.TryTake(out DaemonSite? site))
        {
            site.Dispose();
        }
    }

    private DaemonSite Begun()
    {
        Interlocked.Increment(ref _begun);
        return new DaemonSite();
    }
}
