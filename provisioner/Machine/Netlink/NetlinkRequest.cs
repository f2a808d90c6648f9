using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Cloudlet.Errors;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <summary>
/// One netlink request under construction: header, the fixed structure of its family, attributes. Everything is aligned to four
/// bytes (NLMSG_ALIGNTO, NLA_ALIGNTO); numbers are in the machine's byte order unless a method says big-endian.
/// </summary>
internal sealed class NetlinkRequest
{
    internal const int Alignment = 4;
    internal const int AttributeHeaderSize = 4;

    private byte[] _buffer = new byte[256];
    private int _length = Unsafe.SizeOf<MessageHeader>();

    /// <summary>Starts a request of <paramref name="type"/>; NLM_F_REQUEST is always set.</summary>
    internal NetlinkRequest(ushort type, ushort flags)
    {
        Type = type;
        Flags = (ushort)(flags | NLM_F_REQUEST);
    }

    /// <summary>nlmsg_type.</summary>
    internal ushort Type { get; }

    /// <summary>nlmsg_flags.</summary>
    internal ushort Flags { get; }

    /// <summary>Appends a fixed structure: the family header of the message, or the one inside VETH_INFO_PEER.</summary>
    internal void AddStructure<T>(in T value)
        where T : unmanaged => MemoryMarshal.Write(Take(Align(Unsafe.SizeOf<T>())), value);

    /// <summary>Appends an attribute with its bytes.</summary>
    internal void Add(ushort type, ReadOnlySpan<byte> value)
    {
        var total = AttributeHeaderSize + value.Length;
        if (total > ushort.MaxValue)
            throw TooLong(type, value.Length);
        var attribute = Take(Align(total));
        WriteHeader(attribute, total, type);
        value.CopyTo(attribute[AttributeHeaderSize..]);
    }

    /// <summary>Appends an 8-bit attribute.</summary>
    internal void AddByte(ushort type, byte value) => Add(type, [value]);

    /// <summary>Appends a 16-bit attribute.</summary>
    internal void AddUInt16(ushort type, ushort value) => Add(type, MemoryMarshal.AsBytes(new ReadOnlySpan<ushort>(in value)));

    /// <summary>Appends a 16-bit attribute in network byte order (__be16: port numbers).</summary>
    internal void AddUInt16BigEndian(ushort type, ushort value) =>
        AddUInt16(type, BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    /// <summary>Appends a 32-bit attribute.</summary>
    internal void AddUInt32(ushort type, uint value) => Add(type, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    /// <summary>Appends a string with its terminating NUL.</summary>
    internal void AddString(ushort type, string value)
    {
        Span<byte> bytes = stackalloc byte[512];
        if (Encoding.UTF8.GetByteCount(value) >= bytes.Length)
            throw TooLong(type, value.Length);
        var length = Encoding.UTF8.GetBytes(value, bytes);
        bytes[length] = 0;
        Add(type, bytes[..(length + 1)]);
    }

    /// <summary>Opens a nested attribute; disposing the result closes it.</summary>
    internal Nest Open(ushort type)
    {
        var start = _length;
        WriteHeader(Take(AttributeHeaderSize), AttributeHeaderSize, (ushort)(type | NLA_F_NESTED));
        return new Nest(this, start);
    }

    /// <summary>The finished message; valid until the next change of this request.</summary>
    internal ReadOnlySpan<byte> Complete(uint sequence)
    {
        var header = new MessageHeader
        {
            Length = (uint)_length,
            Type = Type,
            Flags = Flags,
            Sequence = sequence,
        };
        MemoryMarshal.Write(_buffer, header);
        return _buffer.AsSpan(0, _length);
    }

    internal static int Align(int length) => (length + Alignment - 1) & ~(Alignment - 1);

    private static void WriteHeader(Span<byte> attribute, int length, ushort type)
    {
        MemoryMarshal.Write(attribute, (ushort)length);
        MemoryMarshal.Write(attribute[2..], type);
    }

    private static CloudletException TooLong(ushort type, int length) =>
        new(ErrorKind.InvalidInput, $"netlink attribute {type & NLA_TYPE_MASK}: {length} bytes do not fit into one attribute");

    private Span<byte> Take(int length)
    {
        if (_length + length > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + length));
        var span = _buffer.AsSpan(_length, length);
        _length += length;
        return span;
    }

    private void Close(int start)
    {
        var length = _length - start;
        if (length > ushort.MaxValue)
            throw TooLong(MemoryMarshal.Read<ushort>(_buffer.AsSpan(start + 2)), length);
        MemoryMarshal.Write(_buffer.AsSpan(start), (ushort)length);
    }

    /// <summary>An open nested attribute.</summary>
    internal readonly ref struct Nest(NetlinkRequest request, int start)
    {
        /// <summary>Writes the length of what was added since <see cref="Open"/>.</summary>
        public void Dispose() => request.Close(start);
    }
}
