using System.Net;
using System.Net.Http.Headers;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Fetch;

/// <summary>
/// A file on an HTTP server, read from front to back. A connection that breaks, or says nothing for too long, is taken up where it was (RFC 9110, range requests); the file must still be the same one. What the server sends
/// is not trusted: whoever reads checks it.
/// </summary>
internal sealed class ResumedStream : Stream
{
    private const int MostBreaks = 8; // in a row, without a byte between them

    private readonly HttpClient _client;
    private readonly Uri _url;
    private readonly TimeSpan _patience;
    private HttpResponseMessage? _answer;
    private Stream? _body;
    private EntityTagHeaderValue? _tag;
    private long? _length;
    private long _position;
    private int _breaks;

    /// <summary>Describes the file; nothing is asked yet.</summary>
    /// <param name="client">Asks, and belongs to the stream. It does not follow redirections from https to http.</param>
    /// <param name="url">Where it is.</param>
    /// <param name="patience">How long the server may say nothing.</param>
    public ResumedStream(HttpClient client, Uri url, TimeSpan patience) => (_client, _url, _patience) = (client, url, patience);

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <summary>Bytes, once the server has said so.</summary>
    public override long Length => _length ?? throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>The next bytes. Unreachable when the server does not send them in spite of several attempts; InvalidInput when it has no such file or another one by now.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(_patience);
            try
            {
                _body ??= await OpenAsync(limit.Token);
                var read = await _body.ReadAsync(buffer, limit.Token);
                if (read == 0 && buffer.Length > 0 && _position < _length)
                    throw new IOException($"the connection ended after {_position} of {_length} bytes");
                _position += read;
                _breaks = read > 0 ? 0 : _breaks;
                return read;
            }
            catch (Exception e) when (e is IOException or HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                Drop();
                if (++_breaks > MostBreaks)
                    throw new CloudletException(
                        ErrorKind.Unreachable, $"{_url} was asked {MostBreaks} times for what follows byte {_position}, the last time in vain: {(e is OperationCanceledException ? $"nothing came for {_patience.TotalSeconds:0.#} s" : e.Message)}.", e);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(5000, 50 << _breaks)), cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Drop();
        _client.Dispose();
        base.Dispose(disposing);
    }

    private void Drop()
    {
        _answer?.Dispose();
        (_answer, _body) = (null, null);
    }

    private async Task<Stream> OpenAsync(CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _url);
        if (_position > 0)
        {
            request.Headers.Range = new RangeHeaderValue(_position, null);
            if (_tag is { IsWeak: false })
                request.Headers.IfRange = new RangeConditionHeaderValue(_tag);
        }

        _answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        var range = _answer.Content.Headers.ContentRange;
        if (_answer.StatusCode is >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout)
            throw new IOException($"the server answered {(int)_answer.StatusCode} {_answer.ReasonPhrase}");
        if (_answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
            throw new CloudletException(ErrorKind.InvalidInput, $"{_url} can't be fetched: the server answered {(int)_answer.StatusCode} {_answer.ReasonPhrase}.");
        var isPart = _answer.StatusCode == HttpStatusCode.PartialContent;
        if (isPart && (range?.From != _position || (range.Length is null && _length is not null)))
            throw new CloudletException(ErrorKind.InvalidInput, $"{_url} can't be fetched: asked for what follows byte {_position}, the server sent '{range}'.");
        Recognize(isPart ? range!.Length : _answer.Content.Headers.ContentLength);
        var body = await _answer.Content.ReadAsStreamAsync(ct);
        if (!isPart)
            await SkipAsync(body, ct);
        return body;
    }

    /// <summary>The file must be the one that was begun with.</summary>
    private void Recognize(long? length)
    {
        var tag = _answer!.Headers.ETag;
        if (_position > 0 && (length != _length || !Equals(tag, _tag)))
            throw new CloudletException(ErrorKind.InvalidInput, $"{_url} changed while it was fetched. Start again.");
        (_length, _tag) = (length, tag);
    }

    /// <summary>A server that knows no ranges sends everything again.</summary>
    private async Task SkipAsync(Stream body, CancellationToken ct)
    {
        var scratch = new byte[1 << 16];
        for (var left = _position; left > 0;)
        {
            var read = await body.ReadAsync(scratch.AsMemory(0, (int)Math.Min(scratch.Length, left)), ct);
            if (read == 0)
                throw new IOException("the connection ended before the place that was reached already");
            left -= read;
        }
    }
}
