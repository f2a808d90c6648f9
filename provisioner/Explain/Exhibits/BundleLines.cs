namespace Cloudlet.Explain.Exhibits;

/// <summary>Lines of a stream, one at a time; a line has at most <see cref="BundleLimits.Line"/> bytes.</summary>
internal sealed class BundleLines(Stream from)
{
    private const int Chunk = 64 * 1024;

    private readonly byte[] _chunk = new byte[Chunk];
    private byte[] _line = new byte[Chunk];
    private int _length;
    private long _total;

    /// <summary>Number (from 1) and bytes of each line that is not blank; the bytes are valid until the next line is read.</summary>
    /// <exception cref="Errors.CloudletException">A line or the whole is longer than allowed.</exception>
    public IEnumerable<(int Number, ReadOnlyMemory<byte> Line)> Read()
    {
        var number = 1;
        int count;
        while ((count = from.Read(_chunk)) > 0)
        {
            if ((_total += count) > BundleLimits.Total)
                throw BundleFile.Wrong(number, $"the bundle has more than {BundleLimits.Total} bytes");
            for (var start = 0; start < count; )
            {
                var end = Array.IndexOf(_chunk, (byte)'\n', start, count - start);
                Add(_chunk.AsSpan(start, (end < 0 ? count : end) - start), number);
                if (end < 0)
                    break;
                if (!IsBlank)
                    yield return (number, _line.AsMemory(0, _length));
                (_length, start, number) = (0, end + 1, number + 1);
            }
        }

        if (!IsBlank)
            yield return (number, _line.AsMemory(0, _length));
    }

    private bool IsBlank => _line.AsSpan(0, _length).Trim(" \t\r"u8).IsEmpty;

    private void Add(ReadOnlySpan<byte> bytes, int number)
    {
        if (_length + bytes.Length > BundleLimits.Line)
            throw BundleFile.Wrong(number, $"it is longer than {BundleLimits.Line} bytes");
        if (_length + bytes.Length > _line.Length)
            Array.Resize(ref _line, Math.Min(BundleLimits.Line, Math.Max(2 * _line.Length, _length + bytes.Length)));
        bytes.CopyTo(_line.AsSpan(_length));
        _length += bytes.Length;
    }
}
