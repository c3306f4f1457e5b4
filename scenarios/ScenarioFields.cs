using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;

namespace Stress.Scenarios;

/// <summary>The fields of a scenario file: names, units and what values are accepted, derived from the emulator's option records.</summary>
public static class ScenarioFields
{
    private static readonly Dictionary<string, string> Spellings = new(StringComparer.Ordinal)
    {
        ["Quagga0982"] = "quagga-0.98.2", ["Quagga0990"] = "quagga-0.99.0", ["AtAddressAdd"] = "at-address-add",
    };

    private static readonly Dictionary<string, (long Min, long Max)> Limits = new(StringComparer.Ordinal)
    {
        ["callers_per_answerer"] = (1, 64), ["training_failures_per_thousand"] = (0, 1000), ["unanswered_per_thousand"] = (0, 1000), ["noise_per_million_frames"] = (0, 1_000_000), ["bit_rate"] = (300, 115_200_000),
        ["routing_socket_bytes"] = (256, 16_777_216), ["ppp_mtu"] = (128, 16_384), ["bytes"] = (1, 65_536), ["datagram_bytes"] = (1, 8_192), ["typed_bytes"] = (1, 8_192), ["max_fail"] = (0, 1_000_000), ["lcp_echo_failure"] = (1, 1000),
        ["nodes"] = (2, MaxNodes), ["width"] = (1, MaxNodes), ["height"] = (1, MaxNodes), ["branches"] = (1, Topology.MaxPorts - 1), ["links"] = (1, MaxLinks),
        ["lcp_max_configure"] = (1, 1000), ["ipcp_max_failure"] = (1, 1000), ["ipcp_max_configure"] = (1, 1000), ["other_mtu"] = (576, 9_000), ["priority"] = (0, byte.MaxValue),
    };

    // Times that the emulator divides by or waits for repeatedly: at zero it would never get past one instant.
    private static readonly Dictionary<string, (VirtualTime Min, VirtualTime Max)> TimeLimits = new(StringComparer.Ordinal)
    {
        ["window"] = (VirtualTime.FromSeconds(1), VirtualTime.FromHours(1_000)), ["every"] = (VirtualTime.FromMilliseconds(1), Longest),
        ["hello_interval"] = (VirtualTime.FromSeconds(1), VirtualTime.FromSeconds(65_535)), ["dead_interval"] = (VirtualTime.FromSeconds(1), VirtualTime.FromSeconds(uint.MaxValue)),
        ["update"] = (VirtualTime.FromSeconds(1), Longest), ["dial_time"] = (VirtualTime.FromMilliseconds(1), Longest), ["failed_dial_time"] = (VirtualTime.FromMilliseconds(1), Longest),
        ["typing"] = (VirtualTime.FromSeconds(1), Longest), ["tcp_keepidle"] = (VirtualTime.FromSeconds(1), Longest),
        ["lcp_restart"] = (VirtualTime.FromMilliseconds(100), VirtualTime.FromMinutes(10)),
        ["ipcp_restart"] = (VirtualTime.FromMilliseconds(100), VirtualTime.FromMinutes(10)),
        ["ipv6cp_restart"] = (VirtualTime.FromMilliseconds(100), VirtualTime.FromMinutes(10)),
        ["pap_restart"] = (VirtualTime.FromMilliseconds(100), VirtualTime.FromMinutes(10)),
        ["chap_restart"] = (VirtualTime.FromMilliseconds(100), VirtualTime.FromMinutes(10)),
    };

    // Fields of the options that a run sets, not a file.
    private static readonly string[] NotInFiles = [nameof(SiteOptions.Seed), nameof(SiteOptions.Oracle), nameof(SiteOptions.SkipQuiet), nameof(SiteOptions.Graph), nameof(SiteOptions.Events)];

    /// <summary>The longest time that a file may name, apart from never.</summary>
    public static VirtualTime Longest => VirtualTime.FromHours(ScenarioLoader.MaxHours);

