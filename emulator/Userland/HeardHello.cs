using System.Numerics;
using System.Text;
using Stress.Emulator.Designs;

namespace Stress.Emulator.Userland;

/// <summary>The last repeated Hello of a line that ospfd took.</summary>
/// <param name="Tag">Its content.</param>
/// <param name="Epoch">The receiver's <see cref="IMachine.Epoch"/>.</param>
/// <param name="Interface">ospfd's interface that it was for.</param>
public readonly record struct HeardHello(int Tag, int Epoch, int Interface);
