using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Cloudlet.Errors;

namespace Cloudlet.OpenStack;

/// <summary>
/// The services of one cloud for one account. The token is held in memory and renewed before it ends, or when a service refuses it.
/// </summary>
/// <param name="login">The account and its project.</param>
/// <param name="password">Reads the password; called for each new token.</param>
/// <param name="http">Sends the requests.</param>
/// <param name="clock">Measures the age of the token.</param>
public sealed class CloudClient(CloudLogin login, Func<string> password, CloudHttp http, TimeProvider clock) : IDisposable
{
    private const int MostPages = 1000;
    private const int MostItems = 100_000;

    /// <summary>A token is not used this close to its end: a service may still check it a while later.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    /// <summary>Many resources ask one after the other; when Keystone is away, each would wait for it.</summary>
    private static readonly TimeSpan FailureLasts = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1);
    private (CloudToken Token, long Since)? _held;
    private (CloudletException Error, long Since)? _failed;

    /// <summary>The region whose services are used; null: any.</summary>
    public string? Region { get; init; }

    /// <summary>Id of the account's project.</summary>
    /// <exception cref="CloudletException">As <see cref="Keystone.LogInAsync"/>.</exception>
    public async Task<string> ProjectIdAsync(CancellationToken ct) =>
        (await TokenAsync(stale: null, ct)).ProjectId
        ?? throw new CloudletException(ErrorKind.Unexpected, $"keystone: the token of {login.User} names no project");

    /// <summary>True when the catalog has a service.</summary>
    /// <exception cref="CloudletException">As <see cref="Keystone.LogInAsync"/>.</exception>
    public async Task<bool> HasAsync(string service, CancellationToken ct) =>
        service == Keystone.Type || (await TokenAsync(stale: null, ct)).Find(service, Region) is not null;

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    /// <summary>Forgets the token, whose catalog is not current any more.</summary>
    public void Forget() => _held = null;

    /// <summary>True when a password of another account is right.</summary>
    /// <exception cref="CloudletException">As <see cref="Keystone.LogInAsync"/>, without PermissionDenied.</exception>
    public Task<bool> IsPasswordAsync(string user, string itsPassword, CancellationToken ct) =>
        Keystone.IsPasswordAsync(http, login with { User = user, Project = null }, itsPassword, ct);

    /// <summary>Sends a request.</summary>
    /// <returns>The answer; undefined when it has no content.</returns>
    /// <exception cref="CloudletException">As <see cref="Keystone.LogInAsync"/>; NotFound, AlreadyExists, Obstructed, InvalidInput, Busy,
    /// Unsupported: the service refused the request.</exception>
    public async Task<JsonElement> SendAsync(CloudRequest request, CancellationToken ct)
    {
        var (url, token) = await UrlOfAsync(request, ct);
        return await SendAsync(request, url, token, ct);
    }

    /// <summary>All objects of a collection, over all its pages.</summary>
    /// <param name="service">Type of the service.</param>
    /// <param name="path">Path of the collection, with filters.</param>
    /// <param name="key">Name of the list in the answer.</param>
    /// <param name="ct">Cancels the requests.</param>
    /// <exception cref="CloudletException">As <see cref="SendAsync(CloudRequest, CancellationToken)"/>.</exception>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(string service, string path, string key, CancellationToken ct)
    {
        var request = new CloudRequest(HttpMethod.Get, service, path);
        var (url, token) = await UrlOfAsync(request, ct);
        var items = new List<JsonElement>();
        var seen = new HashSet<Uri>();
        for (Uri? page = url; page is not null; )
        {
            var call = CallOf(request, page);
            if (!seen.Add(page) || seen.Count > MostPages || items.Count > MostItems)
                throw new CloudletException(
                    ErrorKind.Unexpected,
                    $"{call}: the list does not end after {seen.Count} pages and {items.Count} objects; it was not read further"
                );
            var answer = await SendAsync(request, page, token, ct);
            if (answer.Part(key).ValueKind != JsonValueKind.Array)
                throw CloudErrors.Strange(call, $"a list of {key}");
            items.AddRange(answer.Items(key));
            page = NextOf(answer, key, call);
        }

        return items;
    }

    /// <summary>
    /// Keystone, Glance, and Nova and Neutron each have another way to name the next page. It must be on the same server: a token is sent
    /// there.
    /// </summary>
    private static Uri? NextOf(JsonElement answer, string key, CloudCall call)
    {
        var next =
            answer.Text("next")
            ?? answer.Part("links").Text("next")
            ?? answer.Items($"{key}_links").FirstOrDefault(static l => l.Text("rel") == "next").Text("href");
        if (next is null)
            return null;
        if (!Uri.TryCreate(call.Url, next, out var url) || url.Scheme is not ("http" or "https"))
            throw CloudErrors.Strange(call, "a link to the next page");
        return url.GetLeftPart(UriPartial.Authority) == call.Url.GetLeftPart(UriPartial.Authority)
            ? url
            : throw new CloudletException(
                ErrorKind.Unexpected,
                $"{call}: the next page is on another server, {url.GetLeftPart(UriPartial.Authority)}; no token is sent there. Make the "
                    + "service name itself as the catalog does (oslo.middleware's enable_proxy_headers_parsing, public_endpoint)"
            );
    }

    private async Task<JsonElement> SendAsync(CloudRequest request, Uri url, CloudToken token, CancellationToken ct)
    {
        var (call, answer) = await OnceAsync(request, url, token, ct);
        if (answer.Status == HttpStatusCode.Unauthorized)
            (call, answer) = await OnceAsync(request, url, await TokenAsync(token, ct), ct);
        if (!answer.IsSuccess)
            throw CloudErrors.Refused(call, answer);
        return answer.Json.ValueKind != JsonValueKind.Undefined || answer.Text.Length == 0
            ? answer.Json
            : throw CloudErrors.Strange(call, "JSON");
    }

    /// <summary>Reads data, such as that of an image, without a limit of its length.</summary>
    /// <param name="request">The request.</param>
    /// <param name="from">Position of the first byte; a service without ranges sends all, as the status of the answer says.</param>
    /// <param name="ct">Cancels the request.</param>
    /// <returns>The answer with its unread body; the caller disposes it.</returns>
    /// <exception cref="CloudletException">As <see cref="SendAsync(CloudRequest, CancellationToken)"/>.</exception>
    public async Task<HttpResponseMessage> OpenAsync(CloudRequest request, long from, CancellationToken ct)
    {
        var (url, token) = await UrlOfAsync(request, ct);
        for (var isSecond = false; ; isSecond = true)
        {
            var call = CallOf(request, url) with { Secrets = [.. request.Secrets, token.Value] };
            var (open, answer) = await http.OpenAsync(call, () => Make(url, token), ct);
            if (open is not null)
                return open;
            if (answer!.Status != HttpStatusCode.Unauthorized || isSecond)
                throw CloudErrors.Refused(call, answer);
            token = await TokenAsync(token, ct);
        }

        HttpRequestMessage Make(Uri to, CloudToken with)
        {
            var message = new HttpRequestMessage(request.Method, to);
            message.Headers.Add("X-Auth-Token", with.Value);
            if (from > 0)
                message.Headers.Range = new RangeHeaderValue(from, null);
            return message;
        }
    }

    private async Task<(CloudCall Call, CloudAnswer Answer)> OnceAsync(
        CloudRequest request,
        Uri url,
        CloudToken token,
        CancellationToken ct
    )
    {
        var call = CallOf(request, url) with { Secrets = [.. request.Secrets, token.Value] };
        return (call, await http.SendAsync(call, Make, ct));

        HttpRequestMessage Make()
        {
            var message = new HttpRequestMessage(request.Method, call.Url);
            message.Headers.Add("X-Auth-Token", token.Value);
            if (ServiceTypes.VersionHeader(request.Service) is { } version)
                message.Headers.Add("OpenStack-API-Version", version);
            message.Content =
                request.Content is { } content ? content()
                : request.Body is { } body ? CloudHttp.ContentOf(body, request.MediaType)
                : null;
            return message;
        }
    }

    private static CloudCall CallOf(CloudRequest request, Uri url) =>
        new(request.Method, url, ServiceTypes.NameOf(request.Service)) { Limit = request.Limit };

    private async Task<(Uri Url, CloudToken Token)> UrlOfAsync(CloudRequest request, CancellationToken ct)
    {
        var token = await TokenAsync(stale: null, ct);
        var root = RootOf(request.Service, token);
        if (root is null)
        {
            // The service may have entered the catalog after the token was issued.
            token = await TokenAsync(token, ct);
            root =
                RootOf(request.Service, token)
                ?? throw new CloudletException(
                    ErrorKind.NotFound,
                    $"keystone's catalog at {login.Identity} has no service of type {request.Service}"
                        + $"{(Region is null ? "" : $" in the region {Region}")}; add it to `cloudServices`"
                );
        }

        return (new Uri(root + request.Path), token);
    }

    private string? RootOf(string service, CloudToken token) =>
        service == Keystone.Type ? login.Identity
        : token.Find(service, Region) is { } found ? ServiceTypes.WithVersion(service, found)
        : null;

    /// <summary>A valid token, another one than <paramref name="stale"/>.</summary>
    private async Task<CloudToken> TokenAsync(CloudToken? stale, CancellationToken ct)
    {
        await _gate.WaitAsync(ct);
        try
        {
            if (_held is { } held && held.Token != stale && clock.GetElapsedTime(held.Since) + Margin < held.Token.Lifetime)
                return held.Token;
            if (_failed is { } failed && clock.GetElapsedTime(failed.Since) < FailureLasts)
                throw new CloudletException(failed.Error.Kind, failed.Error.Message, failed.Error);
            return await NewTokenAsync(ct);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<CloudToken> NewTokenAsync(CancellationToken ct)
    {
        var asked = clock.GetTimestamp();
        (_held, _failed) = (null, null);
        try
        {
            var token = await Keystone.LogInAsync(http, login, password(), ct);
            _held = (token, asked);
            return token;
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.Unreachable or ErrorKind.Timeout)
        {
            _failed = (e, clock.GetTimestamp());
            throw;
        }
    }
}
