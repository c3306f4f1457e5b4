using System.Text.RegularExpressions;
using Stress.Emulator.Simulation;

namespace Stress.Dial.Far;

/// <summary>Systems whose consoles are understood.</summary>
public enum FarSystem
{
    /// <summary>Not said yet.</summary>
    Unknown,
    NetBsd,
    FreeBsd,
    OpenBsd,
    DragonFly,
    Linux,
}

/// <summary>A panic as the far console told it.</summary>
/// <param name="System">Whose.</param>
/// <param name="Title">Cause and function, without addresses: the same for every occurrence.</param>
/// <param name="Path">The function that crashed, or <c>unknown</c>.</param>
/// <param name="Text">The first line, as printed.</param>
/// <param name="Stack">Functions, innermost first, without the panic machinery.</param>
public sealed record FarPanic(FarSystem System, string Title, string Path, string Text, IReadOnlyList<string> Stack)
{
    /// <summary>When its telling was complete, in wall time since the watch was made.</summary>
    public VirtualTime At { get; init; }
}

/// <summary>
/// Reads a console line by line and finds panics. A panic begins with one of the systems' own sentences; the lines after it give the stack. It is told once
/// it is complete: at a quiet moment, at a boot message, or after <see cref="MaxLines"/> lines. Sentences: NetBSD sys/arch/i386/i386/trap.c and ddb; FreeBSD
/// sys/amd64/amd64/trap.c and kern_shutdown.c; OpenBSD sys/arch/amd64/amd64/trap.c; DragonFly sys/platform/pc64/x86_64/trap.c; Linux arch/x86/mm/fault.c,
/// mm/kasan/report.c, kernel/panic.c, net/core/dev.c.
/// </summary>
public sealed partial class PanicDetector
{
    /// <summary>Longest line that is looked at; the rest of a longer one is dropped.</summary>
    public const int MaxLineLength = 1024;

    /// <summary>Lines after its first that belong to a panic.</summary>
    public const int MaxLines = 200;

    private const int MaxStack = 32;

    // What a kernel calls between the fault and the message: never the culprit.
    private static readonly HashSet<string> Machinery = new(StringComparer.Ordinal)
    {
        "panic", "vpanic", "kern_panic", "trap", "calltrap", "alltraps", "trap_fatal", "trap_pfault", "kerntrap", "alltraps_kern", "alltraps_kern_meltdown",
        "kdb_backtrace", "kdb_enter", "kdb_trap", "db_trace_self", "db_trace_self_wrapper", "db_panic", "db_enter", "Debugger", "cpu_Debugger", "breakpoint",
        "cpu_reboot", "kern_reboot", "boot", "printf", "snprintf", "print_backtrace", "stack_dump", "Xpage", "Xtrap0e", "nmi_calltrap",
        "dump_stack", "dump_stack_lvl", "show_stack", "show_stack_log_lvl", "print_report", "print_address_description", "kasan_report", "kasan_check_range",
        "__kasan_report", "__asan_load1", "__asan_load2", "__asan_load4", "__asan_load8", "__asan_store1", "__asan_store2", "__asan_store4", "__asan_store8",
        "__asan_report_load4_noabort", "__asan_report_load8_noabort", "__asan_report_store8_noabort", "oops_end", "no_context", "page_fault_oops",
        "__die", "die", "die_addr", "exc_page_fault", "asm_exc_page_fault", "exc_general_protection", "asm_exc_general_protection", "page_fault",
        "do_page_fault", "__do_page_fault", "async_page_fault", "exc_invalid_op", "asm_exc_invalid_op", "__warn", "report_bug", "handle_bug", "kassert",
        "__assert", "assert_fail", "uvm_fault", "uvm_fault_internal", "kern_assert", "fatal", "pageflttrap", "savectx", "dblfault_handler", "Xdblfault",
        "refcount_warn_saturate", "__do_kernel_fault", "do_mem_abort", "do_translation_fault", "el1_abort", "el1h_64_sync", "el1h_64_sync_handler",

        // They copy what their caller points to.
        "bcopy", "memcpy", "memmove", "memset", "memcpy_erms", "memmove_erms", "memset_erms", "copyin", "copyout",
    };

