using System.IO.Hashing;
using System.Text;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Observability;

/// <summary>One distinct crash of a run: a line of <c>crashes.ndjson</c>.</summary>
public sealed record CrashRecord
{
    /// <summary>Names the crash by its title and role, so that it is the same in every run: <c>c</c> and eight hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Holder × use site × why the purge did not run.</summary>
    public required string Title { get; init; }

    /// <summary>Short name of the code path.</summary>
    public required string Path { get; init; }

    /// <summary><c>called</c> or <c>calling</c>.</summary>
    public required string Role { get; init; }

    /// <summary>How often in the whole run.</summary>
    public required long Count { get; init; }

    /// <summary>The site where it occurred first in virtual time (the lowest number among equals).</summary>
    public required long Site { get; init; }

    /// <summary>The run's seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The number of the crashing event in the site's own count.</summary>
    public required long Event { get; init; }

    /// <summary>Virtual time of the crash, as <c>hh:mm:ss.uuuuuu</c>.</summary>
    public required string At { get; init; }

    /// <summary>Virtual time of the crash in microseconds.</summary>
    public required long AtMicroseconds { get; init; }

    /// <summary>The emulated call stack, innermost function first.</summary>
    public required IReadOnlyList<string> Stack { get; init; }

    /// <summary>The life of the pointer: allocated, stored, which purge did not run, freed, reused, used.</summary>
    public required IReadOnlyList<string> Story { get; init; }

    /// <summary>The command that replays it.</summary>
    public required string Replay { get; init; }

    /// <summary>The identifier of a title in a role.</summary>
    public static string IdOf(CrashTitle title, string role) => IdOf(title.ToString(), role);

    /// <summary>The identifier of a title in a role.</summary>
    public static string IdOf(string title, string role) =>
        $"c{XxHash32.HashToUInt32(Encoding.UTF8.GetBytes($"{role} {title}")):x8}";
}
