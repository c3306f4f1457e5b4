using CsCheck;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Xunit;

namespace Stress.Emulator.Tests.Core;

public class QueueTests
{
    // A few slots, and as many as a site of hundreds of routers has, some of which share a group and some a group of groups.
    [Theory]
    [InlineData(16, 1)]
    [InlineData(9_001, 600)]
    [InlineData(9_001, 3)]
    [InlineData(EventQueue.MaxSlots, 17_000)]
    public void Events_come_by_time_and_at_equal_times_by_slot_whatever_the_order_they_were_set_in(int slots, int apart) =>
        Gen.Select(Gen.Int[0, 15].Select(n => n * apart), Gen.Long[0, 8], Gen.Int[0, 3]).List[0, 200].Sample(steps =>
        {
            var queue = new EventQueue(slots);
            var model = new SortedSet<(long At, int Slot)>();
            foreach ((int slot, long at, int what) in steps)
            {
                if (what == 3 && model.Count > 0)
                {
                    Assert.Equal(new VirtualTime(model.Min.At), queue.NextTime);
                    Assert.Equal(model.Min.Slot, queue.Pop(out VirtualTime due));
                    Assert.Equal(model.Min.At, due.Microseconds);
                    model.Remove(model.Min);
                    continue;
                }

                model.RemoveWhere(x => x.Slot == slot);
                if (what == 2)
                {
                    queue.Schedule(slot, VirtualTime.Never);
                    Assert.True(queue.DueAt(slot).IsNever);
                }
                else
                {
                    model.Add((at, slot));
                    queue.Schedule(slot, new VirtualTime(at));
                }
            }

            var image = new ImageWriter();
            image.Save(queue);
            var loaded = new EventQueue(slots);
            new ImageReader(image.Written).Load(loaded);
            foreach ((long at, int slot) in model)
            {
                Assert.Equal(slot, queue.Pop(out _));
                Assert.Equal(slot, loaded.Pop(out VirtualTime due));
                Assert.Equal(at, due.Microseconds);
            }

            Assert.True(queue.NextTime.IsNever && loaded.NextTime.IsNever);
        }, iter: slots > 10_000 ? 20 : 100);

    [Fact]
    public void A_ring_is_a_queue_and_survives_being_saved() => Gen.Select(Gen.Bool, Gen.Int).List[0, 100].Sample(steps =>
    {
        var ring = new Ring<int>();
        var model = new Queue<int>();
        foreach ((bool add, int value) in steps)
        {
            if (add || model.Count == 0)
            {
                ring.Add(value);
                model.Enqueue(value);
            }
            else
            {
                Assert.Equal(model.Peek(), ring.Front);
                Assert.Equal(model.Dequeue(), ring.Take());
            }
        }

        var image = new ImageWriter();
        var write = new StateWriter(image);
        ring.Numbers(ref write);
        var loaded = new Ring<int>();
        var read = new StateReader(new ImageReader(image.Written));
        loaded.Numbers(ref read);
        Assert.Equal(model.Count, loaded.Count);
        Assert.All(model, x => Assert.Equal(x, loaded.Take()));
    });

    [Fact]
    public void Frames_come_back_whole_and_in_order_also_after_being_saved() => Gen.Select(Gen.Bool, Gen.Byte.Array[0, 300]).List[0, 60].Sample(steps =>
    {
        var ring = new FrameRing();
        var model = new Queue<(long, byte[])>();
        long at = 0;
        foreach ((bool add, byte[] frame) in steps)
        {
            if (add || model.Count == 0)
            {
                ring.Add(new VirtualTime(++at), frame, (byte)(at & 1));
                model.Enqueue((at, frame));
            }
            else
            {
                Check(ring, model.Dequeue());
            }
        }

        var image = new ImageWriter();
        image.Save(ring);
        var loaded = new FrameRing();
        new ImageReader(image.Written).Load(loaded);
        loaded.Add(new VirtualTime(++at), [1, 2, 3], (byte)(at & 1));
        model.Enqueue((at, [1, 2, 3]));
        while (model.TryDequeue(out (long, byte[]) expected))
        {
            Check(loaded, expected);
        }

        Assert.True(loaded.NextTime.IsNever);
    });

    private static void Check(FrameRing ring, (long At, byte[] Frame) expected)
    {
        Assert.Equal(expected.At, ring.NextTime.Microseconds);
        Assert.Equal(expected.Frame, ring.Take(out byte mark).ToArray());
        Assert.Equal((byte)(expected.At & 1), mark);
    }
}
