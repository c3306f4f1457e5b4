using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Stacks;
using Stress.Guests;

namespace Stress.Fuzz.Daemons;

/// <summary>
/// A machine for routing daemons: a network, mount and process namespace in which zebra, ospfd and ripngd run, and a second network namespace to which interfaces may go. A shell
/// is its first process: when it ends, which it does when this process closes its pipe, everything in it ends.
/// </summary>
internal sealed partial class DaemonSite : IDisposable
{
    /// <summary>Where Debian has FRR's daemons.</summary>
    public const string Folder = "/usr/lib/frr";

    // A daemon that is silent for this long hangs: generous, since the machine may be busy.
    private const int PatienceMilliseconds = 60_000;

    // How often daemons are asked, with pauses, whether they have let go of interfaces that are gone: a daemon reads kernel messages and commands in one loop, in turn.
    private const int CleanTries = 16;
    private const int ResetEvery = 4;

    // How often to check whether a daemon whose vty is gone has ended.
    private const int DeathTries = 50;
    private const string DeathPause = "sleep 0.1";
    private const string Pause = "sleep 0.05";

    private const string Mark = "=== ";

    private readonly string _folder = Directory.CreateTempSubdirectory("stress-daemons-").FullName;
    private readonly Process _shell;
    private readonly Dictionary<string, Vty> _vtys = [];
    private readonly Dictionary<string, string> _pids = [];

