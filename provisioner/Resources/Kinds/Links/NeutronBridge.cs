using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// A bridge to which an agent attached a described link. Neutron's linuxbridge agent moves the link's addresses and routes to its own
/// bridge (brq…). They belong there: putting them back on the link would duplicate them, and the agent would move them again.
/// </summary>
internal static class NeutronBridge
{
    /// <summary>The undescribed bridge that <paramref name="link"/> is a port of; null when there is none.</summary>
    public static LinkInfo? Of(LinkInfo link, LinkSpec desired, Func<string, LinkInfo?>? find) =>
        desired.Master is null && link.MasterName is { } name && find?.Invoke(name) is { Kind: "bridge" } bridge && IsNamedByAgent(name)
            ? bridge
            : null;

    /// <summary><paramref name="wanted"/> without the addresses and routes that are on the bridge.</summary>
    public static LinkSpec Without(LinkSpec wanted, LinkInfo bridge) =>
        wanted with
        {
            Addresses = wanted.Addresses is { } addresses ? [.. addresses.Where(a => !bridge.Addresses.Any(b => b.Cidr == a))] : null,
            Routes = wanted.Routes is { } routes ? [.. routes.Where(r => !LinkRoutes.Of(bridge, [r], bridge: null).Contains(r))] : null,
        };

    /// <summary>
    /// The names that Neutron's agents give to bridges: brq and eleven characters of the network id, qbr and eleven of the port id.
    /// </summary>
    private static bool IsNamedByAgent(string name) =>
        name.StartsWith("brq", StringComparison.Ordinal) || name.StartsWith("qbr", StringComparison.Ordinal);
}
