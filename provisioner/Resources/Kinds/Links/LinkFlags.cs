using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>Interprets the flags of a link.</summary>
internal static class LinkFlags
{
    /// <summary>
    /// True when the link uses ARP or neighbour discovery. A vlan inherits the flag from its parent at creation: one over a dummy never
    /// uses it, and that is not a deviation.
    /// </summary>
    public static bool HasArp(LinkInfo link, Func<string, LinkInfo?>? find) =>
        !link.NoArp || (link is { Kind: "vlan", LowerName: { } lower } && find?.Invoke(lower) is { NoArp: true });
}
