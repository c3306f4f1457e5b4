namespace Stress.Triage.Store;

// The rows as they are stored. Times are UTC in microseconds since 1970, so that both databases compare and group them alike; numbers of 64 bits without sign are
// stored by their bits.

/// <summary>A run.</summary>
public sealed class RunRecord
{
    /// <summary>Number.</summary>
    public long Id { get; set; }

    /// <summary>What identifies the run, whatever folder it was copied to: a hash of name, scenario, seed, size, backend and version.</summary>
    public required string Key { get; set; }

    /// <summary>SHA-256 of its report: a resumed run has another.</summary>
    public required string ReportSha256 { get; set; }

    /// <summary>Name.</summary>
    public required string Name { get; set; }

    /// <summary>Scenario's name.</summary>
    public required string Scenario { get; set; }

    /// <summary>A teardown design, or the kind of real kernel.</summary>
    public required string Backend { get; set; }

    /// <summary>Version of what was executed.</summary>
    public required string Version { get; set; }

    /// <summary>Seed, by its bits.</summary>
    public long Seed { get; set; }

    /// <summary>Start, microseconds since 1970.</summary>
    public long Started { get; set; }

    /// <summary>Pairs.</summary>
    public long Pairs { get; set; }

    /// <summary>Virtual hours of each.</summary>
    public double Hours { get; set; }

    /// <summary>Disconnects, both ends.</summary>
    public long Disconnects { get; set; }

    /// <summary>Panics, both ends.</summary>
    public long Panics { get; set; }

    /// <summary>Distinct titles.</summary>
    public int Titles { get; set; }

    /// <summary>Verdict.</summary>
    public required string Verdict { get; set; }

    /// <summary>Digest.</summary>
    public required string Digest { get; set; }

    /// <summary>Folder it came from.</summary>
    public required string Folder { get; set; }
}

/// <summary>A run's report, separate from the run: listing runs does not read it.</summary>
public sealed class ReportRecord
{
    /// <summary>Its run.</summary>
    public long RunId { get; set; }

    /// <summary>The report, as gzip of its JSON.</summary>
    public required byte[] Report { get; set; }
}

/// <summary>A distinct crash of a run.</summary>
public sealed class StoredCrash
{
    /// <summary>Number.</summary>
    public long Id { get; set; }

    /// <summary>Its run.</summary>
    public long RunId { get; set; }

    /// <summary>Its bug.</summary>
    public long BugId { get; set; }

    /// <summary>Identifier in its run.</summary>
    public required string CrashId { get; set; }

    /// <summary>Title, as the run has it.</summary>
    public required string Title { get; set; }

    /// <summary>Code path.</summary>
    public required string Path { get; set; }

    /// <summary>The end that crashed.</summary>
    public required string Role { get; set; }

    /// <summary>How often.</summary>
    public long Count { get; set; }

    /// <summary>Disconnects of that end.</summary>
    public long Disconnects { get; set; }

    /// <summary>Ratio of the squared interval over sites to one that takes disconnects as independent; at least 1 (Kish's design effect).</summary>
    public double DesignEffect { get; set; }

    /// <summary>Site of the first.</summary>
    public long Site { get; set; }

    /// <summary>Event of the first.</summary>
    public long Event { get; set; }

    /// <summary>Virtual microseconds of the first.</summary>
    public long At { get; set; }

    /// <summary>Functions, a line each, innermost first.</summary>
    public required string Stack { get; set; }

    /// <summary>The story, one line per stage.</summary>
    public required string Story { get; set; }

    /// <summary>Command.</summary>
    public required string Replay { get; set; }
}

/// <summary>A bug. Sums are updated here as runs are imported, so that listing bugs reads no crashes.</summary>
public sealed class BugRecord
{
    /// <summary>Number.</summary>
    public long Id { get; set; }

    /// <summary>Identifier.</summary>
    public required string Key { get; set; }

    /// <summary>Title without the parts that differ from boot to boot.</summary>
    public required string Title { get; set; }

    /// <summary>Backend.</summary>
    public required string Backend { get; set; }

    /// <summary>Status: the number of <see cref="Contracts.Triage.BugStatus"/>.</summary>
    public int Status { get; set; }

    /// <summary>What ends it.</summary>
    public string FixedBy { get; set; } = "";

    /// <summary>When it was marked as fixed, microseconds since 1970; 0 for never.</summary>
    public long FixedAt { get; set; }

    /// <summary>It was fixed and is back.</summary>
    public bool Regressed { get; set; }

    /// <summary>The bug it is a duplicate of.</summary>
    public long? DuplicateOf { get; set; }

    /// <summary>Found in released software, and not public yet.</summary>
    public bool Private { get; set; }

    /// <summary>Start of the first run that has it.</summary>
    public long FirstSeen { get; set; }

    /// <summary>Start of the last.</summary>
    public long LastSeen { get; set; }

    /// <summary>Runs and searches that have it.</summary>
    public long Runs { get; set; }

    /// <summary>Crashes.</summary>
    public long Crashes { get; set; }
}

/// <summary>A finding of a search.</summary>
public sealed class FindingRecord
{
    /// <summary>Number.</summary>
    public long Id { get; set; }

    /// <summary>Its bug.</summary>
    public long BugId { get; set; }

    /// <summary>What makes it this finding of this search: a hash of the search's digest, seed and size, the stacks and the title.</summary>
    public required string Key { get; set; }

    /// <summary>The search's name.</summary>
    public required string Search { get; set; }

    /// <summary>When it was, microseconds since 1970.</summary>
    public long At { get; set; }

    /// <summary>Title, as the search has it.</summary>
    public required string Title { get; set; }

    /// <summary>Stacks.</summary>
    public required string Stacks { get; set; }

    /// <summary>The list that showed it first.</summary>
    public long List { get; set; }

    /// <summary>Lists of the search.</summary>
    public long Lists { get; set; }

    /// <summary>Lists that showed it.</summary>
    public long Seen { get; set; }

    /// <summary>Titles that its list gives, a line each: how often, a space, the title.</summary>
    public required string Titles { get; set; }

    /// <summary>The minimal list, one operation per line.</summary>
    public required string Least { get; set; }

    /// <summary>No operation of it can be removed.</summary>
    public bool IsLeast { get; set; }
}

/// <summary>A person's note on a bug.</summary>
public sealed class NoteRecord
{
    /// <summary>Number.</summary>
    public long Id { get; set; }

    /// <summary>The bug.</summary>
    public long BugId { get; set; }

    /// <summary>Microseconds since 1970.</summary>
    public long At { get; set; }

    /// <summary>Who.</summary>
    public required string By { get; set; }

    /// <summary>What.</summary>
    public required string Text { get; set; }
}

/// <summary>A run folder that was read, so that a later import need not open it again.</summary>
public sealed class FolderRecord
{
    /// <summary>Full path.</summary>
    public required string Path { get; set; }

    /// <summary>Last write of its report, in ticks of .NET.</summary>
    public long Stamp { get; set; }
}
