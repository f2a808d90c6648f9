using System.Globalization;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Collect;

/// <summary>The answers of Nova, Placement and Neutron.</summary>
/// <param name="maker">Makes the exhibits.</param>
/// <param name="redaction">Removes the secrets.</param>
/// <param name="client">Sends the requests; follows no redirects and has a timeout.</param>
/// <param name="clock">The host's clock, which is compared with the API's.</param>
internal sealed class ApiEvidence(ExhibitMaker maker, Redaction redaction, HttpClient client, TimeProvider clock)
{
    /// <summary>Longest answer, in bytes; these services send nothing longer.</summary>
    public const int LongestAnswer = 4 * BundleLimits.Text;

    private const int MostProviders = 64;
    private const int Attempts = 5;

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(100);

    /// <summary>Collects everything that the services report about a host and a server.</summary>
    /// <param name="logIn">Logs in and returns where the services are.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="cloud">Looks at the endpoints of the catalog.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<Exhibit>> CollectAsync(
        Func<Task<CloudAccess>> logIn,
        EvidenceRequest request,
        CloudEvidence cloud,
        CancellationToken ct
    )
    {
        CloudAccess access;
        try
        {
            access = await logIn();
        }
        catch (CloudletException e)
        {
            // Each exhibit records why it is missing: every explanation lists what could not be seen.
            string[] needed = [ExhibitIds.Services, ExhibitIds.Hypervisors, ExhibitIds.Providers, ExhibitIds.Clock, ExhibitIds.Agents];
            return await Task.WhenAll(needed.Select(id => maker.TryAsync(id, "log in", _ => Task.FromException<Exhibit>(e))));
        }

        List<Exhibit> exhibits = [await ClockAsync(access, ct)];
        exhibits.Add(await NovaAsync(access, ExhibitIds.Services, "/os-services", ct));
        exhibits.Add(await NovaAsync(access, ExhibitIds.Hypervisors, "/os-hypervisors/detail", ct));
        exhibits.AddRange(await ServerAsync(access, request.Server, ct));
        exhibits.Add(await cloud.MappedHostsAsync(ct));
        exhibits.AddRange(await PlacementAsync(access, ct));
        exhibits.Add(await AgentsAsync(access, ct));
        if (access.Catalog.Count > 0)
        {
            exhibits.AddRange(await cloud.EndpointsAsync(access.Catalog, ct));
            var server = exhibits.FirstOrDefault(e => e.Id.StartsWith(ExhibitIds.Server(""), StringComparison.Ordinal));
            exhibits.AddRange(await new AskedEvidence(this, access).CollectAsync(request, server, ct));
        }

        return exhibits;
    }

    private async Task<Exhibit> ClockAsync(CloudAccess access, CancellationToken ct) =>
        await maker.TextAsync(
            ExhibitIds.Clock,
            $"HEAD {access.Compute}",
            async () =>
            {
                var before = clock.GetUtcNow();
                using var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Head, access.Compute), access.Compute, ct);
                var after = clock.GetUtcNow();
                var date = answer.Headers.Date ?? throw new CloudletException(ErrorKind.Unsupported, "the API's answer has no Date header");
                return string.Create(CultureInfo.InvariantCulture, $"before {before:O}\ndate {date:r}\nafter {after:O}\n");
            }
        );

    private async Task<IReadOnlyList<Exhibit>> ServerAsync(CloudAccess access, string? server, CancellationToken ct)
    {
        if (server is null)
        {
            // Nova sorts its lists, newest first.
            var failed = await NovaAsync(access, "api:servers", "/servers?status=ERROR&limit=1&all_tenants=true", ct);
            server = Values(failed, "servers").Select(s => Text(s, "id")).FirstOrDefault(id => id is not null);
            if (server is null)
                return failed.IsAnswer ? [] : [failed];
        }

        var shown = await NovaAsync(
            access,
            ExhibitIds.Server(server),
            $"/servers/{Uri.EscapeDataString(server)}",
            ct,
            ExhibitCatalog.ServerVersion
        );
        return Inner(shown, "server", "flavor", "id") is { } flavor
            ? [shown, await NovaAsync(access, ExhibitIds.Flavor(flavor), $"/flavors/{Uri.EscapeDataString(flavor)}", ct)]
            : [shown];
    }

    private async Task<IReadOnlyList<Exhibit>> PlacementAsync(CloudAccess access, CancellationToken ct)
    {
        var providers = await AskAsync(
            ExhibitIds.Providers,
            new Uri($"{access.Placement.ToString().TrimEnd('/')}/resource_providers"),
            access,
            ("OpenStack-API-Version", $"placement {ExhibitCatalog.PlacementVersion}"),
            ct
        );
        List<Exhibit> exhibits = [providers];
        foreach (var id in Values(providers, "resource_providers").Select(p => Text(p, "uuid")).OfType<string>().Take(MostProviders))
        foreach (
            var (exhibit, part) in new[]
            {
                (ExhibitIds.Inventories(id), "inventories"),
                (ExhibitIds.Usages(id), "usages"),
                (ExhibitIds.Traits(id), "traits"),
            }
        )
            exhibits.Add(
                await AskAsync(
                    exhibit,
                    new Uri($"{access.Placement.ToString().TrimEnd('/')}/resource_providers/{Uri.EscapeDataString(id)}/{part}"),
                    access,
                    ("OpenStack-API-Version", $"placement {ExhibitCatalog.PlacementVersion}"),
                    ct
                )
            );
        return exhibits;
    }

    private Task<Exhibit> AgentsAsync(CloudAccess access, CancellationToken ct) =>
        access.Network is { } network
            ? AskAsync(
                ExhibitIds.Agents,
                new Uri($"{network.ToString().TrimEnd('/').Replace("/v2.0", "", StringComparison.Ordinal)}/v2.0/agents"),
                access,
                header: null,
                ct
            )
            : maker.TryAsync(
                ExhibitIds.Agents,
                "GET neutron /v2.0/agents",
                _ => throw new CloudletException(ErrorKind.NotFound, "keystone's catalog has no service of type network")
            );

    private Task<Exhibit> NovaAsync(
        CloudAccess access,
        string id,
        string path,
        CancellationToken ct,
        string version = ExhibitCatalog.ComputeVersion
    ) => AskAsync(id, new Uri($"{access.Compute}{path}"), access, ("X-OpenStack-Nova-API-Version", version), ct);

    /// <summary>An exhibit with the answer to a GET.</summary>
    public Task<Exhibit> AskAsync(string id, Uri url, CloudAccess access, (string Name, string Value)? header, CancellationToken ct) =>
        maker.TryAsync(
            id,
            $"GET {url}",
            async exhibit =>
            {
                using var answer = await SendAsync(Request, url, ct);
                return (exhibit with { HttpStatus = (int)answer.StatusCode }).WithText(
                    await answer.Content.ReadAsStringAsync(ct),
                    redaction
                );

                HttpRequestMessage Request()
                {
                    var request = new HttpRequestMessage(HttpMethod.Get, url);
                    request.Headers.Add("X-Auth-Token", access.Token);
                    request.Headers.Add("Accept", "application/json");
                    if (header is { } one)
                        request.Headers.Add(one.Name, one.Value);
                    return request;
                }
            }
        );

    /// <summary>
    /// Sends an idempotent request, with retries. Small WSGI servers sometimes close a connection before their answer was read; that says
    /// nothing about the service.
    /// </summary>
    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, Uri url, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = make();
            request.Headers.ConnectionClose = true;
            try
            {
                return await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, ct);
            }
            catch (HttpRequestException e) when (attempt < Attempts && e.InnerException is IOException)
            {
                await Task.Delay(BetweenAttempts, clock, ct);
            }
            catch (HttpRequestException e)
            {
                throw new CloudletException(
                    ErrorKind.Unreachable,
                    $"{url.Host}:{url.Port} does not answer: {e.InnerException?.Message ?? e.Message}",
                    e
                );
            }
            catch (TaskCanceledException e) when (!ct.IsCancellationRequested)
            {
                throw new CloudletException(
                    ErrorKind.Timeout,
                    $"{url.Host}:{url.Port} accepted a connection and did not answer within {client.Timeout.TotalSeconds:0} s",
                    e
                );
            }
        }
    }

    internal static List<JsonElement> Values(Exhibit exhibit, string list) =>
        CloudState.Root(exhibit) is { ValueKind: JsonValueKind.Object } root
        && root.TryGetProperty(list, out var values)
        && values.ValueKind == JsonValueKind.Array
            ? [.. values.EnumerateArray()]
            : [];

    internal static string? Inner(Exhibit exhibit, params ReadOnlySpan<string> path)
    {
        if (CloudState.Root(exhibit) is not { } at)
            return null;
        foreach (var name in path)
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
                return null;
        return at.ValueKind == JsonValueKind.String ? at.GetString() : null;
    }

    internal static string? Text(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;
}
