using System.IO.Compression;
using System.IO.Pipelines;

namespace Cloudlet.Machine.Ssh;

/// <summary>Compresses another stream while it is read, with a constant buffer.</summary>
internal sealed class GzipReader : SequentialStream
{
    private readonly Stream _compressed;
    private readonly Task _work;

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

    public override int Read(byte[] buffer, int offset, int count) => _compressed.Read(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _compressed.ReadAsync(buffer, cancellationToken);

    /// <summary>Stops the compression and waits until <c>from</c> is no longer read.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _compressed.DisposeAsync();
        await _work;
        await base.DisposeAsync();
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
