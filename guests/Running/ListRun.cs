using System.Text;
using Stress.Dial.Far;
using Stress.Guests.Calendar;
using Stress.Guests.Kernels;
using Stress.Guests.Processes;
using Stress.Guests.Systems;

namespace Stress.Guests.Running;

/// <summary>The outcome of operation lists on a real kernel.</summary>
/// <param name="Answers">The agent's lines, without the console's other words.</param>
/// <param name="Reports">What the kernel reported.</param>
/// <param name="End">How the kernel's process ended.</param>
/// <param name="IsComplete">Every list was executed to its end.</param>
/// <param name="IsHung">It hung and was killed.</param>
/// <param name="Console">Everything printed.</param>
public sealed record ListResult(IReadOnlyList<string> Answers, IReadOnlyList<FarPanic> Reports, GuestEnd End, bool IsComplete, bool IsHung, byte[] Console)
{
    /// <summary>Why the boot has no result, in words; null if it has one. A kernel that has reported something and then waits forever has given its result.</summary>
    public string? Trouble => Reports.Count > 0 ? null
        : IsHung ? "the kernel hung and was killed"
        : IsComplete && ByList.Count > 0 ? null : $"the guest ended before the list did ({End}) and reported nothing";

    /// <summary>The answers of each list that was begun, in order; all together they are <see cref="Answers"/>.</summary>
    public IReadOnlyList<IReadOnlyList<string>> ByList { get; init; } = [];
}

/// <summary>Runs operation lists in one guest: its own clock, no line, no other guest.</summary>
/// <param name="cache">Where kernels and systems are.</param>
/// <param name="launcher">The launcher's program.</param>
/// <param name="system">The guest's system.</param>
/// <param name="kernel">The kernel.</param>
public sealed class ListRun(GuestCache cache, string launcher, GuestSystem system, GuestKernel kernel)
{
    /// <summary>The kernel.</summary>
    public GuestKernel Kernel { get; } = kernel;

    /// <summary>The path of its program.</summary>
    public string Program => Kernel.ProgramOf(cache);

    /// <summary>Finds the kernel, and finds or makes the guest's system and the launcher.</summary>
    /// <param name="cache">Where kernels and systems are.</param>
    /// <param name="kernel">The kernel's name or key.</param>
    /// <param name="tell">Receives messages for the user.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="GuestException">There is no such kernel, or the system cannot be made.</exception>
    public static async Task<ListRun> OpenAsync(GuestCache cache, string kernel, Action<string> tell, CancellationToken stop)
    {
        GuestKernel found = new KernelStore(cache).Find(kernel);
        GuestSystem system = await new SystemBuilder(cache).EnsureAsync(tell, stop);
        return new ListRun(cache, await Launcher.EnsureAsync(cache, stop), system, found);
    }

    /// <summary>The same system and launcher with another kernel.</summary>
    public ListRun With(GuestKernel other) => new(cache, launcher, system, other);

    /// <summary>Runs lists, one after another, in one boot.</summary>
    /// <param name="lists">Names and texts; the agent removes what a list left before the next.</param>
    /// <param name="seed">What the kernel draws its random numbers from.</param>
    /// <param name="fault">A fault to switch on, for a kernel that was built with faults.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="apart">Each list in a network namespace of its own, so that its first interface has the index after the loopback interface's, which is down.</param>
    public ListResult Run(IReadOnlyList<(string Name, string Text)> lists, ulong seed, string? fault, CancellationToken stop, bool apart = false)
    {
        var archive = new CpioArchive();
        archive.AddFolder("lists");
        for (int i = 0; i < lists.Count; i++)
        {
            archive.AddFile($"lists/{i:D6}-{lists[i].Name}.ops", Encoding.UTF8.GetBytes(lists[i].Text.TrimEnd() + "\n"));
        }

        return Run(archive, seed, fault, stop, apart);
    }

    /// <summary>Runs lists, one after another, in one boot, each in a network namespace of its own; a line <c>=== NAME</c> on the console begins each.</summary>
    /// <param name="lists">Names and texts.</param>
    /// <param name="seed">What the kernel draws its random numbers from.</param>
    /// <param name="fault">A fault to switch on, for a kernel that was built with faults.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="cover">On a kernel with KCOV, lines <c>cover:</c> after an answer are the edges that its operation was the first of the boot to reach.</param>
    public ListResult RunFresh(IReadOnlyList<(string Name, string Text)> lists, ulong seed, string? fault, CancellationToken stop, bool cover = false)
    {
        var archive = new CpioArchive();
        archive.AddFolder("lists");

        if (cover)
        {
            archive.AddFile("lists/cover", []);
        }

        // The namespace of the last list goes too before the kernel's own checks.
        archive.AddFile("lists/fresh", Encoding.UTF8.GetBytes(string.Concat(lists.Select(list => $"=== {list.Name}\n{list.Text.TrimEnd()}\n")) + "=== end\n"));
        return Run(archive, seed, fault, stop);
    }

