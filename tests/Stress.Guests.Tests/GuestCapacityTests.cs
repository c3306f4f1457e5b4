using Stress.Guests.Sites;
using Xunit;

namespace Stress.Guests.Tests;

public sealed class GuestCapacityTests
{
    [Fact]
    public async Task Who_finds_no_room_has_it_as_soon_as_another_gives_his_back_first_come_first_served()
    {
        var room = new GuestCapacity(kernels: 4, mebibytes: 1_000);
        await room.TakeAsync(2, 200, default);
        await room.TakeAsync(2, 200, default);
        Task first = room.TakeAsync(2, 200, default), second = room.TakeAsync(2, 200, default);

        Assert.False(first.IsCompleted);
        room.Free(2, 200);
        await first;
        Assert.False(second.IsCompleted);
        room.Free(2, 200);
        await second;
    }

    [Fact]
    public async Task Memory_counts_as_kernels_do()
    {
        var room = new GuestCapacity(kernels: 100, mebibytes: 300);
        await room.TakeAsync(2, 200, default);
        Task next = room.TakeAsync(2, 200, default);

        Assert.False(next.IsCompleted);
        Assert.True(room.CanHold(2, 300));
        Assert.False(room.CanHold(2, 301));
        Assert.False(room.CanHold(101, 1));
        room.Free(2, 200);
        await next;
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_his_place_to_the_next()
    {
        var room = new GuestCapacity(kernels: 2, mebibytes: 1_000);
        await room.TakeAsync(1, 100, default);
        using var stop = new CancellationTokenSource();
        Task big = room.TakeAsync(2, 100, stop.Token), small = room.TakeAsync(1, 100, default);
        Assert.False(small.IsCompleted);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => big);
        await small;
    }
}
