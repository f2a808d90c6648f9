using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Writes numbers as unsigned LEB128: 7 bits a byte, the lowest first, the highest bit set on all but the last.</summary>
internal sealed class VarintWriter
{
    private readonly List<byte> _into = [];

    /// <summary>Writes a number that is not negative.</summary>
    public void Put(long value)
    {
        var left = (ulong)value;
        for (; left >= 0x80; left >>= 7)
            _into.Add((byte)(left | 0x80));
        _into.Add((byte)left);
    }

    /// <summary>Writes any number, as zigzag: 0, -1, 1, -2, … as 0, 1, 2, 3, …</summary>
    public void PutSigned(long value) => Put((value << 1) ^ (value >> 63));

    /// <summary>The bytes of all numbers.</summary>
    public byte[] ToArray() => [.. _into];
}

/// <summary>Reads numbers in unsigned LEB128. The input is not trusted.</summary>
/// <param name="bytes">The numbers.</param>
/// <param name="refused">Makes the error, from what is wrong.</param>
internal ref struct VarintReader(ReadOnlySpan<byte> bytes, Func<string, CloudletException> refused)
{
    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>True when nothing is left.</summary>
    public readonly bool IsAtEnd => _left.IsEmpty;

    /// <summary>
    /// The next number; negative when it exceeds 63 bits, which a writer never makes. InvalidInput at the end, and for more than 64 bits.
    /// </summary>
    public long Get()
    {
        var value = 0UL;
        for (var i = 0; i < _left.Length && i < 10; i++)
        {
            value |= (ulong)(_left[i] & 0x7f) << (7 * i);
            if (_left[i] >= 0x80)
                continue;
            if (i == 9 && _left[i] > 1)
                break;
            _left = _left[(i + 1)..];
            return (long)value;
        }

        throw refused("a number that is cut off or has more than 64 bits");
    }

    /// <summary>The next signed number.</summary>
    public long GetSigned()
    {
        var zigzag = (ulong)Get();
        return (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
    }

    /// <summary>
    /// The numbers of entries of two kinds; InvalidInput when there are too few bytes left for them, so that a small file can't cause large
    /// allocations.
    /// </summary>
    /// <param name="leastFirst">Least bytes of an entry of the first kind.</param>
    /// <param name="leastSecond">Least bytes of an entry of the second kind.</param>
    public (int First, int Second) Counts(int leastFirst, int leastSecond)
    {
        var (first, second) = (Get(), Get());
        return
            first >= 0 && first <= _left.Length / leastFirst && second >= 0 && second <= (_left.Length - (first * leastFirst)) / leastSecond
            ? ((int)first, (int)second)
            : throw refused("more entries than bytes");
    }
}
