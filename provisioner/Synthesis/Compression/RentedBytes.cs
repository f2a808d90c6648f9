using System.Buffers;

namespace Cloudlet.Synthesis.Compression;

/// <summary>
/// A pooled buffer. Allocating a new one of about a MiB for each segment would make memory grow until the next full collection.
/// </summary>
/// <param name="length">Bytes.</param>
internal readonly struct RentedBytes(int length) : IDisposable
{
    private readonly byte[] _all = ArrayPool<byte>.Shared.Rent(length);

    /// <summary>The rented array, which may be longer.</summary>
    public byte[] All => _all;

    /// <summary>The requested bytes; not cleared.</summary>
    public Span<byte> Span => _all.AsSpan(0, length);

    /// <summary>Returns it to the pool.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_all);
}
