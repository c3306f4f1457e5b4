using System.Diagnostics;
using System.Text.Json;
using Stress.Tests.Shared;

namespace Stress.Client.Tests;

/// <summary>A real Prometheus with our configuration, rules and alerts, which scrapes a given silo twice a second. It ends with the test.</summary>
internal sealed class LivePrometheus : IDisposable
{
    private readonly string _folder;
    private readonly Process _process;
    private readonly HttpClient _http;

    public LivePrometheus(Uri silo)
    {
        _folder = Directory.CreateTempSubdirectory("stress-prometheus-").FullName;
        foreach (string rules in new[] { "rules.yml", "alerts.yml" })
        {
            File.Copy(Repository.At("observability", "prometheus", rules), Path.Combine(_folder, rules));
        }

        string config = Path.Combine(_folder, "prometheus.yml");
        File.WriteAllText(config, File.ReadAllText(Repository.At("observability", "prometheus", "prometheus.yml"))
            .Replace("localhost:9464", $"127.0.0.1:{silo.Port}", StringComparison.Ordinal)
            .Replace("_interval: 5s", "_interval: 500ms", StringComparison.Ordinal));
        int port = Programs.FreeLoopbackPort();
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        _process = Programs.Start("prometheus", $"--config.file={config}", $"--storage.tsdb.path={Path.Combine(_folder, "data")}",
            $"--web.listen-address=127.0.0.1:{port}", "--log.level=error");
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>Asks for a path of its interface; null while nobody listens or it is not ready.</summary>
    public async Task<JsonElement?> Ask(string path)
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException("Prometheus ended by itself");
        }

        try
        {
            using HttpResponseMessage answer = await _http.GetAsync(path);
            return answer.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable ? null : JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        }
        catch (HttpRequestException e) when (e.StatusCode is null)
        {
            return null;
        }
    }

    /// <summary>Evaluates an expression; null while Prometheus is not ready.</summary>
    public async Task<JsonElement[]?> Query(string place, string expression)
    {
        if (await Ask($"/api/v1/query?query={Uri.EscapeDataString(expression)}") is not { } json)
        {
            return null;
        }

        return json.GetProperty("status").GetString() == "success"
            ? [.. json.GetProperty("data").GetProperty("result").EnumerateArray()]
            : throw new InvalidOperationException($"{place}: {expression}: {json}");
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
