using System.Buffers.Binary;
using System.Security.Cryptography;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Overlays;

namespace Cloudlet.Synthesis.Tests.Fuzz;

/// <summary>
/// Makes broken and malicious overlays from valid ones. Half of them get valid digests again, as an attacker would do.
/// </summary>
internal sealed class OverlayMutator(Random chance)
{
    private const int Fixed = 64,
        Entry = 44;
    private static readonly long[] Telling =
    [
        0,
        1,
        -1,
        2,
        127,
        128,
        255,
        256,
        1023,
        1024,
        1025,
        4095,
        4096,
        65536,
        int.MaxValue,
        int.MinValue,
        uint.MaxValue,
        1L << 32,
        1L << 40,
        long.MaxValue,
        long.MinValue,
    ];

    /// <summary>One more mutation.</summary>
    public byte[] Mutate(byte[] whole)
    {
        var bytes = chance.Next(3) == 0 ? WithMap(whole) : whole.ToArray();
        for (var i = chance.Next(1, 4); i > 0; i--)
            bytes = Once(bytes);
        if (chance.Next(2) == 0)
            Sign(bytes);
        return bytes;
    }

    private byte[] Once(byte[] bytes)
    {
        if (bytes.Length < 16)
            return [.. bytes, 0];
        var (at, other) = (Somewhere(bytes), Somewhere(bytes));
        var length = Math.Min(chance.Next(1, 64), bytes.Length - Math.Max(at, other));
        switch (chance.Next(7))
        {
            case 0:
                bytes[at] ^= (byte)(1 << chance.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)chance.Next(256);
                return bytes;
            case 2:
                var number = new byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(number, Telling[chance.Next(Telling.Length)]);
                number.AsSpan(0, Math.Min(1 << chance.Next(4), bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                return bytes;
            case 3:
                bytes.AsSpan(at, length).ToArray().CopyTo(bytes, other);
                return bytes;
            case 4:
                return bytes[..at];
            case 5:
                return [.. bytes[..at], .. bytes.AsSpan(other, length), .. bytes[at..]];
            default:
                return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + length)..]];
        }
    }

    /// <summary>A random place, often in the header: it is small, and most possible errors are there.</summary>
    private int Somewhere(byte[] bytes) => chance.Next(chance.Next(2) == 0 ? Math.Min(bytes.Length, 400) : bytes.Length);

    /// <summary>Another map in a valid segment.</summary>
    private byte[] WithMap(byte[] whole)
    {
        var header = OverlayHeader.Parse(whole, whole.AsSpan(OverlayHeader.PreludeLength, OverlayHeader.LengthOf(whole)));
        var number = header.Segments.TakeWhile(s => s.Kind != header.MapKind).Count();
        var start = OverlayHeader.PreludeLength + OverlayHeader.LengthOf(whole) + header.Segments.Take(number).Sum(s => s.StoredLength);
        var map = new byte[header.Segments[number].PlainLength];
        SegmentCoder.Decompress(header.Segments[number].Codec, whole.AsSpan(start, header.Segments[number].StoredLength), map);
        for (var i = chance.Next(1, 4); i > 0; i--)
            map[chance.Next(map.Length)] = (byte)(chance.Next(2) == 0 ? chance.Next(256) : chance.Next(8));
        using var compressor = new ZstdCompressor(3);
        var stored = compressor.Compress(map);
        byte[] bytes = [.. whole[..start], .. stored, .. whole[(start + header.Segments[number].StoredLength)..]];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(OverlayHeader.PreludeLength + Fixed + (number * Entry) + 8), stored.Length);
        Sign(bytes);
        return bytes;
    }

    /// <summary>Makes the digests valid, as far as the file is long enough for its claims.</summary>
    private static void Sign(byte[] bytes)
    {
        if (bytes.Length < OverlayHeader.PreludeLength + Fixed)
            return;
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12));
        if (length < Fixed || length > bytes.Length - OverlayHeader.PreludeLength)
            return;
        var body = bytes.AsSpan(OverlayHeader.PreludeLength, length);
        long at = OverlayHeader.PreludeLength + length;
        for (var entry = Fixed; entry + Entry <= length; entry += Entry)
        {
            var stored = BinaryPrimitives.ReadInt32LittleEndian(body[(entry + 8)..]);
            if (stored < 0 || at + stored > bytes.Length)
                break;
            SHA256.HashData(bytes.AsSpan((int)at, stored), body[(entry + 12)..]);
            at += stored;
        }

        SHA256.HashData(body, bytes.AsSpan(16));
    }
}
