using Stress.Emulator.Stacks;
using Stress.Fuzz.Lists;
using Stress.Guests;
using Stress.Guests.Kernels;
using Stress.Guests.Running;

namespace Stress.Fuzz.Stacks;

/// <summary>Finds and opens the stacks that need nothing but a name: emulated ones, kernels of this project in guests, pppd on one, lwIP.</summary>
/// <param name="cache">Where kernels, guest systems and drivers are.</param>
public sealed class StackOpener(GuestCache cache)
{
    private const string Guest = "uml:";

    /// <summary>What is known about a stack by its name; null for one that is none of these.</summary>
    /// <param name="name">The name on the command line.</param>
    public static IStackFacts? FactsOf(string name) =>
        name == LwipGrammar.Stack ? LwipStack.Facts
        : StackCatalog.Names.Contains(name) ? new EmulatedStack(name)
        : name.Length > PppdStack.Prefix.Length && name.StartsWith(PppdStack.Prefix, StringComparison.Ordinal) ? PppdStack.FactsOf(name)
        : name.Length > Guest.Length && name.StartsWith(Guest, StringComparison.Ordinal) ? GuestStack.FactsOf(name) : null;

    /// <summary>The language with what every one of some stacks has.</summary>
    /// <param name="stacks">The stacks.</param>
    public static Grammar GrammarOf(IReadOnlyList<IStackFacts> stacks) =>
        stacks.Any(stack => stack.Name == LwipGrammar.Stack) ? LwipGrammar.Grammar
        : stacks.Any(stack => stack.Name == DaemonGrammar.Stack) ? DaemonGrammar.Grammar
        : stacks.Any(stack => stack.Speaks == PppdGrammar.Language) ? PppdGrammar.Grammar
        : KernelGrammar.Grammar.For([.. stacks.Select(stack => stack.Speaks).Distinct()]);

    /// <summary>Opens one.</summary>
    /// <param name="name">A known name.</param>
    /// <param name="fault">A fault to switch on in a kernel, or null.</param>
    /// <param name="tell">Receives messages for the user.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="GuestException">The kernel, the source or a compiler is not there.</exception>
    public async Task<IFuzzStack> OpenAsync(string name, string? fault, Action<string> tell, CancellationToken stop) =>
        name == LwipGrammar.Stack ? new LwipStack(await new LwipDriver(cache).EnsureAsync(ProgramFolders.Find, tell, stop).ConfigureAwait(false))
        : name.StartsWith(PppdStack.Prefix, StringComparison.Ordinal) ? new PppdStack(name, await ListRun.OpenAsync(cache, name[PppdStack.Prefix.Length..], tell, stop).ConfigureAwait(false), fault)
        : name.StartsWith(Guest, StringComparison.Ordinal) ? new GuestStack(name, await ListRun.OpenAsync(cache, name[Guest.Length..], tell, stop).ConfigureAwait(false), fault)
        : new EmulatedStack(name);
}
