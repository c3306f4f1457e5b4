namespace Stress.Emulator.Kernel.Ports;

/// <summary>The functions that use a held interface pointer.</summary>
public enum UseSite : byte
{
    None,
    InDelMulti,
    IgmpJoinGroup,
    IgmpLeaveGroup,
    IgmpSendPkt,
    IpOutput,
    IpMulticastIfReadBack,
    InSelectSrc,
    In6SelectHlim,
    In6DelMulti,
    Mld6SendPkt,
    Mld6StopListening,
    Ip6Output,
    In6SelectSrc,
    InPcbPurgeIf0,
    In6PcbPurgeIf0,
    PppOutput,
    PppSIoctl,
    IpInput,
    Ip6Input,
    RtRequest,
    NdPrefix,
    In6SetScope,
    In6SaveMkludge,
    Ip6MForward,
    DelM6if,
}
