using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Oracle;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>Another multicast program, which joins its group on every interface that gets an address (reference 8.4 M8).</summary>
public sealed class GroupMember : Process
{
    private const ushort Port = 123;
    private readonly Ipv4Address? _group;
    private int _socket = -1;

    /// <summary>A program that has not started.</summary>
    /// <param name="entry">Its entry in the table.</param>
    /// <param name="group">Its group, or null where there is no such program.</param>
    public GroupMember(ProcessEntry entry, string? group)
        : base(entry) => _group = group is null ? null : Ipv4Address.Parse(group);

    /// <inheritdoc/>
    public override void Start(RandomStream random, VirtualTime now)
    {
        if (_group is not null && Admits(SitePartKind.GroupMember))
        {
            _socket = Kernel.OpenSocket(PcbTable.Udp, Port);
            if (Machine.IsStation && Machine.StationUnit < 0)
            {
                AddressUp(Machine.RouterId); // ne0 has had its address since boot
            }
        }
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now) => _socket = -1;

    /// <inheritdoc/>
    public override void AddressUp(Ipv4Address local)
    {
        if (_group is { } group && _socket >= 0)
        {
            Say("IP_ADD_MEMBERSHIP by another program", Kernel.IpAddMembership(_socket, group, local));
        }
    }

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        pass.Field(ref _socket, initial: -1);
    }
}
