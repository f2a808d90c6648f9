using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Fetch;

/// <summary>
/// A file on an HTTP server, read from front to back. A connection that breaks or stalls is resumed at the same position (RFC 9110, range
/// requests), if the file is still the same. The content is not trusted: the reader has to verify it.
/// </summary>
internal sealed class ResumedStream : Stream
{
    private const int MostBreaks = 8; // in a row, without a byte between them
    private const int MostRedirections = 5;
    private const long LeastBytes = 16 << 10; // in three times the patience: a limit for servers that send single bytes

    private readonly HttpClient _client;
    private readonly Uri _url;
    private readonly TimeSpan _patience;
    private HttpResponseMessage? _answer;
    private Stream? _body;
    private EntityTagHeaderValue? _tag;
    private DateTimeOffset? _modified;
    private long? _length;
    private long _position;
    private int _breaks;
    private TimeSpan _waited;
    private long _came;

    /// <summary>Describes the file; sends no request yet.</summary>
    /// <param name="client">Sends the requests; the stream disposes it. It must not follow redirects or decompress.</param>
    /// <param name="url">URL of the file.</param>
    /// <param name="patience">How long the server may send nothing.</param>
    public ResumedStream(HttpClient client, Uri url, TimeSpan patience) => (_client, _url, _patience) = (client, url, patience);

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <summary>Length in bytes, once the server has reported it.</summary>
    public override long Length => _length ?? throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// The next bytes. Unreachable when the server does not send them after several attempts, or sends too slowly; InvalidInput when the
    /// file does not exist or has changed, or a redirect does not lead to http(s).
    /// </summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(_patience);
            try
            {
                _body ??= await OpenAsync(limit);
                var read = await _body.ReadAsync(buffer, limit.Token);
                if (read == 0 && buffer.Length > 0 && _position < _length)
                    throw new IOException($"the connection ended after {_position} of {_length} bytes");
                _position += read;
                _breaks = read > 0 ? 0 : _breaks;
                if (read > 0)
                    RequireRate(watch.Elapsed, read);
                return read;
            }
            catch (Exception e) when (e is NotSupportedException or FormatException)
            {
                // HttpClient accepts a redirect to any scheme and fails only when it connects.
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"{_url} can't be fetched: the server redirects to a URL that is neither http nor https ({e.Message})",
                    e
                );
            }
            catch (HttpRequestException e) when (e.InnerException is CloudletException refused)
            {
                throw new CloudletException(refused.Kind, $"{_url} can't be fetched: {refused.Message}", e);
            }
            catch (Exception e)
                when (e is IOException or HttpRequestException
                    || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                )
            {
                Drop();
                if (++_breaks > MostBreaks)
                    throw new CloudletException(
                        ErrorKind.Unreachable,
                        $"{_url} can't be fetched from byte {_position} on: {MostBreaks} attempts failed, the last because "
                            + $"{(e is OperationCanceledException ? $"no answer in {_patience.TotalSeconds:0.#} s" : e.Message)}.",
                        e
                    );
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(5000, 50 << _breaks)), cancellationToken);
            }
        }
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
        Drop();
        _client.Dispose();
        base.Dispose(disposing);
    }

    private void Drop()
    {
        _answer?.Dispose();
        (_answer, _body) = (null, null);
    }

    /// <summary>Counts only the time spent waiting for the server, not the time between two reads.</summary>
    private void RequireRate(TimeSpan waited, long came)
    {
        var window = 3 * _patience;
        (_waited, _came) = (_waited + waited, _came + came);
        if (_waited < window)
            return;
        if (_came < LeastBytes)
            throw new CloudletException(
                ErrorKind.Unreachable,
                $"{_url} is too slow: {_came} bytes came in {_waited.TotalSeconds:0} s of waiting, and at least {LeastBytes} in "
                    + $"{window.TotalSeconds:0.#} s are expected. Try again later, "
                    + "or fetch the file by other means."
            );
        (_waited, _came) = (TimeSpan.Zero, 0);
    }

    private async Task<Stream> OpenAsync(CancellationTokenSource limit)
    {
        var ct = limit.Token;
        _answer = await AskAsync(ct);
        var range = _answer.Content.Headers.ContentRange;
        if (_answer.StatusCode is >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout)
            throw new IOException($"the server answered {(int)_answer.StatusCode} {_answer.ReasonPhrase}");
        if (_position > 0 && _answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && range?.Length == _position)
        {
            _length = _position; // a chunked answer broke off after all of the file had come
            return Stream.Null;
        }

        if (_answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{_url} can't be fetched: the server answered {(int)_answer.StatusCode} {_answer.ReasonPhrase}."
            );
        if (
            _answer.Content.Headers.ContentEncoding.FirstOrDefault(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase)) is
            { } encoding
        )
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{_url} can't be fetched: the server sent it with Content-Encoding {encoding}; expected identity. "
                    + "Switch that off for this file, or fetch it by other means."
            );
        var isPart = _answer.StatusCode == HttpStatusCode.PartialContent;
        if (isPart && range?.From != _position)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{_url} can't be fetched: expected the range from byte {_position} on, found '{range}'."
            );
        Recognize(isPart ? range!.Length : _answer.Content.Headers.ContentLength);
        var body = await _answer.Content.ReadAsStreamAsync(ct);
        if (!isPart)
            await SkipAsync(body, limit);
        return body;
    }

    /// <summary>
    /// Requests the file from the position on, and follows redirects. A redirect from https to http, or to another scheme, is refused.
    /// </summary>
    private async Task<HttpResponseMessage> AskAsync(CancellationToken ct)
    {
        var url = _url;
        for (var i = 0; i <= MostRedirections; i++)
        {
            using var request = Request(url);
            var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308))
                return answer;
            using (answer)
                url = Behind(url, answer.Headers.Location);
        }

        throw new CloudletException(
            ErrorKind.InvalidInput,
            $"{_url} can't be fetched: the server redirects more than {MostRedirections} times."
        );
    }

    private Uri Behind(Uri from, Uri? location)
    {
        var to = location is null ? null : new Uri(from, location);
        var isAllowed = to is not null && to.Scheme is "http" or "https" && !(from.Scheme == "https" && to.Scheme == "http");
        return isAllowed
            ? to!
            : throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{_url} can't be fetched: the server redirects to {(to is null ? "nowhere" : $"'{to}'")}, and only http and https "
                    + "are followed, and http only from http."
            );
    }

    private HttpRequestMessage Request(Uri url)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (_position == 0)
            return request;
        request.Headers.Range = new RangeHeaderValue(_position, null);
        if (_tag is { IsWeak: false })
            request.Headers.IfRange = new RangeConditionHeaderValue(_tag);
        return request;
    }

    /// <summary>Requires the file to be the one of the first answer, as far as both answers tell: a chunked one has no length.</summary>
    private void Recognize(long? length)
    {
        var (tag, modified) = (_answer!.Headers.ETag, _answer.Content.Headers.LastModified);
        var isOther =
            (length is not null && _length is not null && length != _length)
            || !Equals(tag, _tag)
            || (tag is null && modified != _modified);
        if (_position > 0 && isOther)
            throw new CloudletException(ErrorKind.InvalidInput, $"{_url} changed while it was fetched. Start again.");
        (_length, _tag, _modified) = (length ?? _length, tag, modified);
    }

    /// <summary>Skips what was read already: a server without ranges sends everything again.</summary>
    private async Task SkipAsync(Stream body, CancellationTokenSource limit)
    {
        var scratch = new byte[1 << 16];
        for (var left = _position; left > 0; )
        {
            var read = await body.ReadAsync(scratch.AsMemory(0, (int)Math.Min(scratch.Length, left)), limit.Token);
            if (read == 0)
                throw new IOException("the connection ended before the position that was reached before");
            left -= read;
            _came += read;
            limit.CancelAfter(_patience); // the server is sending
        }
    }
}
