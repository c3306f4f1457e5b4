using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Oracle;

/// <summary>What the oracle knew of a pointer when its use was fatal, kept as numbers: the text is put together on demand.</summary>
public sealed class CrashStory : IState
{
    private KernelFunction[] _stack = [];
    private Facts _facts;

    private struct Facts : IStateValue<Facts>
    {
        public DetachFacts Detach;
        public bool Known;
        public HolderKind Holder;
        public PurgeGap Gap;
        public UseSite Site;
        public PanicAction Action;
        public KernelWord Word;
        public BlockImage Image;
        public BlockState Block;
        public uint Address;
        public uint Value;
        public int Free;
        public VirtualTime Used;

        public static void Fields<TPass>(ref Facts value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Struct(ref value.Detach);
            pass.Field(ref value.Known);
            pass.Field(ref value.Holder);
            pass.Field(ref value.Gap);
            pass.Field(ref value.Site);
            pass.Field(ref value.Action);
            pass.Field(ref value.Word);
            pass.Field(ref value.Image);
            pass.Field(ref value.Block);
            pass.Field(ref value.Address);
            pass.Field(ref value.Value);
            pass.Field(ref value.Free);
            pass.Struct(ref value.Used);
        }
    }

    private enum BlockState : byte
    {
        None,
        Reused,
        Free,
    }

    /// <summary>A fatal use, as it happens.</summary>
    /// <param name="kernel">The kernel that panics.</param>
    /// <param name="detach">The unit that the pointer was taken from, or null when it is older than the oracle's memory.</param>
    /// <param name="gap">Why the purge did not run.</param>
    /// <param name="panic">The use.</param>
    /// <param name="now">Virtual time.</param>
    public CrashStory(BsdKernel kernel, in DetachFacts? detach, PurgeGap gap, KernelPanic panic, VirtualTime now)
    {
        _stack = kernel.FunctionStack.ToArray();
        _facts = new Facts
        {
            Detach = detach ?? default, Known = detach is not null, Holder = panic.Holder, Gap = gap, Site = panic.Site, Action = panic.Action,
            Word = panic.Name, Address = panic.Pointer.Address, Value = panic.Word, Used = now,
        };
        int block = kernel.Heap.BlockAt(panic.Pointer.Address);
        if (block >= 0)
        {
            ref readonly HeapBlock b = ref kernel.Heap.Block(block);
            _facts.Block = b.Next == HeapBlock.InUse ? BlockState.Reused : BlockState.Free;
            _facts.Image = b.Image;
            _facts.Free = kernel.Heap.FreeCount(b.Class);
        }
    }

    /// <summary>An empty story, to read into or for the layout.</summary>
    public CrashStory()
    {
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Numbers(ref _stack);
        pass.Struct(ref _facts);
    }

    /// <summary>The functions on the kernel's stack, innermost first.</summary>
    public IReadOnlyList<string> Stack => FunctionNames.InnermostFirst(_stack);

    /// <summary>The life of the pointer in words.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            var story = new List<string>();
            ref readonly DetachFacts d = ref _facts.Detach;
            if (_facts.Known)
            {
                story.Add($"{d.Attached}  allocated: {ClonedKind.NameOf(d.Unit)}, index {d.Index}, softc at 0x{_facts.Address:x8}");
                story.Add($"            stored in {KernelNames.Of(_facts.Holder)}");
                if (!d.AddressGone.IsNever)
                {
                    story.Add($"{d.AddressGone}  address gone: the unit's last AF_INET address was removed");
                }

                story.Add($"            not purged: {KernelNames.Of(_facts.Gap)}");
                story.Add($"{d.Freed}  detached and freed (event {d.FreedEvent})");
            }

            if (_facts.Block != BlockState.None)
            {
                story.Add(_facts.Block == BlockState.Reused ? $"            reused: the block holds {_facts.Image}" : $"            still free: {_facts.Free} blocks in the class");
            }

            story.Add($"{_facts.Used}  used: {KernelPanic.Describe(_facts.Site, _facts.Action, _facts.Value, _facts.Word, _facts.Address)}");
            return story;
        }
    }
}
