using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Stress.Contracts.Triage;

namespace Stress.Triage.Store;

/// <summary>Where a store is, and how it is opened.</summary>
public sealed class StoreAddress
{
    /// <summary>Scheme of a store on PostgreSQL.</summary>
    public const string PostgresScheme = "postgres";

    /// <summary>Environment variable with the password of a database; <c>..._FILE</c> names a file that has it.</summary>
    public const string PasswordVariable = "STRESS_STORE_PASSWORD";

    private readonly DbContextOptions<TriageContext> _options;

    private StoreAddress(string shown, DbContextOptions<TriageContext> options, bool isFile)
    {
        Shown = shown;
        _options = options;
        IsFile = isFile;
    }

    /// <summary>The address as shown to people: never with a password.</summary>
    public string Shown { get; }

    /// <summary>A file of SQLite.</summary>
    public bool IsFile { get; }

    /// <summary>Reads an address.</summary>
    /// <param name="text">A file, or <c>postgres://user@host:port/database</c>.</param>
    /// <param name="environment">Environment variables, for the password.</param>
    /// <exception cref="TriageException">It is neither.</exception>
    public static StoreAddress Parse(string text, Func<string, string?> environment)
    {
        if (text.StartsWith(PostgresScheme + "://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal))
        {
            return Postgres(text, environment);
        }

        if (text.Contains("://", StringComparison.Ordinal) || text.Length == 0)
        {
            throw new TriageException($"--store {text}: accepted is a file, or postgres://USER@HOST[:PORT]/DATABASE", TriageProblem.Wrong);
        }

        if (Directory.Exists(text))
        {
            throw new TriageException($"--store {text}: a folder; accepted is a file, or postgres://USER@HOST[:PORT]/DATABASE", TriageProblem.Wrong);
        }

        string connection = new SqliteConnectionStringBuilder { DataSource = text, ForeignKeys = true, DefaultTimeout = 60 }.ToString();
        return new StoreAddress(text, Options(builder => builder.UseSqlite(connection)), isFile: true);
    }

    /// <summary>The tables, for one piece of work.</summary>
    public TriageContext Open() => new(_options);

    private static StoreAddress Postgres(string text, Func<string, string?> environment)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0 || uri.AbsolutePath.Trim('/').Length == 0 || uri.AbsolutePath.Trim('/').Contains('/'))
        {
            throw new TriageException($"--store {Without(text)}: accepted is postgres://USER@HOST[:PORT]/DATABASE", TriageProblem.Wrong);
        }

        if (uri.UserInfo.Contains(':'))
        {
            throw new TriageException(
                $"--store {Without(text)}: a password on a command line is seen by every user of the machine; accepted is {PasswordVariable}, or {PasswordVariable}_FILE with the name of a file", TriageProblem.Wrong);
        }

        string? password = environment(PasswordVariable);
        if (environment(PasswordVariable + "_FILE") is { Length: > 0 } file)
        {
            try
            {
                password = File.ReadAllText(file).TrimEnd('\r', '\n');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new TriageException($"{PasswordVariable}_FILE {file}: {e.Message.ReplaceLineEndings(" ")}", TriageProblem.Wrong);
            }
        }

        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Port = uri.Port > 0 ? uri.Port : 5432,
            Database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/')),
            Username = uri.UserInfo.Length > 0 ? Uri.UnescapeDataString(uri.UserInfo) : Environment.UserName,
            Password = password,
            Timeout = 15,
            CommandTimeout = 60,
        };
        string shown = $"{PostgresScheme}://{connection.Username}@{connection.Host}:{connection.Port}/{connection.Database}";
        return new StoreAddress(shown, Options(builder => builder.UseNpgsql(connection.ToString())), isFile: false);
    }

    // One migration serves both databases, and a test compares the tables of each with the model; this warning would compare the types of only one database.
    private static DbContextOptions<TriageContext> Options(Action<DbContextOptionsBuilder<TriageContext>> use)
    {
        var builder = new DbContextOptionsBuilder<TriageContext>();
        use(builder);
        builder.ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
        return builder.Options;
    }

    // Anything before the @ may be a secret.
    private static string Without(string text)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal) + 3, at = text.LastIndexOf('@');
        return at > scheme ? text[..scheme] + "..." + text[at..] : text;
    }
}
