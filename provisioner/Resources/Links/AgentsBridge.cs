using Cloudlet.DesiredState.Links;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Links;

/// <summary>
/// A bridge that an agent put a described link into. Neutron's linuxbridge agent moves the link's addresses and routes to its own bridge (brq…): there they are where they belong, and to put them back on the link
/// would be a duplicate and the beginning of a fight.
/// </summary>
internal static class AgentsBridge
{
    /// <summary>The bridge that <paramref name="link"/> is a port of although nobody described that; null when there is none.</summary>
    public static LinkInfo? Of(LinkInfo link, LinkSpec desired, Func<string, LinkInfo?>? find) =>
        desired.Master is null && link.MasterName is { } name && find?.Invoke(name) is { Kind: "bridge" } bridge && IsNamedByAgent(name) ? bridge : null;

    /// <summary><paramref name="wanted"/> without the addresses and routes that are on the bridge.</summary>
    public static LinkSpec Without(LinkSpec wanted, LinkInfo bridge) => wanted with
    {
        Addresses = wanted.Addresses is { } addresses ? [.. addresses.Where(a => !bridge.Addresses.Any(b => b.Cidr == a))] : null,
        Routes = wanted.Routes is { } routes ? [.. routes.Where(r => !LinkRoutes.Of(bridge, [r], bridge: null).Contains(r))] : null,
    };

    /// <summary>The names that Neutron's agents give to bridges: brq and the first eleven characters of the network's id, qbr of the port's.</summary>
    private static bool IsNamedByAgent(string name) => name.StartsWith("brq", StringComparison.Ordinal) || name.StartsWith("qbr", StringComparison.Ordinal);
}
