using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Linux;

/// <summary>The calls for netlink sockets, which .NET's sockets are not. Each returns -1, or an invalid handle, on failure.</summary>
internal static unsafe partial class SocketCalls
{
    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial SafeFileHandle Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(SafeFileHandle socket, in NetlinkAddress address, int addressLength);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    internal static partial int GetSocketName(SafeFileHandle socket, out NetlinkAddress address, ref int addressLength);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(SafeFileHandle socket, int level, int name, void* value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    internal static partial int GetSocketOption(SafeFileHandle socket, int level, int name, void* value, ref int length);

    /// <summary>sendto(2); an interrupted call is made again.</summary>
    internal static nint SendTo(SafeFileHandle socket, ReadOnlySpan<byte> message, int flags, NetlinkAddress address)
    {
        nint sent;
        do sent = SendTo(socket, message, message.Length, flags, address, sizeof(NetlinkAddress));
        while (Errno.IsInterrupted(sent));
        return sent;
    }

    /// <summary>recvfrom(2); an interrupted call is made again.</summary>
    internal static nint ReceiveFrom(SafeFileHandle socket, Span<byte> buffer, int flags, out NetlinkAddress sender)
    {
        nint size;
        do
        {
            var length = sizeof(NetlinkAddress);
            size = ReceiveFrom(socket, buffer, buffer.Length, flags, out sender, ref length);
        } while (Errno.IsInterrupted(size));
        return size;
    }

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    private static partial nint SendTo(
        SafeFileHandle socket,
        ReadOnlySpan<byte> buffer,
        nint length,
        int flags,
        in NetlinkAddress address,
        int addressLength
    );

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    private static partial nint ReceiveFrom(
        SafeFileHandle socket,
        Span<byte> buffer,
        nint length,
        int flags,
        out NetlinkAddress address,
        ref int addressLength
    );
}

/// <summary>struct sockaddr_nl of linux/netlink.h: sender or receiver of a message; process id 0 is the kernel.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetlinkAddress
{
    internal ushort Family;
    internal ushort Padding;
    internal uint PortId;
    internal uint Groups;
}
