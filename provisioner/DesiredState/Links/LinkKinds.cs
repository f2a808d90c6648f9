namespace Cloudlet.DesiredState.Links;

/// <summary>What the kinds of links have in common and what sets them apart.</summary>
public static class LinkKinds
{
    /// <summary>The word for a kind in site files, which is also the kernel's (<c>ip link add … type WORD</c>) for kinds that are created, except a tap.</summary>
    public static string NameOf(LinkKind kind) => kind switch
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

    /// <summary>The kernel module that has the driver of a kind; null for a link that is there already.</summary>
    public static string? ModuleOf(LinkKind kind) => kind switch
    {
        LinkKind.Existing => null,
        LinkKind.Vlan => "8021q",
        LinkKind.Tap => "tun",
        _ => NameOf(kind),
    };

    /// <summary>True for links that we create, false for those that are there already.</summary>
    public static bool IsCreated(LinkKind kind) => kind != LinkKind.Existing;
}
