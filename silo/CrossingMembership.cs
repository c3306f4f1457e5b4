using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Stress.Contracts;

namespace Stress.Silo;

/// <summary>
/// A membership table whose errors may cross a grain call, as <see cref="CrossingStorage"/> is for grains: Orleans' management grain reads it for whoever asks which
/// silos there are, and lets what it throws through.
/// </summary>
/// <param name="table">The table.</param>
public sealed class CrossingMembership(IMembershipTable table) : IMembershipTable
{
    /// <summary>Puts it in front of the table that is registered.</summary>
    public static void Decorate(IServiceCollection services)
    {
        ServiceDescriptor inner = services.Last(service => service.ServiceType == typeof(IMembershipTable));
        services.Remove(inner);
        services.AddSingleton<IMembershipTable>(provider => new CrossingMembership((IMembershipTable)(
            inner.ImplementationInstance ?? inner.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!))));
    }

    /// <inheritdoc/>
    public Task InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None);

    /// <inheritdoc/>
    public Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken) =>
        Crossing(() => table.InitializeMembershipTableAsync(tryInitTableVersion, cancellationToken));

    /// <inheritdoc/>
    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None);

    /// <inheritdoc/>
    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken) =>
        Crossing(() => table.DeleteMembershipTableEntriesAsync(clusterId, cancellationToken));

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None);

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken) =>
        Crossing(() => table.CleanupDefunctSiloEntriesAsync(beforeDate, cancellationToken));

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key, CancellationToken.None);

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken) => Crossing(() => table.ReadRowAsync(key, cancellationToken));

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadAll() => ReadAllAsync(CancellationToken.None);

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken) => Crossing(() => table.ReadAllAsync(cancellationToken));

    /// <inheritdoc/>
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion, CancellationToken.None);

    /// <inheritdoc/>
    public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken) =>
        Crossing(() => table.InsertRowAsync(entry, tableVersion, cancellationToken));

    /// <inheritdoc/>
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None);

    /// <inheritdoc/>
    public Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken) =>
        Crossing(() => table.UpdateRowAsync(entry, etag, tableVersion, cancellationToken));

    /// <inheritdoc/>
    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry, CancellationToken.None);

    /// <inheritdoc/>
    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken) => Crossing(() => table.UpdateIAmAliveAsync(entry, cancellationToken));

    private static Task Crossing(Func<Task> call) => Crossing(async () =>
    {
        await call();
        return true;
    });

    private static async Task<T> Crossing<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (e is not (OperationCanceledException or StorageUnavailableException))
        {
            throw new StorageUnavailableException($"membership table: {e.GetBaseException().Message.ReplaceLineEndings(" ")}");
        }
    }
}
