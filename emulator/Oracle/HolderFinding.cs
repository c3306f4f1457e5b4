using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Oracle;

/// <summary>The worst thing that happened to a holder's pointers.</summary>
/// <param name="Holder">Where the pointers are stored.</param>
/// <param name="Verdict">What became of one.</param>
/// <param name="Text">Who used it and how it came to be, in words.</param>
public sealed record HolderFinding(HolderKind Holder, Verdict Verdict, string Text);