    /// <summary>Most of a count.</summary>
    public const int MaxCount = 10_000;

    /// <summary>Most nodes of a site that a file may ask for.</summary>
    public const int MaxNodes = 4_096;

    /// <summary>Most links of a site that a file may ask for.</summary>
    public const int MaxLinks = 16_384;

    /// <summary>snake_case of a property's name.</summary>
    public static string FieldName(string property)
    {
        var s = new StringBuilder();
        for (int i = 0; i < property.Length; i++)
        {
            if (char.IsUpper(property[i]) && i > 0)
            {
                s.Append('_');
            }

            s.Append(char.ToLowerInvariant(property[i]));
        }

        return s.ToString();
    }

    /// <summary>A value as a file spells it; a role by its label in a pair.</summary>
    public static string Spell(Enum value)
    {
        if (value is Role role)
        {
            return PairTopology.Labels[(int)role];
        }

        string name = value.ToString();
        return Spellings.TryGetValue(name, out string? s) ? s : FieldName(name).Replace('_', '-');
    }

    /// <summary>The values of an enumeration that a file can name.</summary>
    public static IEnumerable<Enum> Values(Type type) =>
        type == typeof(Role) ? PairTopology.Roles.Select(static role => (Enum)role.Role) : Enum.GetValues(type).Cast<Enum>();