    /// <summary>Runs a program that does not need the guest's system, such as an exported list.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="program">A static program.</param>
    /// <param name="seed">What the kernel draws its random numbers from.</param>
    /// <param name="fault">A fault to switch on, for a kernel that was built with faults.</param>
    /// <param name="stop">Ends it.</param>
    public ListResult RunProgram(string name, byte[] program, ulong seed, string? fault, CancellationToken stop)
    {
        var archive = new CpioArchive();
        archive.AddProgram($"programs/{name}", program);
        return Run(archive, seed, fault, stop);
    }

    /// <summary>Runs a job of its own in a guest that has pppd and busybox.</summary>
    /// <param name="job">The job: the name of one of the files in the folder <c>jobs</c>. Its console is the result; the line <c>exec: end</c> says that it came to its end.</param>
    /// <param name="files">Paths in the guest, and what is there.</param>
    /// <param name="seed">What the kernel draws its random numbers from.</param>
    /// <param name="fault">A fault to switch on, for a kernel that was built with faults.</param>
    /// <param name="stop">Ends it.</param>
    public ListResult RunJob(string job, IReadOnlyList<(string Path, byte[] Content)> files, ulong seed, string? fault, CancellationToken stop)
    {
        var archive = new CpioArchive();
        foreach ((string path, byte[] content) in files)
        {
            archive.AddFile(path, content);
        }

        return Run(archive, seed, fault, stop, load: GuestLoad.Pppd, job: job);
    }

    private ListResult Run(CpioArchive work, ulong seed, string? fault, CancellationToken stop, bool apart = false, GuestLoad load = GuestLoad.Lists, string job = "exec")
    {
        string scratch = ScratchFolder.Create();
        try
        {
            string folder = Path.Combine(scratch, "0");
            Directory.CreateDirectory(folder);
            WriteImage(Path.Combine(folder, "initramfs"), work, load);
            using var process = new GuestProcess(launcher, folder, Kernel.ProgramOf(cache), CommandLine(fault, apart, job), seed);
            bool hung = Wait(process, stop);
            GuestEnd end = hung || stop.IsCancellationRequested ? process.End() : process.WaitForEnd();
            byte[] console = process.Console;
            (List<List<string>> answers, bool complete) = Answers(console);
            return new ListResult([.. answers.SelectMany(list => list)], ConsoleText.Reports(console), end, complete, hung, console) { ByList = answers };
        }
        finally
        {
            ScratchFolder.Remove(scratch);
        }
    }

    // The kernel unpacks one archive after another: the work lies behind the system.
    private void WriteImage(string path, CpioArchive work, GuestLoad load)
    {
        using FileStream file = File.Create(path);
        file.Write(File.ReadAllBytes(system.ImageOf(cache, load)));
        file.Write(work.ToArray());
    }

    private IEnumerable<string> CommandLine(string? fault, bool apart, string job) =>
    [
        "mem=96M", "initrd=initramfs", "umid=guest", "uml_dir=.", "con=null", "con0=null,fd:1",
        .. Kernel.VirtualTime ? (string[])["time-travel=inf-cpu", "time-travel-start=1109635200"] : [],
        "kasan.fault=panic", "oops=panic", "panic=-1", .. KernelWords.Seeded,
        .. fault is null ? (string[])[] : [$"stress_fault={fault}"],
        $"job={job}", .. apart ? (string[])["lists=apart"] : [], "end",
    ];

    private static bool Wait(GuestProcess process, CancellationToken stop)
    {
        int printed = 0;
        var watch = new StallWatch(process, GuestLimits.Default);
        while (!process.WaitForEnd(TimeSpan.FromMilliseconds(StallWatch.PollMilliseconds)) && !stop.IsCancellationRequested)
        {
            byte[] console = process.Console;
            int now = console.Length;
            if (now != printed)
            {
                if (WaitsForever(console))
                {
                    return true;
                }

                printed = now;
                watch = new StallWatch(process, GuestLimits.Default);
            }
            else if (watch.IsStalled())
            {
                return true;
            }
        }

        return false;
    }

    // The kernel waits forever for an interface that is held, and in virtual time reports that thousands of times a second.
    private static bool WaitsForever(ReadOnlySpan<byte> console)
    {
        const int Enough = 8;
        int times = 0;
        for (int at = console.IndexOf(Waiting); at >= 0 && times < Enough; at = console.IndexOf(Waiting), times++)
        {
            console = console[(at + Waiting.Length)..];
        }

        return times >= Enough;
    }

    private static ReadOnlySpan<byte> Waiting => "unregister_netdevice: waiting for "u8;

    private static (List<List<string>> Answers, bool Complete) Answers(byte[] console)
    {
        var answers = new List<List<string>>();
        bool complete = false;
        foreach (string line in ConsoleText.Lines(console))
        {
            if (line.StartsWith("exec: ", StringComparison.Ordinal))
            {
                complete = line == "exec: end";
                if (!complete)
                {
                    answers.Add([]);
                }
            }
            else if (answers.Count > 0 && !complete && !line.StartsWith('[') && line.Length > 0)
            {
                answers[^1].Add(line);
            }
        }

        return (answers, complete);
    }
}
