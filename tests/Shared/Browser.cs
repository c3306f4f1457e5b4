using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Stress.Tests.Shared;

/// <summary>
/// One page of a real Chromium without a screen, driven as a person would: by keys and by looking. It is controlled with the DevTools protocol
/// (https://chromedevtools.github.io/devtools-protocol/); nothing here waits by the clock.
/// </summary>
public sealed partial class Browser : IAsyncDisposable
{
    // A limit for hangs: no test passes or fails by it.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _limit = new(Longest);
    private readonly List<string> _complaints = [];
    private int _number;
    private int _loads;
    private string _session = "";

    private Browser(Process process, string profile) => (_process, _profile) = (process, profile);

    /// <summary>Errors of pages: scripts that failed, and what a page's policy blocked.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>Starts the browser with an empty page.</summary>
    public static async Task<Browser> Start()
    {
        string profile = Directory.CreateTempSubdirectory("stress-browser-").FullName;
        Process process = Programs.Start(
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--hide-scrollbars", $"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank");
        var browser = new Browser(process, profile);
        try
        {
            string address = await AddressOf(process, browser._limit.Token);
            _ = process.StandardError.ReadToEndAsync();
            _ = process.StandardOutput.ReadToEndAsync();
            await browser._socket.ConnectAsync(new Uri(address), browser._limit.Token);
            JsonElement targets = await browser.Ask("Target.getTargets");
            string page = targets.GetProperty("targetInfos").EnumerateArray().First(target => target.GetProperty("type").GetString() == "page").GetProperty("targetId").GetString()!;
            browser._session = (await browser.Ask("Target.attachToTarget", new { targetId = page, flatten = true })).GetProperty("sessionId").GetString()!;
            foreach (string domain in new[] { "Page.enable", "Runtime.enable", "Log.enable" })
            {
                await browser.Ask(domain);
            }

            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sets the width of the window in CSS pixels, and whether the user prefers dark pages.</summary>
    public async Task Look(int width, int height, bool dark)
    {
        await Ask("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = false });
        await Ask("Emulation.setEmulatedMedia", new { features = new[] { new { name = "prefers-color-scheme", value = dark ? "dark" : "light" } } });
    }

    /// <summary>Opens an address, and waits until the page is there.</summary>
    public async Task Open(string address)
    {
        int loads = _loads;
        await Ask("Page.navigate", new { url = address });
        await UntilLoaded(loads);
    }

    /// <summary>Presses a key and releases it: <c>Tab</c>, <c>Enter</c>.</summary>
    public async Task Press(string key)
    {
        (int code, string text) = key switch
        {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            _ => throw new ArgumentException($"{key}: accepted are Tab and Enter", nameof(key)),
        };
        await Ask("Input.dispatchKeyEvent", new { type = text.Length > 0 ? "keyDown" : "rawKeyDown", key, code = key, windowsVirtualKeyCode = code, text });
        await Ask("Input.dispatchKeyEvent", new { type = "keyUp", key, code = key, windowsVirtualKeyCode = code });
    }

    /// <summary>Presses Enter on the focused element, and waits for the page that it leads to.</summary>
    public async Task Follow()
    {
        int loads = _loads;
        await Press("Enter");
        await UntilLoaded(loads);
    }

    /// <summary>The result of a script in the page, as JSON; a promise is awaited.</summary>
    public async Task<JsonElement> Evaluate(string script)
    {
        JsonElement answer = await Ask("Runtime.evaluate", new { expression = script, awaitPromise = true, returnByValue = true });
        return answer.TryGetProperty("exceptionDetails", out JsonElement thrown)
            ? throw new InvalidOperationException(thrown.GetRawText())
            : answer.GetProperty("result").TryGetProperty("value", out JsonElement value) ? value : default;
    }

    /// <summary>The page as a picture (PNG), from its top, in its whole height.</summary>
    public async Task<byte[]> Picture() =>
        (await Ask("Page.captureScreenshot", new { format = "png", captureBeyondViewport = true })).GetProperty("data").GetBytesFromBase64();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _limit.Dispose();
        Directory.Delete(_profile, recursive: true);
    }

    private static async Task<string> AddressOf(Process process, CancellationToken stop)
    {
        while (await process.StandardError.ReadLineAsync(stop) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                return match.Groups[1].Value;
            }
        }

        throw new InvalidOperationException("chromium ended before it listened");
    }

    private async Task UntilLoaded(int before)
    {
        while (_loads == before)
        {
            Heard(await Receive());
        }
    }

    private async Task<JsonElement> Ask(string method, object? parameters = null)
    {
        int id = ++_number;
        byte[] message = JsonSerializer.SerializeToUtf8Bytes(
            _session.Length == 0 ? new { id, method, @params = parameters ?? new object() } : (object)new { id, method, @params = parameters ?? new object(), sessionId = _session });
        await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, _limit.Token);
        while (true)
        {
            JsonElement answer = await Receive();
            if (!answer.TryGetProperty("id", out JsonElement of) || of.GetInt32() != id)
            {
                Heard(answer);
                continue;
            }

            return answer.TryGetProperty("error", out JsonElement error) ? throw new InvalidOperationException($"{method}: {error.GetRawText()}") : answer.GetProperty("result");
        }
    }

    private void Heard(JsonElement message)
    {
        switch (message.TryGetProperty("method", out JsonElement method) ? method.GetString() : "")
        {
            case "Page.loadEventFired":
                _loads++;
                break;
            case "Runtime.exceptionThrown":
            case "Log.entryAdded" when message.GetProperty("params").GetProperty("entry") is var entry && entry.GetProperty("level").GetString() == "error" && entry.GetProperty("source").GetString() != "network":
                _complaints.Add(message.GetProperty("params").GetRawText());
                break;
        }
    }

    private async Task<JsonElement> Receive()
    {
        var whole = new MemoryStream();
        byte[] part = new byte[1 << 16];
        ValueWebSocketReceiveResult got;
        do
        {
            got = await _socket.ReceiveAsync(part.AsMemory(), _limit.Token);
            whole.Write(part, 0, got.Count);
        }
        while (!got.EndOfMessage);
        using JsonDocument json = JsonDocument.Parse(whole.ToArray());
        return json.RootElement.Clone();
    }

    [GeneratedRegex(@"DevTools listening on (ws://\S+)")]
    private static partial Regex Listening();
}
