using System.Net.Http.Headers;
using System.Text;
using Stress.Contracts.Triage;

namespace Stress.Triage.Tests;

/// <summary>A server on a free port, with runs in its store.</summary>
internal sealed class Served : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _serving = Task.CompletedTask;

    private Served(TemporaryStore store) => Store = store;

    public TemporaryStore Store { get; }

    public HttpClient Client { get; private set; } = null!;

    public static async Task<Served> Start(string title, string? tokens = null)
    {
        TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: [title]));
        await store.Import();
        return await Start(store, tokens);
    }

    public static async Task<Served> Start(TemporaryStore store, string? tokens = null, ITriageWork? work = null, IRunLauncher? launcher = null, string? userHeader = null)
    {
        string? file = tokens is null ? null : Path.Combine(store.Folder, "tokens");
        if (file is not null)
        {
            await File.WriteAllTextAsync(file, tokens);
        }

        var served = new Served(store);
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        served._serving = store.Triage.Serve(new ServeOptions("127.0.0.1:0", [], file, userHeader, null, work, launcher), listening.SetResult, served._stop.Token);
        await Task.WhenAny(listening.Task, served._serving);
        if (!listening.Task.IsCompleted)
        {
            await served._serving;
        }

        served.Client = new HttpClient { BaseAddress = new Uri(await listening.Task) };
        return served;
    }

    public async Task<HttpResponseMessage> Send(HttpMethod method, string address, string? token)
    {
        var request = new HttpRequestMessage(method, address);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (method == HttpMethod.Patch)
        {
            request.Content = new StringContent("""{"note":"a"}""", Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        return await Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        await _stop.CancelAsync();
        await _serving;
        await Store.DisposeAsync();
        _stop.Dispose();
    }
}
