using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Resources.Amqp;

/// <summary>A method of AMQP 0-9-1: its number, which includes its class, and its arguments.</summary>
/// <param name="Channel">The channel that it is about.</param>
/// <param name="Id">Class in the upper 16 bits, method in the lower.</param>
/// <param name="Arguments">Its arguments as they were sent.</param>
internal sealed record AmqpMethod(int Channel, uint Id, ReadOnlyMemory<byte> Arguments)
{
    public const uint ConnectionStart = (10 << 16) + 10;
    public const uint ConnectionStartOk = (10 << 16) + 11;
    public const uint ConnectionTune = (10 << 16) + 30;
    public const uint ConnectionTuneOk = (10 << 16) + 31;
    public const uint ConnectionOpen = (10 << 16) + 40;
    public const uint ConnectionOpenOk = (10 << 16) + 41;
    public const uint ConnectionClose = (10 << 16) + 50;
    public const uint ConnectionCloseOk = (10 << 16) + 51;
    public const uint ChannelOpen = (20 << 16) + 10;
    public const uint ChannelOpenOk = (20 << 16) + 11;
    public const uint ChannelClose = (20 << 16) + 40;
    public const uint QueueDeclare = (50 << 16) + 10;
    public const uint QueueDeclareOk = (50 << 16) + 11;
    public const uint QueueBind = (50 << 16) + 20;
    public const uint QueueBindOk = (50 << 16) + 21;
}

/// <summary>Writes the arguments of a method, numbers in network byte order.</summary>
internal sealed class AmqpWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    public AmqpWriter Byte(byte value)
    {
        _bytes.Write([value]);
        return this;
    }

    public AmqpWriter Short(ushort value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    public AmqpWriter Long(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>A text of at most 255 bytes.</summary>
    public AmqpWriter Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > byte.MaxValue)
            throw new CloudletException(ErrorKind.InvalidInput, $"\"{text}\" is too long for a broker: 255 bytes at most");
        _bytes.Write([(byte)bytes.Length]);
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>Bytes of any length; a table has the same form.</summary>
    public AmqpWriter Block(ReadOnlySpan<byte> bytes)
    {
        Long((uint)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }
}

/// <summary>Reads the arguments of a method. Nothing outside them is read, whatever lengths they contain.</summary>
internal ref struct AmqpReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public byte Byte() => Take(1)[0];

    public ushort Short() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

    public uint Long() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

    public string Text() => Encoding.UTF8.GetString(Take(Byte()));

    public ReadOnlySpan<byte> Block() => Take(Long());

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count > _rest.Length)
            throw new CloudletException(ErrorKind.Unexpected, "the broker sent a method whose arguments end too early");
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
