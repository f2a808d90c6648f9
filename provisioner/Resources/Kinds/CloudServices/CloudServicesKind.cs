using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Kinds.CloudServices;
using Cloudlet.OpenStack;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Resources.Kinds.CloudServices;

/// <summary>Services in the catalog of a cloud. Keystone deletes the endpoints of a service with it.</summary>
/// <param name="clients">The clouds.</param>
public sealed class CloudServicesKind(CloudClients clients) : CloudKind<CloudServiceSpec>(clients)
{
    private static readonly (string Interface, Func<CloudServiceSpec, string?> Url)[] Interfaces =
    [
        ("public", static s => s.Public),
        ("internal", static s => s.Internal),
        ("admin", static s => s.Admin),
    ];

    internal override CloudCollection Collection => CloudCollection.Services;

    internal override IReadOnlyList<CloudProperty> Properties { get; } = [new("type", "type"), new("description", "description")];

    internal override async ValueTask<CloudServiceSpec> ReadMoreAsync(
        CloudView cloud,
        JsonElement row,
        CloudServiceSpec read,
        CloudServiceSpec desired
    )
    {
        var endpoints = (await EndpointsAsync(cloud, row, desired)).ToLookup(
            static e => e.Text("interface"),
            static e => e.Text("url"),
            StringComparer.Ordinal
        );
        return read with { Public = UrlOf("public"), Internal = UrlOf("internal"), Admin = UrlOf("admin") };

        // Clients take any of several, so several are a difference, whatever they are.
        string? UrlOf(string side) => endpoints[side].ToList() is { Count: > 0 } urls ? string.Join(" and ", urls) : null;
    }

    internal override async ValueTask ApplyMoreAsync(CloudView cloud, JsonElement row, CloudServiceSpec desired, CloudServiceSpec? observed)
    {
        foreach (var (side, urlOf) in Interfaces)
            if (urlOf(desired) is { } url && (observed is null || urlOf(observed) != url))
                await SetAsync(cloud, row, desired, side, url);
        cloud.Client.Forget();
    }

    private static async Task<List<JsonElement>> EndpointsAsync(CloudView cloud, JsonElement service, CloudServiceSpec spec) =>
        [
            .. (await cloud.ListAsync(CloudCollection.Endpoints)).Where(e =>
                e.Text("service_id") == CloudView.IdOf(service) && (e.Text("region_id") ?? e.Text("region")) == spec.Region
            ),
        ];

    private async Task SetAsync(CloudView cloud, JsonElement row, CloudServiceSpec desired, string side, string url)
    {
        var endpoints = (await EndpointsAsync(cloud, row, desired)).Where(e => e.Text("interface") == side).ToList();
        var body = new JsonObject { ["url"] = url };
        if (endpoints.Count == 0)
        {
            await RegionAsync(cloud, desired.Region);
            body["service_id"] = CloudView.IdOf(row);
            body["interface"] = side;
            body["region_id"] = desired.Region;
        }

        await cloud.SendAsync(
            new CloudRequest(
                endpoints.Count == 0 ? HttpMethod.Post : HttpMethod.Patch,
                Keystone.Type,
                endpoints.Count == 0 ? "/endpoints" : $"/endpoints/{Uri.EscapeDataString(CloudView.IdOf(endpoints[0]))}"
            )
            {
                Body = new JsonObject { ["endpoint"] = body },
            }
        );
        foreach (var further in endpoints.Skip(1))
            await DeleteAsync(cloud, $"/endpoints/{Uri.EscapeDataString(CloudView.IdOf(further))}");
    }

    /// <summary>An endpoint needs its region; several services may make it at the same time, so it is put and not posted.</summary>
    private static async Task RegionAsync(CloudView cloud, string region)
    {
        var regions = await cloud.ListAsync(new CloudCollection(Keystone.Type, "/regions", "regions", "region") { Noun = "region" });
        if (!regions.Any(r => r.Text("id") == region))
            await cloud.SendAsync(
                new CloudRequest(HttpMethod.Put, Keystone.Type, $"/regions/{Uri.EscapeDataString(region)}")
                {
                    Body = new JsonObject { ["region"] = new JsonObject() },
                }
            );
    }
}
