using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Cloudlet.Wire.Grpc;

/// <summary>Calls the methods of one peer over cleartext HTTP/2. One connection serves any number of calls at once.</summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly Uri _address;
    private readonly int _maxMessage;

    /// <summary>Creates a channel; it connects at the first call.</summary>
    /// <param name="address">Host and port, <c>127.0.0.1:4000</c>.</param>
    /// <param name="maxMessage">Largest message in either direction, in bytes.</param>
    /// <exception cref="FormatException"><paramref name="address"/> is not a host and port.</exception>
    public GrpcChannel(string address, int maxMessage = GrpcLimits.MaxMessage)
    {
        Address = address;
        _maxMessage = maxMessage;
        _address =
            Uri.TryCreate($"http://{address}/", UriKind.Absolute, out var uri) && uri.Port > 0 && uri.AbsolutePath == "/"
                ? uri
                : throw new FormatException($"\"{address}\" is not the address of a gRPC peer; expected HOST:PORT, such as 127.0.0.1:4000");
        _http = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                UseProxy = false, // the peer is on this machine; a proxy from the environment is for other machines
                UseCookies = false,
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
#pragma warning disable CA2262 // the unit is kilobytes, and the engine uses the same limit
                MaxResponseHeadersLength = GrpcLimits.MaxHeaders >> 10,
#pragma warning restore CA2262
                ConnectTimeout = TimeSpan.FromSeconds(10),
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                // Detects a frozen peer in the end. Go's servers close connections that are pinged more often than every five minutes.
                KeepAlivePingDelay = TimeSpan.FromMinutes(6),
                KeepAlivePingTimeout = TimeSpan.FromMinutes(1),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            }
        );
    }

    /// <summary>The peer's address, as given.</summary>
    public string Address { get; }

    /// <summary>Calls a method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="request">The request.</param>
    /// <param name="deadline">Time limit for the whole call; null: none.</param>
    /// <param name="ct">Cancels the call, and notifies the peer.</param>
    /// <exception cref="GrpcException">The call failed.</exception>
    public async Task<TResponse> CallAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method,
        TRequest request,
        TimeSpan? deadline = null,
        CancellationToken ct = default
    )
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (deadline is { } time)
            limit.CancelAfter(time);
        try
        {
            return await CallOnceAsync(method, Framing.Write(request, _maxMessage), deadline, limit.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new GrpcException(GrpcCode.DeadlineExceeded, $"{method} at {Address} did not answer within {deadline}", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new GrpcException(Broken(e), $"{method} at {Address}: {Innermost(e).Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<TResponse> CallOnceAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method,
        byte[] frame,
        TimeSpan? deadline,
        CancellationToken ct
    )
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using var message = Request(method.Path, frame, deadline);
        using var response = await _http.SendAsync(message, ct);
        if (StatusIn(response.Headers) is { } early) // a response of trailers alone
            return early.Code == GrpcCode.Ok ? throw Missing(method) : throw new GrpcException(early);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new GrpcException(
                Of(response.StatusCode),
                $"{method} at {Address} was answered with HTTP status {(int)response.StatusCode}: is this a gRPC peer?"
            );
        if (response.Content.Headers.ContentType?.MediaType?.StartsWith(StatusText.ContentType, StringComparison.Ordinal) != true)
            throw new GrpcException(
                GrpcCode.Unknown,
                $"{method} at {Address} was answered with content type \"{response.Content.Headers.ContentType}\": is this a gRPC peer?"
            );
        await using var body = await response.Content.ReadAsStreamAsync(ct);
        var answer = await Framing.ReadAsync(body, method.Responses, _maxMessage, ct);
        var status =
            StatusIn(response.TrailingHeaders)
            ?? throw new GrpcException(GrpcCode.Internal, $"{method} at {Address} ended without a status");
        return status.Code == GrpcCode.Ok ? answer ?? throw Missing(method) : throw new GrpcException(status);
    }

    private HttpRequestMessage Request(string path, byte[] frame, TimeSpan? deadline)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, new Uri(_address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(StatusText.ContentType);
        message.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (deadline is { } time)
            message.Headers.Add(StatusText.TimeoutHeader, StatusText.WriteTimeout(time));
        return message;
    }

    private static GrpcStatus? StatusIn(HttpResponseHeaders headers) =>
        Value(headers, StatusText.CodeTrailer) is { } code
            ? StatusText.Read(code, Value(headers, StatusText.MessageTrailer), Value(headers, StatusText.DetailsTrailer))
            : null;

    private static string? Value(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;

    private GrpcException Missing<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> => new(GrpcCode.Internal, $"{method} at {Address} succeeded without an answer");

    // gRPC's "HTTP to gRPC Status Code Mapping".
    private static GrpcCode Of(HttpStatusCode status) =>
        (int)status switch
        {
            400 => GrpcCode.Internal,
            401 => GrpcCode.Unauthenticated,
            403 => GrpcCode.PermissionDenied,
            404 => GrpcCode.Unimplemented,
            429 or 502 or 503 or 504 => GrpcCode.Unavailable,
            _ => GrpcCode.Unknown,
        };

    // The error code of a reset stream (RFC 9113, section 7) says what the peer meant; after any other error the peer is unavailable.
    private static GrpcCode Broken(Exception e)
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException { ErrorCode: var code })
            {
                return code switch
                {
                    8 => GrpcCode.Cancelled,
                    11 => GrpcCode.ResourceExhausted,
                    12 => GrpcCode.PermissionDenied,
                    1 or 2 or 3 or 4 or 6 or 9 => GrpcCode.Internal,
                    _ => GrpcCode.Unavailable,
                };
            }
        }

        return GrpcCode.Unavailable;
    }

    private static Exception Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return e;
    }
}
