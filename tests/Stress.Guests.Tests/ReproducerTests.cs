using Stress.Guests.Processes;
using Stress.Guests.Running;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Guests.Tests;

public sealed class ReproducerTests
{
    [ToolFact("gcc", "gcc")]
    public async Task A_list_as_a_C_program_compiles_without_a_warning_and_executes_the_list()
    {
        string folder = Directory.CreateTempSubdirectory("stress-reproducer-").FullName;
        try
        {
            string source = Path.Combine(folder, "reproducer.c"), program = Path.Combine(folder, "reproducer");
            await File.WriteAllTextAsync(source, Reproducer.ToC("a */ name", "# what \"is\" \\ this??\nudp6 s 0\nclose s\nclose s\n"));
            (int code, IReadOnlyList<string> said) = await Tool.RunAsync(folder, null, default, "gcc", "-std=c99", "-Wall", "-Werror", "-o", program, source);
            Assert.True(code == 0, string.Join('\n', said));

            (code, said) = await Tool.RunAsync(folder, null, default, program);

            Assert.Equal(0, code);
            Assert.Equal(["close s -> 0", "close s -> -1 EBADF(9)", "END normal"], said.Skip(1).Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries).SkipWhile(w => int.TryParse(w, out _)))));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [ToolFact("perl", "perl-base")]
    public async Task A_list_as_a_script_makes_interfaces_with_iproute2_and_holds_its_sockets_open()
    {
        string folder = Directory.CreateTempSubdirectory("stress-reproducer-").FullName;
        try
        {
            // An ip that writes down what it is asked, so that nobody's interfaces change.
            string ip = Path.Combine(folder, "ip"), script = Path.Combine(folder, "reproducer.sh"), asked = Path.Combine(folder, "asked");
            await File.WriteAllTextAsync(ip, $"#!/bin/sh\necho \"$*\" >>{asked}\ncase $* in *' link show '*) echo '7: tun0: <UP>' ;; *10.0.0.9*) echo 'no such device' >&2; exit 2 ;; esac\n");
            await Tool.OutputAsync(folder, default, "chmod", "+x", ip);
            await File.WriteAllTextAsync(script, Reproducer.ToShell(
                "list.ops",
                "# a comment\ncreate tun0\naddr4 tun0 10.0.0.1 10.0.0.2\naddr4 tun0 10.0.0.9 10.0.0.2\nup tun0   # with a reason\nindex tun0\nudp6 s 0\nmcif4 s any\ngetmcif4 s\nclose s\nclose s\ndeladdr4 tun0 10.0.0.1\n=== it's another\nsleep 1\n"));

            string said = await Tool.OutputAsync(folder, default, "env", $"PATH={folder}:/usr/bin:/bin", "sh", script);

            string[] answers = [.. said.TrimEnd().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
            Assert.Equal(
                [
                    "1 create tun0 -> 0", "2 addr4 tun0 10.0.0.1 10.0.0.2 -> 0", "3 addr4 tun0 10.0.0.9 10.0.0.2 -> -1 no such device", "4 up tun0 -> 0", "5 index tun0 -> 0 [7]", "6 udp6 s 0 -> 0", "7 mcif4 s any -> 0",
                    "8 getmcif4 s -> 0 [0.0.0.0]", "9 close s -> 0", "10 close s -> -1 Bad file descriptor", "11 deladdr4 tun0 10.0.0.1 -> 0", "=== it's another", "1 sleep 1 -> 0", "END normal",
                ],
                answers);
            Assert.Equal(
                [
                    "link set dev lo up", "tuntap add dev tun0 mode tun", "addr add 10.0.0.1 peer 10.0.0.2/32 dev tun0", "addr add 10.0.0.9 peer 10.0.0.2/32 dev tun0", "link set dev tun0 up",
                    "-o link show dev tun0", "addr del 10.0.0.1 peer 10.0.0.2/32 dev tun0", "tuntap del dev tun0 mode tun",
                ],
                File.ReadAllLines(asked));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("create tun0\nsendpkt6 s ff02::9 tun0\n", "list.ops:2: sendpkt6 needs a message that no shell can send; accepted for this list: --c")]
    [InlineData("call ppp0\n", "list.ops:1: call needs a terminal that is a PPP channel; accepted for this list: --c")]
    public void What_no_script_can_do_is_refused_with_its_line(string list, string message)
    {
        GuestException refused = Assert.Throws<GuestException>(() => Reproducer.ToShell("list.ops", list));

        Assert.Equal(GuestProblem.Wrong, refused.Problem);
        Assert.Equal(message, refused.Message);
    }
}
