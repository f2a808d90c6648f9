using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Writes numbers as unsigned LEB128: 7 bits a byte, the lowest first, the highest bit set on all but the last.</summary>
internal sealed class VarintWriter
{
    private readonly List<byte> _into = [];

    /// <summary>A number that is not negative.</summary>
    public void Put(long value)
    {
        var left = (ulong)value;
        for (; left >= 0x80; left >>= 7)
            _into.Add((byte)(left | 0x80));
        _into.Add((byte)left);
    }

    /// <summary>Any number, zigzag: 0, -1, 1, -2, … as 0, 1, 2, 3, …</summary>
    public void PutSigned(long value) => Put((value << 1) ^ (value >> 63));

    /// <summary>All of them.</summary>
    public byte[] ToArray() => [.. _into];
}

/// <summary>Reads them; what it is given may come from anybody.</summary>
internal ref struct VarintReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>True when nothing is left.</summary>
    public readonly bool IsAtEnd => _left.IsEmpty;

    /// <summary>The next number as it was put; negative only for what no writer puts. InvalidInput when there is none, or none that 64 bits hold.</summary>
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

        throw new CloudletException(ErrorKind.InvalidInput, "the page map of the overlay ends within a number, or holds one of more than 64 bits.");
    }

    /// <summary>A signed number.</summary>
    public long GetSigned()
    {
        var zigzag = (ulong)Get();
        return (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
    }

    /// <summary>How many entries of at least two bytes follow; no more than bytes are left, so that nothing is allocated on a stranger's word.</summary>
    public int Count() => Get() is var count && count >= 0 && count <= _left.Length
        ? (int)count
        : throw new CloudletException(ErrorKind.InvalidInput, "the page map of the overlay announces more runs than it has bytes.");
}
