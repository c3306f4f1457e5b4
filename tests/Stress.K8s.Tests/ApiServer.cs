using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stress.Tests.Shared;

namespace Stress.K8s.Tests;

/// <summary>An API server on loopback that answers as a test tells it: each request is the next of its list, by method and what is asked for.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly Dictionary<string, Queue<Func<HttpContext, Task>>> _answers = [];
    private readonly int _port = Programs.FreeLoopbackPort();
    private WebApplication? _app;

    /// <summary>What was asked, in order: create, read, watch, pods.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>The bodies of what was created.</summary>
    public List<string> Created { get; } = [];

    /// <summary>Its address.</summary>
    public string Address => $"http://127.0.0.1:{_port}";

    /// <summary>Adds an answer.</summary>
    public ApiServer On(string what, Func<HttpContext, Task> answer)
    {
        lock (_answers)
        {
            (_answers.TryGetValue(what, out Queue<Func<HttpContext, Task>>? queue) ? queue : _answers[what] = new()).Enqueue(answer);
        }

        return this;
    }

    /// <summary>Starts to listen, or does again.</summary>
    public async Task Start()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _port));
        builder.Services.AddRoutingCore();
        _app = builder.Build();
        _app.Run(Answer);
        await _app.StartAsync();
    }

    /// <summary>Stops listening; every connection is closed.</summary>
    public async Task Stop()
    {
        if (_app is { } app)
        {
            _app = null;
            using var now = new CancellationTokenSource();
            now.Cancel();
            await app.StopAsync(now.Token);
            await app.DisposeAsync();
        }
    }

    /// <summary>An object, with a status.</summary>
    public static Func<HttpContext, Task> Json(object body, int status = 200) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(body));
    };

    /// <summary>What a server says that refuses.</summary>
    public static Func<HttpContext, Task> Refusal(int code, string reason, string message) =>
        Json(new { kind = "Status", apiVersion = "v1", status = "Failure", message, reason, code }, code);

    /// <summary>The lines of a watch, after which it ends, as a server ends it; or is cut off in the middle of a line.</summary>
    public static Func<HttpContext, Task> Watch(bool cut, params (string Type, object Thing)[] events) => async context =>
    {
        context.Response.ContentType = "application/json";
        foreach ((string type, object thing) in events)
        {
            await context.Response.WriteAsync(JsonSerializer.Serialize(new Dictionary<string, object> { ["type"] = type, ["object"] = thing }) + "\n");
            await context.Response.Body.FlushAsync();
        }

        if (cut)
        {
            await context.Response.WriteAsync("{\"type\":\"MODI");
            await context.Response.Body.FlushAsync();
            context.Abort();
        }
    };

    public async ValueTask DisposeAsync() => await Stop();

    private async Task Answer(HttpContext context)
    {
        bool pods = context.Request.Path.Value!.EndsWith("/pods", StringComparison.Ordinal);
        string what = pods ? "pods" : context.Request.Method == "POST" ? "create" : context.Request.Query.ContainsKey("watch") ? "watch" : "read";
        string body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        Func<HttpContext, Task>? answer;
        lock (_answers)
        {
            Asked.Add(what);
            if (what == "create")
            {
                Created.Add(body);
            }

            // The last answer is repeated.
            answer = !_answers.TryGetValue(what, out Queue<Func<HttpContext, Task>>? queue) ? null : queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        }

        await (answer ?? Refusal(404, "NotFound", $"no answer to {what}"))(context);
    }
}
