namespace Stress.Emulator.Stacks.Recorded;

/// <summary>The form in which a model's answer and a real kernel's are compared: the value, the error's name and number, and what the operation asks for in brackets.</summary>
public static class ComparedAnswer
{
    /// <summary>A model's answer.</summary>
    public static string Of(OperationKind kind, OperationResult result) => Of(kind, result.Value, result.Error?.ToString() ?? "", result.Detail ?? "");

    /// <summary>A real kernel's.</summary>
    public static string Of(OperationKind kind, RecordedAnswer answer) => Of(kind, answer.Value, answer.Error, answer.Detail);

    /// <summary>The same answer with the kernel's error where the model has the words of the tool that asked; null where it has no other form.</summary>
    public static string? Errno(OperationResult result) => result.Error?.Errno is { } errno ? $"{result.Value} {errno}" : null;

    // Only the details that the operation asks for: others repeat an argument, or show what a tool printed.
    private static string Of(OperationKind kind, int value, string error, string detail)
    {
        string asked = kind is OperationKind.Index or OperationKind.GetMcif4 or OperationKind.GetMcif6 && detail.Length > 0 ? $"[{detail}]" : "";
        return string.Join(" ", new[] { $"{value}", error, asked }.Where(part => part.Length > 0));
    }
}
