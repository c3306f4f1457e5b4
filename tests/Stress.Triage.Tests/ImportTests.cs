using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Stress.Bench.Triage;
using Stress.Contracts.Triage;
using Stress.Observability;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Stress.Triage.Store;
using Xunit;

namespace Stress.Triage.Tests;

/// <summary>Importing runs into a store.</summary>
public sealed class ImportTests
{
    [Fact]
    public async Task A_run_is_taken_in_once_however_often_and_from_wherever_it_comes()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: ["a", "b"]));
        string copies = Path.Combine(store.Folder, "copies");
        store.Write(TemporaryStore.Run(1, titles: ["a", "b"]), copies);

        Assert.Equal((1, 0, 2L), Of(await store.Import()));
        Assert.Equal((0, 1, 0L), Of(await store.Import()));
        Assert.Equal((0, 1, 0L), Of(await store.Import(copies)));
        Assert.Equal(1, (await store.Triage.Runs(new RunFilter(), CancellationToken.None)).Total);
        Assert.All(await store.Bugs(), bug => Assert.Equal((1L, 10L), (bug.Runs, bug.Crashes)));
    }

    [Fact]
    public async Task A_run_that_was_gone_on_with_takes_the_place_of_its_earlier_state_and_never_the_other_way_round()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        string partial = Path.Combine(store.Folder, "partial");
        store.Write(TemporaryStore.Run(1, incomplete: "interrupted", titles: ["a"]), partial);
        store.Write(TemporaryStore.Run(1, titles: ["a", "b"]));

        await store.Import(partial);
        ImportOutcome renewed = await store.Import();
        File.SetLastWriteTimeUtc(Path.Combine(Directory.GetDirectories(partial).Single(), "report.json"), DateTime.UnixEpoch);
        ImportOutcome again = await store.Import(partial);

        Assert.Equal((1, 0), (renewed.Renewed, renewed.New));
        Assert.Equal((0, 1), (again.Renewed, again.Known));
        RunDetail run = await store.Triage.Run("made", CancellationToken.None);
        Assert.Equal("no expectation", run.Row.Verdict);
        Assert.Equal(2, run.Crashes.Count);
        Assert.All(await store.Bugs(), bug => Assert.Equal((1L, 10L), (bug.Runs, bug.Crashes)));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_read_is_named_with_the_reason_and_the_others_are_taken_in()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        string broken = store.Write(TemporaryStore.Run(1)), old = store.Write(TemporaryStore.Run(2)), empty = store.Write(TemporaryStore.Run(3)), listless = store.Write(TemporaryStore.Run(4));
        store.Write(TemporaryStore.Run(5, titles: ["a"]));
        await File.WriteAllTextAsync(Path.Combine(broken, "report.json"), "{");
        await File.WriteAllTextAsync(Path.Combine(old, "report.json"), "{\"format\": 1}");
        await File.WriteAllTextAsync(Path.Combine(empty, "report.json"), "{\"format\": 2}");
        File.Delete(Path.Combine(listless, "crashes.ndjson"));

        ImportOutcome outcome = await store.Import();

        Assert.Equal(1, outcome.New);
        Assert.Equal([broken, old, empty, listless], outcome.Damaged.Select(why => new[] { broken, old, empty, listless }.Single(folder => why.StartsWith(folder, StringComparison.Ordinal))));
        Assert.Contains(outcome.Damaged, why => why.EndsWith("format 1; accepted is format 2", StringComparison.Ordinal));
        Assert.Equal(outcome.Damaged, (await store.Import()).Damaged);
    }

    [Fact]
    public async Task A_run_that_asks_to_be_kept_out_is_not_taken_in()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        File.Create(Path.Combine(store.Write(TemporaryStore.Run(1)), RunFolder.NoStoreName)).Dispose();

        Assert.Equal(ImportOutcome.None, await store.Import());
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_refused_and_nothing_is_taken_in()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1));

        TriageException refused = await Assert.ThrowsAsync<TriageException>(() => store.Import(store.Runs, "/nowhere"));

        Assert.Equal(TriageProblem.Wrong, refused.Problem);
        Assert.StartsWith("/nowhere: no such folder", refused.Message, StringComparison.Ordinal);
        Assert.Empty((await store.Triage.Runs(new RunFilter(), CancellationToken.None)).Rows);
    }

    [Fact]
    public async Task Tables_that_the_migrations_make_are_those_of_the_model()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        using TriageContext tables = StoreAddress.Parse(store.Address, _ => null).Open();
        IRelationalModel model = tables.GetService<IDesignTimeModel>().Model.GetRelationalModel();
        foreach (ITable table in model.Tables)
        {
            string[] columns = [.. await tables.Database.SqlQuery<string>($"SELECT name || CASE WHEN \"notnull\" THEN '' ELSE '?' END AS Value FROM pragma_table_info({table.Name})").ToListAsync()];

            Assert.Equal(table.Columns.Select(column => column.Name + (column.IsNullable ? "?" : "")).Order(StringComparer.Ordinal), columns.Order(StringComparer.Ordinal));
            string[] indexes = [.. await tables.Database.SqlQuery<string>($"SELECT name AS Value FROM pragma_index_list({table.Name}) WHERE origin = 'c'").ToListAsync()];
            Assert.Equal(table.Indexes.Select(index => index.Name).Order(StringComparer.Ordinal), indexes.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task After_a_kill_in_the_middle_no_run_is_half_there_and_the_import_goes_on()
    {
        const int Runs = 150;
        await using TemporaryStore store = await TemporaryStore.Open();
        foreach (MadeRun run in MadeRuns.Many(Runs, crashes: 20, titles: 60, seed: 7))
        {
            store.Write(run);
        }

        string program = typeof(Client.Terminal).Assembly.Location;
        RunningProcess import = RunningProcess.Start("dotnet", [program, "import", store.Runs, "--store", store.Address]);
        while ((await store.Triage.Runs(new RunFilter { Take = 1 }, CancellationToken.None)).Total < 10)
        {
            await Task.Yield();
        }

        await import.Kill();
        Page<RunRow> some = await store.Triage.Runs(new RunFilter { Take = Runs }, CancellationToken.None);
        foreach (RunRow run in some.Rows)
        {
            Assert.Equal(20, (await store.Triage.Run(run.Name, CancellationToken.None)).Crashes.Count);
        }

        ImportOutcome rest = await store.Import();
        Assert.Equal(Runs, rest.New + rest.Known);
        Assert.Empty(rest.Damaged);
        Assert.Equal(Runs * 20, (await store.Bugs(new BugFilter { Take = 1000 })).Sum(bug => bug.Runs));
    }

    [ToolFact("pg_ctlcluster", "postgresql")]
    public async Task On_PostgreSQL_two_who_take_in_the_same_runs_at_once_make_no_run_and_no_bug_twice()
    {
        await using PostgresServer server = await PostgresServer.Start();
        await using TemporaryStore store = await TemporaryStore.Open(server.Address);
        foreach (MadeRun run in MadeRuns.Many(40, crashes: 10, titles: 20, seed: 3))
        {
            store.Write(run);
        }

        await using ITriage other = await new TriageFactory().Open(server.Address, store.Runs, TimeProvider.System);
        ImportOutcome[] both = await Task.WhenAll(Task.Run(() => store.Import()), Task.Run(() => other.Import([store.Runs], null, CancellationToken.None)));

        Assert.Equal(40, both.Sum(outcome => outcome.New));
        Assert.Equal(40, (await store.Triage.Runs(new RunFilter(), CancellationToken.None)).Total);
        IReadOnlyList<BugRow> bugs = await store.Bugs(new BugFilter { Take = 1000 });
        Assert.Equal(bugs.Count, bugs.Select(bug => (bug.Title, bug.Backend)).Distinct().Count());
        Assert.Equal(400, bugs.Sum(bug => bug.Runs));
        BugDetail one = await store.Bug(bugs[0].Id);
        Assert.Equal(one.Row.Runs, one.Crashes.Select(crash => crash.Run).Distinct().Count());
    }

    [Theory]
    [InlineData("mysql://host/db", "accepted is a file, or postgres://USER@HOST[:PORT]/DATABASE")]
    [InlineData("postgres://host", "accepted is postgres://USER@HOST[:PORT]/DATABASE")]
    [InlineData("postgres://user:secret@host/db", "a password on a command line is seen by every user of the machine")]
    [InlineData("/", "a folder; accepted is a file")]
    public void An_address_that_is_none_is_refused_and_a_password_in_it_is_not_repeated(string address, string why)
    {
        TriageException refused = Assert.Throws<TriageException>(() => StoreAddress.Parse(address, _ => null));

        Assert.Equal(TriageProblem.Wrong, refused.Problem);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_store_is_refused()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, new string('x', 4096));

            TriageException refused = await Assert.ThrowsAsync<TriageException>(() => new TriageFactory().Open(file, "runs", TimeProvider.System));

            Assert.Equal(TriageProblem.Wrong, refused.Problem);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            File.Delete(file);
        }
    }

    private static (int New, int Known, long Crashes) Of(ImportOutcome outcome) => (outcome.New, outcome.Known, outcome.Crashes);
}
