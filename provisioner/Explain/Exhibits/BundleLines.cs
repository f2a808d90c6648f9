namespace Cloudlet.Explain.Exhibits;

/// <summary>Lines of a stream, one at a time; a line has at most <see cref="BundleLimits.Line"/> bytes.</summary>
internal sealed class BundleLines(Stream from)
{
    private const int Chunk = 64 * 1024;

    private readonly byte[] chunk = new byte[Chunk];
    private byte[] line = new byte[Chunk];
    private int length;
    private long total;

    /// <summary>Number (from 1) and bytes of each line that is not blank; the bytes are valid until the next line is read.</summary>
    /// <exception cref="Errors.CloudletException">A line or the whole is longer than allowed.</exception>
    public IEnumerable<(int Number, ReadOnlyMemory<byte> Line)> Read()
    {
        var number = 1;
        int count;
        while ((count = from.Read(chunk)) > 0)
        {
            if ((total += count) > BundleLimits.Total)
                throw BundleFile.Wrong(number, $"the bundle has more than {BundleLimits.Total} bytes");
            for (var start = 0; start < count; )
            {
                var end = Array.IndexOf(chunk, (byte)'\n', start, count - start);
                Add(chunk.AsSpan(start, (end < 0 ? count : end) - start), number);
                if (end < 0)
                    break;
                if (!IsBlank)
                    yield return (number, line.AsMemory(0, length));
                (length, start, number) = (0, end + 1, number + 1);
            }
        }

        if (!IsBlank)
            yield return (number, line.AsMemory(0, length));
    }

    private bool IsBlank => line.AsSpan(0, length).Trim(" \t\r"u8).IsEmpty;

    private void Add(ReadOnlySpan<byte> bytes, int number)
    {
        if (length + bytes.Length > BundleLimits.Line)
            throw BundleFile.Wrong(number, $"it is longer than {BundleLimits.Line} bytes");
        if (length + bytes.Length > line.Length)
            Array.Resize(ref line, Math.Min(BundleLimits.Line, Math.Max(2 * line.Length, length + bytes.Length)));
        bytes.CopyTo(line.AsSpan(length));
        length += bytes.Length;
    }
}
