namespace Stress.Guests;

/// <summary>The reasons why a guest, a kernel or a guest system is not available.</summary>
public enum GuestProblem
{
    /// <summary>The request is invalid; nothing was done.</summary>
    Wrong,

    /// <summary>A program, package or kernel is not there; installing it helps.</summary>
    Unavailable,

    /// <summary>A build or a run failed.</summary>
    Failed,
}

/// <summary>A kernel, a guest system or a guest is not available. The message is for the user, mostly one line.</summary>
/// <param name="problem">What kind.</param>
/// <param name="message">What, where, and what would be accepted.</param>
public sealed class GuestException(GuestProblem problem, string message) : Exception(message)
{
    /// <summary>What kind.</summary>
    public GuestProblem Problem { get; } = problem;
}
