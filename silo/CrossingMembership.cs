using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Stress.Silo;

/// <summary>
/// A membership table whose errors can cross a grain call, as <see cref="CrossingStorage"/> is for grains: Orleans' management grain reads it to list the silos, and passes its
/// exceptions on to the caller.
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
        Crossed(() => table.InitializeMembershipTableAsync(tryInitTableVersion, cancellationToken));

    /// <inheritdoc/>
    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None);

    /// <inheritdoc/>
    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken) =>
        Crossed(() => table.DeleteMembershipTableEntriesAsync(clusterId, cancellationToken));

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None);

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken) =>
        Crossed(() => table.CleanupDefunctSiloEntriesAsync(beforeDate, cancellationToken));

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key, CancellationToken.None);

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken) => Crossed(() => table.ReadRowAsync(key, cancellationToken));

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadAll() => ReadAllAsync(CancellationToken.None);

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken) => Crossed(() => table.ReadAllAsync(cancellationToken));

    /// <inheritdoc/>
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion, CancellationToken.None);

    /// <inheritdoc/>
    public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken) =>
        Crossed(() => table.InsertRowAsync(entry, tableVersion, cancellationToken));

    /// <inheritdoc/>
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None);

    /// <inheritdoc/>
    public Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken) =>
        Crossed(() => table.UpdateRowAsync(entry, etag, tableVersion, cancellationToken));

    /// <inheritdoc/>
    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry, CancellationToken.None);

    /// <inheritdoc/>
    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken) => Crossed(() => table.UpdateIAmAliveAsync(entry, cancellationToken));

    private static Task Crossed(Func<Task> call) => Crossed(async () =>
    {
        await call();
        return true;
    });

    private static async Task<T> Crossed<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (Crossing.IsForeign(e))
        {
            throw Crossing.Of("membership table", e);
        }
    }
}
