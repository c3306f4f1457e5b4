using Microsoft.EntityFrameworkCore;

namespace Stress.Triage.Store;

/// <summary>The tables of a store, on SQLite or PostgreSQL.</summary>
/// <param name="options">Which database.</param>
public sealed class TriageContext(DbContextOptions<TriageContext> options) : DbContext(options)
{
    /// <summary>Runs.</summary>
    public DbSet<RunRecord> Runs => Set<RunRecord>();

    /// <summary>Reports of runs.</summary>
    public DbSet<ReportRecord> Reports => Set<ReportRecord>();

    /// <summary>Crashes.</summary>
    public DbSet<StoredCrash> Crashes => Set<StoredCrash>();

    /// <summary>Bugs.</summary>
    public DbSet<BugRecord> Bugs => Set<BugRecord>();

    /// <summary>Findings of searches.</summary>
    public DbSet<FindingRecord> Findings => Set<FindingRecord>();

    /// <summary>Notes.</summary>
    public DbSet<NoteRecord> Notes => Set<NoteRecord>();

    /// <summary>Folders that were read.</summary>
    public DbSet<FolderRecord> Folders => Set<FolderRecord>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder model)
    {
        Describe(model);
    }

    /// <summary>The tables, for the context and for the snapshot of the last migration alike.</summary>
    internal static void Describe(ModelBuilder model)
    {
        model.Entity<RunRecord>(run =>
        {
            run.ToTable("runs");
            run.HasIndex(r => r.Key).IsUnique();
            run.HasIndex(r => r.Name);
            run.HasIndex(r => r.Started);
            run.HasIndex(r => new { r.Backend, r.Started });
            run.HasIndex(r => new { r.Verdict, r.Started });
        });
        model.Entity<ReportRecord>(report =>
        {
            report.ToTable("reports");
            report.HasKey(r => r.RunId);
            report.Property(r => r.RunId).ValueGeneratedNever();
            report.HasOne<RunRecord>().WithOne().HasForeignKey<ReportRecord>(r => r.RunId).OnDelete(DeleteBehavior.Cascade);
        });
        model.Entity<StoredCrash>(crash =>
        {
            crash.ToTable("crashes");
            crash.HasIndex(c => c.RunId);
            crash.HasIndex(c => new { c.BugId, c.RunId });
            crash.HasOne<RunRecord>().WithMany().HasForeignKey(c => c.RunId).OnDelete(DeleteBehavior.Cascade);
            crash.HasOne<BugRecord>().WithMany().HasForeignKey(c => c.BugId).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<BugRecord>(bug =>
        {
            bug.ToTable("bugs");
            bug.HasIndex(b => b.Key).IsUnique();
            bug.HasIndex(b => b.LastSeen);
            bug.HasIndex(b => b.Title);
        });
        model.Entity<FindingRecord>(finding =>
        {
            finding.ToTable("findings");
            finding.HasIndex(f => f.Key).IsUnique();
            finding.HasIndex(f => f.BugId);
            finding.HasOne<BugRecord>().WithMany().HasForeignKey(f => f.BugId).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<NoteRecord>(note =>
        {
            note.ToTable("notes");
            note.HasIndex(n => n.BugId);
            note.HasOne<BugRecord>().WithMany().HasForeignKey(n => n.BugId).OnDelete(DeleteBehavior.Cascade);
        });
        model.Entity<FolderRecord>(folder =>
        {
            folder.ToTable("folders");
            folder.HasKey(f => f.Path);
        });
    }
}
