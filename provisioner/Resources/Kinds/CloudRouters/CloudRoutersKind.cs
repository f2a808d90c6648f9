using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Kinds.CloudRouters;
using Cloudlet.OpenStack;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Resources.Kinds.CloudRouters;

/// <summary>Routers of a cloud: their way out is a part of them, their subnets are ports.</summary>
/// <param name="clients">The clouds.</param>
public sealed class CloudRoutersKind(CloudClients clients) : CloudKind<CloudRouterSpec>(clients)
{
    private const string OwnerOfInterface = "network:router_interface";

    /// <summary>External networks often belong to another project.</summary>
    private static readonly CloudCollection External = new(ServiceTypes.Network, "/networks?router%3Aexternal=true", "networks", "network")
    {
        Noun = "external network",
    };

    private static readonly CloudCollection Ports = new(ServiceTypes.Network, "/ports", "ports", "port")
    {
        Noun = "port",
        Owner = "project_id",
    };

    internal override CloudCollection Collection => CloudCollection.Routers;

    internal override IReadOnlyList<CloudProperty> Properties { get; } =
    [new("enabled", "admin_state_up"), new("description", "description")];

    internal override async ValueTask<CloudRouterSpec> ReadMoreAsync(
        CloudView cloud,
        JsonElement row,
        CloudRouterSpec read,
        CloudRouterSpec desired
    )
    {
        var gateway = row.Part("external_gateway_info").Text("network_id");
        var subnets = new List<string>();
        foreach (var subnet in await SubnetsAsync(cloud, row))
            subnets.Add(await cloud.NameOfAsync(CloudCollection.Subnets, subnet));
        return read with { External = gateway is null ? null : await cloud.NameOfAsync(External, gateway), Subnets = subnets };
    }

    internal override async ValueTask ApplyMoreAsync(CloudView cloud, JsonElement row, CloudRouterSpec desired, CloudRouterSpec? observed)
    {
        if (desired.External is { } external && observed?.External != external)
            await SendChangeAsync(
                cloud,
                row,
                new JsonObject
                {
                    ["external_gateway_info"] = new JsonObject { ["network_id"] = await cloud.IdOfAsync(External, external) },
                },
                []
            );
        if (desired.Subnets is not { } wanted)
            return;
        var present = observed?.Subnets ?? [];
        foreach (var subnet in present.Except(wanted, StringComparer.Ordinal))
            await InterfaceAsync(cloud, row, "remove_router_interface", await cloud.IdOfAsync(CloudCollection.Subnets, subnet));
        foreach (var subnet in wanted.Except(present, StringComparer.Ordinal))
            await InterfaceAsync(cloud, row, "add_router_interface", await cloud.IdOfAsync(CloudCollection.Subnets, subnet));
    }

    internal override async ValueTask<IReadOnlyList<string>> UsesOfAsync(CloudView cloud, JsonElement row, CloudRouterSpec spec) =>
        [
            .. (
                await cloud.Client.ListAsync(
                    ServiceTypes.Network,
                    $"/floatingips?router_id={Uri.EscapeDataString(CloudView.IdOf(row))}",
                    "floatingips",
                    cloud.Ct
                )
            ).Select(static f => $"floating IP {f.Text("floating_ip_address") ?? f.Text("id")}"),
        ];

    internal override async ValueTask BeforeRemovalAsync(CloudView cloud, JsonElement row, CloudRouterSpec spec)
    {
        foreach (var subnet in await SubnetsAsync(cloud, row))
            await InterfaceAsync(cloud, row, "remove_router_interface", subnet);
    }

    private static async Task<List<string>> SubnetsAsync(CloudView cloud, JsonElement router) =>
        [
            .. (await cloud.ListAsync(Ports))
                .Where(p =>
                    p.Text("device_id") == CloudView.IdOf(router)
                    // With high availability or distributed routers there are further words at its end.
                    && p.Text("device_owner")?.StartsWith(OwnerOfInterface, StringComparison.Ordinal) == true
                )
                .SelectMany(static p => p.Items("fixed_ips"))
                .Select(static ip => ip.Text("subnet_id"))
                .OfType<string>()
                .Distinct(StringComparer.Ordinal),
        ];

    private Task<JsonElement> InterfaceAsync(CloudView cloud, JsonElement router, string action, string subnet) =>
        cloud.SendAsync(
            new CloudRequest(HttpMethod.Put, Collection.Service, $"{Collection.Path}/{Uri.EscapeDataString(KeyOf(router))}/{action}")
            {
                Body = new JsonObject { ["subnet_id"] = subnet },
            }
        );
}
