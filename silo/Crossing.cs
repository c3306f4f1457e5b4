using Stress.Contracts;

namespace Stress.Silo;

/// <summary>Converts errors of a storage library, whose own exceptions might not survive a grain call.</summary>
internal static class Crossing
{
    /// <summary>Whether a caller might not be able to read an exception: all except a cancelled call and exceptions converted already.</summary>
    /// <param name="error">The exception.</param>
    public static bool IsForeign(Exception error) => error is not (OperationCanceledException or StorageUnavailableException);

    /// <summary>The exception that crosses in its place, with the library's own message on one line.</summary>
    /// <param name="what">What was used, as its message begins.</param>
    /// <param name="error">The library's exception.</param>
    public static StorageUnavailableException Of(string what, Exception error) => new($"{what}: {error.GetBaseException().Message.ReplaceLineEndings(" ")}");
}