    private const int MaxHeldDevices = 64;

    private readonly List<string> _stack = [];
    private readonly HashSet<string> _held = new(StringComparer.Ordinal);
    private FarSystem _system;
    private bool _certain;
    private bool _inDebugger;
    private string? _first;
    private string _cause = "";
    private string? _faulting;
    private int _lines;

    /// <summary>The system, as far as its console has told.</summary>
    public FarSystem System => _system;

    /// <summary>A panic has begun and is not complete.</summary>
    public bool Pending => _first is not null;

    /// <summary>Takes one line.</summary>
    /// <returns>A panic that this line completes, or null.</returns>
    public FarPanic? Line(string line)
    {
        if (line.Length > MaxLineLength)
        {
            line = line[..MaxLineLength];
        }

        line = line[Lead().Match(line).Length..];
        FarPanic? complete = null;
        if (Identify(line))
        {
            // It boots: what the panic had to say is said.
            complete = Complete();
            _held.Clear();
            _inDebugger = false;
        }

        // What somebody types and reads at the debugger's prompt is the same panic once more.
        bool typed = _inDebugger && !Pending;
        _inDebugger |= Prompt().IsMatch(line);
        if (!typed && Cause(line) is { } cause)
        {
            if (_first is null)
            {
                _first = line.Trim();
                _cause = cause;
                _lines = 0;
            }
            else if ((Vague(_cause) && !Vague(cause)) || (cause.StartsWith("KASAN", StringComparison.Ordinal) && !_cause.StartsWith("KASAN", StringComparison.Ordinal)))
            {
                _cause = cause;
            }
        }

        if (!Pending)
        {
            return complete;
        }

        Collect(line);
        return ++_lines > MaxLines ? Complete() : complete;
    }

    /// <summary>The console is quiet, or at its end: a pending panic is complete.</summary>
    public FarPanic? Complete()
    {
        if (_first is null)
        {
            return null;
        }

        string path = _faulting ?? (_stack.Count > 0 ? _stack[0] : "unknown");
        if (_faulting is not null && (_stack.Count == 0 || _stack[0] != _faulting))
        {
            _stack.Insert(0, _faulting);
        }

        var panic = new FarPanic(_system, path == "unknown" ? _cause : $"{_cause} in {path}", path, _first, [.. _stack]);
        _first = _faulting = null;
        _stack.Clear();
        return panic;
    }

    // A cause that a later line tells better.
    private static bool Vague(string cause) => cause is "page fault" or "trap";

    private bool Identify(string line)
    {
        FarSystem found = line switch
        {
            _ when line.Contains("NetBSD ", StringComparison.Ordinal) && Banner().IsMatch(line) => FarSystem.NetBsd,
            _ when line.Contains("OpenBSD ", StringComparison.Ordinal) && Banner().IsMatch(line) => FarSystem.OpenBsd,
            _ when line.Contains("DragonFly ", StringComparison.Ordinal) && Banner().IsMatch(line) => FarSystem.DragonFly,
            _ when line.Contains("FreeBSD ", StringComparison.Ordinal) && Banner().IsMatch(line) => FarSystem.FreeBsd,
            _ when line.Contains("Linux version ", StringComparison.Ordinal) => FarSystem.Linux,
            _ => FarSystem.Unknown,
        };
        if (found == FarSystem.Unknown)
        {
            return false;
        }

        _system = found;
        _certain = true;
        return true;
    }

