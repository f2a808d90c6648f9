using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Stores.Http;

/// <summary>
/// Content of a known length, read from front to back over connections that may break or stall: the rest is asked for again from the
/// position that was reached.
/// </summary>
/// <param name="open">Opens the content at a position.</param>
/// <param name="from">Position of the first byte.</param>
/// <param name="length">Length of the whole content.</param>
/// <param name="what">The content and its place, for messages.</param>
/// <param name="patience">How long the server may send nothing; in three times as long it has to send 16 KiB.</param>
internal sealed class ResumedRead(Func<long, CancellationToken, Task<Stream>> open, long from, long length, string what, TimeSpan patience)
    : Stream
{
    private const int MostBreaks = 8; // in a row, without a byte between them
    private const long LeastBytes = 16 << 10;

    private Stream? _body;
    private long _position = from;
    private int _breaks;
    private TimeSpan _waited;
    private long _came;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var watch = Stopwatch.StartNew();
        while (_position < length && buffer.Length > 0)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(patience);
            try
            {
                _body ??= await open(_position, limit.Token);
                var read = await _body.ReadAsync(buffer, limit.Token);
                if (read == 0)
                    throw new IOException($"the content ended after {_position} of {length} bytes");
                (_position, _breaks) = (_position + read, 0);
                RequireRate(watch.Elapsed, read);
                return read;
            }
            catch (Exception e) when (CanResume(e, cancellationToken))
            {
                _body?.Dispose();
                _body = null;
                if (++_breaks > MostBreaks)
                    throw new CloudletException(
                        ErrorKind.Unreachable,
                        $"{what} can't be read from byte {_position} on: {MostBreaks} attempts failed, the last because of this: {Said(e)}",
                        e
                    );
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(5000, 50 << _breaks)), cancellationToken);
            }
        }

        return 0;
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
        _body?.Dispose();
        base.Dispose(disposing);
    }

    private static bool CanResume(Exception error, CancellationToken ct) =>
        error is IOException or HttpRequestException or CloudletException { CanRetry: true }
        || (error is OperationCanceledException && !ct.IsCancellationRequested);

    private string Said(Exception error) =>
        error switch
        {
            OperationCanceledException => $"no answer in {patience.TotalSeconds:0.#} s",
            CloudletException or IOException { InnerException: null } => error.Message,
            _ => ConnectionErrors.Found(error),
        };

    /// <summary>A limit for servers that send single bytes. The time between two reads does not count.</summary>
    private void RequireRate(TimeSpan waited, long came)
    {
        var window = 3 * patience;
        (_waited, _came) = (_waited + waited, _came + came);
        if (_waited < window)
            return;
        if (_came < LeastBytes)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{what} comes too slowly: {_came} bytes in {_waited.TotalSeconds:0} s of waiting, expected at least {LeastBytes} in "
                    + $"{window.TotalSeconds:0.#} s. Try again later"
            );
        (_waited, _came) = (TimeSpan.Zero, 0);
    }
}
