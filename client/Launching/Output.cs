using System.Security.Cryptography;
using Stress.Contracts;
using Stress.Observability;

namespace Stress.Client.Launching;

/// <summary>Where a run's files go, checked before anything is executed.</summary>
public sealed class Output
{
    private Output(RunFolder folder, string runId, string? json)
    {
        Folder = folder;
        RunId = runId;
        Json = json;
        Shown = folder.Path;
    }

    // With the time and a suffix appended, a run's name stays within what a plan accepts.
    private const int MaxStem = 90;

    private const int DistinctionLength = 6;

    /// <summary>The folder that holds the folders of runs, unless <c>--out</c> names another.</summary>
    public const string DefaultFolder = "runs";

    /// <summary>The run's folder; not created yet.</summary>
    public RunFolder Folder { get; }

    /// <summary>The folder as shown to people and named in files: for an archive, the one that it is unpacked to.</summary>
    public string Shown { get; private init; }

    /// <summary>The run's name: the name of that folder.</summary>
    public string RunId { get; }

    /// <summary>A further file for the report, or null.</summary>
    public string? Json { get; }

    /// <summary>Chooses the run's folder and checks that both places can be written.</summary>
    /// <param name="parent">Folder of runs, or null for <see cref="DefaultFolder"/>.</param>
    /// <param name="json">Further file for the report, or null.</param>
    /// <param name="name">The scenario's name: the run's name starts with it.</param>
    /// <param name="now">Wall time: it follows the scenario's name in the run's name.</param>
    /// <param name="shared">True for a run whose name has to be unique among clients that do not see each other's folders.</param>
    /// <exception cref="UsageException">A place cannot be written.</exception>
    public static Output Choose(string? parent, string? json, string name, DateTimeOffset now, bool shared = false)
    {
        parent ??= DefaultFolder;
        CheckFolder("--out", parent);
        if (json is not null)
        {
            CheckFile("--json", json);
        }

        string safe = new([.. name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')]);
        string stem = $"{safe.TrimStart('.')[..Math.Min(MaxStem, safe.TrimStart('.').Length)]}-{now:yyyyMMdd-HHmmss}{(shared ? $"-{RandomNumberGenerator.GetHexString(DistinctionLength, lowercase: true)}" : "")}", id = stem;
        for (int n = 2; Directory.Exists(Path.Combine(parent, id)); n++)
        {
            id = $"{stem}-{n}";
        }

        return new Output(new RunFolder(Path.Combine(parent, id)), id, json);
    }

    /// <summary>
    /// Takes the chosen folder for this process: when another one has taken it since, the next free name. The file that says what is run is the mark, since only
    /// one process can be the one that creates it.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public Output Claim()
    {
        string parent = Path.GetDirectoryName(Folder.Path)!, id = RunId;
        for (int n = 2; ; n++)
        {
            var folder = new RunFolder(Path.Combine(parent, id));
            Directory.CreateDirectory(folder.Path);
            string mark = Path.Combine(folder.Path, Launch.FileName);
            try
            {
                new FileStream(mark, FileMode.CreateNew).Dispose();
                return new Output(folder, id, Json);
            }
            catch (IOException) when (File.Exists(mark))
            {
                id = $"{RunId}-{n}";
            }
        }
    }

    /// <summary>The folder of a run that is resumed.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="json">Further file for the report, or null.</param>
    /// <exception cref="UsageException">A place cannot be written.</exception>
    public static Output Again(RunFolder folder, string? json)
    {
        CheckFolder("RUN", folder.Path);
        if (json is not null)
        {
            CheckFile("--json", json);
        }

        return new Output(folder, new DirectoryInfo(folder.Path).Name, json);
    }

    /// <summary>The folder of a run that another client has started: a new folder of the run's name, or the one that is there.</summary>
    /// <param name="parent">Folder of runs, or null for <see cref="DefaultFolder"/>.</param>
    /// <param name="runId">The run's name, as it came over the network or from the command line.</param>
    /// <param name="json">Further file for the report, or null.</param>
    /// <exception cref="UsageException">The name is none, or the place cannot be written.</exception>
    public static Output Named(string? parent, string runId, string? json = null)
    {
        if (!RunPlan.IsRunId(runId))
        {
            throw new UsageException($"{runId}: accepted is the name of a run: letters, digits, '-', '_' and '.'");
        }

        CheckFolder("--out", parent ?? DefaultFolder);
        if (json is not null)
        {
            CheckFile("--json", json);
        }

        return new Output(new RunFolder(Path.Combine(parent ?? DefaultFolder, runId)), runId, json);
    }

    /// <summary>The folder of a run that is packed: one with its name in a temporary folder.</summary>
    /// <param name="parent">The temporary folder.</param>
    /// <param name="runId">The run's name, as it came over the network.</param>
    /// <param name="json">Further file for the report, or null.</param>
    /// <exception cref="UsageException">The name is none, or the place cannot be written.</exception>
    public static Output Packed(string parent, string runId, string? json)
    {
        Output output = Named(parent, runId, json);
        return new Output(output.Folder, runId, json) { Shown = runId };
    }

    /// <summary>Checks that a file can be written.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="file">The file.</param>
    /// <exception cref="UsageException">It cannot.</exception>
    public static void CheckFile(string option, string file)
    {
        // Standard output, and what is not a file but a device or a pipe, is only tried when the result is written: opening it is noticed by its reader.
        if (file == OutputFile.Standard || IsDevice(file))
        {
            return;
        }

        if (Directory.Exists(file))
        {
            throw new UsageException($"{option} {file}: a folder; accepted is the name of a file");
        }

        string? folder = Path.GetDirectoryName(Path.GetFullPath(file));
        if (folder is null || !Directory.Exists(folder))
        {
            throw new UsageException($"{option} {file}: its folder does not exist; accepted is a file in a folder that can be written");
        }

        Probe(option, file, folder);
    }

    /// <summary>Checks that a folder can be written: the nearest that exists above must be one that we can write into; what is missing below it is created later.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="folder">The folder.</param>
    /// <exception cref="UsageException">It cannot.</exception>
    public static void CheckFolder(string option, string folder)
    {
        if (folder.Length == 0 || folder == OutputFile.Standard)
        {
            throw new UsageException($"{option}{(folder.Length == 0 ? "" : $" {folder}")}: accepted is the name of a folder");
        }

        string? existing = Path.GetFullPath(folder);
        while (existing is not null && !Directory.Exists(existing))
        {
            if (File.Exists(existing))
            {
                throw new UsageException($"{option} {folder}: {existing} is a file; accepted is a folder that can be written");
            }

            existing = Path.GetDirectoryName(existing);
        }

        Probe(option, folder, existing ?? "/");
    }

    private static bool IsDevice(string file) => File.Exists(file) && Path.GetFullPath(file) is { } path
        && (path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal)) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);

