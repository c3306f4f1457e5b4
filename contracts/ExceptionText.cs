namespace Stress.Contracts;

/// <summary>An exception's message, for a line of a log or a screen.</summary>
public static class ExceptionText
{
    /// <summary>The first line of the innermost exception's message. Some messages of the runtime continue with another exception's stack.</summary>
    public static string FirstLine(this Exception problem)
    {
        ReadOnlySpan<char> message = problem.GetBaseException().Message;
        int end = message.IndexOfAny('\r', '\n');
        return (end < 0 ? message : message[..end]).Trim().ToString();
    }
}
