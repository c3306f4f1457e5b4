using System.Diagnostics;

namespace Stress.Tests.Shared;

/// <summary>tshark's result for a capture.</summary>
/// <param name="Frames">Frames dissected.</param>
/// <param name="Protocols">The innermost protocol of each frame, and how often.</param>
/// <param name="IcmpV6Types">Types of ICMPv6 messages, and how often.</param>
/// <param name="Comments">Frames with a comment.</param>
/// <param name="Problems">Frames that are malformed or have a wrong checksum (the first hundred), as tshark printed them.</param>
/// <param name="Comment">All comments, one after another, up to a megabyte.</param>
public sealed record TsharkSummary(
    long Frames, IReadOnlyDictionary<string, long> Protocols, IReadOnlyDictionary<string, long> IcmpV6Types, long Comments, IReadOnlyList<string> Problems, string Comment);

/// <summary>Runs the real tshark over a capture, once, with every checksum verified.</summary>
public static class Tshark
{
    private const int MaxComment = 1 << 20;

    private static readonly string[] Status = ["ip.checksum.status", "udp.checksum.status", "tcp.checksum.status", "icmpv6.checksum.status", "igmp.checksum.status", "ospf.checksum_status", "icmp.checksum.status"];

    /// <summary>Dissects every frame of a capture in memory.</summary>
    /// <exception cref="InvalidOperationException">tshark does not accept it.</exception>
    public static TsharkSummary Dissect(ReadOnlySpan<byte> capture)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, capture);
            return Dissect(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Dissects every frame of a file.</summary>
    /// <exception cref="InvalidOperationException">tshark does not accept the file.</exception>
    public static TsharkSummary Dissect(string file)
    {
        string[] known = Known();
        List<string> arguments =
        [
            "-n", "-r", file, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a",
            "-e", "_ws.col.Protocol", "-e", "_ws.malformed", "-e", "icmpv6.type", "-e", "frame.comment",
        ];
        arguments.AddRange(known.SelectMany(field => new[] { "-e", field }));
        using Process process = Start(arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        long frames = 0, comments = 0;
        SortedDictionary<string, long> protocols = new(StringComparer.Ordinal), types = new(StringComparer.Ordinal);
        List<string> problems = [];
        var comment = new System.Text.StringBuilder();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            string[] fields = line.Split('\t');
            if (fields.Length < 4)
            {
                continue;
            }

            frames++;
            Count(protocols, fields[0]);
            Count(types, fields[2]);
            if (fields[3].Length > 0)
            {
                comments++;
                comment.Append(comment.Length < MaxComment ? fields[3] + "\n" : "");
            }

            // Status 0 is "bad" in tshark's table of checksum states; a packet in a packet has two, with a comma.
            if ((fields[1].Length > 0 || fields.Skip(4).Any(status => status.Split(',').Contains("0"))) && problems.Count < 100)
            {
                problems.Add($"frame {frames}: {line}");
            }
        }

        process.WaitForExit();
        return process.ExitCode == 0
            ? new TsharkSummary(frames, protocols, types, comments, problems, comment.ToString())
            : throw new InvalidOperationException($"tshark: {errors.Result}");
    }

    // tshark would exit on a field that it does not know.
    private static string[] Known()
    {
        using Process process = Start(["-G", "fields"]);
        _ = process.StandardError.ReadToEndAsync();
        HashSet<string> names = [];
        while (process.StandardOutput.ReadLine() is { } line)
        {
            string[] columns = line.Split('\t');
            if (columns.Length > 2 && Status.Contains(columns[2]))
            {
                names.Add(columns[2]);
            }
        }

        process.WaitForExit();
        return [.. Status.Where(names.Contains)];
    }

    private static void Count(SortedDictionary<string, long> counts, string key)
    {
        if (key.Length > 0)
        {
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }
    }

    private static Process Start(IEnumerable<string> arguments) => Process.Start(
        new ProcessStartInfo(Tools.Find("tshark") ?? throw new FileNotFoundException("tshark is not on PATH"), arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
}
