using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>
/// A drive with a volatile cache, as hosts have them: what was written and not flushed is lost with the power, or is not, each block for itself and in no order. Blocks are
/// written whole or not at all. What is written stays in memory; the image below is only read.
/// </summary>
/// <param name="image">What is on the drive at first.</param>
internal sealed class GuestDisk(string image) : IDisposable
{
    /// <summary>Bytes that a drive writes at once.</summary>
    public const int Block = 4096;

    private readonly SafeFileHandle _image = File.OpenHandle(image);
    private readonly Dictionary<long, byte[]> _durable = [];
    private readonly Dictionary<long, byte[]> _cache = [];
    private readonly Lock _turn = new();

    /// <summary>Bytes.</summary>
    public long Length => RandomAccess.GetLength(_image);

    /// <summary>Reads what was written last, flushed or not.</summary>
    public void Read(long offset, Span<byte> into)
    {
        lock (_turn)
            for (var done = 0; done < into.Length;)
            {
                var (number, within) = Math.DivRem(offset + done, Block);
                var part = into.Slice(done, (int)Math.Min(Block - within, into.Length - done));
                if (Written(number) is { } block)
                    block.AsSpan((int)within, part.Length).CopyTo(part);
                else
                    part[RandomAccess.Read(_image, part, offset + done)..].Clear();
                done += part.Length;
            }
    }

    /// <summary>Writes into the cache.</summary>
    /// <param name="offset">Where, bytes.</param>
    /// <param name="data">What.</param>
    /// <param name="through">True: through the cache; it is durable then.</param>
    public void Write(long offset, ReadOnlySpan<byte> data, bool through)
    {
        lock (_turn)
            for (var done = 0; done < data.Length;)
            {
                var (number, within) = Math.DivRem(offset + done, Block);
                var part = data.Slice(done, (int)Math.Min(Block - within, data.Length - done));
                var block = new byte[Block];
                if (part.Length < Block)
                    Read(number * Block, block);
                part.CopyTo(block.AsSpan((int)within));
                _cache[number] = block;
                if (through)
                    Keep(number);
                done += part.Length;
            }
    }

    /// <summary>Makes durable what was written.</summary>
    public void Flush()
    {
        lock (_turn)
            foreach (var number in _cache.Keys)
                Keep(number);
    }

    /// <summary>The power goes. Nobody writes any more.</summary>
    /// <param name="chance">Decides what is lost: all that was not flushed, nothing, or some of it.</param>
    /// <returns>In words, for the log.</returns>
    public string LosePower(Random chance)
    {
        lock (_turn)
        {
            var share = chance.Next(4) switch { 0 => 1.0, 1 => 0.0, _ => chance.NextDouble() };
            var written = _cache.Count;
            foreach (var number in _cache.Keys.Order().Where(_ => chance.NextDouble() >= share).ToList())
                Keep(number);
            var lost = _cache.Count;
            _cache.Clear();
            return $"{lost} of {written} blocks not flushed were lost";
        }
    }

    public void Dispose() => _image.Dispose();

    private byte[]? Written(long number) => _cache.GetValueOrDefault(number) ?? _durable.GetValueOrDefault(number);

    private void Keep(long number)
    {
        if (_cache.Remove(number, out var block))
            _durable[number] = block;
    }
}
