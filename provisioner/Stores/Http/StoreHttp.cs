using System.Net;
using System.Net.Http.Headers;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Stores.Http;

/// <summary>
/// Sends requests to stores. Redirects are followed only for reading, and a server that is not the named one never gets credentials.
/// </summary>
internal sealed class StoreHttp : IDisposable
{
    private const int MostRedirects = 5;
    private const int LongestAnswer = 16 << 20;
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    private readonly HttpClient _client;

    /// <summary>A client for one store.</summary>
    /// <param name="options">Where it may connect to, and how long it waits.</param>
    /// <param name="caVariable">Environment variable that names a file of trusted certificates (PEM); null: those of the system.</param>
    public StoreHttp(StoreOptions options, string? caVariable = null)
    {
        var caFile = caVariable is null ? null : options.Value(caVariable);
        if (ServerTrust.TryLoad(caFile, out var trusted) is { } problem)
            throw new CloudletException(ErrorKind.NotFound, $"{problem}; {caVariable} names it");
        Handler = new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.None,
            AllowAutoRedirect = false,
            ConnectTimeout = ConnectLimit,
            UseCookies = false,
            UseProxy = options.Policy is null, // through a proxy, its address would be checked and not the server's
            SslOptions = ServerTrust.TlsOf(trusted),
        };
        if (options.Policy is { } policy)
            Handler.ConnectCallback = policy.ConnectAsync;
        _client = new HttpClient(Handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        Patience = options.Patience;
    }

    /// <summary>How long a server may send nothing.</summary>
    public TimeSpan Patience { get; }

    /// <summary>What connects.</summary>
    public SocketsHttpHandler Handler { get; }

    /// <summary>Sends one request; the caller disposes the answer. Unreachable or Timeout when none comes.</summary>
    /// <param name="request">The request.</param>
    /// <param name="ct">Cancels it.</param>
    /// <param name="limit">How long until the answer begins; null: <see cref="Patience"/>.</param>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct, TimeSpan? limit = null)
    {
        var (what, wait) = ($"{request.Method} {Shown(request.RequestUri!)}", limit ?? Patience);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(ct);
        time.CancelAfter(wait);
        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, time.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new CloudletException(ErrorKind.Timeout, $"{what}: no answer in {wait.TotalSeconds:0.#} s", e);
        }
        catch (HttpRequestException e) when (e.InnerException is CloudletException refused)
        {
            throw new CloudletException(refused.Kind, $"{what}: {refused.Message}", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new CloudletException(ErrorKind.Unreachable, $"{what}: {ConnectionErrors.Found(e)}", e);
        }
        catch (NotSupportedException e)
        {
            throw new CloudletException(ErrorKind.InvalidInput, $"{what}: only http and https can be used", e);
        }
    }

    /// <summary>
    /// Reads a URL, also behind redirects. A redirect from https to http is refused; credentials stay with the server of the first URL.
    /// </summary>
    /// <param name="url">The URL.</param>
    /// <param name="prepare">Adds headers; the flag says whether the request goes to the first server, and may have credentials.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<HttpResponseMessage> GetAsync(Uri url, Action<HttpRequestMessage, bool>? prepare, CancellationToken ct)
    {
        var at = url;
        for (var i = 0; i <= MostRedirects; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, at);
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
            prepare?.Invoke(request, IsSame(url, at));
            var answer = await SendAsync(request, ct);
            if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308))
                return answer;
            using (answer)
                at = Behind(url, at, answer.Headers.Location);
        }

        throw new CloudletException(ErrorKind.InvalidInput, $"GET {Shown(url)}: the server redirects more than {MostRedirects} times");
    }

    /// <summary>
    /// The body of an answer from a position on. A server without ranges sends everything: what was asked to be left out is skipped.
    /// </summary>
    public static async Task<Stream> BodyFromAsync(HttpResponseMessage answer, long from, CancellationToken ct)
    {
        var what = Shown(answer.RequestMessage!.RequestUri!);
        if (answer.Content.Headers.ContentEncoding.FirstOrDefault(static e => e != "identity") is { } encoding)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{what}: the server sent it with Content-Encoding {encoding}, expected identity; switch that off for this file"
            );
        var body = await answer.Content.ReadAsStreamAsync(ct);
        if (answer.StatusCode == HttpStatusCode.PartialContent)
            return answer.Content.Headers.ContentRange?.From == from
                ? body
                : throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"{what}: expected the range from byte {from} on, found '{answer.Content.Headers.ContentRange}'"
                );
        var scratch = new byte[1 << 16];
        for (var left = from; left > 0; )
        {
            var read = await body.ReadAsync(scratch.AsMemory(0, (int)Math.Min(scratch.Length, left)), ct);
            if (read == 0)
                throw new IOException("the connection ended before the position that was reached before");
            left -= read;
        }

        return body;
    }

    /// <summary>A small answer, completely read.</summary>
    public async Task<byte[]> BytesAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        var what = Shown(answer.RequestMessage!.RequestUri!);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(ct);
        time.CancelAfter(Patience);
        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(time.Token);
            using var body = new MemoryStream();
            var block = new byte[1 << 14];
            for (int read; (read = await stream.ReadAsync(block, time.Token)) > 0; body.Write(block, 0, read))
                if (body.Length + read > LongestAnswer)
                    throw new CloudletException(ErrorKind.InvalidInput, $"{what}: the answer exceeds {LongestAnswer >> 20} MiB");
            return body.ToArray();
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new CloudletException(ErrorKind.Timeout, $"{what}: the answer did not end in {Patience.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new CloudletException(ErrorKind.Unreachable, $"{what}: {ConnectionErrors.Found(e)}", e);
        }
    }

    /// <summary>An answer that is not a success, as an error.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="about">What was asked for, and what to do when it was refused.</param>
    public static CloudletException Refused(HttpResponseMessage answer, string about)
    {
        var kind = (int)answer.StatusCode switch
        {
            401 or 403 => ErrorKind.PermissionDenied,
            404 or 410 => ErrorKind.NotFound,
            405 or 501 => ErrorKind.Unsupported,
            408 or 429 => ErrorKind.Busy,
            413 or 507 => ErrorKind.NoSpace,
            >= 500 => ErrorKind.Unreachable,
            _ => ErrorKind.InvalidInput,
        };
        var request = answer.RequestMessage!;
        return new CloudletException(
            kind,
            $"{request.Method} {Shown(request.RequestUri!)}: the server answered {(int)answer.StatusCode}: {about}"
        );
    }

    /// <summary>A URL without its query, which may hold a signature.</summary>
    public static string Shown(Uri url) => url.GetLeftPart(UriPartial.Path);

    /// <summary>True when two URLs have the same scheme, host and port.</summary>
    public static bool IsSame(Uri one, Uri other) => one.GetLeftPart(UriPartial.Authority) == other.GetLeftPart(UriPartial.Authority);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static Uri Behind(Uri first, Uri from, Uri? location)
    {
        var to = location is null ? null : new Uri(from, location);
        var isAllowed = to is { Scheme: "http" or "https" } && !(from.Scheme == "https" && to.Scheme == "http");
        return isAllowed
            ? to!
            : throw new CloudletException(
                ErrorKind.InvalidInput,
                $"GET {Shown(first)}: the server redirects to {(to is null ? "nowhere" : $"'{Shown(to)}'")}; only http and https are "
                    + "followed, and http only from http"
            );
    }
}
