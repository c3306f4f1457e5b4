using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Oracle;

/// <summary>Is told of each bad use as it happens.</summary>
public interface IUseListener
{
    /// <summary>A pointer to no attached interface was used.</summary>
    /// <param name="holder">Where it was stored.</param>
    /// <param name="site">Who used it.</param>
    /// <param name="p">The pointer.</param>
    /// <param name="place">Which of several reads in that function; 0 for the first.</param>
    void StaleUse(HolderKind holder, UseSite site, IfnetPtr p, int place);

    /// <summary>A pointer named another live interface.</summary>
    /// <param name="holder">Where it was stored.</param>
    /// <param name="site">Who used it.</param>
    /// <param name="p">The pointer.</param>
    /// <param name="names">Both interfaces, in words.</param>
    void Alias(HolderKind holder, UseSite site, IfnetPtr p, string names);
}
