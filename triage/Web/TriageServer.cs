using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stress.Contracts.Triage;
using Stress.Triage.Pages;
using Stress.Triage.Runs;

namespace Stress.Triage.Web;

/// <summary>Serves the pages and the API of a store.</summary>
public static class TriageServer
{
    /// <summary>A larger request is refused.</summary>
    public const long MaxRequestBytes = 64 << 10;

    /// <summary>Requests of one address in a second.</summary>
    public const int RequestsPerSecond = 300;

    private static readonly TimeSpan BetweenImports = TimeSpan.FromSeconds(5);

    /// <summary>Serves until it is stopped.</summary>
    /// <exception cref="TriageException">The address is in use, or access could not be restricted.</exception>
    public static async Task Run(Triage triage, ServeOptions options, Action<string> listening, CancellationToken stop)
    {
        IPEndPoint end = EndOf(options.Listen);
        var access = Access.Of(options, end.Address);
        using Webhooks? webhooks = options.WebhookFile is { } file ? Webhooks.Read(file) : null;
        using var crashes = new CrashExecution(triage, options.Work);
        await using WebApplication app = Build(triage, options, end, access, crashes);
        try
        {
            await app.StartAsync(stop);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new TriageException($"--listen {options.Listen}: {e.GetBaseException().Message.ReplaceLineEndings(" ")}", TriageProblem.Unavailable);
        }

        listening(app.Urls.First());
        try
        {
            await Follow(triage, webhooks, app.Logger, stop);
        }
        finally
        {
            using var grace = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await app.StopAsync(grace.Token);
        }
    }

    /// <summary>The address of an option.</summary>
    /// <exception cref="TriageException">It is none.</exception>
    public static IPEndPoint EndOf(string listen)
    {
        string text = listen.StartsWith("localhost:", StringComparison.Ordinal) ? "127.0.0.1" + listen["localhost".Length..] : listen;
        return IPEndPoint.TryParse(text, out IPEndPoint? end) && text.Contains(':') && text.LastIndexOf(':') > text.LastIndexOf(']')
            ? end
            : throw new TriageException($"--listen {listen}: accepted is ADDRESS:PORT, for example 127.0.0.1:8090 or [::1]:8090", TriageProblem.Wrong);
    }

    private static async Task Follow(Triage triage, Webhooks? webhooks, ILogger log, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(BetweenImports);
        bool failed = false;
        try
        {
            do
            {
                try
                {
                    if (Directory.Exists(triage.RunsFolder))
                    {
                        await triage.ImportWithNews([triage.RunsFolder], webhooks is null ? null : webhooks.Tell, stop);
                    }

                    failed = false;
                }
                catch (TriageException e) when (!failed)
                {
                    failed = true;
                    log.LogError("runs are not imported: {Reason}", e.Message);
                }
                catch (TriageException)
                {
                    // Reported once, until it works again.
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The user ends it.
        }
    }

    private static WebApplication Build(Triage triage, ServeOptions options, IPEndPoint end, Access access, CrashExecution crashes)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = typeof(TriageServer).Assembly.GetName().Name });
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
            kestrel.Limits.MaxConcurrentConnections = 1000;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(end);
        });
        IServiceCollection services = builder.Services;
        services.AddRazorComponents();
        services.AddOpenApi();
        services.AddProblemDetails();
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddAntiforgery(forgery =>
        {
            forgery.Cookie.Name = "stress-form";
            forgery.Cookie.SameSite = SameSiteMode.Strict;
            forgery.Cookie.HttpOnly = true;
        });
        services.Configure<HostFilteringOptions>(hosts => hosts.AllowedHosts = [.. Hosts(options, end)]);
        services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetFixedWindowLimiter(
                context.Connection.RemoteIpAddress?.ToString() ?? "", _ => new FixedWindowRateLimiterOptions { PermitLimit = RequestsPerSecond, Window = TimeSpan.FromSeconds(1) }));
            limiter.AddPolicy(Launches.Policy, context => RateLimitPartition.GetFixedWindowLimiter(
                context.Connection.RemoteIpAddress?.ToString() ?? "", _ => new FixedWindowRateLimiterOptions { PermitLimit = Launches.PerMinute, Window = TimeSpan.FromMinutes(1) }));
        });
        WebApplication app = builder.Build();

        // First of all: a request for a host name that is not ours gets nothing (DNS rebinding).
        app.UseMiddleware<HostFilteringMiddleware>();
        app.UseRateLimiter();
        app.Use((context, next) => Guard(context, next, access));
        Site.Map(app, triage, access, crashes, options.Launcher);
        Api.Map(app, triage, access, crashes, options.Launcher);
        return app;
    }

    private static IEnumerable<string> Hosts(ServeOptions options, IPEndPoint end)
    {
        yield return "localhost";
        yield return "127.0.0.1";
        yield return "[::1]";
        if (!end.Address.Equals(IPAddress.Any) && !end.Address.Equals(IPAddress.IPv6Any))
        {
            yield return end.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{end.Address}]" : end.Address.ToString();
        }

        foreach (string host in options.Hosts)
        {
            yield return host;
        }
    }

    private static async Task Guard(HttpContext context, RequestDelegate next, Access access)
    {
        IHeaderDictionary headers = context.Response.Headers;
        bool isReport = context.Request.Path.Value?.EndsWith("/report", StringComparison.Ordinal) == true;

        // A run's report is one file with its style inside; no other page has any.
        headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src {(isReport ? "'unsafe-inline'" : "'self'")}; script-src {(isReport ? "'none'" : "'self'")}; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        bool reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if (!reads && IsForeign(context.Request))
        {
            await Refuse(context, StatusCodes.Status403Forbidden, "the request comes from another site");
            return;
        }

        string path = context.Request.Path.Value ?? "";
        if (path == "/login" || path.StartsWith("/assets/", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }

        Permission may = access.Of(context.Request);
        if (may == Permission.None)
        {
            if (path.StartsWith("/api/", StringComparison.Ordinal) || path.StartsWith("/openapi/", StringComparison.Ordinal) || !reads)
            {
                headers.WWWAuthenticate = "Bearer";
                await Refuse(context, StatusCodes.Status401Unauthorized, "a token is needed");
            }
            else
            {
                context.Response.Redirect("/login");
            }

            return;
        }

        if (!reads && may != Permission.Write)
        {
            await Refuse(context, StatusCodes.Status403Forbidden, "the token allows to read only");
            return;
        }

        await next(context);
    }

    // A browser says where a request comes from; a client that does not is not a browser.
    private static bool IsForeign(HttpRequest request)
    {
        string site = request.Headers["Sec-Fetch-Site"].ToString(), origin = request.Headers.Origin.ToString();
        return (site.Length > 0 && site is not ("same-origin" or "none")) || (origin.Length > 0 && origin != $"{request.Scheme}://{request.Host}" && origin != $"https://{request.Host}");
    }

    private static Task Refuse(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { error = why });
    }
}
