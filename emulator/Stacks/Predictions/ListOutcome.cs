namespace Stress.Emulator.Stacks.Predictions;

/// <summary>What a kernel reported while a list ran, or after it.</summary>
/// <param name="Title">The kernel's own words.</param>
/// <param name="Function">The function that it names; empty where it names none.</param>
public sealed record ReportSeen(string Title, string Function);

/// <summary>The outcome of one list on a real kernel.</summary>
/// <param name="Name">The list's name.</param>
/// <param name="Answers">Its answers, in the form of a recording (<see cref="Recorded.Recording"/>); of a kernel that died they end with the last step that was answered.</param>
/// <param name="Reports">What the kernel reported, in order.</param>
/// <param name="Trouble">Why the list has no verdict; null if it has one.</param>
public sealed record ListOutcome(string Name, IReadOnlyList<string> Answers, IReadOnlyList<ReportSeen> Reports, string? Trouble);
