using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace Stress.Triage.Store.Migrations;

/// <summary>The first tables. No column names a database type: each provider maps .NET types itself.</summary>
[DbContext(typeof(TriageContext))]
[Migration("20261129000000_First")]
public sealed class M0001First : Migration
{
    private const string Autoincrement = "Sqlite:Autoincrement", Identity = "Npgsql:ValueGenerationStrategy";

    /// <inheritdoc/>
    protected override void Up(MigrationBuilder tables)
    {
        tables.CreateTable(
            "runs",
            t => new
            {
                Id = t.Column<long>().Annotation(Autoincrement, true).Annotation(Identity, NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                Key = t.Column<string>(),
                ReportSha256 = t.Column<string>(),
                Name = t.Column<string>(),
                Scenario = t.Column<string>(),
                Backend = t.Column<string>(),
                Version = t.Column<string>(),
                Seed = t.Column<long>(),
                Started = t.Column<long>(),
                Pairs = t.Column<long>(),
                Hours = t.Column<double>(),
                Disconnects = t.Column<long>(),
                Panics = t.Column<long>(),
                Titles = t.Column<int>(),
                Verdict = t.Column<string>(),
                Digest = t.Column<string>(),
                Folder = t.Column<string>(),
            },
            constraints: t => t.PrimaryKey("PK_runs", r => r.Id));
        tables.CreateTable(
            "reports",
            t => new { RunId = t.Column<long>(), Report = t.Column<byte[]>() },
            constraints: t =>
            {
                t.PrimaryKey("PK_reports", r => r.RunId);
                t.ForeignKey("FK_reports_runs_RunId", r => r.RunId, "runs", "Id", onDelete: ReferentialAction.Cascade);
            });
        tables.CreateTable(
            "bugs",
            t => new
            {
                Id = t.Column<long>().Annotation(Autoincrement, true).Annotation(Identity, NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                Key = t.Column<string>(),
                Title = t.Column<string>(),
                Backend = t.Column<string>(),
                Status = t.Column<int>(),
                FixedBy = t.Column<string>(),
                FixedAt = t.Column<long>(),
                Regressed = t.Column<bool>(),
                DuplicateOf = t.Column<long>(nullable: true),
                FirstSeen = t.Column<long>(),
                LastSeen = t.Column<long>(),
                Runs = t.Column<long>(),
                Crashes = t.Column<long>(),
            },
            constraints: t => t.PrimaryKey("PK_bugs", b => b.Id));
        tables.CreateTable(
            "folders",
            t => new { Path = t.Column<string>(), Stamp = t.Column<long>() },
            constraints: t => t.PrimaryKey("PK_folders", f => f.Path));
        tables.CreateTable(
            "crashes",
            t => new
            {
                Id = t.Column<long>().Annotation(Autoincrement, true).Annotation(Identity, NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                RunId = t.Column<long>(),
                BugId = t.Column<long>(),
                CrashId = t.Column<string>(),
                Title = t.Column<string>(),
                Path = t.Column<string>(),
                Role = t.Column<string>(),
                Count = t.Column<long>(),
                Disconnects = t.Column<long>(),
                DesignEffect = t.Column<double>(),
                Site = t.Column<long>(),
                Event = t.Column<long>(),
                At = t.Column<long>(),
                Stack = t.Column<string>(),
                Story = t.Column<string>(),
                Replay = t.Column<string>(),
            },
            constraints: t =>
            {
                t.PrimaryKey("PK_crashes", c => c.Id);
                t.ForeignKey("FK_crashes_runs_RunId", c => c.RunId, "runs", "Id", onDelete: ReferentialAction.Cascade);
                t.ForeignKey("FK_crashes_bugs_BugId", c => c.BugId, "bugs", "Id", onDelete: ReferentialAction.Restrict);
            });
        tables.CreateTable(
            "notes",
            t => new
            {
                Id = t.Column<long>().Annotation(Autoincrement, true).Annotation(Identity, NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                BugId = t.Column<long>(),
                At = t.Column<long>(),
                By = t.Column<string>(),
                Text = t.Column<string>(),
            },
            constraints: t =>
            {
                t.PrimaryKey("PK_notes", n => n.Id);
                t.ForeignKey("FK_notes_bugs_BugId", n => n.BugId, "bugs", "Id", onDelete: ReferentialAction.Cascade);
            });
        tables.CreateIndex("IX_runs_Key", "runs", "Key", unique: true);
        tables.CreateIndex("IX_runs_Name", "runs", "Name");
        tables.CreateIndex("IX_runs_Started", "runs", "Started");
        tables.CreateIndex("IX_runs_Backend_Started", "runs", ["Backend", "Started"]);
        tables.CreateIndex("IX_runs_Verdict_Started", "runs", ["Verdict", "Started"]);
        tables.CreateIndex("IX_crashes_RunId", "crashes", "RunId");
        tables.CreateIndex("IX_crashes_BugId_RunId", "crashes", ["BugId", "RunId"]);
        tables.CreateIndex("IX_bugs_Key", "bugs", "Key", unique: true);
        tables.CreateIndex("IX_bugs_LastSeen", "bugs", "LastSeen");
        tables.CreateIndex("IX_bugs_Title", "bugs", "Title");
        tables.CreateIndex("IX_notes_BugId", "notes", "BugId");
    }

    /// <inheritdoc/>
    protected override void Down(MigrationBuilder tables)
    {
        foreach (string table in new[] { "notes", "crashes", "reports", "folders", "bugs", "runs" })
        {
            tables.DropTable(table);
        }
    }

    /// <inheritdoc/>
    protected override void BuildTargetModel(ModelBuilder modelBuilder) => TriageContext.Describe(modelBuilder);
}

/// <summary>The tables after the last migration.</summary>
[DbContext(typeof(TriageContext))]
public sealed class TriageSnapshot : ModelSnapshot
{
    /// <inheritdoc/>
    protected override void BuildModel(ModelBuilder modelBuilder) => TriageContext.Describe(modelBuilder);
}
