using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

/// <summary>One reachable interface pointer.</summary>
public readonly record struct HeldPointer(HolderKind Holder, IfnetPtr Pointer);
