using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.OpenStack;

/// <summary>A request without its secrets, for messages.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Url">Its URL.</param>
/// <param name="Service">Name of the service for people, e.g. <c>keystone</c>.</param>
internal sealed record CloudCall(HttpMethod Method, Uri Url, string Service)
{
    /// <summary>Texts that a service may repeat in its answer and that no message may have.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>True: sending it twice is the same as once.</summary>
    public bool CanRepeat { get; init; } = Method == HttpMethod.Get;

    /// <summary>How long it may take.</summary>
    public TimeSpan Limit { get; init; } = CloudHttp.UsualLimit;

    /// <inheritdoc/>
    public override string ToString() => $"{Service}: {Method} {Url.GetLeftPart(UriPartial.Query)}";
}

/// <summary>An answer, completely read.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Json">The body; undefined when it is empty or not JSON.</param>
/// <param name="Text">Beginning of a body that is not JSON.</param>
internal sealed record CloudAnswer(HttpStatusCode Status, JsonElement Json, string Text)
{
    /// <summary>Id under which the service's log has the request.</summary>
    public string? RequestId { get; init; }

    /// <summary>A new token.</summary>
    public string? SubjectToken { get; init; }

    /// <summary>Where a redirect leads.</summary>
    public Uri? Location { get; init; }

    /// <summary>True for 2xx.</summary>
    public bool IsSuccess => (int)Status is >= 200 and < 300;
}

/// <summary>
/// Sends requests to the services of OpenStack. Redirects are not followed, so that no token leaves the named server; answers, headers and
/// times are bounded.
/// </summary>
/// <param name="client">Sends the requests; must not follow redirects.</param>
public sealed class CloudHttp(HttpMessageInvoker client)
{
    /// <summary>Longest answer, in bytes. A thousand networks have 1 MB.</summary>
    public const int LongestAnswer = 16 << 20;

    /// <summary>Deepest nesting of an answer; services need less than ten.</summary>
    private const int Deepest = 32;
    private const int LongestText = 4096;
    private const int LongestHeaders = 64;
    private const int Attempts = 4;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    /// <summary>How long a request may take: Neutron hangs for more than 20 s when its database is away.</summary>
    internal static TimeSpan UsualLimit { get; } = TimeSpan.FromMinutes(1);

    /// <summary>Sends requests over the network.</summary>
    /// <param name="caFile">Absolute path of a PEM file with the certificates that may have issued those of the services; null: those of
    /// the system.</param>
    /// <exception cref="CloudletException">NotFound: the file cannot be used.</exception>
    public static CloudHttp Create(string? caFile)
    {
        var problem = ServerTrust.TryLoad(caFile, out var trusted);
        return problem is null
            ? new CloudHttp(
                new HttpClient(
                    new SocketsHttpHandler
                    {
                        AllowAutoRedirect = false,
                        UseCookies = false,
                        UseProxy = false,
                        // WSGI servers close a connection without saying so, and a request on such a one is lost.
                        PooledConnectionLifetime = TimeSpan.Zero,
                        ConnectTimeout = ConnectLimit,
                        MaxResponseHeadersLength = LongestHeaders,
                        SslOptions = ServerTrust.TlsOf(trusted),
                    }
                )
                {
                    Timeout = Timeout.InfiniteTimeSpan,
                }
            )
            : throw new CloudletException(ErrorKind.NotFound, $"{problem}; it is the `caFile` of the cloud");
    }

    /// <summary>Content of a request with JSON.</summary>
    internal static HttpContent ContentOf(JsonNode body, string mediaType = "application/json") =>
        new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue(mediaType));

    /// <summary>
    /// Sends one request and reads the whole answer, whatever its status. Small WSGI servers sometimes end a connection before their answer
    /// was read; that says nothing about the service, so what can be repeated is.
    /// </summary>
    /// <param name="call">The request, for messages.</param>
    /// <param name="make">Makes the request for each attempt.</param>
    /// <param name="ct">Cancels it.</param>
    /// <exception cref="CloudletException">Unreachable, Timeout: no whole answer. Unexpected: one that is too long.</exception>
    internal async Task<CloudAnswer> SendAsync(CloudCall call, Func<HttpRequestMessage> make, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var request = make();
                return await SendAsync(call, request, ct);
            }
            catch (CloudletException e) when (call.CanRepeat && attempt < Attempts && WasCutOff(e))
            {
                await Task.Delay(BetweenAttempts, ct);
            }
        }
    }

    /// <summary>Sends one request and leaves the body of a successful answer unread; the caller disposes it.</summary>
    /// <param name="call">The request, for messages.</param>
    /// <param name="make">Makes the request.</param>
    /// <param name="ct">Cancels it.</param>
    /// <returns>The answer with its body, or one that is not a success, completely read.</returns>
    /// <exception cref="CloudletException">As <see cref="SendAsync(CloudCall, Func{HttpRequestMessage}, CancellationToken)"/>.</exception>
    internal async Task<(HttpResponseMessage? Open, CloudAnswer? Read)> OpenAsync(
        CloudCall call,
        Func<HttpRequestMessage> make,
        CancellationToken ct
    )
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(ct);
        time.CancelAfter(call.Limit);
        try
        {
            using var request = make();
            var response = client is HttpClient http
                ? await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, time.Token)
                : await client.SendAsync(request, time.Token);
            if (response.IsSuccessStatusCode)
                return (response, null);
            using (response)
                return (null, await AnswerOfAsync(call, response, time.Token));
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw CloudErrors.Silent(call, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw CloudErrors.Unreachable(call, e);
        }
    }

    /// <summary>True for a connection that was accepted and ended before the answer.</summary>
    private static bool WasCutOff(CloudletException error) =>
        error.InnerException is IOException or HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded }
        || error.InnerException?.InnerException is IOException
        || error.InnerException?.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset };

    private async Task<CloudAnswer> SendAsync(CloudCall call, HttpRequestMessage request, CancellationToken ct)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(ct);
        time.CancelAfter(call.Limit); // real time, as the network's own
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        try
        {
            using var response = client is HttpClient http
                ? await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, time.Token)
                : await client.SendAsync(request, time.Token);
            return await AnswerOfAsync(call, response, time.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw CloudErrors.Silent(call, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw CloudErrors.Unreachable(call, e);
        }
    }

    private static async Task<CloudAnswer> AnswerOfAsync(CloudCall call, HttpResponseMessage response, CancellationToken ct)
    {
        var body = await ReadAsync(call, response, ct);
        var json = Parse(body);
        return new CloudAnswer(
            response.StatusCode,
            json,
            json.ValueKind == JsonValueKind.Undefined ? Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, LongestText)]) : ""
        )
        {
            RequestId = Header(response, "x-openstack-request-id") ?? Header(response, "x-compute-request-id"),
            SubjectToken = Header(response, "X-Subject-Token"),
            Location = response.Headers.Location,
        };
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(CloudCall call, HttpResponseMessage response, CancellationToken ct)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        using var body = new MemoryStream();
        var block = new byte[1 << 14];
        for (int read; (read = await stream.ReadAsync(block, ct)) > 0; body.Write(block, 0, read))
            if (body.Length + read > LongestAnswer)
                throw new CloudletException(ErrorKind.Unexpected, $"{call}: the answer exceeds {LongestAnswer >> 20} MiB; it was not read");
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
            return default;
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = Deepest });
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.First() : null;
}
