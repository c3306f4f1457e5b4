using Stress.Emulator.Core;
using Stress.Emulator.Oracle;
using Stress.Emulator.Userland;

namespace Stress.Emulator.Sites;

/// <summary>A daemon that a role may name: its line of registration (<see cref="RoleOptions.Known"/>). Everything that lists daemons reads it.</summary>
/// <param name="Name">The program's name, as scenarios spell it.</param>
/// <param name="Timers">Its timers.</param>
/// <param name="Create">Makes it.</param>
public sealed record DaemonKind(string Name, int Timers, Func<ProcessEntry, RoleOptions, Process> Create)
{
    // The numbers of columns go into the digest. Getty's, cron's and the others' lie between those of the first daemons and those of all later ones.
    private const int FirstColumn = 3, FirstDaemons = 3, LaterColumns = 9;
    private readonly RandomPurpose _draws;

    /// <summary>Its position in the registration.</summary>
    public int Place { get; init; }

    /// <summary>It has its place in the order of equal times whether a role names it or not: true of the daemons that are older than the table of processes.</summary>
    public bool InEverySystem { get; init; }

    /// <summary>What its random numbers are for; follows from its place unless given.</summary>
    public RandomPurpose Draws
    {
        get => _draws != 0 ? _draws : (RandomPurpose)((int)RandomPurpose.FirstDaemon + Place);
        init => _draws = value;
    }

    /// <summary>Its column in a trace.</summary>
    public TraceSource Source => new((byte)(Place < FirstDaemons ? FirstColumn + Place : LaterColumns + Place - FirstDaemons), Name);

    /// <summary>Names of all daemons that a role may name.</summary>
    public static IEnumerable<string> Names => RoleOptions.Known.Select(static k => k.Name);

    /// <summary>The columns of one router in a trace, from the line inwards.</summary>
    public static IReadOnlyList<TraceSource> Columns =>
        [TraceSource.Kernel, TraceSource.Pppd, .. RoleOptions.Known.Select(static k => k.Source), TraceSource.Getty, TraceSource.Cron, TraceSource.Other];

    /// <summary>The daemon of this name.</summary>
    public static DaemonKind Named(string name) => RoleOptions.Known.First(k => k.Name == name);

    /// <summary>The column with this number.</summary>
    public static TraceSource ColumnOf(byte number) => number == TraceSource.Line.Number ? TraceSource.Line : Columns.First(c => c.Number == number);

    internal static IReadOnlyList<DaemonKind> Register(params DaemonKind[] kinds) => [.. kinds.Select(static (k, place) => k with { Place = place })];
}
