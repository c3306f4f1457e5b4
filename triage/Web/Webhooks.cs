using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stress.Contracts.Triage;

namespace Stress.Triage.Web;

/// <summary>News to notify about.</summary>
/// <param name="Kind"><c>new-bug</c>, <c>regression</c>, <c>not-met</c> or <c>incomplete</c>.</param>
/// <param name="Run">The run.</param>
/// <param name="Bug">The bug, or empty.</param>
/// <param name="Title">Its title, or empty.</param>
public sealed record News(string Kind, string Run, string Bug, string Title);

/// <summary>
/// Sends news to the addresses of a file, and to no others: nothing that comes from a run or from the web is ever an address. What is sent is signed: the header
/// <c>X-Stress-Signature</c> is <c>sha256=</c> and the HMAC of the body under the secret of the address.
/// </summary>
public sealed class Webhooks : IDisposable
{
    /// <summary>The header with the signature.</summary>
    public const string SignatureHeader = "X-Stress-Signature";

    private const int Tries = 4, LeastSecret = 16;

    // A redirect would lead to an address that is not in the file.
    private readonly HttpClient _client = new(new HttpClientHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
    private readonly List<(Uri Address, byte[] Secret)> _told;
    private readonly TimeProvider _time;

    private Webhooks(List<(Uri, byte[])> told, TimeProvider time) => (_told, _time) = (told, time);

    /// <summary>Reads the addresses: a line each, an address and a secret.</summary>
    /// <param name="file">The file.</param>
    /// <param name="time">The clock of the waits between tries.</param>
    /// <exception cref="TriageException">It is not such a file.</exception>
    public static Webhooks Read(string file, TimeProvider? time = null)
    {
        List<(Uri, byte[])> told = [];
        try
        {
            foreach ((int i, string line) in File.ReadAllLines(file).Index())
            {
                string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                if (words.Length == 0 || words[0].StartsWith('#'))
                {
                    continue;
                }

                if (words.Length != 2 || !Uri.TryCreate(words[0], UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https") || words[1].Length < LeastSecret)
                {
                    throw new TriageException($"--webhooks {file}:{i + 1}: accepted is 'http(s)://ADDRESS SECRET', with a secret of at least {LeastSecret} characters", TriageProblem.Wrong);
                }

                told.Add((address, Encoding.UTF8.GetBytes(words[1])));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TriageException($"--webhooks {file}: {e.Message.ReplaceLineEndings(" ")}", TriageProblem.Wrong);
        }

        return new Webhooks(told, time ?? TimeProvider.System);
    }

    /// <summary>Sends one piece of news everywhere; an address that does not accept it is retried, then skipped.</summary>
    public async Task Tell(News news, CancellationToken stop)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(news, JsonSerializerOptions.Web);
        foreach ((Uri address, byte[] secret) in _told)
        {
            for (int attempt = 1; attempt <= Tries && !await Send(address, secret, body, stop); attempt++)
            {
                await Task.Delay(TimeSpan.FromSeconds(Math.Pow(2, attempt - 1)), _time, stop);
            }
        }
    }

    /// <summary>The signature of a body.</summary>
    public static string Signature(byte[] secret, byte[] body) => string.Create(CultureInfo.InvariantCulture, $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(secret, body))}");

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<bool> Send(Uri address, byte[] secret, byte[] body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(SignatureHeader, Signature(secret, body));
        try
        {
            using HttpResponseMessage answer = await _client.SendAsync(request, stop);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !stop.IsCancellationRequested))
        {
            return false;
        }
    }
}
