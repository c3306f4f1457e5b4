namespace Stress.Client;

/// <summary>Something the user typed is not accepted. The message is one line: what was wrong, and what would be accepted.</summary>
/// <param name="message">The line.</param>
public sealed class UsageException(string message) : Exception(message);
