using Microsoft.Extensions.Time.Testing;
using Stress.Bench.Triage;
using Stress.Contracts.Triage;
using Stress.Tests.Shared;
using Stress.Triage.Store;

namespace Stress.Triage.Tests;

/// <summary>A store in a folder of its own, beside a folder of runs.</summary>
internal sealed class TemporaryStore : IAsyncDisposable
{
    public static readonly MadeRuns Made = new(Repository.At("tests", "formats", "format-1", "complete"));

    private TemporaryStore(string folder, string address, Triage triage, FakeTimeProvider time) => (Folder, Address, Triage, Time) = (folder, address, triage, time);

    public string Folder { get; }

    public string Runs => Path.Combine(Folder, "runs");

    public string Address { get; }

    public Triage Triage { get; }

    public FakeTimeProvider Time { get; }

    public static async Task<TemporaryStore> Open(string? address = null)
    {
        string folder = Directory.CreateTempSubdirectory("stress-triage-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "runs"));
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero));
        address ??= Path.Combine(folder, "triage.db");
        return new TemporaryStore(folder, address, (Triage)await new TriageFactory().Open(address, Path.Combine(folder, "runs"), time), time);
    }

    public string Write(MadeRun run, string? folder = null) => Made.Write(folder ?? Runs, run);

    /// <summary>A run that begins in some hour of January 2026, with crashes of the called end.</summary>
    public static MadeRun Run(int hour, string design = "netbsd-2005", string? incomplete = null, params string[] titles)
    {
        DateTimeOffset at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(hour);
        return new MadeRun($"made-{design}-{at:yyyyMMdd-HHmmss}", "made", (ulong)hour + 1, design, $"{hour / 10:x12}", 1000, incomplete, [.. titles.Select(title => new MadeCrash(title, "called", 10))]);
    }

    public Task<ImportOutcome> Import(params string[] folders) => Triage.Import(folders.Length == 0 ? [Runs] : folders, null, CancellationToken.None);

    public async Task<IReadOnlyList<BugRow>> Bugs(BugFilter? filter = null) => (await Triage.Bugs(filter ?? new BugFilter(), CancellationToken.None)).Rows;

    public Task<BugDetail> Bug(string id) => Triage.Bug(id, CancellationToken.None);

    public Task<BugDetail> Change(string id, BugChange change) => Triage.Change(id, change, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Triage.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
