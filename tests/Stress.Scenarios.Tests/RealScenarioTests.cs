using Xunit;

namespace Stress.Scenarios.Tests;

/// <summary>Scenarios of real kernels (backend: uml).</summary>
public sealed class RealScenarioTests
{
    private const string Real = "name: a\nbackend: uml\nfault: clone-mc-list\nroles:\n  - {role: called, kernel: mine, daemons: []}\n  - {role: calling, kernel: 6.12, daemons: [], pppd: {persist: true, holdoff: 5s}, hup: {enabled: true, every: 60s}}\n";

    [Fact]
    public void A_scenario_of_real_kernels_is_written_and_read_as_the_same()
    {
        Scenario scenario = ScenarioLoader.Parse(Real, "s.yaml");

        Assert.Equal(("uml", "mine", "6.12", "clone-mc-list"), (scenario.Backend, scenario.CalledKernel, scenario.CallingKernel, scenario.Fault));
        ScenarioWriterTests.Same(scenario, ScenarioLoader.Parse(ScenarioWriter.Write(scenario), "s.yaml"));
        ScenarioWriterTests.Same(scenario, ScenarioLoader.Parse(ScenarioWriter.WriteShort(scenario), "s.yaml"));
    }

    [Theory]
    [InlineData("backend: qemu", "s.yaml:1: backend: \"qemu\" is not accepted; accepted: emulator, uml")]
    [InlineData("fault: a", "s.yaml:1: fault: \"a\" is of a real kernel, and the backend is emulator; accepted: this field together with backend: uml")]
    [InlineData("roles:\n  - {role: called, kernel: mine}", "s.yaml:2: roles.called.kernel: \"mine\" is of a real kernel, and the backend is emulator; accepted: this field together with backend: uml")]
    [InlineData("backend: uml\nroles:\n  - {role: called, kernel: ../x}", "s.yaml:3: roles.called.kernel: \"../x\" is not accepted; accepted: a map of an emulated kernel's options, or with backend: uml the name of a real kernel (./stress kernel list)")]
    public void A_wrong_word_is_refused_with_its_line(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ScenarioException>(() => ScenarioLoader.Parse(text, "s.yaml")).Message);

    [Theory]
    [InlineData("roles: [{role: calling, pppd: {persist: false}}]", 2, "roles.calling.pppd.persist")]
    [InlineData("design: psref", 2, "design")]
    [InlineData("callers_per_answerer: 2\npairs: 2", 2, "callers_per_answerer")]
    [InlineData("expect_reached: [ETOOMANYREFS]", 2, "expect_reached")]
    [InlineData("line: {delay: 0s..1s}", 2, "line.delay")]
    [InlineData("roles:\n  - role: called\n    kernel: {fill: debug}", 4, "roles.called.kernel.fill")]
    [InlineData("roles:\n  - role: calling\n    pppd: {persist: true, demand: true}", 4, "roles.calling.pppd.demand")]
    [InlineData("roles:\n  - role: calling\n    daemons: []\n    pppd: {persist: true}", 4, "roles.daemons")]
    public void A_field_that_would_have_no_effect_on_a_real_kernel_is_refused_with_its_line(string text, int line, string field)
    {
        string persist = text.Contains("calling", StringComparison.Ordinal) ? "" : "\nroles: [{role: calling, pppd: {persist: true}}]";
        string whole = text.Contains("roles:", StringComparison.Ordinal) ? $"backend: uml\n{text}" : $"backend: uml\n{text}{persist}";

        ScenarioException refused = Assert.Throws<ScenarioException>(() => ScenarioLoader.Parse(whole, "s.yaml"));

        Assert.Equal(field, refused.Field);
        Assert.Equal(line, refused.Line);
    }
}
