using System.IO.Compression;
using System.IO.Pipelines;

namespace Cloudlet.Machine.Ssh;

/// <summary>Compresses another stream while it is read, with a constant buffer.</summary>
internal sealed class GzipReader : Stream
{
    private readonly Stream _compressed;
    private readonly Task _work;
    private long _position;

    /// <summary>Starts the compression.</summary>
    /// <param name="from">Read to its end; the caller disposes it.</param>
    public GzipReader(Stream from)
    {
        var pipe = new Pipe(
            new PipeOptions(pauseWriterThreshold: 256 << 10, resumeWriterThreshold: 128 << 10, useSynchronizationContext: false)
        );
        _compressed = pipe.Reader.AsStream();
        _work = Task.Run(() => CompressAsync(from, pipe.Writer));
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Count(_compressed.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await _compressed.ReadAsync(buffer, cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Stops the compression and waits until <c>from</c> is no longer read.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _compressed.DisposeAsync();
        await _work;
        await base.DisposeAsync();
    }

    private int Count(int read)
    {
        _position += read;
        return read;
    }

    private static async Task CompressAsync(Stream from, PipeWriter to)
    {
        try
        {
            await using (var compressor = new GZipStream(to.AsStream(leaveOpen: true), CompressionLevel.Optimal))
                await from.CopyToAsync(compressor);
            await to.CompleteAsync();
        }
        // The reader throws any error.
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            await to.CompleteAsync(e);
        }
    }
}
