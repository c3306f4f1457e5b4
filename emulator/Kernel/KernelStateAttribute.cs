namespace Stress.Emulator.Kernel;

/// <summary>Marks the method by which a file of the kernel shows the fields that it declares, and nobody else's, to a pass.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KernelStateAttribute : Attribute;
