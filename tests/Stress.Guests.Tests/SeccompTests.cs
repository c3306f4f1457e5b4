using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Guests.Kernels;
using Stress.Guests.Processes;
using Stress.Guests.Running;
using Stress.Guests.Systems;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>A guest under what container engines allow by default.</summary>
public sealed class SeccompTests
{
    // What the usual profile refuses and a guest might ask for; of personality it allows what changes nothing. Then the program that NEXT names, with the same words.
    private const string Source = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        #define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
        #define NO BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
        #define YES BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
        #define REFUSE(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##call, 0, 1), NO
        #define ALLOW(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), YES
        int main(int count, char **words)
        {
            struct sock_filter filter[] = {
                LOAD(nr), REFUSE(unshare), REFUSE(setns), REFUSE(mount), REFUSE(umount2), REFUSE(bpf), REFUSE(perf_event_open), REFUSE(userfaultfd), REFUSE(keyctl), REFUSE(add_key),
                REFUSE(request_key), REFUSE(io_uring_setup), REFUSE(swapon), REFUSE(settimeofday), REFUSE(clock_settime),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_personality, 1, 0), YES, LOAD(args[0]), ALLOW(0), ALLOW(8), ALLOW(0x20000), ALLOW(0x20008), ALLOW(0xffffffff), NO,
            };
            struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
            (void)count;
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
                perror("seccomp");
                return 3;
            }
            execv(NEXT, words);
            perror(NEXT);
            return 4;
        }
        """;

    [KernelFact]
    public async Task A_guest_that_may_not_switch_address_randomisation_off_gives_the_same_digest()
    {
        (GuestKernel kernel, GuestSystem system, string launcher) = await RealKernel.GetAsync();
        string folder = Directory.CreateTempSubdirectory("stress-seccomp-").FullName;
        try
        {
            string filtered = await CompileAsync(folder, "filtered-launcher", launcher), asked = await CompileAsync(folder, "asked", Tool.Find("setarch")!);
            var options = new PairOptions
            {
                Seed = 2005, Duration = VirtualTime.FromSeconds(60), HupEvery = VirtualTime.FromSeconds(40), HupPhase = TimeRange.Seconds(0, 0), Holdoff = VirtualTime.FromSeconds(5), Daemons = false,
                Line = new LineOptions { TrainingFailuresPerThousand = 0, DialTime = TimeRange.Seconds(5, 5) },
            };

            PairResult free = new PairRun(new PairParts(RealKernel.TheCache, launcher, system, kernel, kernel)).Run(options, default);
            PairResult under = new PairRun(new PairParts(RealKernel.TheCache, filtered, system, kernel, kernel)).Run(options, default);

            Assert.NotEqual(0, (await Tool.RunAsync(folder, null, default, asked, "-R", "true")).Code);
            Assert.True(under.Disconnects > 0);
            Assert.Equal(free.Digest, under.Digest);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> CompileAsync(string folder, string name, string next)
    {
        string source = Path.Combine(folder, name + ".c"), program = Path.Combine(folder, name);
        await File.WriteAllTextAsync(source, Source);
        await Tool.OutputAsync(folder, default, "gcc", "-Wall", $"-DNEXT=\"{next}\"", "-o", program, source);
        return program;
    }
}
