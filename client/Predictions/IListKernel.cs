using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Predictions;

namespace Stress.Client.Predictions;

/// <summary>A list for a kernel to execute.</summary>
/// <param name="Name">Its name.</param>
/// <param name="File">Where it was read.</param>
/// <param name="Text">Its text.</param>
/// <param name="Parsed">The same, parsed, with the conditions of its header.</param>
public sealed record KernelList(string Name, string File, string Text, OperationFile Parsed);

/// <summary>A kernel whose answers are predicted.</summary>
public interface IListKernel
{
    /// <summary>As <c>--kernel</c> names it.</summary>
    string Name { get; }

    /// <summary>Which kernel that is, for the record: its release and key.</summary>
    string Identity { get; }

    /// <summary>The conditions under which it executes a list, whatever its header says; null where the header decides.</summary>
    RecordingConditions? Conditions { get; }

    /// <summary>Its release; null if unknown.</summary>
    string? Release => null;

    /// <summary>Why it never gives a verdict, whatever a list does; null if it does.</summary>
    string? NoVerdict { get; }

    /// <summary>Executes lists. It is called after the prediction was sealed.</summary>
    /// <param name="lists">The lists.</param>
    /// <param name="done">Is told how many have a result.</param>
    /// <param name="stop">Ends it.</param>
    IReadOnlyList<ListOutcome> Run(IReadOnlyList<KernelList> lists, Action<int> done, CancellationToken stop);
}
