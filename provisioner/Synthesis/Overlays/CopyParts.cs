using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Refusals;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>A part of a segment: bytes that the overlay carries, followed by bytes copied from the base.</summary>
/// <param name="Fresh">Bytes that are carried.</param>
/// <param name="Length">Bytes that are copied; 0 in the last part at most.</param>
/// <param name="Source"><see cref="PageSource.BaseDisk"/> or <see cref="PageSource.BaseMemory"/>; unused when nothing is copied.</param>
/// <param name="From">Offset of the first copied byte in the source.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CopyPart(int Fresh, int Length, PageSource Source, long From)
{
    /// <summary>Offset of the byte after the copied ones.</summary>
    public long End => From + Length;
}

/// <summary>
/// Encodes parts as bytes, in columns: their number; for each, the number of carried bytes; of copied bytes; whether they are from disk or
/// memory; and how far their offset is from where the last copy from that store would continue.
/// </summary>
internal static class CopyParts
{
    /// <summary>Limit of the encoded parts, in bytes.</summary>
    public const int MostBytes = 1 << 20;

    private const int Columns = 3; // least bytes of a part

    /// <summary>Encodes parts.</summary>
    public static byte[] Encode(IReadOnlyList<CopyPart> parts)
    {
        var into = new VarintWriter();
        into.Put(parts.Count);
        foreach (var part in parts)
            into.Put(part.Fresh);
        foreach (var part in parts)
            into.Put(part.Length);
        foreach (var part in parts.Where(p => p.Length > 0))
            into.Put((int)part.Source - 1);
        var next = new long[2];
        foreach (var part in parts.Where(p => p.Length > 0))
        {
            into.PutSigned(part.From - next[(int)part.Source - 1] - part.Fresh);
            next[(int)part.Source - 1] = part.End;
        }

        return into.ToArray();
    }

    /// <summary>Decodes parts; InvalidInput when they are damaged or do not fit the segment and the base.</summary>
    /// <param name="bytes">The output of <see cref="Encode"/>; not trusted.</param>
    /// <param name="length">Bytes of the segment.</param>
    /// <param name="baseVm">The base.</param>
    public static CopyPart[] Decode(ReadOnlySpan<byte> bytes, int length, OverlayBase baseVm)
    {
        var from = new VarintReader(bytes, static what => Refused(what));
        var count = from.Get();
        var parts = count >= 1 && count <= bytes.Length / Columns + 1 ? new CopyPart[count] : throw Refused("more parts than bytes");
        var left = length;
        foreach (ref var part in parts.AsSpan())
            part = new CopyPart(Part(ref from, ref left), 0, PageSource.Zero, 0);
        for (var i = 0; i < parts.Length; i++)
            parts[i] = parts[i] with { Length = Part(ref from, ref left) };
        if (left != 0 || Array.FindIndex(parts, p => p.Length == 0) is var empty && empty >= 0 && empty < parts.Length - 1)
            throw Refused("parts that do not add up to its length");
        foreach (ref var part in parts.AsSpan())
            if (part.Length > 0)
                part = part with { Source = Source(from.Get(), baseVm) };
        var next = new long[2];
        foreach (ref var part in parts.AsSpan())
        {
            if (part.Length == 0)
                continue;
            ref var end = ref next[(int)part.Source - 1];
            part = part with { From = unchecked(end + part.Fresh + from.GetSigned()) };
            if (part.From < 0 || part.From > baseVm[part.Source].Length - part.Length)
                throw Refused("a copy from past the end of the base");
            end = part.End;
        }

        return from.IsAtEnd ? parts : throw Refused("trailing data after its parts");
    }

    /// <summary>The error for a segment of carried pages that can't be decoded.</summary>
    internal static OverlayRefusedException Refused(string what, string? expected = null, string? found = null, Exception? inner = null) =>
        new(
            ErrorKind.InvalidInput,
            OverlayRefusal.Of(
                OverlayRefusalCode.SegmentContent,
                $"this overlay can't be used: a segment has {what}",
                expected,
                found,
                "fetch it again, and verify its base with `cloudlet base verify`"
            ),
            inner
        );

    private static int Part(ref VarintReader from, ref int left)
    {
        var length = from.Get();
        if (length < 0 || length > left)
            throw Refused("parts that do not add up to its length");
        left -= (int)length;
        return (int)length;
    }

    private static PageSource Source(long number, OverlayBase baseVm) =>
        number switch
        {
            0 => PageSource.BaseDisk,
            1 when baseVm.Memory is not null => PageSource.BaseMemory,
            _ => throw Refused("a copy from an unknown store"),
        };
}
