using System.Net.Sockets;
using Stress.Guests.Calendar;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>The time-travel protocol by messages, with the test in the place of a kernel before 6.11.</summary>
public sealed class GuestClockTests : IDisposable
{
    private const long Boot = 5_000_000_000;
    private readonly string _folder = Directory.CreateTempSubdirectory("stress-clock-").FullName;
    private readonly GuestClock _clock;
    private readonly Socket _guest = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private uint _sequence;

    public GuestClockTests()
    {
        string path = Path.Combine(_folder, "clock");
        _clock = new GuestClock(path, Boot) { FreeUntilAtStart = Boot + 100 };
        _guest.Connect(new UnixDomainSocketEndPoint(path));
        _clock.Serve();
        Assert.Equal(new TimeTravelMessage(TimeTravelOperation.Ack, 1, 0), Ask(TimeTravelOperation.Start, 0));
    }

    public void Dispose()
    {
        _guest.Dispose();
        _clock.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_guest_that_takes_no_descriptors_goes_on_by_messages()
    {
        Assert.False(_clock.IsShared);
        Assert.True(_clock.IsRunning);
    }

    [Fact]
    public void Every_request_is_acknowledged_and_counts_from_the_guests_own_boot()
    {
        Assert.Equal(new TimeTravelMessage(TimeTravelOperation.Ack, 2, 700), Ask(TimeTravelOperation.Request, 700));
        Assert.Equal(TimeTravelOperation.Ack, Ask(TimeTravelOperation.Wait, ulong.MaxValue).Operation);

        Assert.Equal(Boot + 700, _clock.Request);
        Assert.False(_clock.IsRunning);
    }

    [Fact]
    public void A_grant_says_first_how_far_and_then_from_when()
    {
        Ask(TimeTravelOperation.Request, 700);
        Ask(TimeTravelOperation.Wait, ulong.MaxValue);

        _clock.Run(Boot + 700, Boot + 900);

        (TimeTravelMessage free, TimeTravelMessage run) = (Receive(), Receive());
        Assert.Equal((TimeTravelOperation.FreeUntil, 900UL), (free.Operation, free.Time));
        Assert.Equal((TimeTravelOperation.Run, 700UL), (run.Operation, run.Time));
        Assert.True(_clock.IsRunning);
        Assert.Equal(GuestClock.Never, _clock.Request);
    }

    [Fact]
    public void A_waiting_guest_to_which_something_arrives_is_told_that_time_when_it_asks()
    {
        Ask(TimeTravelOperation.Request, 700);
        Ask(TimeTravelOperation.Wait, ulong.MaxValue);

        _clock.Arrive(Boot + 300);

        Assert.Equal(300UL, Ask(TimeTravelOperation.Get, ulong.MaxValue).Time);
        Ask(TimeTravelOperation.Request, 300);
        Assert.Equal(Boot + 300, _clock.Request);
    }

    [Fact]
    public void A_request_for_the_end_of_time_is_none()
    {
        Ask(TimeTravelOperation.Request, long.MaxValue);

        Assert.Equal(GuestClock.Never, _clock.Request);
    }

    [Fact]
    public void A_guest_whose_socket_closes_has_ended()
    {
        _guest.Dispose();
        _clock.Serve();

        Assert.True(_clock.HasEnded);
        Assert.False(_clock.IsRunning);
    }

    private TimeTravelMessage Ask(TimeTravelOperation operation, ulong time)
    {
        byte[] bytes = new byte[TimeTravelMessage.Bytes];
        new TimeTravelMessage(operation, ++_sequence, time).Write(bytes);
        _guest.Send(bytes);
        _clock.Serve();
        return Receive();
    }

    // A plain read: descriptors that come along are dropped, as by a kernel that knows none.
    private TimeTravelMessage Receive()
    {
        byte[] bytes = new byte[TimeTravelMessage.Bytes];
        for (int have = 0; have < bytes.Length;)
        {
            int n = _guest.Receive(bytes, have, bytes.Length - have, SocketFlags.None);
            Assert.NotEqual(0, n);
            have += n;
        }

        return TimeTravelMessage.Read(bytes);
    }
}
