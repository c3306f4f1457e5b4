using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class ToolFactTests
{
    [Fact]
    public void A_missing_tool_is_named_with_the_package_that_has_it()
    {
        Assert.Equal("needs no-such-tool (Debian package some-package)", new ToolFactAttribute("no-such-tool", "some-package").Missing);
        Assert.Equal("needs no-such-tool (Debian package no-such-tool)", new ToolFactAttribute("no-such-tool").Missing);
        Assert.Null(new ToolFactAttribute("sh").Missing);
        Assert.Equal("needs no-such-tool (Debian package some-package)", new ToolFactAttribute("sh") { And = "no-such-tool", AndPackage = "some-package" }.Missing);
    }

    [ToolFact("sh", "dash")]
    public void A_tool_that_is_there_lets_its_test_run() => Assert.NotNull(Tools.Find("sh"));
}
