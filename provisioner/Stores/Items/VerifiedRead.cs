using System.Security.Cryptography;
using Cloudlet.Errors;

namespace Cloudlet.Stores.Items;

/// <summary>
/// The content of an item, read from front to back. The read that reaches the end fails unless length and SHA-256 are those of the record:
/// what a reader has made of it has to be discarded then.
/// </summary>
public sealed class VerifiedRead : Stream
{
    private readonly Stream _from;
    private readonly StoredItem _item;
    private readonly string _place;
    private readonly IProgress<long>? _progress;
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _position;
    private bool _isVerified;

    /// <summary>Wraps a stream of the whole content; disposes it.</summary>
    public VerifiedRead(Stream from, StoredItem item, string place, IProgress<long>? progress) =>
        (_from, _item, _place, _progress) = (from, item, place, progress);

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => _item.Length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _from.ReadAsync(buffer, cancellationToken);
        if (read > 0)
        {
            _digest.AppendData(buffer.Span[..read]);
            _position += read;
            if (_position > _item.Length)
                throw Lied($"expected {_item.Length} bytes, found more");
            _progress?.Report(_position);
        }
        else if (buffer.Length > 0 && !_isVerified)
        {
            if (_position != _item.Length)
                throw Lied($"expected {_item.Length} bytes, found {_position}");
            var found = Convert.ToHexStringLower(_digest.GetHashAndReset());
            if (found != _item.Sha256)
                throw Lied($"expected the SHA-256 {_item.Sha256}, found {found}");
            _isVerified = true;
        }

        return read;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _from.Dispose();
        _digest.Dispose();
        base.Dispose(disposing);
    }

    private CloudletException Lied(string found) =>
        new(
            ErrorKind.InvalidInput,
            $"{_place} sent other bytes for {_item.Key} than its record says: {found}. Nothing of it was kept; "
                + "delete it there and push it again"
        );
}
