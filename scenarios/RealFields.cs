using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using YamlDotNet.RepresentationModel;

namespace Stress.Scenarios;

/// <summary>
/// The fields that a run of real kernels accepts. The others describe an emulated kernel or daemon: for a real one they would have no effect, so they are refused.
/// </summary>
internal static class RealFields
{
    private static readonly string[] Taken =
    [
        "backend", "fault", "pairs", "hours", "seed", "window", "roles.called.kernel", "roles.calling.kernel", "roles.called.name", "roles.calling.name",
        "roles.called.daemons", "roles.calling.daemons", "roles.called.reboot", "roles.calling.reboot", "roles.calling.pppd.persist", "roles.calling.pppd.holdoff",
        "roles.calling.hup.enabled", "roles.calling.hup.every", "roles.calling.hup.phase",
    ];

    private static readonly string[] Daemons = ["zebra", "ospfd", "ripngd"];

    /// <summary>Refuses the first field of a file that does not apply to the scenario's backend.</summary>
    public static void Check(Scenario scenario, string file, YamlMappingNode root)
    {
        if (!scenario.IsReal)
        {
            foreach ((string field, string value) in (ReadOnlySpan<(string, string)>)[("roles.called.kernel", scenario.CalledKernel), ("roles.calling.kernel", scenario.CallingKernel), ("fault", scenario.Fault)])
            {
                if (value.Length > 0)
                {
                    throw new ScenarioException(file, LineOf(root, field), field, $"\"{value}\" is of a real kernel, and the backend is {scenario.Backend}", "this field together with backend: uml");
                }
            }

            return;
        }

        if (scenario.Site.Graph is not null)
        {
            throw new ScenarioException(file, LineOf(root, NetworkLoader.Fields.FirstOrDefault(field => root.Children.ContainsKey(new YamlScalarNode(field))) ?? "backend"), "network", "a site of real kernels is one pair", "pairs");
        }

        Dictionary<string, string> usual = new Scenario { Backend = Scenario.Uml }.Options().ToDictionary(o => o.Field, o => o.Value);
        foreach ((string field, string value, _) in scenario.Options())
        {
            if (!Taken.Contains(field) && !field.StartsWith("line.", StringComparison.Ordinal) && (!usual.TryGetValue(field, out string? standard) || standard != value))
            {
                throw new ScenarioException(
                    file, LineOf(root, field), field, $"{value} has no effect on real kernels (backend: {scenario.Backend})", $"of a role name, kernel: NAME, daemons, reboot, and of the calling one hup and pppd's persist and holdoff; line; pairs, hours, seed, window");
            }
        }

        if (scenario.Site.CallersPerAnswerer != 1)
        {
            throw new ScenarioException(file, LineOf(root, "callers_per_answerer"), "callers_per_answerer", "a site of real kernels is one pair", "1");
        }

        if (!scenario.Site.Calling.Pppd.Persist)
        {
            throw new ScenarioException(file, LineOf(root, "roles.calling.pppd.persist"), "roles.calling.pppd.persist", "the caller's pppd of a guest always redials", "true");
        }

        IReadOnlyList<string> called = scenario.Site.Called.Daemons, calling = scenario.Site.Calling.Daemons;
        if (!called.Order().SequenceEqual(calling.Order()) || (called.Count > 0 && !called.Order().SequenceEqual(Daemons.Order())))
        {
            throw new ScenarioException(file, LineOf(root, "roles.calling.daemons"), "roles.daemons", "guests run FRR's three daemons at both ends, or none", "[zebra, ospfd, ripngd] for both roles, or [] for both");
        }

        if (scenario.Site.Line.Delay.Min < VirtualTime.FromMilliseconds(1))
        {
            throw new ScenarioException(file, LineOf(root, "line.delay"), "line.delay", "guests run ahead of each other by the line's delay", "at least 1ms");
        }

        if (scenario.ExpectReached.Count > 0)
        {
            throw new ScenarioException(file, LineOf(root, "expect_reached"), "expect_reached", "probes are in emulated kernels alone", "a scenario of real kernels without it");
        }
    }

    // The line of the deepest part of a field's path that is in the file.
    private static int LineOf(YamlMappingNode root, string field)
    {
        YamlNode node = root;
        int line = 1;
        foreach (string part in field.Split('.'))
        {
            if (node is YamlSequenceNode list)
            {
                node = list.FirstOrDefault(item => item is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode("role"), out YamlNode? role) && role is YamlScalarNode { Value: { } name } && name == part) ?? node;
                continue;
            }

            if (node is not YamlMappingNode inner || inner.Children.Keys.FirstOrDefault(key => key is YamlScalarNode { Value: { } name } && name == part) is not { } found)
            {
                break;
            }

            (line, node) = ((int)found.Start.Line, inner.Children[found]);
        }

        return line;
    }
}
