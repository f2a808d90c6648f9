using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>
/// A drive with a volatile cache, as hosts have them: a write that was not flushed may be lost with the power, each block by itself and in
/// no order. Blocks are written whole or not at all. Writes stay in memory; the image below is only read.
/// </summary>
/// <param name="image">The initial content of the drive.</param>
internal sealed class GuestDisk(string image) : IDisposable
{
    /// <summary>Number of bytes that a drive writes at once.</summary>
    public const int Block = 4096;

    private readonly SafeFileHandle _image = File.OpenHandle(image);
    private readonly Dictionary<long, byte[]> _durable = [];
    private readonly Dictionary<long, byte[]> _cache = [];
    private readonly Lock _turn = new();

    /// <summary>Size in bytes.</summary>
    public long Length => RandomAccess.GetLength(_image);

    /// <summary>Reads the last written data, flushed or not.</summary>
    public void Read(long offset, Span<byte> into)
    {
        lock (_turn)
            for (var done = 0; done < into.Length; )
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
    /// <param name="offset">Where, in bytes.</param>
    /// <param name="data">The data.</param>
    /// <param name="through">True: write through the cache, so that the data is durable.</param>
    public void Write(long offset, ReadOnlySpan<byte> data, bool through)
    {
        lock (_turn)
            for (var done = 0; done < data.Length; )
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

    /// <summary>Makes all writes durable.</summary>
    public void Flush()
    {
        lock (_turn)
            foreach (var number in _cache.Keys)
                Keep(number);
    }

    /// <summary>Simulates a power failure. Nothing may write afterwards.</summary>
    /// <param name="chance">Decides what is lost: everything that was not flushed, nothing, or some of it.</param>
    /// <returns>A description for the log.</returns>
    public string LosePower(Random chance)
    {
        lock (_turn)
        {
            var share = chance.Next(4) switch
            {
                0 => 1.0,
                1 => 0.0,
                _ => chance.NextDouble(),
            };
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
