using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Cloudlet.Errors;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <summary>
/// Iterates over netlink attributes (struct nlattr). The bytes are not trusted: a length that does not fit is an
/// <see cref="ErrorKind.Unexpected"/> error, never a read past the end. One to three bytes after the last attribute are padding.
/// </summary>
internal ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    private ReadOnlySpan<byte> _rest = attributes;

    /// <summary>Type of the current attribute without its NLA_F flags.</summary>
    internal ushort Type { get; private set; }

    /// <summary>Bytes of the current attribute; nested attributes are read by another reader over them.</summary>
    internal ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Advances to the next attribute; false at the end.</summary>
    internal bool Next()
    {
        if (_rest.Length < NetlinkRequest.AttributeHeaderSize)
            return false;
        var length = MemoryMarshal.Read<ushort>(_rest);
        var type = MemoryMarshal.Read<ushort>(_rest[2..]);
        if (length < NetlinkRequest.AttributeHeaderSize || length > _rest.Length)
            throw Malformed($"attribute {type & NLA_TYPE_MASK} claims {length} bytes where {_rest.Length} are left");
        Type = (ushort)(type & NLA_TYPE_MASK);
        Value = _rest[NetlinkRequest.AttributeHeaderSize..length];
        _rest = _rest[Math.Min(NetlinkRequest.Align(length), _rest.Length)..];
        return true;
    }

    /// <summary>The value as an 8-bit number.</summary>
    internal readonly byte Byte() => Fixed(1)[0];

    /// <summary>The value as a 16-bit number.</summary>
    internal readonly ushort UInt16() => MemoryMarshal.Read<ushort>(Fixed(2));

    /// <summary>The value as a 16-bit number in network byte order.</summary>
    internal readonly ushort UInt16BigEndian() => BinaryPrimitives.ReadUInt16BigEndian(Fixed(2));

    /// <summary>The value as a 32-bit number.</summary>
    internal readonly uint UInt32() => MemoryMarshal.Read<uint>(Fixed(4));

    /// <summary>The value as a signed 32-bit number.</summary>
    internal readonly int Int32() => MemoryMarshal.Read<int>(Fixed(4));

    /// <summary>The value as text up to its first NUL.</summary>
    internal readonly string Text()
    {
        var end = Value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
    }

    /// <summary>The value as an IPv4 or IPv6 address, by its length.</summary>
    internal readonly IPAddress Address() => ToAddress(Value);

    /// <summary>Four or sixteen bytes as an address.</summary>
    internal static IPAddress ToAddress(ReadOnlySpan<byte> bytes) =>
        bytes.Length is 4 or 16 ? new IPAddress(bytes) : throw Malformed($"an address has {bytes.Length} bytes, neither 4 nor 16");

    /// <summary>The fixed structure at the start of a payload; <paramref name="rest"/> is the aligned remainder.</summary>
    internal static T Structure<T>(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> rest)
        where T : unmanaged
    {
        if (!MemoryMarshal.TryRead<T>(payload, out var value))
            throw Malformed($"{typeof(T).Name} does not fit into {payload.Length} bytes");
        unsafe
        {
            rest = payload[Math.Min(NetlinkRequest.Align(sizeof(T)), payload.Length)..];
        }

        return value;
    }

    internal static CloudletException Malformed(string what) => new(ErrorKind.Unexpected, $"read netlink message: malformed: {what}");

    private readonly ReadOnlySpan<byte> Fixed(int length) =>
        Value.Length >= length ? Value[..length] : throw Malformed($"attribute {Type} has {Value.Length} bytes where {length} are needed");
}
