using System.Text.Json;
using Cloudlet.OpenStack;

namespace Cloudlet.Resources.Cloud;

/// <summary>Ports of Neutron that use a network, a subnet or a router.</summary>
internal static class PortUses
{
    /// <summary>Neutron's own ports, which it deletes with their network.</summary>
    private static readonly string[] OfNeutron = ["network:dhcp", "network:distributed"];

    /// <summary>The ports that a filter finds, for people, without Neutron's own.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(CloudView cloud, string filter) =>
        [
            .. (await cloud.Client.ListAsync(ServiceTypes.Network, $"/ports?{filter}", "ports", cloud.Ct))
                .Where(static p => !OfNeutron.Contains(p.Text("device_owner")))
                .Select(Named),
        ];

    private static string Named(JsonElement port) =>
        $"port {port.Text("id")}{(port.Text("device_owner") is { Length: > 0 } owner ? $" of {owner} {port.Text("device_id")}" : "")}";
}