    private string? Cause(string line)
    {
        Match m;
        if ((m = LinuxKasan().Match(line)).Success)
        {
            Learn(FarSystem.Linux);
            _faulting ??= m.Groups["function"].Value;
            return $"KASAN {m.Groups["kind"].Value}";
        }

        if ((m = LinuxRefcount().Match(line)).Success)
        {
            // Linux says so every ten seconds until the device is free: it is told once a boot.
            Learn(FarSystem.Linux);
            return _held.Count < MaxHeldDevices && _held.Add(m.Groups["device"].Value) ? "unregister_netdevice waits for an interface to become free" : null;
        }

        if ((m = FreeBsdTrap().Match(line)).Success)
        {
            Learn(FarSystem.FreeBsd);
            return m.Groups["cause"].Value.Trim();
        }

        if ((m = Panic().Match(line)).Success)
        {
            string text = Addresses().Replace(m.Groups["text"].Value.Trim(), "X");
            return text is "page fault" or "general protection fault" or "double fault" or "" || text == "trap" || text.StartsWith("trap type", StringComparison.Ordinal)
                ? "trap"
                : $"panic: {text}";
        }

        if ((m = LinuxFault().Match(line)).Success)
        {
            Learn(FarSystem.Linux);
            return m.Groups["cause"].Value.Replace("Unable to handle", "BUG: unable to handle", StringComparison.Ordinal);
        }

        // NetBSD and OpenBSD share these sentences; the lines after them tell which it is.
        if ((m = BsdFault().Match(line)).Success)
        {
            return m.Groups["cause"].Value;
        }

        if (BsdTrap().IsMatch(line))
        {
            return "page fault";
        }

        if ((m = UvmFault().Match(line)).Success)
        {
            return "page fault";
        }

        return null;
    }

    private void Learn(FarSystem system, bool certain = false)
    {
        // A sentence that several systems share is a guess; a banner, or a line that only one system prints, knows better.
        if (_system == FarSystem.Unknown || (certain && !_certain))
        {
            _system = system;
            _certain = certain;
        }
    }

    private void LearnFromStory(string line)
    {
        if (line.Contains(" at netbsd:", StringComparison.Ordinal) || line.StartsWith("Begin traceback", StringComparison.Ordinal))
        {
            Learn(FarSystem.NetBsd, certain: true);
        }
        else if (line.StartsWith("Starting stack trace", StringComparison.Ordinal) || line.StartsWith("ddb", StringComparison.Ordinal) || line.Contains("www.openbsd.org/ddb", StringComparison.Ordinal))
        {
            Learn(FarSystem.OpenBsd, certain: true);
        }
        else if (line.Contains("; lapic id =", StringComparison.Ordinal) || line.StartsWith("Trace beginning at frame", StringComparison.Ordinal))
        {
            Learn(FarSystem.DragonFly, certain: true);
        }
        else if (line.Contains("; apic id =", StringComparison.Ordinal) || line.StartsWith("KDB: ", StringComparison.Ordinal))
        {
            Learn(FarSystem.FreeBsd, certain: true);
        }
    }

    private void Collect(string line)
    {
        Match m;
        LearnFromStory(line);
        if ((m = Rip().Match(line)).Success || (m = Stopped().Match(line)).Success)
        {
            // A debugger that stops after the trace was printed has stopped somewhere else.
            string function = m.Groups["function"].Value;
            if (!Machinery.Contains(function) && _stack.Count == 0)
            {
                _faulting ??= function;
            }

            return;
        }

        if (_stack.Count >= MaxStack)
        {
            return;
        }

        m = BsdFrame().Match(line);
        if (!m.Success)
        {
            m = KdbFrame().Match(line);
        }

        if (!m.Success && _system is FarSystem.Linux or FarSystem.Unknown)
        {
            m = LinuxFrame().Match(line);
        }

        if (m.Success)
        {
            string function = m.Groups["function"].Value;
            int dot = function.IndexOf(".isra", StringComparison.Ordinal);
            function = dot > 0 ? function[..dot] : function;
            if (!Machinery.Contains(function))
            {
                _stack.Add(function);
            }
        }
    }

