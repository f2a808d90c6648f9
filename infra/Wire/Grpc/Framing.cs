using System.Buffers.Binary;
using Google.Protobuf;

namespace Cloudlet.Wire.Grpc;

/// <summary>The frame of a message: a byte that says whether it is compressed, four bytes with its length, the message.</summary>
internal static class Framing
{
    public const int PrefixLength = 5;

    /// <summary>A message in its frame.</summary>
    /// <exception cref="GrpcException">It is larger than <paramref name="maxMessage"/> (ResourceExhausted).</exception>
    public static byte[] Write(IMessage message, int maxMessage)
    {
        var size = message.CalculateSize();
        if (size > maxMessage)
            throw TooLarge(size, maxMessage);
        var frame = new byte[PrefixLength + size];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)size);
        message.WriteTo(frame.AsSpan(PrefixLength));
        return frame;
    }

    /// <summary>Reads the one message of a body; null when the body is empty.</summary>
    /// <exception cref="GrpcException">The body is not one uncompressed message of at most <paramref name="maxMessage"/> bytes.</exception>
    public static async Task<T?> ReadAsync<T>(Stream body, MessageParser<T> parser, int maxMessage, CancellationToken ct)
        where T : class, IMessage<T>
    {
        var prefix = new byte[PrefixLength];
        var read = await body.ReadAtLeastAsync(prefix, PrefixLength, throwOnEndOfStream: false, ct);
        if (read == 0)
            return null;
        if (read < PrefixLength)
            throw CutShort();
        if (prefix[0] != 0)
            throw new GrpcException(GrpcCode.Unimplemented, "the message is compressed; only identity is supported");
        var size = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (size > maxMessage)
            throw TooLarge(size, maxMessage);
        var content = await ReadContentAsync(body, (int)size, ct);
        if (await body.ReadAsync(prefix.AsMemory(0, 1), ct) != 0)
            throw new GrpcException(GrpcCode.Internal, "a unary call has one message, found more");
        return Parse(content, (int)size, parser);
    }

    // The announced length is not trusted: memory is allocated as the bytes arrive.
    private static async Task<byte[]> ReadContentAsync(Stream body, int size, CancellationToken ct)
    {
        var content = new byte[Math.Min(size, 1 << 20)];
        var length = 0;
        while (length < size)
        {
            if (length == content.Length)
                Array.Resize(ref content, (int)Math.Min(size, 2L * content.Length));
            var read = await body.ReadAsync(content.AsMemory(length), ct);
            if (read == 0)
                throw CutShort();
            length += read;
        }

        return content;
    }

    private static T Parse<T>(byte[] content, int size, MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        try
        {
            using var stream = new MemoryStream(content, 0, size, writable: false);
            using var input = CodedInputStream.CreateWithLimits(stream, sizeLimit: int.MaxValue, GrpcLimits.MaxNesting);
            return parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new GrpcException(GrpcCode.Internal, $"{typeof(T).Name} of {size} bytes cannot be read: {e.Message}", e);
        }
    }

    private static GrpcException TooLarge(long size, int max) =>
        new(GrpcCode.ResourceExhausted, $"a message of {size} bytes exceeds the limit of {max}");

    private static GrpcException CutShort() => new(GrpcCode.Internal, "the message ends before its announced length");
}
