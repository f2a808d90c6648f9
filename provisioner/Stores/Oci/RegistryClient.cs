using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Stores.Http;

namespace Cloudlet.Stores.Oci;

/// <summary>
/// Sends requests to a registry (OCI distribution 1.1) and logs in when it asks for that. Tokens and passwords go to the registry, and to
/// the service of tokens that it names, and to no other server.
/// </summary>
internal sealed class RegistryClient : IDisposable
{
    private static readonly TimeSpan SendLimit = TimeSpan.FromMinutes(10); // for one chunk
    private readonly StoreHttp _http;
    private readonly StoreOptions _options;
    private readonly RegistryAccount? _account;
    private AuthenticationHeaderValue? _authorization;

    /// <summary>Connects nothing yet.</summary>
    /// <param name="registry">Scheme, host and port.</param>
    /// <param name="repository">Name of the repository.</param>
    /// <param name="options">The account is in files that its environment names.</param>
    public RegistryClient(Uri registry, string repository, StoreOptions options)
    {
        (_options, _http) = (options, new StoreHttp(options));
        _account = RegistryAccount.Find(registry.Authority, options);
        Root = new Uri(registry, $"/v2/{repository}/");
    }

    /// <summary>URL of the repository, with a slash at its end.</summary>
    public Uri Root { get; }

    /// <summary>Sends a request; the caller disposes the answer, whose status may be anything but 401.</summary>
    /// <param name="url">Its URL, or a path below the repository.</param>
    /// <param name="make">Makes it; called again after a login.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<HttpResponseMessage> SendAsync(string url, Func<Uri, HttpRequestMessage> make, CancellationToken ct)
    {
        var at = new Uri(Root, url);
        for (var tries = 1; ; tries++)
        {
            using var request = make(at);
            Authorize(request);
            var answer = await _http.SendAsync(request, ct, request.Content is null ? null : SendLimit);
            if (answer.StatusCode != HttpStatusCode.Unauthorized)
                return answer;
            using (answer)
                await LogInAsync(answer, tries > 1, ct);
        }
    }

    /// <summary>Reads a URL, also behind a redirect to the storage of the registry, which gets no credentials.</summary>
    public async Task<HttpResponseMessage> GetAsync(string url, Action<HttpRequestMessage>? prepare, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            var answer = await _http.GetAsync(
                new Uri(Root, url),
                (request, isFirst) =>
                {
                    prepare?.Invoke(request);
                    if (isFirst)
                        Authorize(request);
                },
                ct
            );
            if (answer.StatusCode != HttpStatusCode.Unauthorized || !StoreHttp.IsSame(answer.RequestMessage!.RequestUri!, Root))
                return answer;
            using (answer)
                await LogInAsync(answer, tries > 1, ct);
        }
    }

    /// <summary>A small answer, completely read.</summary>
    public Task<byte[]> BytesAsync(HttpResponseMessage answer, CancellationToken ct) => _http.BytesAsync(answer, ct);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private void Authorize(HttpRequestMessage request)
    {
        if (StoreHttp.IsSame(request.RequestUri!, Root))
            request.Headers.Authorization = _authorization;
    }

    private async Task LogInAsync(HttpResponseMessage answer, bool isSecond, CancellationToken ct)
    {
        var challenge = StoreHttp.IsSame(answer.RequestMessage!.RequestUri!, Root) ? RegistryChallenge.Find(answer) : null;
        if (challenge is null || isSecond || (challenge.Realm is null && _account is null))
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                _account is null
                    ? $"{Root.Authority} asks for an account: log in with 'docker login', 'podman login' or 'oras login', or name their "
                        + "file in REGISTRY_AUTH_FILE"
                    : $"{Root.Authority} refuses the account, or it has no right to {Root.AbsolutePath[4..^1]}: log in again"
            );
        _authorization = challenge.Realm is null
            ? new AuthenticationHeaderValue("Basic", _account!.Basic)
            : new AuthenticationHeaderValue("Bearer", await TokenAsync(challenge, ct));
    }

    private async Task<string> TokenAsync(RegistryChallenge challenge, CancellationToken ct)
    {
        var url = challenge.TokenUrl();
        if (url.Scheme != "https" && !url.IsLoopback && !_options.AllowsPlainHttp)
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                $"{Root.Authority} wants a login at {url.GetLeftPart(UriPartial.Authority)}, without TLS: the password is not sent there"
            );
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (_account is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", _account.Basic);
        using var answer = await _http.SendAsync(request, ct);
        if (answer.StatusCode != HttpStatusCode.OK)
            throw StoreHttp.Refused(
                answer,
                $"it gives no token for {Root.Authority}: log in again, or ask for the right to the repository"
            );
        try
        {
            var token = JsonSerializer.Deserialize(await _http.BytesAsync(answer, ct), OciJson.Default.RegistryToken);
            if ((token?.Token ?? token?.AccessToken) is { Length: > 0 } value && value.All(static c => c is > ' ' and < (char)127))
                return value;
        }
        catch (JsonException)
        {
            // The same error as for JSON without a token.
        }

        throw new CloudletException(ErrorKind.InvalidInput, $"{StoreHttp.Shown(url)}: expected JSON with a token, found something else");
    }
}
