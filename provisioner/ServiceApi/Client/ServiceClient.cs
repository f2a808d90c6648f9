using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.ServiceApi.Client;

/// <summary>A client of one cloudlet service.</summary>
public sealed class ServiceClient : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>Describes the service; connects with the first request.</summary>
    public ServiceClient(ServiceLogin login)
    {
        Login = login;
        _http = new HttpClient(HandlerOf(login)) { BaseAddress = login.Url, Timeout = Timeout.InfiniteTimeSpan };
        if (login.Token is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", login.Token);
    }

    /// <summary>Which service this is.</summary>
    public ServiceLogin Login { get; }

    /// <summary>Sends requests of single features.</summary>
    internal HttpClient Http => _http;

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Gets a resource.</summary>
    /// <exception cref="CloudletException">What the service refuses it with; Unreachable without an answer.</exception>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), ct);
        return await ReadAsync(answer, type, ct);
    }

    /// <summary>Gets all pages of a list.</summary>
    /// <exception cref="CloudletException">As <see cref="GetAsync"/>.</exception>
    public async Task<IReadOnlyList<T>> ListAsync<T>(string path, JsonTypeInfo<Page<T>> type, CancellationToken ct)
    {
        var items = new List<T>();
        for (string? next = path; next is not null; )
        {
            var page = await GetAsync(next, type, ct);
            items.AddRange(page.Items);
            next = page.Items.Count > 0 && page.Next is ['/', not '/', ..] ? page.Next : null;
        }

        return items;
    }

    /// <summary>
    /// Sends a request with a body, and reads the answer. It is sent again when its answer was lost: it has a key of its own.
    /// </summary>
    /// <exception cref="CloudletException">As <see cref="GetAsync"/>.</exception>
    public async Task<TAnswer> PostAsync<TBody, TAnswer>(
        string path,
        TBody body,
        JsonTypeInfo<TBody> bodyType,
        JsonTypeInfo<TAnswer> type,
        CancellationToken ct
    )
    {
        var key = Guid.NewGuid().ToString("n");
        using var answer = await SendAsync(
            () =>
                new HttpRequestMessage(HttpMethod.Post, path)
                {
                    Content = JsonContent.Create(body, bodyType),
                    Headers = { { "Idempotency-Key", key } },
                },
            ct
        );
        return await ReadAsync(answer, type, ct);
    }

    /// <summary>Sends a request without a body that is answered with a resource.</summary>
    /// <exception cref="CloudletException">As <see cref="GetAsync"/>.</exception>
    public async Task<T> CallAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using var answer = await SendAsync(() => new HttpRequestMessage(method, path), ct);
        return await ReadAsync(answer, type, ct);
    }

    /// <summary>Removes a resource at once.</summary>
    /// <exception cref="CloudletException">As <see cref="GetAsync"/>.</exception>
    public async Task DeleteAsync(string path, CancellationToken ct)
    {
        using var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, path), ct);
    }

    /// <summary>Sends a request, again after a short while when the connection failed or the service asks for it.</summary>
    internal async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken ct)
    {
        const int Attempts = 4;
        for (var attempt = 1; ; attempt++)
        {
            HttpResponseMessage answer;
            try
            {
                using var request = make();
                answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            }
            catch (HttpRequestException e) when (attempt < Attempts && IsTransient(e))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), ct);
                continue;
            }
            catch (HttpRequestException e)
            {
                throw Unreachable(e);
            }

            if (answer.IsSuccessStatusCode)
                return answer;
            using (answer)
            {
                if (answer.StatusCode == HttpStatusCode.TooManyRequests && attempt < Attempts)
                {
                    await Task.Delay(answer.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), ct);
                    continue;
                }

                throw await ServiceException.OfAsync(answer, ct);
            }
        }
    }

    private CloudletException Unreachable(HttpRequestException e) =>
        new(
            ErrorKind.Unreachable,
            $"the service at {Login.Address} can't be reached: {ConnectionErrors.Found(e)}. Check that it runs (systemctl status "
                + "cloudlet-service) and that the address is right"
                + (
                    e.HttpRequestError == HttpRequestError.SecureConnectionError
                        ? "; 'cloudlet login' sets which certificate is trusted"
                        : ""
                ),
            e
        );

    private static bool IsTransient(HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.ResponseEnded || e.InnerException is IOException;

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken ct)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync(type, ct) ?? throw new JsonException("expected an object, found null");
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw new CloudletException(ErrorKind.Unexpected, $"the answer of the service can't be read: {e.Message}", e);
        }
    }

    private static SocketsHttpHandler HandlerOf(ServiceLogin login)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        };
        if (login.SocketPath is { } path)
            handler.ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        else if (login.Authority is { } pem)
        {
            var trusted = new System.Security.Cryptography.X509Certificates.X509Certificate2Collection();
            trusted.ImportFromPem(pem);
            handler.SslOptions = ServerTrust.TlsOf(trusted);
        }

        return handler;
    }
}
