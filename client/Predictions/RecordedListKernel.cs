using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Predictions;

namespace Stress.Client.Predictions;

/// <summary>Recorded answers of a real kernel: <c>LIST.NAME.txt</c> next to the lists. A recording has answers and no console.</summary>
/// <param name="recording">The part between a list's name and <c>.txt</c>, such as <c>linux-6.18</c>.</param>
public sealed class RecordedListKernel(string recording) : IListKernel
{
    /// <summary>The prefix of such a kernel on the command line.</summary>
    public const string Prefix = "recorded:";

    /// <inheritdoc/>
    public string Name => Prefix + recording;

    /// <inheritdoc/>
    public string Identity => $"answers that were recorded of {recording}, before the prediction was made";

    /// <inheritdoc/>
    public RecordingConditions? Conditions => null;

    /// <inheritdoc/>
    public string NoVerdict => "a recording has no console";

    /// <summary>Whether there is a recording of a list.</summary>
    public bool Has(string list) => File.Exists(FileOf(list));

    /// <inheritdoc/>
    public IReadOnlyList<ListOutcome> Run(IReadOnlyList<KernelList> lists, Action<int> done, CancellationToken stop)
    {
        ListOutcome[] outcomes = [.. lists.Select(list => new ListOutcome(list.Name, File.ReadAllLines(FileOf(list.File)), [], NoVerdict))];
        done(outcomes.Length);
        return outcomes;
    }

    private string FileOf(string list) => Path.ChangeExtension(list, $".{recording}.txt");
}
