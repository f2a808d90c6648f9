namespace Cloudlet.Machine.Netlink;

/// <summary>
/// Writes and reads IFLA_INFO_DATA of one kind of link. A kind without an entry is created without data and reported without attributes. To
/// add a kind: one file next to this one, one line in <see cref="Known"/>.
/// </summary>
internal abstract class LinkKindData
{
    private static readonly Dictionary<string, LinkKindData> Known = new(StringComparer.Ordinal)
    {
        ["bridge"] = new BridgeData(),
        ["macvlan"] = new MacvlanData(),
        ["tun"] = new TunData(),
        ["veth"] = new VethData(),
        ["vlan"] = new VlanData(),
        ["vxlan"] = new VxlanData(),
    };

    /// <summary>The data of a kind, or null for a kind that needs none.</summary>
    internal static LinkKindData? Of(string kind) => Known.GetValueOrDefault(kind);

    /// <summary>Writes the attributes of a new link, inside IFLA_INFO_DATA.</summary>
    internal virtual void WriteNew(NetlinkRequest request, LinkToCreate link) => Write(request, link.Attributes);

    /// <summary>Writes the attributes that are not null, inside IFLA_INFO_DATA.</summary>
    internal virtual void Write(NetlinkRequest request, KindAttributes attributes) { }

    /// <summary>Reads the attributes inside IFLA_INFO_DATA.</summary>
    internal virtual KindAttributes Read(AttributeReader data) => KindAttributes.None;

    /// <summary>Reads the index of the lower link where the kind keeps it inside IFLA_INFO_DATA; 0 where IFLA_LINK has it.</summary>
    internal virtual int ReadLower(AttributeReader data) => 0;
}
