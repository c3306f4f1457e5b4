using Stress.Dial.Far;

namespace Stress.Guests.Running;

/// <summary>The identity of a real kernel's crash: use, allocation and free together.</summary>
public static class CrashWords
{
    // Frames of the allocator and of the machinery that defers a free: the caller is the next one.
    private static readonly string[] Plumbing =
    [
        "kasan_", "__kasan_", "kmem_cache_", "__kmem_cache_", "kmalloc", "__kmalloc", "kfree", "__kfree", "kvfree", "kvmalloc", "__kvmalloc", "slab_", "__slab_", "___slab_", "save_stack", "save_stack_trace", "stack_trace_save",
        "poison_", "____kasan_", "rcu_do_batch", "rcu_core", "rcu_process_callbacks", "__do_softirq", "handle_softirqs", "do_softirq", "irq_exit", "kzalloc", "krealloc", "sock_kmalloc", "sock_kzalloc", "run_ksoftirqd", "smpboot_thread_fn", "kthread", "new_thread_handler",
    ];

    /// <summary>The kernel's own words, and who allocated and freed the object, if it says so.</summary>
    public static string Of(FarPanic report)
    {
        string? allocated = Who(report.AllocatedBy), freed = Who(report.FreedBy);
        return (allocated, freed) switch
        {
            (null, null) => report.Title,
            (_, null) => $"{report.Title} (allocated by {allocated})",
            (null, _) => $"{report.Title} (freed by {freed})",
            _ => $"{report.Title} (allocated by {allocated}, freed by {freed})",
        };
    }

    // Freed after a grace period: the stack does not name the caller.
    private const string Deferred = "a grace period of RCU";

    private static string? Who(IReadOnlyList<string> stack) =>
        stack.FirstOrDefault(function => !Plumbing.Any(prefix => function.StartsWith(prefix, StringComparison.Ordinal))) ?? (stack.Count > 0 ? Deferred : null);
}
