using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <summary>
/// An AF_NETLINK socket (netlink(7)) in the network namespace of the thread that opened it, where it stays. Handles sequence numbers,
/// acknowledgements and multi-part replies, independent of the protocol. Messages that are not from the kernel are ignored. Thread-safe.
/// </summary>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    private const int ReceiveTimeoutSeconds = 10;

    private readonly Lock _gate = new();
    private readonly SafeFileHandle _socket;

    // The kernel fills dump datagrams up to the size of the reader's buffer, at most 32 KiB.
    private byte[] _buffer = new byte[32 * 1024];
    private uint _sequence;

    private NetlinkSocket(SafeFileHandle socket) => _socket = socket;

    /// <summary>Opens and binds a socket of a netlink family such as NETLINK_ROUTE.</summary>
    internal static NetlinkSocket Open(int protocol)
    {
        var handle = SocketCalls.Socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
        if (handle.IsInvalid)
            throw KernelErrors.Failure("open netlink socket", Errno.Last);
        var socket = new NetlinkSocket(handle);
        try
        {
            socket.Prepare();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Our nl_pid, which the kernel chose at bind.</summary>
    internal uint PortId { get; private set; }

    /// <summary>The cookie of the socket's network namespace, unique within a boot. Null on a kernel before 5.14.</summary>
    internal ulong? NamespaceCookie()
    {
        ulong cookie = 0;
        var length = sizeof(ulong);
        return SocketCalls.GetSocketOption(_socket, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, ref length) == 0 ? cookie : null;
    }

    /// <summary>
    /// Sends a request and reads until its acknowledgement or the end of its dump. Every message of the reply is passed to
    /// <paramref name="onMessage"/>. Errors of the kernel or the socket are in the answer's errno: ENOBUFS when the kernel dropped
    /// messages, EAGAIN after ten seconds without a message.
    /// </summary>
    internal NetlinkAnswer Exchange(NetlinkRequest request, NetlinkMessageHandler? onMessage = null)
    {
        lock (_gate)
        {
            var sequence = ++_sequence;
            var errno = Send(request.Complete(sequence));
            if (errno != 0)
                return new NetlinkAnswer(errno, null, Interrupted: false);
            var complete = false;
            try
            {
                var answer = ReadReply(sequence, onMessage, out complete);
                return answer;
            }
            finally
            {
                if (!complete)
                    Drain();
            }
        }
    }

    /// <summary>Descriptor for poll(2), while the socket is open.</summary>
    internal int Descriptor => (int)_socket.DangerousGetHandle();

    /// <summary>
    /// Joins multicast groups. Such a socket must not be used for exchanges, which drop messages that are not part of the reply.
    /// </summary>
    /// <param name="groups">RTNLGRP numbers.</param>
    /// <param name="receiveBytes"> Size of the receive buffer, as the kernel counts it with all overhead. Without CAP_NET_ADMIN
    /// net.core.rmem_max limits it. </param>
    internal void Subscribe(ReadOnlySpan<int> groups, int receiveBytes)
    {
        if (SocketCalls.SetSocketOption(_socket, SOL_SOCKET, SO_RCVBUFFORCE, &receiveBytes, sizeof(int)) != 0)
            _ = SocketCalls.SetSocketOption(_socket, SOL_SOCKET, SO_RCVBUF, &receiveBytes, sizeof(int));
        foreach (var group in groups)
            if (SocketCalls.SetSocketOption(_socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(int)) != 0)
                throw KernelErrors.Failure($"join multicast group {group} of rtnetlink", Errno.Last);
    }

    /// <summary>
    /// A datagram that was received already, valid until the next call; if there is none, <paramref name="errno"/> is EAGAIN.
    /// </summary>
    internal ReadOnlySpan<byte> TryReceive(out int errno)
    {
        lock (_gate)
            return Receive(MSG_DONTWAIT, out errno);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            _socket.Dispose();
    }

    private void Prepare()
    {
        // Optional: they improve texts and filters, and kernels before 4.20 lack them.
        SetFlag(NETLINK_CAP_ACK);
        SetFlag(NETLINK_EXT_ACK);
        SetFlag(NETLINK_GET_STRICT_CHK);
        var timeout = new TimeValue { Seconds = ReceiveTimeoutSeconds };
        if (SocketCalls.SetSocketOption(_socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(TimeValue)) != 0)
            throw KernelErrors.Failure("set receive timeout of netlink socket", Errno.Last);
        var address = new NetlinkAddress { Family = AF_NETLINK };
        var length = sizeof(NetlinkAddress);
        if (SocketCalls.Bind(_socket, address, length) != 0 || SocketCalls.GetSocketName(_socket, out address, ref length) != 0)
            throw KernelErrors.Failure("bind netlink socket", Errno.Last);
        PortId = address.PortId;
    }

    private void SetFlag(int option)
    {
        var on = 1;
        _ = SocketCalls.SetSocketOption(_socket, SOL_NETLINK, option, &on, sizeof(int));
    }

    private int Send(ReadOnlySpan<byte> message)
    {
        var kernel = new NetlinkAddress { Family = AF_NETLINK };
        return SocketCalls.SendTo(_socket, message, 0, kernel) < 0 ? Errno.Last : 0;
    }

    private NetlinkAnswer ReadReply(uint sequence, NetlinkMessageHandler? onMessage, out bool complete)
    {
        var interrupted = false;
        complete = false;
        while (true)
        {
            var datagram = Receive(0, out var errno);
            if (errno != 0)
                return new NetlinkAnswer(errno, null, interrupted);
            while (NetlinkMessage.TryTake(ref datagram, out var message))
            {
                if (message.Header.Sequence != sequence)
                    continue;
                interrupted |= (message.Header.Flags & NLM_F_DUMP_INTR) != 0;
                switch (message.Header.Type)
                {
                    case NLMSG_DONE or NLMSG_ERROR:
                        complete = true;
                        return message.ReadAnswer() with { Interrupted = interrupted };
                    case NLMSG_OVERRUN:
                        return new NetlinkAnswer(Errno.ENOBUFS, null, interrupted);
                    case > NLMSG_OVERRUN:
                        onMessage?.Invoke(message);
                        break;
                    default:
                        break;
                }
            }
        }
    }

    /// <summary>Receives one datagram from the kernel. It is peeked at first to learn its size, so that it is never truncated.</summary>
    private ReadOnlySpan<byte> Receive(int flags, out int errno)
    {
        while (true)
        {
            var size = ReceiveOnce(flags | MSG_PEEK, out var sender, out errno);
            if (size > _buffer.Length)
                _buffer = new byte[NetlinkRequest.Align(size)];
            if (errno == 0)
                size = ReceiveOnce(flags, out sender, out errno);
            if (errno != 0)
                return [];
            if (size > _buffer.Length)
                throw AttributeReader.Malformed($"a datagram of {size} bytes after {_buffer.Length} were announced");
            if (sender.Family == AF_NETLINK && sender.PortId == 0)
                return _buffer.AsSpan(0, size);
        }
    }

    private int ReceiveOnce(int flags, out NetlinkAddress sender, out int errno)
    {
        var size = SocketCalls.ReceiveFrom(_socket, _buffer, flags | MSG_TRUNC, out sender);
        errno = size < 0 ? Errno.Last : 0;
        return Math.Max(0, (int)size);
    }

    /// <summary>Drops the rest of a reply: the kernel refuses another dump while one is running.</summary>
    private void Drain()
    {
        int errno;
        do _ = Receive(MSG_DONTWAIT, out errno);
        while (errno is 0 or Errno.ENOBUFS);
    }
}
