using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <summary>One message of a datagram; valid only while its handler runs.</summary>
internal readonly ref struct NetlinkMessage(MessageHeader header, ReadOnlySpan<byte> payload)
{
    /// <summary>nlmsg_type, flags, sequence.</summary>
    internal MessageHeader Header { get; } = header;

    /// <summary>The bytes after the header.</summary>
    internal ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>Removes the first message from <paramref name="datagram"/>; false when nothing is left.</summary>
    internal static bool TryTake(ref ReadOnlySpan<byte> datagram, out NetlinkMessage message)
    {
        var size = Unsafe.SizeOf<MessageHeader>();
        message = default;
        if (datagram.IsEmpty)
            return false;
        if (!MemoryMarshal.TryRead<MessageHeader>(datagram, out var header))
            throw AttributeReader.Malformed($"{datagram.Length} bytes are left where a message header needs {size}");
        if (header.Length < size || header.Length > datagram.Length)
            throw AttributeReader.Malformed($"a message claims {header.Length} bytes where {datagram.Length} are left");
        var length = (int)header.Length;
        message = new NetlinkMessage(header, datagram[size..length]);
        datagram = datagram[Math.Min(NetlinkRequest.Align(length), datagram.Length)..];
        return true;
    }

    /// <summary>The answer in an NLMSG_ERROR (struct nlmsgerr, then extended attributes) or NLMSG_DONE message.</summary>
    internal NetlinkAnswer ReadAnswer()
    {
        if (Payload.IsEmpty)
            return default; // NLMSG_DONE of kernels before 2.6.20 has no code
        var code = AttributeReader.Structure<int>(Payload, out var rest);
        if (Header.Type == NLMSG_ERROR)
            rest = AfterEchoedRequest(rest);
        var answer = new NetlinkAnswer(code == int.MinValue ? int.MaxValue : Math.Abs(code), null, Interrupted: false);
        if (code == 0 || (Header.Flags & NLM_F_ACK_TLVS) == 0)
            return answer;
        var reader = new AttributeReader(rest);
        while (reader.Next())
            if (reader.Type == NLMSGERR_ATTR_MSG)
                answer = answer with { Text = reader.Text() };
        return answer;
    }

    private ReadOnlySpan<byte> AfterEchoedRequest(ReadOnlySpan<byte> rest)
    {
        var request = AttributeReader.Structure<MessageHeader>(rest, out var afterHeader);
        if ((Header.Flags & NLM_F_CAPPED) != 0)
            return afterHeader;
        if (request.Length > rest.Length)
            return []; // the extended text is optional: the code itself is valid
        return rest[Math.Min(NetlinkRequest.Align((int)request.Length), rest.Length)..];
    }
}

/// <summary>How an exchange ended.</summary>
/// <param name="Errno">0 for success, else the errno of the kernel or of the socket call.</param>
/// <param name="Text">The kernel's extended acknowledgement, or null.</param>
/// <param name="Interrupted">NLM_F_DUMP_INTR: the network changed during the dump, so objects may be missing or repeated.</param>
internal readonly record struct NetlinkAnswer(int Errno, string? Text, bool Interrupted);

/// <summary>Handles one message of a reply.</summary>
internal delegate void NetlinkMessageHandler(in NetlinkMessage message);