    /// <summary>What a field of a type accepts, in words.</summary>
    public static string Accepts(Type type, string field)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(bool) ? "true, false"
            : type == typeof(VirtualTime) ? $"a time with a unit{Between(field)}, as 250ms, 60s, 10min, 24h"
            : type == typeof(TimeRange) ? $"a time or a range of times{Between(field)}, as 200ms..2s{(TakesNever(field) ? ", or never" : "")}"
            : type == typeof(CountRange) ? $"a count or a range of counts up to {MaxCount}, as 2..4"
            : type == typeof(int) ? $"a whole number from {Limit(field).Min} to {Limit(field).Max}"
            : type == typeof(ulong) ? "a whole number from 0 to 18446744073709551615"
            : type == typeof(uint) ? "a map of control characters in hexadecimal from 0 to ffffffff, as a0000 for XON and XOFF"
            : type == typeof(string) ? "text"
            : type.IsEnum ? string.Join(", ", Values(type).Select(Spell))
            : typeof(IEnumerable).IsAssignableFrom(type) ? "a list"
            : "a map of " + string.Join(", ", Properties(type).Select(p => FieldName(p.Name)));
    }

    /// <summary>The least and the greatest of a whole number.</summary>
    public static (long Min, long Max) Limit(string field) => Limits.TryGetValue(field, out var l) ? l : (0, int.MaxValue);

    // A competitor can keep what it has forever, and nobody need start a pppd again; any other endless wait would overflow to a time in the past.
    internal static bool TakesNever(string field) => field is "hold" or "started_again";

    private static (VirtualTime Min, VirtualTime Max) TimeLimit(string field) => TimeLimits.TryGetValue(field, out var l) ? l : (VirtualTime.Zero, Longest);

    private static string Between(string field) => TimeLimits.TryGetValue(field, out var l) ? $" from {SpellTime(l.Min)} to {SpellTime(l.Max)}" : "";

    private static bool Within(string field, VirtualTime t) => t >= TimeLimit(field).Min && t <= TimeLimit(field).Max;

    /// <summary>The properties that a file may set.</summary>
    public static IEnumerable<PropertyInfo> Properties(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.SetMethod is not null && p.PropertyType != typeof(DesignSet) && p.Name != "EqualityContract"
            && !(type == typeof(SiteOptions) && NotInFiles.Contains(p.Name)));

    /// <summary>Turns a scalar into a value of a type, or returns null.</summary>
    public static object? Scalar(Type type, string field, string text)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(bool))
        {
            return text switch { "true" => true, "false" => false, _ => null };
        }

        if (type == typeof(string))
        {
            return text;
        }

        if (type == typeof(VirtualTime))
        {
            return TryTime(text, out VirtualTime t) && Within(field, t) ? t : null;
        }

        if (type == typeof(TimeRange))
        {
            if (text.Trim() == "never" && TakesNever(field))
            {
                return TimeRange.Fixed(VirtualTime.Never);
            }

            string[] parts = text.Split("..");
            return parts.Length is 1 or 2 && TryTime(parts[0], out VirtualTime a) && TryTime(parts[^1], out VirtualTime b) && a <= b && Within(field, a) && Within(field, b)
                ? new TimeRange(a, b) : null;
        }

        if (type == typeof(CountRange))
        {
            string[] parts = text.Split("..");
            return parts.Length is 1 or 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int a)
                && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int b) && a <= b && b <= MaxCount ? new CountRange(a, b) : null;
        }

        if (type == typeof(int))
        {
            (long min, long max) = Limit(field);
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n >= min && n <= max ? n : null;
        }

        if (type == typeof(ulong))
        {
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong n) ? n : null;
        }

        if (type == typeof(uint))
        {
            string digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
            return uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint map) ? map : null;
        }

        if (type.IsEnum)
        {
            return Values(type).FirstOrDefault(e => Spell(e) == text);
        }

        return null;
    }

    /// <summary>Reads a time with its unit: us, ms, s, min, h, d, or the word never.</summary>
    public static bool TryTime(string text, out VirtualTime time)
    {
        text = text.Trim();
        time = VirtualTime.Never;
        if (text == "never")
        {
            return true;
        }

        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }

        long unit = text[digits..] switch { "us" => 1, "ms" => 1_000, "s" => 1_000_000, "min" => 60_000_000, "h" => 3_600_000_000, "d" => 86_400_000_000, _ => 0 };
        if (unit == 0 || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long n) || n > Longest.Microseconds / unit)
        {
            return false;
        }

        time = new VirtualTime(n * unit);
        return true;
    }

    /// <summary>A time as a file spells it, in the largest unit without a remainder.</summary>
    public static string SpellTime(VirtualTime t)
    {
        if (t.IsNever)
        {
            return "never";
        }

        if (t == VirtualTime.Zero)
        {
            return "0s";
        }

        foreach ((long unit, string name) in new[] { (3_600_000_000L, "h"), (60_000_000L, "min"), (1_000_000L, "s"), (1_000L, "ms") })
        {
            if (t.Microseconds % unit == 0)
            {
                return $"{t.Microseconds / unit}{name}";
            }
        }

        return $"{t.Microseconds}us";
    }

    /// <summary>A single value as a file spells it, with its unit; null for a text, a list or a map.</summary>
    public static string? SpellScalar(object value) => value switch
    {
        VirtualTime t => SpellTime(t),
        TimeRange r => r.Min == r.Max ? SpellTime(r.Min) : $"{SpellTime(r.Min)}..{SpellTime(r.Max)}",
        CountRange c => c.Min == c.Max ? $"{c.Min}" : $"{c.Min}..{c.Max}",
        Enum e => Spell(e),
        bool b => b ? "true" : "false",
        int or ulong => Convert.ToString(value, CultureInfo.InvariantCulture),
        uint map => map.ToString("x", CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>Whether a value is a map of further fields.</summary>
    public static bool IsMap(object value) => SpellScalar(value) is null && value is not string && value is not IEnumerable;

    /// <summary>Whether two values of a field are the same, lists by their elements and maps by their fields.</summary>
    public static bool SameValue(object? a, object? b) => a is null || b is null
        ? a is null == b is null
        : a is IEnumerable x and not string && b is IEnumerable y ? x.Cast<object>().SequenceEqual(y.Cast<object>())
        : IsMap(a) ? Properties(a.GetType()).All(p => SameValue(p.GetValue(a), p.GetValue(b)))
        : a.Equals(b);

    /// <summary>Every option of a scenario with its value and its source.</summary>
    public static IEnumerable<(string Field, string Value, string Source)> List(Scenario scenario)
    {
        string Source(string field) => scenario.Sources.TryGetValue(field, out string? s) ? s : "";
        yield return ("backend", scenario.Backend, Source("backend"));
        foreach ((string field, string value) in new[] { ("fault", scenario.Fault), ("roles.called.kernel", scenario.CalledKernel), ("roles.calling.kernel", scenario.CallingKernel) })
        {
            if (value.Length > 0)
            {
                yield return (field, value, Source(field));
            }
        }

        if (scenario.Site.Graph is not { } graph)
        {
            yield return ("pairs", scenario.Pairs.ToString(CultureInfo.InvariantCulture), Source("pairs"));
        }
        else
        {
            yield return ("sites", scenario.Sites.ToString(CultureInfo.InvariantCulture), Source("sites"));
            foreach ((string field, string value) in Network(scenario.Network, graph))
            {
                yield return (field, value, Source(field));
            }
        }

        yield return ("hours", SpellTime(scenario.Duration), Source("hours"));
        yield return ("seed", scenario.Seed.ToString(CultureInfo.InvariantCulture), "");
        foreach ((int i, SiteEventOptions programme) in (scenario.Site.Events ?? []).Index())
        {
            yield return ($"events.{i + 1}", string.Join(", ", Walk("", programme).Select(x => $"{x.Field} {x.Value}")), Source($"events.{i + 1}"));
        }

        foreach (var option in Walk("", scenario.Site, scenario.Site.Topology).Where(option => scenario.Site.Graph is null || option.Field != "callers_per_answerer"))
        {
            yield return (option.Field, option.Value, Source(option.Field));
        }
    }

    private static IEnumerable<(string Field, string Value)> Network(NetworkOptions? shape, Topology graph) => shape is null
        ? [("nodes", graph.Nodes.Count.ToString(CultureInfo.InvariantCulture)), ("links", graph.Links.Count.ToString(CultureInfo.InvariantCulture)), .. (graph.Segments ?? []).Select(s => ("segments", $"{s.Name} of {s.Stations.Count} stations"))]
        : [.. Walk("network.", shape).Where(option => option.Field == "network.shape" || NetworkLoader.FieldsOf(shape.Shape).Contains(option.Field["network.".Length..]))];

    private static IEnumerable<(string Field, string Value)> Walk(string prefix, object record, Topology? topology = null)
    {
        foreach (PropertyInfo p in Properties(record.GetType()))
        {
            string field = prefix + FieldName(p.Name);
            object? v = p.GetValue(record);
            switch (v)
            {
                case null:
                case Role:
                    break;
                case RoleSet roles:
                    foreach (var x in roles.SelectMany(role => Walk($"roles.{topology!.NameOf(role.Role)}.", role)))
                    {
                        yield return x;
                    }

                    break;
                case string text:
                    yield return (field, text);
                    break;
                case var scalar when SpellScalar(scalar) is { } spelt:
                    yield return (field, spelt);
                    break;
                case IEnumerable<string> words:
                    yield return (field, string.Join(", ", words));
                    break;
                case IEnumerable<InterfaceOptions> interfaces:
                    foreach (InterfaceOptions i in interfaces)
                    {
                        yield return ($"{field}.{i.Name}", string.Join(", ", Walk("", i).Where(x => x.Field != "name" && x.Value.Length > 0).Select(x => $"{x.Field} {x.Value}")));
                    }

                    break;
                case IEnumerable<CompetitorOptions> competitors:
                    foreach (CompetitorOptions c in competitors)
                    {
                        yield return ($"{field}.{c.Name}", string.Join(", ", Walk("", c).Where(x => x.Field != "name").Select(x => $"{x.Field} {x.Value}")));
                    }

                    break;
                default:
                    foreach (var x in Walk(field + ".", v))
                    {
                        yield return x;
                    }

                    break;
            }
        }
    }
}
