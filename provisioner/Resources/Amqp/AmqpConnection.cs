using System.Buffers.Binary;
using Cloudlet.Errors;

namespace Cloudlet.Resources.Amqp;

/// <summary>
/// Methods of AMQP 0-9-1 over a stream (specification, section 2.3.5). A hostile peer cannot make it read or wait without limit: frames
/// have a largest size, a connection a largest number of frames, and the caller sets the time.
/// </summary>
/// <param name="stream">The connection; the caller closes it.</param>
internal sealed class AmqpConnection(Stream stream)
{
    /// <summary>Largest frame, and what we agree to with the server; its first frame lists its properties and has about 1 KiB.</summary>
    public const uint LargestFrame = 128 << 10;

    private const int MostFrames = 64;
    private const int HeaderBytes = 7;
    private const byte MethodFrame = 1;
    private const byte HeartbeatFrame = 8;
    private const byte FrameEnd = 0xce;

    private int _received;

    private static ReadOnlyMemory<byte> Greeting { get; } = "AMQP\0\0\t\u0001"u8.ToArray();

    /// <summary>Asks for version 0-9-1.</summary>
    public ValueTask GreetAsync(CancellationToken ct) => stream.WriteAsync(Greeting, ct);

    /// <summary>Sends a method.</summary>
    public async Task SendAsync(int channel, uint id, AmqpWriter arguments, CancellationToken ct)
    {
        var frame = new byte[HeaderBytes + sizeof(uint) + arguments.Bytes.Length + 1];
        frame[0] = MethodFrame;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)channel);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(3), (uint)(sizeof(uint) + arguments.Bytes.Length));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(HeaderBytes), id);
        arguments.Bytes.CopyTo(frame.AsSpan(HeaderBytes + sizeof(uint)));
        frame[^1] = FrameEnd;
        await stream.WriteAsync(frame, ct);
    }

    /// <summary>The next method; heartbeats are skipped.</summary>
    /// <exception cref="CloudletException">Unexpected: the peer does not speak AMQP 0-9-1, or says too much.</exception>
    public async Task<AmqpMethod> ReceiveAsync(CancellationToken ct)
    {
        var header = new byte[HeaderBytes];
        while (_received++ < MostFrames)
        {
            await stream.ReadExactlyAsync(header, ct);
            var (type, channel) = (header[0], BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(1)));
            var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(3));
            if (type is not (MethodFrame or HeartbeatFrame))
                throw Broken($"a frame of type {type}");
            if (length > LargestFrame)
                throw Broken($"a frame of {length} bytes");
            var payload = new byte[length + 1];
            await stream.ReadExactlyAsync(payload, ct);
            if (payload[^1] != FrameEnd)
                throw Broken("a frame without its end");
            if (type == HeartbeatFrame)
                continue;
            if (length < sizeof(uint))
                throw Broken("a method without a number");
            return new AmqpMethod(channel, BinaryPrimitives.ReadUInt32BigEndian(payload), payload.AsMemory(sizeof(uint)..(int)length));
        }

        throw Broken($"more than {MostFrames} frames");
    }

    private static CloudletException Broken(string what) =>
        new(ErrorKind.Unexpected, $"the broker does not speak AMQP 0-9-1: it sent {what}");
}
