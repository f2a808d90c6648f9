using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Reads bytes of the base by position, through a cache of the last few blocks. For one thread.</summary>
internal sealed class BaseWindow(OverlayBase baseVm)
{
    private const int Block = 32 << 10,
        Kept = 16;

    private readonly byte[][] _blocks = [.. Enumerable.Range(0, Kept).Select(_ => new byte[Block])];
    private readonly long[] _numbers = [.. Enumerable.Repeat(-1L, Kept)];

    /// <summary>Length of a store in bytes.</summary>
    public long Length(PageSource source) => baseVm[source].Length;

    /// <summary>The cached bytes from <paramref name="start"/> on; at least one.</summary>
    public ReadOnlySpan<byte> From(PageSource source, long start)
    {
        var within = (int)(start % Block);
        var (block, length) = At(source, start / Block);
        return block.AsSpan(within, length - within);
    }

    /// <summary>The cached bytes before <paramref name="end"/>; at least one.</summary>
    public ReadOnlySpan<byte> Before(PageSource source, long end)
    {
        var within = (int)((end - 1) % Block) + 1;
        return At(source, (end - 1) / Block).Block.AsSpan(0, within);
    }

    /// <summary>The byte at a position; -1 outside of the store.</summary>
    public int this[PageSource source, long at] => at < 0 || at >= Length(source) ? -1 : From(source, at)[0];

    /// <summary>Number of equal bytes from <paramref name="start"/> on.</summary>
    public int Ahead(ReadOnlySpan<byte> content, PageSource source, long start)
    {
        var same = 0;
        for (var limit = Length(source); same < content.Length && start + same < limit; )
        {
            var there = From(source, start + same);
            var here = content[same..];
            var common = here.CommonPrefixLength(there);
            same += common;
            if (common < Math.Min(here.Length, there.Length))
                break;
        }

        return same;
    }

    /// <summary>Number of equal bytes before <paramref name="end"/>.</summary>
    public int Behind(ReadOnlySpan<byte> content, PageSource source, long end)
    {
        var same = 0;
        while (same < content.Length && end - same > 0)
        {
            var there = Before(source, end - same);
            var at = there.Length - 1;
            while (at >= 0 && same < content.Length && there[at] == content[^(same + 1)])
                (at, same) = (at - 1, same + 1);
            if (at >= 0)
                break;
        }

        return same;
    }

    /// <summary>Reads bytes of a store into <paramref name="into"/>.</summary>
    public void Read(PageSource source, long start, Span<byte> into) => baseVm[source].Read(start, into);

    /// <summary>Reads the bytes that a part copies.</summary>
    public void Read(CopyPart part, Span<byte> into)
    {
        if (into.Length >= Block)
        {
            baseVm[part.Source].Read(part.From, into);
            return;
        }

        for (var at = part.From; into.Length > 0; )
        {
            var there = From(part.Source, at);
            there = there[..Math.Min(there.Length, into.Length)];
            there.CopyTo(into);
            at += there.Length;
            into = into[there.Length..];
        }
    }

    private (byte[] Block, int Length) At(PageSource source, long number)
    {
        var key = (number << 1) | (source == PageSource.BaseMemory ? 1L : 0);
        var place = (int)((ulong)(key * unchecked((long)0x9E3779B97F4A7C15)) >> 60);
        var length = (int)Math.Min(Block, Length(source) - (number * Block));
        if (_numbers[place] != key)
        {
            baseVm[source].Read(number * Block, _blocks[place].AsSpan(0, length));
            _numbers[place] = key;
        }

        return (_blocks[place], length);
    }
}
