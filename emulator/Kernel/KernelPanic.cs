using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

/// <summary>What the kernel did with a word that no access survives.</summary>
public enum PanicAction : byte
{
    /// <summary>panic(9): in6_savemkludge found no record.</summary>
    NoKludgeSpace,

    /// <summary>It was followed as a pointer.</summary>
    Fault,

    /// <summary>It was called as a function.</summary>
    Jump,
}

/// <summary>The machine check: the kernel used a word that no access survives. Never leaves the emulator; the router turns it into a value.</summary>
public sealed class KernelPanic : Exception
{
    /// <summary>A fatal use.</summary>
    /// <param name="site">The function that used the word.</param>
    /// <param name="holder">Where the stale pointer was stored.</param>
    /// <param name="pointer">The stale pointer.</param>
    /// <param name="word">The word.</param>
    /// <param name="action">What was done with it.</param>
    /// <param name="name">Which word of the structure it was.</param>
    public KernelPanic(UseSite site, HolderKind holder, IfnetPtr pointer, uint word, PanicAction action, KernelWord name = default)
    {
        Site = site;
        Holder = holder;
        Pointer = pointer;
        Word = word;
        Action = action;
        Name = name;
    }

    /// <inheritdoc/>
    public override string Message => Describe(Site, Action, Word, Name, Pointer.Address);

    /// <summary>A fatal use in words.</summary>
    public static string Describe(UseSite site, PanicAction action, uint word, KernelWord name, uint address) => action switch
    {
        PanicAction.Fault => $"{KernelNames.Of(site)}: fault on 0x{word:x8} read from {name} of the block at 0x{address:x8}",
        PanicAction.Jump => $"{KernelNames.Of(site)}: jump to 0x{word:x8} read from {name} of the block at 0x{address:x8}",
        _ => $"{KernelNames.Of(site)}: no kludge space",
    };

    /// <summary>What was done with the word.</summary>
    public PanicAction Action { get; }

    /// <summary>Which word of the structure it was.</summary>
    public KernelWord Name { get; }

    /// <summary>The function that used the word.</summary>
    public UseSite Site { get; }

    /// <summary>Where the stale pointer was stored.</summary>
    public HolderKind Holder { get; }

    /// <summary>The stale pointer.</summary>
    public IfnetPtr Pointer { get; }

    /// <summary>The word that was followed.</summary>
    public uint Word { get; }
}
