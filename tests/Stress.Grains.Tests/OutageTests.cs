using Microsoft.Extensions.Logging;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class OutageTests
{
    [Theory]
    [InlineData("Unable to connect to S127.0.0.1:39371, will retry after 966.8401ms\n   at Orleans.Runtime.Messaging.ConnectionManager.GetConnectionAsync()", "Unable to connect to S127.0.0.1:39371, will retry after 966.8401ms")]
    [InlineData("Exception while sending: it failed\r\n   at Orleans.Runtime.Connection.Send()\r\n   at A.B()", "Exception while sending: it failed")]
    [InlineData("the list is away. Ask again (in 5 s)", "the list is away")]
    public void What_does_not_work_is_said_once_in_one_sentence_and_without_the_stack_that_a_message_goes_on_with(string message, string said)
    {
        var log = new Lines();
        var outage = new Outage(log, "reaching it");
        outage.Failed(new InvalidOperationException("outer", new IOException(message)));
        outage.Failed(new IOException(message));
        outage.Over();
        outage.Over();

        Assert.Equal([$"reaching it: not possible now, and tried again until it is: {said}", "reaching it: possible again"], log.Said);
    }

    private sealed class Lines : ILogger
    {
        public List<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Said.Add(formatter(state, exception));
    }
}
