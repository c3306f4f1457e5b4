using System.Net;
using System.Text;
using Stress.Tests.Shared;

namespace Stress.Cluster.Tests;

/// <summary>What an OpenTelemetry collector is to an exporter: it takes requests of OTLP over HTTP, and keeps their bytes by signal.</summary>
internal sealed class OtlpCollector : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Dictionary<string, StringBuilder> _received = [];
    private readonly Task _listening;

    public OtlpCollector()
    {
        Address = $"http://127.0.0.1:{Programs.FreeLoopbackPort()}/";
        _listener.Prefixes.Add(Address);
        _listener.Start();
        _listening = Listen();
    }

    /// <summary>Where it listens.</summary>
    public string Address { get; }

    /// <summary>The variables that send a process's signals here.</summary>
    public Dictionary<string, string> Variables => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Address,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
    };

    /// <summary>Everything received of a signal (<c>logs</c>, <c>traces</c>, <c>metrics</c>), a byte a character: texts of protobuf can be searched for in it.</summary>
    public string Of(string signal)
    {
        lock (_received)
        {
            return _received.TryGetValue(signal, out StringBuilder? text) ? text.ToString() : "";
        }
    }

    public void Dispose()
    {
        _listener.Stop();
        _listening.Wait();
        _listener.Close();
    }

    private async Task Listen()
    {
        while (true)
        {
            HttpListenerContext request;
            try
            {
                request = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return; // stopped
            }

            using var body = new MemoryStream();
            await request.Request.InputStream.CopyToAsync(body);
            lock (_received)
            {
                string signal = request.Request.Url!.Segments[^1];
                (_received.TryGetValue(signal, out StringBuilder? text) ? text : _received[signal] = new StringBuilder()).Append(Encoding.Latin1.GetString(body.ToArray()));
            }

            // An empty protobuf message: everything was accepted.
            request.Response.ContentType = "application/x-protobuf";
            request.Response.Close();
        }
    }
}