    private static void Probe(string option, string named, string folder)
    {
        string probe = Path.Combine(folder, $".stress-{Environment.ProcessId}");
        try
        {
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
            {
            }

            _ = Directory.EnumerateFileSystemEntries(folder).Any();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} {named}: {folder} cannot be read and written; accepted is a folder that can");
        }
    }

    /// <summary>The folder of a run that exists: by path, by name under <see cref="DefaultFolder"/>, or the latest.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static RunFolder FindRun(string? run)
    {
        if (run is not null)
        {
            string folder = Directory.Exists(run) ? run : Path.Combine(DefaultFolder, run);
            return Directory.Exists(folder)
                ? new RunFolder(folder)
                : throw new UsageException($"{run}: no such run; accepted is a run's folder, or its name under {DefaultFolder}");
        }

        DirectoryInfo? latest = Directory.Exists(DefaultFolder)
            ? new DirectoryInfo(DefaultFolder).EnumerateDirectories().Where(folder => File.Exists(Path.Combine(folder.FullName, Launch.FileName)))
                .MaxBy(folder => folder.LastWriteTimeUtc)
            : null;
        return latest is null
            ? throw new UsageException($"no run in {DefaultFolder}; accepted is the folder of a run")
            : new RunFolder(Path.Combine(DefaultFolder, latest.Name));
    }
}
