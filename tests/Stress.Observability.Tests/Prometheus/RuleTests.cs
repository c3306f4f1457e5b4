using Stress.Tests.Shared;
using Xunit;

namespace Stress.Observability.Tests.Prometheus;

public sealed class RuleTests
{
    [ToolFact("promtool", "prometheus")]
    public void The_rules_pass_their_own_cases()
    {
        (int exit, string output, string errors) = Programs.Run("promtool", "test", "rules", Repository.At("observability", "prometheus", "rules.test.yml"));
        Assert.True(exit == 0, output + errors);
        (exit, output, errors) = Programs.Run("promtool", "check", "config", Repository.At("observability", "prometheus", "prometheus.yml"));
        Assert.True(exit == 0, output + errors);
    }
}
