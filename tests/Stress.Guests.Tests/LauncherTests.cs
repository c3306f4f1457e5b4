using System.Diagnostics;
using Stress.Guests.Kernels;
using Stress.Guests.Processes;
using Stress.Guests.Running;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>What starts a guest, and what executes lists.</summary>
public sealed class LauncherTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stress-guests-test-").FullName;

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [ToolFact("gcc", And = "setsid", AndPackage = "util-linux")]
    public async Task When_the_parent_lets_go_every_process_of_a_guest_ends_and_its_folder_is_removed()
    {
        string launcher = await Launcher.EnsureAsync(new GuestCache(_folder), default), scratch = Path.Combine(_folder, "scratch");
        Directory.CreateDirectory(Path.Combine(scratch, "deep"));
        using var process = new GuestProcess(launcher, scratch, "/bin/sh", ["-c", "setsid sleep 1000 & echo $!; echo $$; exec sleep 1000"], 1);
        string[] lines = [];
        Assert.True(SpinWait.SpinUntil(() => (lines = Text(process)).Length == 2, TimeSpan.FromSeconds(60)));

        process.End();

        Assert.All(lines, id => Assert.False(Directory.Exists("/proc/" + id), $"process {id} is still there"));
        Assert.False(Directory.Exists(scratch));
    }

    [ToolFact("gcc")]
    public async Task A_guest_that_ends_by_itself_says_how_and_what_it_used()
    {
        string launcher = await Launcher.EnsureAsync(new GuestCache(_folder), default), scratch = Path.Combine(_folder, "scratch");
        Directory.CreateDirectory(scratch);
        using var process = new GuestProcess(launcher, scratch, "/bin/sh", ["-c", "echo to the console >&2; exit 7"], 1);

        GuestEnd end = process.WaitForEnd();

        Assert.Equal((7, false), (end.Code, end.BySignal));
        Assert.Equal(["to the console"], Text(process));
    }

    [ToolFact("gcc")]
    public async Task A_guest_that_a_signal_ends_says_which()
    {
        string launcher = await Launcher.EnsureAsync(new GuestCache(_folder), default), scratch = Path.Combine(_folder, "scratch");
        Directory.CreateDirectory(scratch);
        using var process = new GuestProcess(launcher, scratch, "/bin/sh", ["-c", "kill -ABRT $$"], 1);

        Assert.Equal("signal 6", process.WaitForEnd().ToString());
    }

    // What a kernel such as 6.1 does with its console: it asks not to wait, and for an interrupt when there is room (arch/um/drivers/line.c).
    private const string Console = """
        #define _FILE_OFFSET_BITS 64
        #include <fcntl.h>
        #include <stdio.h>
        #include <sys/epoll.h>
        int main(void)
        {
            struct epoll_event room = { .events = EPOLLOUT | EPOLLET }, got;
            int set = epoll_create(1), flags = O_WRONLY | O_NONBLOCK | O_ASYNC;
            if (fcntl(1, F_SETFL, flags) != 0 || epoll_ctl(set, EPOLL_CTL_ADD, 1, &room) != 0)
                return 1;
            printf("waits %d, interrupts %d\n", (fcntl(1, F_GETFL) & (O_NONBLOCK | O_ASYNC)) == 0, epoll_wait(set, &got, 1, 0));
            return 0;
        }
        """;

    [ToolFact("gcc")]
    public async Task A_guest_waits_for_the_reader_of_its_console_and_is_never_interrupted_for_it()
    {
        string launcher = await Launcher.EnsureAsync(new GuestCache(_folder), default), scratch = Path.Combine(_folder, "scratch"), source = Path.Combine(_folder, "console.c"), program = Path.Combine(_folder, "console");
        Directory.CreateDirectory(scratch);
        await File.WriteAllTextAsync(source, Console);
        await Tool.OutputAsync(_folder, default, "gcc", "-Wall", "-o", program, source);
        using var process = new GuestProcess(launcher, scratch, program, [], 1);

        process.WaitForEnd();

        Assert.Equal(["waits 1, interrupts 0"], Text(process));
    }

    [ToolFact("gcc")]
    public async Task The_agent_answers_a_list_line_by_line_through_a_command()
    {
        var host = new AgentHost(new GuestCache(_folder));
        string agent = await host.EnsureAgentAsync(default);

        IReadOnlyList<string> answers = await host.RunCommandAsync(agent, "# comment\nindex tun77\ngetmcif4 nobody # no such socket\nalloc 12\n", default);

        Assert.Equal(
            [" 1  index tun77                                  -> -1 ENODEV(19)", " 2  getmcif4 nobody                              -> -1 EBADF(9)", " 3  alloc 12                                     -> -1 not modelled(0)", "END normal"],
            answers);
    }

    private static string[] Text(GuestProcess process) => System.Text.Encoding.ASCII.GetString(process.Console).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
