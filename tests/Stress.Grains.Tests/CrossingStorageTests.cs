using Microsoft.Extensions.DependencyInjection;
using Orleans.Clustering.Redis;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Storage;
using StackExchange.Redis;
using Stress.Silo;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class CrossingStorageTests
{
    private static readonly Serializer Wire = new ServiceCollection()
        .AddSerializer(serializer => serializer.AddAssembly(typeof(RunPlan).Assembly).AddAssembly(typeof(RouterGrain).Assembly)).BuildServiceProvider().GetRequiredService<Serializer>();

    public static TheoryData<string> Kinds => ["timeout", "connection", "server", "inner", "inconsistent"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_a_storage_library_throws_crosses_a_grain_call_with_its_words(string kind)
    {
        var storage = new CrossingStorage(new Broken(Problem(kind)));
        var state = new GrainState<RunState>(new RunState());
        GrainId grain = GrainId.Create("run", "one");
        foreach (Func<Task> call in (Func<Task>[])
            [
                () => storage.ReadStateAsync("run", grain, state), () => storage.WriteStateAsync("run", grain, state), () => storage.ClearStateAsync("run", grain, state),
            ])
        {
            Exception thrown = (await Record.ExceptionAsync(call))!;
            Exception crossed = Wire.Deserialize<Exception>(Wire.SerializeToArray(thrown))!;

            Assert.IsType(kind == "inconsistent" ? typeof(InconsistentStateException) : typeof(StorageUnavailableException), crossed);
            Assert.Contains("redis is away", crossed.Message);
        }
    }

    [Fact]
    public async Task What_a_membership_table_throws_crosses_a_grain_call_with_its_words()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IMembershipTable, BrokenTable>();
        CrossingMembership.Decorate(services);
        IMembershipTable table = services.BuildServiceProvider().GetRequiredService<IMembershipTable>();
        SiloAddress silo = SiloAddress.Zero;
        var entry = new MembershipEntry { SiloAddress = silo };
        var version = new TableVersion(1, "1");
        foreach (Func<Task> call in (Func<Task>[])
            [
                () => table.InitializeMembershipTableAsync(true, default), () => table.DeleteMembershipTableEntriesAsync("c", default),
                () => table.CleanupDefunctSiloEntriesAsync(default, default), () => table.ReadRowAsync(silo, default), () => table.ReadAllAsync(default),
                () => table.InsertRowAsync(entry, version, default), () => table.UpdateRowAsync(entry, "1", version, default), () => table.UpdateIAmAliveAsync(entry, default),
            ])
        {
            Exception crossed = Wire.Deserialize<Exception>(Wire.SerializeToArray((await Record.ExceptionAsync(call))!))!;

            Assert.Equal("membership table: redis is away", Assert.IsType<StorageUnavailableException>(crossed).Message);
        }
    }

    [Fact]
    public void A_library_of_storage_has_exceptions_that_do_not_cross()
    {
        Assert.ThrowsAny<Exception>(() => Wire.SerializeToArray<Exception>(Problem("connection")));
    }

    private static Exception Problem(string kind) => kind switch
    {
        "timeout" => new RedisTimeoutException("redis is away", CommandStatus.Unknown),
        "connection" => new RedisConnectionException(ConnectionFailureType.UnableToConnect, "redis is away"),
        "server" => new RedisServerException("redis is away"),
        "inner" => new IOException("outer", new RedisConnectionException(ConnectionFailureType.UnableToConnect, "redis is away")),
        _ => new InconsistentStateException("redis is away", "1", "2", new RedisServerException("redis is away")),
    };

    private sealed class Broken(Exception problem) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.FromException(problem);

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.FromException(problem);

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.FromException(problem);
    }

    private sealed class BrokenTable : IMembershipTable
    {
        private static readonly Exception Missing = new RedisClusteringException("redis is away");

        public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.FromException(Missing);

        public Task DeleteMembershipTableEntries(string clusterId) => Task.FromException(Missing);

        public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => Task.FromException(Missing);

        public Task<MembershipTableData> ReadRow(SiloAddress key) => Task.FromException<MembershipTableData>(Missing);

        public Task<MembershipTableData> ReadAll() => Task.FromException<MembershipTableData>(Missing);

        public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => Task.FromException<bool>(Missing);

        public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => Task.FromException<bool>(Missing);

        public Task UpdateIAmAlive(MembershipEntry entry) => Task.FromException(Missing);
    }
}
