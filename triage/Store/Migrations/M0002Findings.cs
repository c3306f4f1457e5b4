using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace Stress.Triage.Store.Migrations;

/// <summary>Findings of searches, and private bugs.</summary>
[DbContext(typeof(TriageContext))]
[Migration("20261129160000_Findings")]
public sealed class M0002Findings : Migration
{
    private const string Autoincrement = "Sqlite:Autoincrement", Identity = "Npgsql:ValueGenerationStrategy";

    /// <inheritdoc/>
    protected override void Up(MigrationBuilder tables)
    {
        tables.AddColumn<bool>("Private", "bugs", defaultValue: false);
        tables.CreateTable(
            "findings",
            t => new
            {
                Id = t.Column<long>().Annotation(Autoincrement, true).Annotation(Identity, NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                BugId = t.Column<long>(),
                Key = t.Column<string>(),
                Search = t.Column<string>(),
                At = t.Column<long>(),
                Title = t.Column<string>(),
                Stacks = t.Column<string>(),
                List = t.Column<long>(),
                Lists = t.Column<long>(),
                Seen = t.Column<long>(),
                Titles = t.Column<string>(),
                Least = t.Column<string>(),
                IsLeast = t.Column<bool>(),
            },
            constraints: t =>
            {
                t.PrimaryKey("PK_findings", f => f.Id);
                t.ForeignKey("FK_findings_bugs_BugId", f => f.BugId, "bugs", "Id", onDelete: ReferentialAction.Restrict);
            });
        tables.CreateIndex("IX_findings_Key", "findings", "Key", unique: true);
        tables.CreateIndex("IX_findings_BugId", "findings", "BugId");
    }

    /// <inheritdoc/>
    protected override void Down(MigrationBuilder tables)
    {
        tables.DropTable("findings");
        tables.DropColumn("Private", "bugs");
    }

    /// <inheritdoc/>
    protected override void BuildTargetModel(ModelBuilder modelBuilder) => TriageContext.Describe(modelBuilder);
}
