using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stress.Contracts.Triage;

namespace Stress.Triage.Web;

/// <summary>What somebody may do.</summary>
public enum Permission
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Read.</summary>
    Read,

    /// <summary>Read, and write about bugs.</summary>
    Write,
}

/// <summary>Permissions: everybody on the loopback interface; elsewhere those with a token, or those authenticated by a proxy.</summary>
public sealed class Access
{
    /// <summary>The cookie of a browser that has shown its token.</summary>
    public const string Cookie = "stress-token";

    /// <summary>A token must not be guessable.</summary>
    private const int LeastToken = 16;

    private const int LongestUser = 100;

    private readonly List<(byte[] Sha256, Permission May)> _tokens = [];
    private readonly string? _userHeader;
    private readonly bool _open;

    private Access(bool open, string? userHeader) => (_open, _userHeader) = (open, userHeader);

    /// <summary>Reads the permissions.</summary>
    /// <param name="options">Options of the server.</param>
    /// <param name="address">The address that it listens on.</param>
    /// <exception cref="TriageException">Access could not be restricted, or the file of tokens is not valid.</exception>
    public static Access Of(ServeOptions options, IPAddress address)
    {
        bool guarded = options.TokenFile is not null || options.UserHeader is not null;
        if (!guarded && !IPAddress.IsLoopback(address))
        {
            throw new TriageException(
                $"--listen {options.Listen}: anybody who reaches it could read and change everything; accepted with it are --token-file FILE, or --user-header NAME behind a proxy that authenticates", TriageProblem.Wrong);
        }

        var access = new Access(!guarded, options.UserHeader);
        if (options.TokenFile is { } file)
        {
            access.ReadTokens(file);
        }

        return access;
    }

    /// <summary>What a request may do.</summary>
    public Permission Of(HttpRequest request)
    {
        if (_open)
        {
            return Permission.Write;
        }

        if (_userHeader is { } header && request.Headers[header].ToString().Length > 0)
        {
            return Permission.Write;
        }

        string bearer = request.Headers.Authorization.ToString();
        const string Scheme = "Bearer ";
        return OfToken(bearer.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? bearer[Scheme.Length..].Trim() : request.Cookies[Cookie] ?? "");
    }

    /// <summary>What a token allows.</summary>
    public Permission OfToken(string token)
    {
        byte[] sha256 = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        Permission may = Permission.None;
        foreach ((byte[] known, Permission allowed) in _tokens)
        {
            // All are compared, in constant time: the duration reveals nothing.
            if (CryptographicOperations.FixedTimeEquals(known, sha256) && allowed > may)
            {
                may = allowed;
            }
        }

        return may;
    }

    /// <summary>Whether the caller may see private bugs: only those who may make them public.</summary>
    public bool SeesPrivate(HttpRequest request) => Of(request) == Permission.Write;

    /// <summary>A bug as the caller may see it.</summary>
    /// <exception cref="TriageException">The caller may not: for him it does not exist.</exception>
    public BugDetail Seen(HttpRequest request, string id, BugDetail bug) =>
        SeesPrivate(request) ? bug
        : bug.Row.IsPrivate ? throw new TriageException($"{id}: no such bug; accepted is an identifier that stress bugs lists", TriageProblem.Wrong)
        : bug with { Elsewhere = [.. bug.Elsewhere.Where(other => !other.IsPrivate)] };

    /// <summary>Who asks, if known.</summary>
    public string UserOf(HttpRequest request) => _userHeader is { } header ? request.Headers[header].ToString() : "";

    /// <summary>The caller, in a form for lists.</summary>
    public string Who(HttpRequest request) =>
        UserOf(request) is { Length: > 0 } user ? user[..Math.Min(LongestUser, user.Length)] : _open ? "somebody on this machine" : "somebody with a token that may write";

    private void ReadTokens(string file)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TriageException($"--token-file {file}: {e.Message.ReplaceLineEndings(" ")}", TriageProblem.Wrong);
        }

        foreach ((int i, string line) in lines.Index())
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length == 0 || words[0].StartsWith('#'))
            {
                continue;
            }

            if (words.Length != 2 || words[0] is not ("read" or "write") || words[1].Length < LeastToken)
            {
                throw new TriageException($"--token-file {file}:{i + 1}: accepted is 'read TOKEN' or 'write TOKEN', with a token of at least {LeastToken} characters", TriageProblem.Wrong);
            }

            _tokens.Add((SHA256.HashData(Encoding.UTF8.GetBytes(words[1])), words[0] == "write" ? Permission.Write : Permission.Read));
        }

        if (_tokens.Count == 0)
        {
            throw new TriageException($"--token-file {file}: no token in it; accepted are lines 'read TOKEN' and 'write TOKEN'", TriageProblem.Wrong);
        }
    }
}
