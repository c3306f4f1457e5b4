// The stack of the emulated CPU, to the extent that anything needs it: which functions are being executed. Titles, stories and traces read it.
using System.Runtime.CompilerServices;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int StackDepth = 32;

    [NotSaved("what lies above the stack's depth is nobody's")]
    private readonly KernelFunction[] _stack = new KernelFunction[StackDepth];

    [NotSaved("between two entries nothing runs")]
    private int _depth;

    [NotSaved("a kernel that has died is not written")]
    private int _diedAt;

    [KernelState]
    private void CallStackFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Transient(ref _depth);
        pass.Transient(ref _diedAt, initial: -1);
    }

    /// <summary>The functions on the stack, innermost first.</summary>
    public IReadOnlyList<string> StackTrace() => FunctionNames.InnermostFirst(FunctionStack);

    /// <summary>The functions on the stack, outermost first; of a kernel that has died, those that it died in.</summary>
    public ReadOnlySpan<KernelFunction> FunctionStack => _stack.AsSpan(0, _diedAt >= 0 ? _diedAt : _depth);

    /// <summary>A process starts to run on the CPU, or an interrupt comes in: the stack starts with this function.</summary>
    public void EnterFromUser(KernelFunction function)
    {
        _diedAt = -1;
        _stack[0] = function;
        _depth = 1;
    }

    /// <summary>
    /// A function that runs: it is on the stack until it is left in any way. An extra frame on a panic's path costs time (docs/performance.md), so a tail call is recorded in the
    /// caller's own frame by <see cref="Then(KernelFunction)"/>.
    /// </summary>
    private readonly ref struct Frame(BsdKernel kernel)
    {
        private readonly int _depth = kernel._depth;

        /// <summary>The function ends with a call of another: both are left at once.</summary>
        public void Then(KernelFunction function) => kernel._stack[kernel._depth++] = function;

        /// <summary>The function ends with nested calls of two others.</summary>
        public void Then(KernelFunction function, KernelFunction inner)
        {
            Then(function);
            Then(inner);
        }

        /// <summary>The function is left.</summary>
        public void Dispose() => kernel._depth = _depth;
    }

    // Every call is the initialiser of a using declaration, which a test checks.
    private Frame Enter(KernelFunction function)
    {
        var frame = new Frame(this);
        _stack[_depth++] = function;
        return frame;
    }

    private Frame Enter(KernelFunction outer, KernelFunction inner)
    {
        var frame = new Frame(this);
        _stack[_depth++] = outer;
        _stack[_depth++] = inner;
        return frame;
    }

    // A system call or a soft interrupt: its stack begins at the bottom, whatever is running.
    private Frame FromUser(KernelFunction bottom)
    {
        var frame = new Frame(this);
        _depth = 0;
        _stack[_depth++] = bottom;
        return frame;
    }

    private Frame FromUser(KernelFunction bottom, KernelFunction next)
    {
        Frame frame = FromUser(bottom);
        _stack[_depth++] = next;
        return frame;
    }

    private Frame FromUser(KernelFunction bottom, KernelFunction next, KernelFunction last)
    {
        Frame frame = FromUser(bottom, next);
        _stack[_depth++] = last;
        return frame;
    }

    // The stack stays as it was in that moment: what is unwound from here on is this program's.
    private KernelPanic Died(KernelPanic panic)
    {
        _diedAt = _depth;
        return panic;
    }

    // Follows a word found through a stale pointer: faults unless the address has a page. Inlined, like its most frequent callers: unwinding a panic costs time per frame (docs/performance.md).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Follow(uint word, UseSite site, HolderKind holder, IfnetPtr p, KernelWord name)
    {
        if (!KernelHeap.IsMapped(word))
        {
            throw Died(new KernelPanic(site, holder, p, word, PanicAction.Fault, name));
        }
    }

    // Jumps through if_ioctl of an interface that is gone.
    private void JumpToIoctl(UseSite site, HolderKind holder, IfnetPtr p)
    {
        if (DiesOfIoctl(site, holder, p) is { } panic)
        {
            throw panic;
        }
    }

    // The same for a caller that passes on the panic as a value; null if the kernel survives.
    private KernelPanic? DiesOfIoctl(UseSite site, HolderKind holder, IfnetPtr p)
    {
        uint word = ReadWord(p, KernelWord.IfIoctl);
        return KernelHeap.IsIoctl(word) ? null : Died(new KernelPanic(site, holder, p, word, PanicAction.Jump, KernelWord.IfIoctl));
    }

    // Jumps through a function pointer found through a stale pointer.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Jump(uint word, uint expected, UseSite site, HolderKind holder, IfnetPtr p, KernelWord name)
    {
        if (word != expected)
        {
            throw Died(new KernelPanic(site, holder, p, word, PanicAction.Jump, name));
        }
    }
}
