using Orleans.Runtime;
using Stress.Contracts;

namespace Stress.Silo;

/// <summary>
/// The end of a silo that its cluster no longer accepts: one line and a code, at once. A drain would write to a cluster that is not its own; its supervisor restarts the process,
/// and it joins as a new member. The first reason given ends it.
/// </summary>
public sealed class SiloEnd
{
    private readonly TaskCompletionSource<string> _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Why it ends, once it does.</summary>
    public Task<string> Said => _said.Task;

    /// <summary>True once it is ending: it accepts no more work.</summary>
    public bool IsNear => _said.Task.IsCompleted;

    /// <summary>Ends the silo.</summary>
    /// <param name="why">One line.</param>
    public void Now(string why) => _said.TrySetResult(why);
}

/// <summary>Fatal errors that Orleans finds, instead of an abort with a stack: above all that the others have declared it dead.</summary>
internal sealed class FatalEnd(SiloEnd end) : IFatalErrorHandler
{
    /// <inheritdoc/>
    public bool IsUnexpected(Exception exception) => exception is not ThreadAbortException;

    /// <inheritdoc/>
    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        // Membership logs this itself, and throws no exception.
        bool dead = exception is null && sender?.GetType().Namespace == "Orleans.Runtime.MembershipService";
        end.Now(dead
            ? "the cluster has declared this silo dead (it hung, or could not be reached): it ends, and its sites continue elsewhere from their last checkpoints; started again it is a new member"
            : $"a fatal error of Orleans: {exception?.FirstLine() ?? context?.ReplaceLineEndings(" ") ?? sender?.ToString()}: the silo ends; started again it is a new member");
    }
}
