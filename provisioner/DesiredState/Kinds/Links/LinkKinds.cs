namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>Properties of the kinds of links.</summary>
public static class LinkKinds
{
    /// <summary>
    /// The word for a kind in site files, which is also the kernel's (<c>ip link add … type WORD</c>) for created kinds, except a
    /// tap.
    /// </summary>
    public static string NameOf(LinkKind kind) =>
        kind switch
        {
            LinkKind.Existing => "existing",
            LinkKind.Dummy => "dummy",
            LinkKind.Bridge => "bridge",
            LinkKind.Veth => "veth",
            LinkKind.Vlan => "vlan",
            LinkKind.Vxlan => "vxlan",
            LinkKind.Macvlan => "macvlan",
            LinkKind.Tap => "tap",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of link"),
        };

    /// <summary>The kernel module with the driver of a kind; null for an existing link.</summary>
    public static string? ModuleOf(LinkKind kind) =>
        kind switch
        {
            LinkKind.Existing => null,
            LinkKind.Vlan => "8021q",
            LinkKind.Tap => "tun",
            _ => NameOf(kind),
        };

    /// <summary>True for links that we create, false for existing links.</summary>
    public static bool IsCreated(LinkKind kind) => kind != LinkKind.Existing;
}
