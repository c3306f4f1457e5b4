namespace Stress.Emulator.Kernel;

/// <summary>Marks the method with which a file of the kernel lists the fields that it declares, and only those, for a pass.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KernelStateAttribute : Attribute;
