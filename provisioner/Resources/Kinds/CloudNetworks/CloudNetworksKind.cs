using System.Text.Json;
using Cloudlet.DesiredState.Kinds.CloudNetworks;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Resources.Kinds.CloudNetworks;

/// <summary>Networks of a cloud.</summary>
/// <param name="clients">The clouds.</param>
public sealed class CloudNetworksKind(CloudClients clients) : CloudKind<CloudNetworkSpec>(clients)
{
    internal override CloudCollection Collection => CloudCollection.Networks;

    internal override IReadOnlyList<CloudProperty> Properties { get; } =
    [
        new("type", "provider:network_type") { IsFixed = true },
        new("physicalNetwork", "provider:physical_network") { IsFixed = true },
        new("segment", "provider:segmentation_id") { IsFixed = true },
        new("shared", "shared"),
        new("external", "router:external"),
        new("mtu", "mtu"),
        new("portSecurity", "port_security_enabled"),
        new("enabled", "admin_state_up"),
        new("description", "description"),
    ];

    internal override async ValueTask<IReadOnlyList<string>> UsesOfAsync(CloudView cloud, JsonElement row, CloudNetworkSpec spec) =>
        await PortUses.ListAsync(cloud, $"network_id={Uri.EscapeDataString(CloudView.IdOf(row))}");
}
