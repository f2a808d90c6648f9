using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Cloudlet.Stores.Glance;

/// <summary>Content of a request that is digested while it is sent. The stream stays open.</summary>
internal sealed class DigestedContent : HttpContent
{
    private readonly Stream _from;
    private readonly IncrementalHash _digest;
    private readonly IProgress<long>? _progress;

    /// <summary>The whole of a stream.</summary>
    public DigestedContent(Stream from, IncrementalHash digest, IProgress<long>? progress)
    {
        (_from, _digest, _progress) = (from, digest, progress);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _from.Position = 0; // a request may be repeated after a new login
        _digest.GetHashAndReset();
        var block = new byte[1 << 17];
        for (int read; (read = await _from.ReadAsync(block, cancellationToken)) > 0; _progress?.Report(_from.Position))
        {
            _digest.AppendData(block, 0, read);
            await stream.WriteAsync(block.AsMemory(0, read), cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _from.Length;
        return true;
    }
}