    [GeneratedRegex(@"^\S*\s*(?:Copyright|(?:Net|Open|Free)BSD \d|DragonFly (?:v?\d|[A-Z]))")]
    private static partial Regex Banner();

    [GeneratedRegex(@"BUG: KASAN: (?<kind>[\w-]+) in (?<function>[\w.]+)\+0x")]
    private static partial Regex LinuxKasan();

    [GeneratedRegex(@"unregister_netdevice: waiting for (?<device>\S+) to become free")]
    private static partial Regex LinuxRefcount();

    [GeneratedRegex(@"(?<cause>(?:BUG: unable|Unable) to handle (?:kernel )?(?:NULL pointer dereference|page fault|paging request)|general protection fault|kernel BUG at \S+|refcount_t: [\w -]+|KASAN: \S+|Kernel panic - not syncing)")]
    private static partial Regex LinuxFault();

    // What may stand before a sentence: a syslog stamp, a time stamp, a prompt that was waiting when the system died.
    [GeneratedRegex(@"^(?:\w{3} +\d+ [\d:]{8} \S+ (?:kernel: |/\w+: )?)?(?:\[ *\d[.\d]*\] ?)?(?:.{0,80}?(?:login|[Pp]assword): ?(?=panic: |Fatal |DOUBLE|@?uvm_fault|BUG: |kernel: ))?@?")]
    private static partial Regex Lead();

    [GeneratedRegex(@"^(?:d?db(?:\{\d+\})?|kdb)> ?")]
    private static partial Regex Prompt();

    [GeneratedRegex(@"^(?:fatal|kernel: (?:supervisor trap )?)\s*(?<cause>page fault|protection fault)(?: trap| in supervisor mode|, code)")]
    private static partial Regex BsdFault();

    [GeneratedRegex(@"^trap type \d+ code ")]
    private static partial Regex BsdTrap();

    [GeneratedRegex(@"^Fatal (?:trap \d+: )?(?<cause>double fault|.+? (?=while in kernel mode))")]
    private static partial Regex FreeBsdTrap();

    [GeneratedRegex(@"^uvm_fault\(.*?\) -> (?:0x)?[0-9a-f]+")]
    private static partial Regex UvmFault();

    [GeneratedRegex(@"^panic(?:\[cpu\d+\])?: (?<text>.*)")]
    private static partial Regex Panic();

    [GeneratedRegex(@"0x[0-9a-fA-F]+|\b[0-9a-f]{8,16}\b|\b\d+\b")]
    private static partial Regex Addresses();

    [GeneratedRegex(@"\b(?:RIP: |EIP: |IP: |PC is at |pc : )(?:[0-9a-f]{4}:)?(?:\[<[0-9a-f]+>\]\s*)*(?<function>[A-Za-z_][\w.]*)\+0x")]
    private static partial Regex Rip();

    [GeneratedRegex(@"^Stopped (?:in pid .* )?at\s+(?:\w+:)?(?<function>[A-Za-z_][\w.]*)")]
    private static partial Regex Stopped();

    // ddb: "in_delmulti(c0a8,...) at netbsd:in_delmulti+0x41"; OpenBSD leaves the file out, FreeBSD adds "/frame".
    [GeneratedRegex(@"^\s*(?:#\d+ )?[A-Za-z_][\w.]*\(.*?\) at (?:\w+:)?(?<function>[A-Za-z_][\w.]*)\+0x")]
    private static partial Regex BsdFrame();

    // kdb: "#3 0xffffffff80b5d123 at in6_selecthlim+0x33".
    [GeneratedRegex(@"^\s*#\d+ 0x[0-9a-f]+ at (?<function>[A-Za-z_][\w.]*)\+")]
    private static partial Regex KdbFrame();

    [GeneratedRegex(@"^\s+(?:\[<[0-9a-f]+>\] )?(?<function>[A-Za-z_][\w.]*)\+0x[0-9a-f]+/0x[0-9a-f]+")]
    private static partial Regex LinuxFrame();
}