    /// <summary>Starts one.</summary>
    /// <exception cref="GuestException">It does not start.</exception>
    public DaemonSite()
    {
        var start = new ProcessStartInfo("unshare", [.. DaemonCommands.Namespaces, "bash", "--norc"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder,
        };
        start.Environment["LC_ALL"] = "C";
        _shell = Process.Start(start)!;
        _shell.ErrorDataReceived += static (_, _) => { };
        _shell.BeginErrorReadLine();
        try
        {
            Begin();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Executes one list.</summary>
    /// <param name="list">The list.</param>
    /// <param name="stop">Ends it.</param>
    public ListOutcome Run(IReadOnlyList<string> list, CancellationToken stop)
    {
        var steps = new List<StepAnswer>();
        using CancellationTokenRegistration ending = stop.Register(End);
        try
        {
            foreach (string line in list)
            {
                if (DaemonCommands.Of(line) is not { } command)
                {
                    return ListOutcome.Nothing($"{line}: not an operation of the daemons' lists");
                }

                string word = line.Split(' ')[0];
                if (command.Shell is { } shell)
                {
                    (int code, string text) = Sh(shell);
                    steps.Add(new StepAnswer(word, code == 0 ? "" : Reason(text), []));
                }
                else
                {
                    steps.Add(new StepAnswer(word, Ask(command.Daemon, command.Vty), []));
                }
            }

            return new ListOutcome(steps, [.. Deaths(), .. Kept()], []);
        }
        catch (Exception e) when (e is SocketException or IOException && !stop.IsCancellationRequested)
        {
            // A daemon is gone, or hangs, in the middle of the list. FRR's handler closes nothing before the process ends, which takes as long as it writes.
            string[] titles = [.. Deaths()];
            for (int i = 0; i < DeathTries && titles.Length == 0; i++)
            {
                _ = Sh(DeathPause);
                titles = [.. Deaths()];
            }

            return new ListOutcome(steps, titles.Length > 0 ? titles : [$"a daemon does not answer within {PatienceMilliseconds / 1000} s"], []);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new OperationCanceledException(stop);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Vty vty in _vtys.Values)
        {
            vty.Dispose();
        }

        End();
        _shell.WaitForExit();
        _shell.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void End()
    {
        try
        {
            _shell.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    private void Begin()
    {
        string[] groups = [.. File.ReadAllLines("/etc/group").Where(line => !line.StartsWith("frrvty:", StringComparison.Ordinal)), DaemonCommands.VtyGroup];
        File.WriteAllLines(Path.Combine(_folder, "group"), groups);
        Need("mount --bind group /etc/group && ulimit -c 0 && ip link set lo up");
        Need(DaemonCommands.Away);
        Need(DaemonCommands.Heap);
        foreach (string daemon in DaemonCommands.Names)
        {
            File.WriteAllLines(Path.Combine(_folder, daemon + ".conf"), DaemonCommands.Beginning(daemon));
            Need($"{DaemonCommands.Start(daemon)} echo {Mark}$!");
            Need($"for i in $(seq 600); do [ -S {daemon}.vty ] && break; sleep 0.1; done; [ -S {daemon}.vty ]");
            _vtys[daemon] = new Vty(Path.Combine(_folder, daemon + ".vty"), PatienceMilliseconds);
            _pids[daemon] = _last;
        }
    }

    private string _last = "";

    // A line of the shell that must succeed; what it prints after the mark is kept.
    private void Need(string line)
    {
        (int code, string text) = Sh(line);
        if (code != 0)
        {
            throw new GuestException(GuestProblem.Unavailable, $"FRR's daemons do not start in a namespace: {line}: {text.Trim()}{string.Concat(DaemonCommands.Names.Select(Output))}");
        }

        _last = Started().Match(text) is { Success: true } started ? started.Groups[1].Value : _last;
    }

    // The exit code of a line, and what it wrote.
    private (int Code, string Text) Sh(string line)
    {
        _shell.StandardInput.WriteLine($"{{ {line}\n}} 2>&1\necho \"{Mark}end $?\"");
        _shell.StandardInput.Flush();
        var text = new List<string>();
        while (_shell.StandardOutput.ReadLine() is { } read)
        {
            if (read.StartsWith(Mark + "end ", StringComparison.Ordinal))
            {
                return (int.Parse(read.AsSpan(Mark.Length + 4), CultureInfo.InvariantCulture), string.Join('\n', text));
            }

            text.Add(read);
        }

        throw new IOException("the shell has ended");
    }

    // Messages of ip without names: "RTNETLINK answers: File exists" is "File exists".
    private static string Reason(string text)
    {
        string first = text.Split('\n').FirstOrDefault(line => line.Length > 0) ?? "";
        int colon = first.IndexOf(": ", StringComparison.Ordinal);
        string words = colon < 0 ? first : first[(colon + 2)..];
        return words.StartsWith("argument ", StringComparison.Ordinal) || words.StartsWith("Cannot find device", StringComparison.Ordinal) || first.StartsWith("Cannot find device", StringComparison.Ordinal)
            ? "no such device" : words.Length == 0 ? "failed" : Quoted().Replace(words, "NAME").TrimEnd('.');
    }

    private string Ask(string daemon, IReadOnlyList<string> commands)
    {
        string error = "";
        foreach (string command in commands)
        {
            (int code, _) = _vtys[daemon].Ask(command);
            error = code != 0 && error.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"vty {code}") : error;
        }

        return error;
    }

    private string Output(string daemon)
    {
        string path = Path.Combine(_folder, daemon + ".out");
        return File.Exists(path) ? File.ReadAllText(path) : "";
    }

    // A death is noticed by the shell, the daemon's parent: it knows the exit status.
    private IEnumerable<string> Deaths()
    {
        foreach ((string daemon, string pid) in _pids)
        {
            (int _, string text) = Sh($"kill -0 {pid} 2> /dev/null || {{ wait {pid}; echo {Mark}$?; }}");
            if (Started().Match(text) is { Success: true } died)
            {
                yield return DaemonReport.TitleOf(daemon, int.Parse(died.Groups[1].Value, CultureInfo.InvariantCulture), Output(daemon));
            }
        }
    }

    // Removes every interface and resets every setting; a daemon that still names an interface after some time keeps what is gone.
    private IEnumerable<string> Kept()
    {
        if (_pids.Count == 0)
        {
            yield break;
        }

        foreach (string line in DaemonCommands.RemoveInterfaces)
        {
            _ = Sh(line);
        }

        string[] names = [.. DaemonGrammar.Grammar.PoolOf("if")!.Members];
        List<string> left = [.. DaemonCommands.Names];
        for (int i = 0; i < CleanTries && left.Count > 0; i++)
        {
            if (i > 0)
            {
                _ = Sh(Pause);
            }

            foreach (string daemon in left.ToArray())
            {
                if (i % ResetEvery == 0)
                {
                    _ = Ask(daemon, DaemonCommands.Reset(daemon, names));
                    _ = Ask(daemon, ["configure terminal", .. DaemonCommands.Beginning(daemon), "end"]);
                }

                if (!names.Any(_vtys[daemon].Ask(DaemonCommands.Interfaces(daemon)).Text.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Contains))
                {
                    left.Remove(daemon);
                }
            }
        }

        foreach (string death in Deaths())
        {
            yield return death;
        }

        foreach (string daemon in left)
        {
            yield return $"{daemon}: keeps an interface that is gone in '{DaemonCommands.Interfaces(daemon)}'";
        }

        if (Sh("ip -o link | grep -v ' lo:'").Text.Length > 0)
        {
            yield return "an interface cannot be removed";
        }
    }

    [GeneratedRegex(@"=== (\d+)")]
    private static partial Regex Started();

    [GeneratedRegex("\"[^\"]*\"|\\be[0-9]\\b")]
    private static partial Regex Quoted();
}
