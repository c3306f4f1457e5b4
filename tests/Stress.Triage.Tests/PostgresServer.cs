using Stress.Tests.Clusters;
using Stress.Tests.Shared;

namespace Stress.Triage.Tests;

/// <summary>A server of PostgreSQL on the loopback interface, in a folder of its own. It refuses to be root: there it is the package's own user.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly RunningProcess _server;

    private PostgresServer(string folder, RunningProcess server, string address) => (_folder, _server, Address) = (folder, server, address);

    public string Address { get; }

    public static async Task<PostgresServer> Start()
    {
        string folder = Directory.CreateTempSubdirectory("stress-postgres-").FullName, data = Path.Combine(folder, "data");
        string programs = Path.GetDirectoryName(Directory.EnumerateFiles("/usr/lib/postgresql", "initdb", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last())!;
        bool root = Environment.UserName == "root";
        if (root)
        {
            Programs.Run("chown", "postgres", folder);
        }

        await Done(As(root, Path.Combine(programs, "initdb"), "-D", data, "-A", "trust", "-U", "stress", "-N", "-E", "UTF8", "--locale=C"));
        int port = Programs.FreeLoopbackPort();
        RunningProcess server = As(root, Path.Combine(programs, "postgres"), "-D", data, "-k", folder, "-c", "listen_addresses=127.0.0.1", "-p", $"{port}", "-c", "fsync=off");
        await server.Says("database system is ready to accept connections");
        return new PostgresServer(folder, server, $"postgres://stress@127.0.0.1:{port}/postgres");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.Terminate();
        Directory.Delete(_folder, recursive: true);
    }

    private static RunningProcess As(bool root, string program, params string[] arguments) => root
        ? RunningProcess.Start("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, .. arguments])
        : RunningProcess.Start(program, arguments);

    private static async Task Done(RunningProcess process)
    {
        if (await process.End() != 0)
        {
            throw new InvalidOperationException(process.Output);
        }
    }
}
