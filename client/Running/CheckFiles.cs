using System.CommandLine;
using Stress.Observability.Ci;

namespace Stress.Client.Running;

/// <summary>What a continuous-integration service gets of a command: the same cases in up to three formats.</summary>
/// <param name="JUnit">File for JUnit's XML, or null.</param>
/// <param name="Sarif">File for SARIF 2.1.0, or null.</param>
/// <param name="GitHub">True to print GitHub's annotations.</param>
public sealed record CheckFiles(string? JUnit, string? Sarif, bool GitHub)
{
    /// <summary>Nothing.</summary>
    public static readonly CheckFiles None = new(null, null, false);

    /// <summary>True when any format is asked for.</summary>
    public bool Wanted => JUnit is not null || Sarif is not null || GitHub;

    /// <summary>Refuses files that cannot be written, before anything is executed.</summary>
    /// <exception cref="UsageException">A file cannot be written.</exception>
    public void Check()
    {
        foreach ((string option, string? file) in new[] { ("--junit", JUnit), ("--sarif", Sarif) })
        {
            if (file is not null)
            {
                Output.CheckFile(option, file);
            }
        }
    }

    /// <summary>Writes what was asked for.</summary>
    /// <param name="report">The cases.</param>
    /// <param name="terminal">Gets the annotations.</param>
    /// <param name="deliveries">Remembers what could not be written.</param>
    public void Write(CheckReport report, Terminal terminal, Deliveries deliveries)
    {
        if (JUnit is not null)
        {
            deliveries.Write(JUnit, () => OutputFile.Write(JUnit, to => JUnitFormat.Write(report, to), terminal));
        }

        if (Sarif is not null)
        {
            deliveries.Write(Sarif, () =>
            {
                using Stream file = OutputFile.Create(Sarif, terminal);
                SarifFormat.Write(report, file);
                file.Flush();
            });
        }

        if (GitHub)
        {
            // Past the screen's own writer: an annotation must stay one line, whatever its width.
            GitHubFormat.Write(report, terminal.Out.Profile.Out.Writer);
        }
    }
}

/// <summary>The options of a command that writes <see cref="CheckFiles"/>.</summary>
public sealed class CheckFileOptions
{
    private readonly Option<string?> _junit = new("--junit") { Description = "Write the verdicts and crash titles to this file as JUnit XML." };
    private readonly Option<string?> _sarif = new("--sarif") { Description = "Write the findings to this file as SARIF 2.1.0." };
    private readonly Option<bool> _github = new("--github") { Description = "Print the findings as GitHub annotations." };

    /// <summary>Gives the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_junit);
        command.Add(_sarif);
        command.Add(_github);
    }

    /// <summary>What the command line asks for.</summary>
    public CheckFiles Read(ParseResult line) => new(line.GetValue(_junit), line.GetValue(_sarif), line.GetValue(_github));
}
