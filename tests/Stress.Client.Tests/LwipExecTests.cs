using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class LwipExecTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task An_operation_that_lwip_has_not_is_refused_with_file_line_and_what_it_has()
    {
        string list = Path.Combine(_screen.Folder, "x.ops");
        File.WriteAllText(list, "# a list of Linux\ncreate tun0\n");

        Assert.Equal(ExitCodes.Usage, await _screen.Run("exec", list, "--stack", "lwip"));
        Assert.Contains($"{list}:2: unknown operation 'create' of lwIP", _screen.Error);
        Assert.Contains("accepted: ", _screen.Error);
    }
}
