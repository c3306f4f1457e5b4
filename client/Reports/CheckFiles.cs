using System.CommandLine;
using Stress.Client.Launching;
using Stress.Observability.Ci;

namespace Stress.Client.Reports;

/// <summary>A format in which a command's cases are written to a file.</summary>
/// <param name="Option">The option that names the file.</param>
/// <param name="Description">Its help.</param>
/// <param name="Write">Writes them.</param>
public sealed record CheckFormat(string Option, string Description, Action<CheckReport, Stream> Write)
{
    /// <summary>A format that is text.</summary>
    public static CheckFormat OfText(string option, string description, Action<CheckReport, TextWriter> write) => new(option, description, (report, to) =>
    {
        using var text = new StreamWriter(to, leaveOpen: true);
        write(report, text);
    });
}

/// <summary>A command's files for continuous integration: the same cases in every requested format.</summary>
/// <param name="Files">A file for each format that is written to one.</param>
/// <param name="GitHub">True to print GitHub's annotations.</param>
public sealed record CheckFiles(IReadOnlyList<(CheckFormat Format, string File)> Files, bool GitHub)
{
    /// <summary>Every format, a line each.</summary>
    public static readonly IReadOnlyList<CheckFormat> Formats =
    [
        CheckFormat.OfText("--junit", "Write the verdicts and crash titles to this file as JUnit XML.", JUnitFormat.Write),
        new("--sarif", "Write the findings to this file as SARIF 2.1.0.", SarifFormat.Write),
    ];

    /// <summary>Nothing.</summary>
    public static readonly CheckFiles None = new([], false);

    /// <summary>True when any format is asked for.</summary>
    public bool Wanted => Files.Count > 0 || GitHub;

    /// <summary>Refuses files that cannot be written, before anything is executed.</summary>
    /// <exception cref="UsageException">A file cannot be written.</exception>
    public void Check()
    {
        foreach ((CheckFormat format, string file) in Files)
        {
            Output.CheckFile(format.Option, file);
        }
    }

    /// <summary>Writes what was asked for.</summary>
    /// <param name="report">The cases.</param>
    /// <param name="terminal">Gets the annotations.</param>
    /// <param name="deliveries">Remembers what could not be written.</param>
    public void Write(CheckReport report, Terminal terminal, Deliveries deliveries)
    {
        foreach ((CheckFormat format, string file) in Files)
        {
            deliveries.Write(file, () =>
            {
                using Stream to = OutputFile.Create(file, terminal);
                format.Write(report, to);
                to.Flush();
            });
        }

        if (GitHub)
        {
            // Bypasses the screen's own writer: an annotation must stay one line, whatever its width.
            GitHubFormat.Write(report, terminal.Out.Profile.Out.Writer);
        }
    }
}

/// <summary>The options of a command that writes <see cref="CheckFiles"/>.</summary>
public sealed class CheckFileOptions
{
    private readonly (CheckFormat Format, Option<string?> Option)[] _files =
        [.. CheckFiles.Formats.Select(format => (format, new Option<string?>(format.Option) { Description = format.Description }))];

    private readonly Option<bool> _github = new("--github") { Description = "Print the findings as GitHub annotations." };

    /// <summary>Gives the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach ((_, Option<string?> option) in _files)
        {
            command.Add(option);
        }

        command.Add(_github);
    }

    /// <summary>The files that the command line names.</summary>
    public CheckFiles Read(ParseResult line) => new([.. from f in _files let file = line.GetValue(f.Option) where file is not null select (f.Format, file)], line.GetValue(_github));
}
