namespace Stress.Emulator.Stacks;

/// <summary>A file with an operation list: the operations, and what its header says of the conditions under which it was recorded.</summary>
/// <param name="Operations">The list.</param>
/// <param name="Conditions">What the header says; null when it says nothing.</param>
public sealed record OperationFile(IReadOnlyList<Operation> Operations, RecordingConditions? Conditions)
{
    /// <summary>Parses header and list.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">The name for error messages.</param>
    /// <exception cref="OperationListException">A wrong header or list; the message names file and line and says what is accepted.</exception>
    public static OperationFile Parse(string text, string file) => new(OperationList.Parse(text, file), RecordingConditions.InHeader(text, file));
}
