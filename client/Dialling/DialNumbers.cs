using System.CommandLine;
using System.Globalization;
using Stress.Dial.Calls;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Scenarios;

namespace Stress.Client.Dialling;

/// <summary>How <c>dial</c> and <c>answer</c> read their numbers, times and choices: each when the line is parsed.</summary>
public static class DialNumbers
{
    /// <summary>Most lines at once.</summary>
    public const int MaxLines = 1024;

    /// <summary>Most calls on a line.</summary>
    public const int MaxCycles = 1_000_000_000;

    private const int MaxSeconds = 1_000_000, MaxPackets = 1000;
    private static readonly VirtualTime LeastRestart = VirtualTime.FromMilliseconds(100);
    private static readonly VirtualTime MostRestart = VirtualTime.FromMinutes(10);

    /// <summary>An option that takes seconds, or a time with a unit.</summary>
    public static Option<VirtualTime?> Seconds(string name, string description) => TypedOption.Of(name, description, text => (VirtualTime?)ReadSeconds(name, text));

    /// <summary>An option that takes the time after which a request is repeated.</summary>
    public static Option<VirtualTime?> Restart(string name, string description) => TypedOption.Of(name, description, text =>
        ReadSeconds(name, text) is var restart && restart >= LeastRestart && restart <= MostRestart ? (VirtualTime?)restart
            : throw new UsageException($"{name} {text}: accepted are seconds from 0.1 to 600, or a time with a unit, such as 250ms or 3s"));

    /// <summary>An option that takes how many packets are sent before something is given up.</summary>
    public static Option<int?> Packets(string name, string description) => Numbers.Option(name, 1, MaxPackets, description);

    /// <summary>An option that takes seconds, or a range of them. A scenario writes a range with two dots.</summary>
    public static Option<TimeRange?> Range(string name, string description) => TypedOption.Of(name, description, text =>
    {
        string[] ends = text.Contains("..", StringComparison.Ordinal) ? text.Split("..", 2) : text.Split('-', 2);
        var range = new TimeRange(ReadSeconds(name, ends[0]), ReadSeconds(name, ends[^1]));
        return range.Max >= range.Min ? (TimeRange?)range : throw new UsageException($"{name} {text}: accepted are seconds, or a range such as 20-40 or 20s..2min");
    });

    /// <summary>An option that takes control characters, as <c>asyncmap</c> of pppd does.</summary>
    public static Option<uint?> ControlCharacters(string name, string description) => TypedOption.Of(name, description, text =>
        ScenarioFields.Scalar(typeof(uint), "asyncmap", text) is uint map ? (uint?)map
            : throw new UsageException($"{name} {text}: accepted is {ScenarioFields.Accepts(typeof(uint), "asyncmap")}"));

    /// <summary>An option that takes a percentage.</summary>
    public static Option<double?> Percent(string name, string description) => TypedOption.Of(name, description, text =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent) && percent <= 100 ? (double?)percent
            : throw new UsageException($"{name} {text}: accepted is a percentage from 0 to 100"));

    /// <summary>An option that takes ways to end a link, with commas.</summary>
    public static Option<IReadOnlyList<CallEnd>?> Ends(string name, string description) => TypedOption.Of<IReadOnlyList<CallEnd>?>(name, description, text => [.. text.Split(',').Select(end => end switch
    {
        "hup" => CallEnd.Hup,
        "carrier" => CallEnd.Carrier,
        "silence" => CallEnd.Silence,
        _ => throw new UsageException($"{name} {end}: accepted are hup, carrier and silence, with commas"),
    })]);

    /// <summary>An option that takes what the far side must authenticate itself by.</summary>
    public static Option<PppAuthentication?> Authentication(string name, string description) => TypedOption.Of(name, description, text => (PppAuthentication?)(text switch
    {
        "none" => PppAuthentication.None,
        "pap" => PppAuthentication.Pap,
        "chap" => PppAuthentication.ChapMd5,
        "any" => PppAuthentication.Pap | PppAuthentication.ChapMd5,
        _ => throw new UsageException($"{name} {text}: accepted are none, pap, chap and any"),
    }), "none", "pap", "chap", "any");

    private static VirtualTime ReadSeconds(string name, string text) =>
        Durations.Seconds(text) is { } time && time <= VirtualTime.FromSeconds(MaxSeconds)
            ? time
            : throw new UsageException($"{name} {text}: accepted are seconds from 0 to {MaxSeconds}, or {Durations.WithUnit}");
}
