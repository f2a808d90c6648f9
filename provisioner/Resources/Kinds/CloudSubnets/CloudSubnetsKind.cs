using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Kinds.CloudSubnets;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Resources.Kinds.CloudSubnets;

/// <summary>Subnets of the networks of a cloud.</summary>
/// <param name="clients">The clouds.</param>
public sealed class CloudSubnetsKind(CloudClients clients) : CloudKind<CloudSubnetSpec>(clients)
{
    internal override CloudCollection Collection => CloudCollection.Subnets;

    internal override IReadOnlyList<CloudProperty> Properties { get; } =
    [
        new("network", "network_id") { IsFixed = true, Refers = CloudCollection.Networks },
        new("cidr", "cidr") { IsFixed = true },
        new("gateway", "gateway_ip")
        {
            Read = static value => value ?? JsonValue.Create(CloudSubnetSpec.None),
            Write = static value => value.GetValue<string>() == CloudSubnetSpec.None ? null : value.DeepClone(),
        },
        new("pools", "allocation_pools") { Read = PoolsIn, Write = PoolsOf },
        new("dns", "dns_nameservers"),
        new("dhcp", "enable_dhcp"),
        new("description", "description"),
    ];

    internal override IReadOnlyList<string> AddTo(JsonObject body, CloudSubnetSpec desired, CloudSubnetSpec? observed)
    {
        if (observed is null && IPNetwork.TryParse(desired.Cidr, out var net))
            body["ip_version"] = net.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 ? 6 : 4;
        return [];
    }

    internal override async ValueTask<IReadOnlyList<string>> UsesOfAsync(CloudView cloud, JsonElement row, CloudSubnetSpec spec) =>
        await PortUses.ListAsync(cloud, $"fixed_ips=subnet_id%3D{Uri.EscapeDataString(CloudView.IdOf(row))}");

    private static JsonArray? PoolsIn(JsonNode? value) =>
        value is JsonArray pools ? new JsonArray([.. pools.Select(static p => (JsonNode?)$"{EndOf(p, "start")}-{EndOf(p, "end")}")]) : null;

    private static JsonArray PoolsOf(JsonNode value) =>
        new([
            .. value
                .AsArray()
                .Select(static p => p!.GetValue<string>().Split('-'))
                .Select(static p => (JsonNode?)new JsonObject { ["start"] = p[0], ["end"] = p[1] }),
        ]);

    private static string? EndOf(JsonNode? pool, string name) =>
        pool is JsonObject range && range[name] is JsonValue end && end.TryGetValue<string>(out var address) ? address : null;
}
