using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Sites;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

public class KernelResetTests
{
    [Fact]
    public void A_kernel_that_starts_again_has_nothing_left_of_its_last_life()
    {
        var options = new SiteOptions();
        Site used = Site.Create(options, 1), fresh = Site.Create(options, 1);
        for (int window = 0; window < 12; window++)
        {
            used.RunWindow();
        }

        BsdKernel again = used.Routers[1].Kernel, first = fresh.Routers[1].Kernel;
        Assert.Contains(again.Interfaces.ToArray(), i => i.Attached);
        again.Reset(Stream(RandomPurpose.Heap), Stream(RandomPurpose.Igmp));
        first.Reset(Stream(RandomPurpose.Heap), Stream(RandomPurpose.Igmp));
        Same(first.Interfaces, again.Interfaces);
        Same(first.Routes, again.Routes);
        Same(first.InetAddresses, again.InetAddresses);
        Same(first.InMultis, again.InMultis);
        Same(first.RouterInfos, again.RouterInfos);
        Same(first.Inet6Addresses, again.Inet6Addresses);
        Same(first.In6Multis, again.In6Multis);
        Same(first.Kludges, again.Kludges);
        Same(first.Pcbs, again.Pcbs);
        Same(first.Memberships6, again.Memberships6);
        Assert.Equal(Bytes(w => w.Save(first.Heap)), Bytes(w => w.Save(again.Heap)));
        Assert.False(again.RoutingSocketHasData || again.IgmpTimersRunning || again.MldTimersRunning);

        // What is not public shows in what it does next: the same calls leave the same tables.
        again.AttachBootInterfaces();
        first.AttachBootInterfaces();
        Same(first.Interfaces, again.Interfaces);
        Same(first.Routes, again.Routes);
        Same(first.InMultis, again.InMultis);
        Same(first.In6Multis, again.In6Multis);
    }

    private static RandomStream Stream(RandomPurpose purpose) => new(1, 2, purpose);

    // The table that has grown keeps its room, empty.
    private static void Same<T>(ReadOnlySpan<T> first, ReadOnlySpan<T> again)
        where T : unmanaged, IStateValue<T>
    {
        var room = new T[again.Length];
        first.CopyTo(room);
        Assert.Equal(Bytes(w => w.WriteStructs<T>(room)), Bytes(again.ToArray()));
    }

    private static byte[] Bytes<T>(T[] table)
        where T : unmanaged, IStateValue<T> => Bytes(w => w.WriteStructs<T>(table));

    private static byte[] Bytes(Action<ImageWriter> write)
    {
        var writer = new ImageWriter();
        write(writer);
        return writer.Written.ToArray();
    }
}
