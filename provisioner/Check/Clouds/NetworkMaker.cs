using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Errors;
using Cloudlet.OpenStack;

namespace Cloudlet.Check.Clouds;

/// <summary>The network of a check.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Subnet">Id of its subnet.</param>
/// <param name="Port">Id of the guest's port.</param>
/// <param name="Address">Address of the guest.</param>
internal sealed record CheckNetwork(string Id, string Subnet, string Port, IPAddress Address);

/// <summary>Makes the network of a check, and its way out.</summary>
/// <param name="cloud">The cloud.</param>
internal sealed class NetworkMaker(CheckCloud cloud)
{
    private const string Service = ServiceTypes.Network;

    /// <summary>A network with a subnet, a group that lets ICMP in, and a port of both for the guest.</summary>
    public async Task<(CheckNetwork Made, string Found)> MakeAsync()
    {
        var taken = await cloud.ListAsync(Service, "/subnets", "subnets");
        var first = (byte)Random.Shared.Next(256);
        var range = FreeSubnet.Choose(taken.Select(static s => s.Text("cidr") ?? ""), first);
        var network = CheckCloud.IdOf(await cloud.CreateAsync(Service, "/networks", "network", new JsonObject { ["name"] = cloud.Name }));
        var subnet = await cloud.CreateAsync(
            Service,
            "/subnets",
            "subnet",
            new JsonObject
            {
                ["name"] = cloud.Name,
                ["network_id"] = network,
                ["ip_version"] = 4,
                ["cidr"] = range.ToString(),
                ["enable_dhcp"] = true,
            }
        );
        var port = await cloud.CreateAsync(
            Service,
            "/ports",
            "port",
            new JsonObject
            {
                ["name"] = cloud.Name,
                ["network_id"] = network,
                ["security_groups"] = new JsonArray((JsonNode)await GroupAsync()),
            }
        );
        var text = port.Items("fixed_ips").FirstOrDefault().Text("ip_address");
        if (!IPAddress.TryParse(text, out var address))
            throw new CloudletException(ErrorKind.Unexpected, $"neutron gave the guest's port no address in {range}; see neutron's log");
        return (new CheckNetwork(network, CheckCloud.IdOf(subnet), CheckCloud.IdOf(port), address), $"{range}, {address} for the guest");
    }

    /// <summary>A router to an external network, and a floating IP of it.</summary>
    public async Task<IPAddress> ConnectAsync(CheckNetwork network, string external)
    {
        var router = CheckCloud.IdOf(
            await cloud.CreateAsync(
                Service,
                "/routers",
                "router",
                new JsonObject
                {
                    ["name"] = cloud.Name,
                    ["external_gateway_info"] = new JsonObject { ["network_id"] = external },
                }
            )
        );
        await cloud.SendAsync(
            new CloudRequest(HttpMethod.Put, Service, $"/routers/{router}/add_router_interface")
            {
                Body = new JsonObject { ["subnet_id"] = network.Subnet },
            }
        );
        var floating = await cloud.CreateAsync(
            Service,
            "/floatingips",
            "floatingip",
            new JsonObject
            {
                ["description"] = cloud.Name,
                ["floating_network_id"] = external,
                ["port_id"] = network.Port,
            }
        );
        return IPAddress.TryParse(floating.Text("floating_ip_address"), out var address)
            ? address
            : throw new CloudletException(ErrorKind.Unexpected, "neutron gave a floating IP without an address; see neutron's log");
    }

    /// <summary>The external network to use: the one that this host has an address in, else the first; null: there is none.</summary>
    /// <param name="own">Addresses of this host.</param>
    public async Task<(string Id, string Name)?> ExternalAsync(IReadOnlyCollection<IPAddress> own)
    {
        var found = new List<(string Id, string Name, bool IsNear)>();
        foreach (var network in await cloud.ListAsync(Service, "/networks?router:external=true", "networks"))
        {
            var id = CheckCloud.IdOf(network);
            var ranges = (await cloud.ListAsync(Service, $"/subnets?network_id={id}", "subnets"))
                .Select(RangeOf)
                .OfType<IPNetwork>()
                .ToList();
            if (ranges.Count > 0)
                found.Add((id, network.Text("name") ?? id, ranges.Exists(r => own.Any(r.Contains))));
        }

        return found.Count == 0 ? null : found.OrderByDescending(static n => n.IsNear).Select(static n => (n.Id, n.Name)).First();
    }

    private static IPNetwork? RangeOf(JsonElement subnet) =>
        subnet.Text("ip_version") == "4" && IPNetwork.TryParse(subnet.Text("cidr"), out var range) ? range : null;

    private async Task<string> GroupAsync()
    {
        var group = CheckCloud.IdOf(
            await cloud.CreateAsync(Service, "/security-groups", "security_group", new JsonObject { ["name"] = cloud.Name })
        );
        await cloud.CreateAsync(
            Service,
            "/security-group-rules",
            "security_group_rule",
            new JsonObject
            {
                ["security_group_id"] = group,
                ["direction"] = "ingress",
                ["ethertype"] = "IPv4",
                ["protocol"] = "icmp",
            }
        );
        return group;
    }
}
