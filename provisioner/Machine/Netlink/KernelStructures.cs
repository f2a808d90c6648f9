using System.Runtime.InteropServices;

namespace Cloudlet.Machine.Netlink;

/// <summary>struct nlmsghdr of linux/netlink.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MessageHeader
{
    internal uint Length;
    internal ushort Type;
    internal ushort Flags;
    internal uint Sequence;
    internal uint PortId;
}

/// <summary>struct ifinfomsg of linux/rtnetlink.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkHeader
{
    internal byte Family;
    internal byte Padding;
    internal ushort HardwareType;
    internal int Index;
    internal uint Flags;
    internal uint ChangeMask;
}

/// <summary>struct ifaddrmsg of linux/if_addr.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AddressHeader
{
    internal byte Family;
    internal byte PrefixLength;
    internal byte Flags;
    internal byte Scope;
    internal int Index;
}

/// <summary>struct rtmsg of linux/rtnetlink.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RouteHeader
{
    internal byte Family;
    internal byte DestinationLength;
    internal byte SourceLength;
    internal byte TypeOfService;
    internal byte Table;
    internal byte Protocol;
    internal byte Scope;
    internal byte Type;
    internal uint Flags;
}

/// <summary>struct ndmsg of linux/neighbour.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NeighbourHeader
{
    internal byte Family;
    internal byte Padding;
    internal ushort Padding2;
    internal int Index;
    internal ushort State;
    internal byte Flags;
    internal byte Type;
}

/// <summary>struct timeval of sys/time.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeValue
{
    internal nint Seconds;
    internal nint Microseconds;
}
