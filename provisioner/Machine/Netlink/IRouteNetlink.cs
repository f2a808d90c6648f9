using Cloudlet.Errors;

namespace Cloudlet.Machine.Netlink;

/// <summary>
/// Client of rtnetlink(7). Calls are short system calls (tens of microseconds), so they are synchronous; an instance is thread-safe and
/// does one exchange at a time. Errors: <see cref="CloudletException"/> whose kind comes from the errno (EPERM → PermissionDenied, ENODEV →
/// NotFound, EEXIST → AlreadyExists, EOPNOTSUPP on create → DriverMissing, ENOBUFS → Overrun, EINTR or NLM_F_DUMP_INTR → Interrupted, EBUSY
/// → Busy), with the kernel's extended acknowledgement text in the message. An interrupted dump is repeated a few times first.
/// </summary>
public interface IRouteNetlink : IDisposable
{
    /// <summary>All links, addresses and main-table routes, from three consecutive dumps.</summary>
    NetworkSnapshot Dump();

    /// <summary>One link by name with its addresses and main-table routes, or null if there is none.</summary>
    LinkInfo? Find(string name);

    /// <summary>All links without their addresses and routes: one dump.</summary>
    IReadOnlyList<LinkInfo> List();

    /// <summary>The addresses of all links, each with the index of its link: one dump.</summary>
    IReadOnlyList<(int Index, AddressInfo Address)> Addresses();

    /// <summary>
    /// The name of the link with the alternative name <paramref name="name"/>, which the kernel accepts like a name; null when there is
    /// none.
    /// </summary>
    string? NameBehind(string name) => null;

    /// <summary>False when <see cref="Create"/> is certain to find no driver for this kind of link. It leaves nothing behind.</summary>
    bool CanCreate(string kind) => true;

    /// <summary>
    /// Creates a link and returns its index. All attributes of <paramref name="link"/> are in one RTM_NEWLINK, so that no other program
    /// sees it without them, except its alias, which the kernel accepts only afterwards.
    /// </summary>
    int Create(LinkToCreate link);

    /// <summary>Changes only the properties that are set in <paramref name="change"/>.</summary>
    void Change(int index, LinkChange change);

    /// <summary>Writes a setting of net.ipv6.conf of a link. Unsupported when the kernel runs without IPv6.</summary>
    void SetIpv6(int index, Ipv6Setting setting, int value) { }

    /// <summary>Deletes a link; a missing link is not an error.</summary>
    void Delete(int index);

    /// <summary>Adds an address; an existing one becomes permanent, and is not an error.</summary>
    void AddAddress(int index, AddressInfo address);

    /// <summary>Removes an address; a missing one is not an error.</summary>
    void RemoveAddress(int index, AddressInfo address);

    /// <summary>Adds or replaces a route in the main table.</summary>
    void AddRoute(int index, RouteInfo route);

    /// <summary>Removes a route; a missing one is not an error.</summary>
    void RemoveRoute(int index, RouteInfo route);

    /// <summary>
    /// Deletes learned entries of the neighbour tables, so that hardware addresses have to be resolved again; permanent entries stay.
    /// </summary>
    void ForgetNeighbours() { }
}

/// <summary>Result of a dump.</summary>
/// <param name="Links">Every link of the namespace, with its addresses and routes.</param>
public sealed record NetworkSnapshot(IReadOnlyList<LinkInfo> Links)
{
    /// <summary>The link with this name, or null.</summary>
    public LinkInfo? Find(string name)
    {
        foreach (var link in Links)
            if (link.Name == name)
                return link;
        return null;
    }

    /// <summary>The link with this index, or null.</summary>
    public LinkInfo? Find(int index)
    {
        foreach (var link in Links)
            if (link.Index == index)
                return link;
        return null;
    }
}

/// <summary>A link as the kernel reports it. Null means that the kernel did not report the property.</summary>
public sealed record LinkInfo
{
    /// <summary>Interface index, unique in its namespace.</summary>
    public required int Index { get; init; }

    /// <summary>Interface name, at most 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// IFLA_INFO_KIND: <c>dummy</c>, <c>bridge</c>, <c>veth</c>, <c>vlan</c>, <c>vxlan</c>, <c>macvlan</c>, <c>tun</c> (a tap is <c>tun</c>
    /// with mode tap), … or null for hardware and loopback.
    /// </summary>
    public string? Kind { get; init; }

    /// <summary>Hardware address in lower-case colon notation, or null.</summary>
    public string? Mac { get; init; }

    /// <summary>Maximum transmission unit in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>IFF_UP: administratively up.</summary>
    public required bool Up { get; init; }

    /// <summary>IFF_PROMISC as set by an administrator (not the count of packet sockets).</summary>
    public required bool Promiscuous { get; init; }

    /// <summary>IFF_NOARP: the link neither sends nor answers ARP requests.</summary>
    public bool NoArp { get; init; }

    /// <summary>IFF_ALLMULTI as set by an administrator (not by a multicast router).</summary>
    public bool AllMulticast { get; init; }

    /// <summary>Index of the bridge or bond this link is a port of, or null.</summary>
    public int? Master { get; init; }

    /// <summary>Name of the master when it was part of the same snapshot.</summary>
    public string? MasterName { get; init; }

    /// <summary>IFLA_LINK: index of the lower link (vlan, macvlan, vxlan) or of a veth's peer in this namespace, or null.</summary>
    public int? Lower { get; init; }

    /// <summary>Name of the lower link or peer when it was part of the same snapshot.</summary>
    public string? LowerName { get; init; }

    /// <summary>IFLA_LINK_NETNSID: the lower link or peer is in another network namespace.</summary>
    public bool LowerIsElsewhere { get; init; }

    /// <summary>IFLA_IFALIAS, or null.</summary>
    public string? Alias { get; init; }

    /// <summary>The attributes of this link's kind.</summary>
    public KindAttributes Attributes { get; init; } = KindAttributes.None;

    /// <summary>Smallest MTU that the driver accepts, or null.</summary>
    public int? MinMtu { get; init; }

    /// <summary>Largest MTU that the driver accepts, or null for no limit.</summary>
    public int? MaxMtu { get; init; }

    /// <summary>True for links with Ethernet frames, the only ones that can be ports of a bridge.</summary>
    public bool IsEthernet { get; init; } = true;

    /// <summary>The link's settings in net.ipv6.conf; null when the kernel runs without IPv6.</summary>
    public Ipv6Info? Ipv6 { get; init; }

    /// <summary>Addresses on the link, all scopes.</summary>
    public IReadOnlyList<AddressInfo> Addresses { get; init; } = [];

    /// <summary>Main-table routes whose output link this is.</summary>
    public IReadOnlyList<RouteInfo> Routes { get; init; } = [];
}

/// <summary>Settings of a link in net.ipv6.conf (ip-sysctl.rst).</summary>
/// <param name="AcceptRa">accept_ra: 0 ignores router advertisements, 1 accepts them unless the link forwards, 2 always accepts
/// them.</param>
/// <param name="Autoconf">autoconf: creates addresses from advertised prefixes.</param>
/// <param name="Forwarding">forwarding: the host is a router on this link.</param>
/// <param name="Disabled">disable_ipv6: the link has no IPv6 addresses.</param>
public sealed record Ipv6Info(int AcceptRa, bool Autoconf, bool Forwarding, bool Disabled);

/// <summary>A setting of net.ipv6.conf that can be written.</summary>
public enum Ipv6Setting
{
    /// <summary>accept_ra.</summary>
    AcceptRa,

    /// <summary>autoconf.</summary>
    Autoconf,

    /// <summary>disable_ipv6.</summary>
    DisableIpv6,
}

/// <summary>
/// Attributes that exist only for one kind of link; null where the kind has none or the user leaves the choice to the kernel.
/// </summary>
public sealed record KindAttributes
{
    /// <summary>No attribute at all.</summary>
    public static KindAttributes None { get; } = new();

    /// <summary>VLAN id, 1–4094 (IFLA_VLAN_ID).</summary>
    public int? VlanId { get; init; }

    /// <summary>VXLAN network identifier, 0–16777215 (IFLA_VXLAN_ID).</summary>
    public int? VxlanId { get; init; }

    /// <summary>VXLAN local tunnel address (IFLA_VXLAN_LOCAL or _LOCAL6).</summary>
    public string? VxlanLocal { get; init; }

    /// <summary>VXLAN remote address or multicast group (IFLA_VXLAN_GROUP or _GROUP6).</summary>
    public string? VxlanRemote { get; init; }

    /// <summary>VXLAN UDP destination port, 1–65535 (IFLA_VXLAN_PORT).</summary>
    public int? VxlanPort { get; init; }

    /// <summary>macvlan mode: <c>private</c>, <c>vepa</c>, <c>bridge</c> or <c>passthru</c> (IFLA_MACVLAN_MODE).</summary>
    public string? MacvlanMode { get; init; }

    /// <summary>Spanning tree on a bridge (IFLA_BR_STP_STATE).</summary>
    public bool? BridgeStp { get; init; }

    /// <summary>VLAN filtering on a bridge (IFLA_BR_VLAN_FILTERING).</summary>
    public bool? BridgeVlanFiltering { get; init; }

    /// <summary>True for a tap, false for a tun (IFLA_TUN_TYPE).</summary>
    public bool? Tap { get; init; }
}

/// <summary>An address with its prefix length.</summary>
/// <param name="Address">The address in its canonical text form.</param>
/// <param name="PrefixLength">0–32 or 0–128 bits.</param>
public sealed record AddressInfo(string Address, int PrefixLength)
{
    /// <summary>IFA_F_PERMANENT: set by an administrator, not by DHCP or router advertisement.</summary>
    public bool Permanent { get; init; } = true;

    /// <summary>IFA_F_DEPRECATED: new connections do not use it.</summary>
    public bool Deprecated { get; init; }

    /// <summary>IFA_F_NOPREFIXROUTE: it was added without the kernel's route to its net.</summary>
    public bool NoPrefixRoute { get; init; }

    /// <summary>True for an address of a point-to-point link, whose route leads to the other end.</summary>
    public bool HasPeer { get; init; }

    /// <summary>True for a permanent address that is in use.</summary>
    public bool IsLasting => Permanent && !Deprecated;

    /// <summary>Address scope: <c>global</c>, <c>link</c>, <c>host</c> or <c>site</c>.</summary>
    public string Scope { get; init; } = "global";

    /// <summary>IFA_BROADCAST, or null.</summary>
    public string? Broadcast { get; init; }

    /// <summary><c>10.0.0.1/24</c>.</summary>
    public string Cidr => $"{Address}/{PrefixLength}";
}

/// <summary>A unicast route of the main table.</summary>
/// <param name="Destination">Canonical CIDR; <c>0.0.0.0/0</c> or <c>::/0</c> for the default route.</param>
public sealed record RouteInfo(string Destination)
{
    /// <summary>Gateway address, or null for a route on the link itself.</summary>
    public string? Gateway { get; init; }

    /// <summary>
    /// RTNH_F_ONLINK: the gateway is a neighbour although no address of the link reaches it; the kernel refuses such a gateway without the
    /// flag.
    /// </summary>
    public bool OnLink { get; init; }

    /// <summary>RTA_PRIORITY; null means the kernel's default (0 for IPv4, 1024 for IPv6, both reported as null).</summary>
    public int? Metric { get; init; }

    /// <summary>RTA_PREFSRC, or null.</summary>
    public string? Source { get; init; }

    /// <summary>rtm_protocol: what installed it (2 kernel, 3 boot, 4 static, <see cref="OwnProtocol"/> Provision).</summary>
    public int Protocol { get; init; } = OwnProtocol;

    /// <summary>
    /// The rtm_protocol value that marks routes as ours, here and in the boot configuration; free in iproute2's rt_protos.
    /// </summary>
    public const int OwnProtocol = 199;

    /// <summary>RTPROT_KERNEL: the kernel created it for an address.</summary>
    public const int KernelProtocol = 2;

    /// <summary>RTPROT_RA: it is from a router advertisement.</summary>
    public const int AdvertisedProtocol = 9;
}

/// <summary>A link to be created in one request.</summary>
/// <param name="Name">Interface name, 1–15 bytes.</param>
/// <param name="Kind">IFLA_INFO_KIND; a tap is <c>tap</c> here.</param>
public sealed record LinkToCreate(string Name, string Kind)
{
    /// <summary>Hardware address in colon notation, or null for the kernel's choice.</summary>
    public string? Mac { get; init; }

    /// <summary>MTU in bytes, or null.</summary>
    public int? Mtu { get; init; }

    /// <summary>Whether to bring the link up in the same request.</summary>
    public bool Up { get; init; }

    /// <summary>Index of the master, or null.</summary>
    public int? Master { get; init; }

    /// <summary>Index of the lower link (vlan, macvlan, optionally vxlan), or null.</summary>
    public int? Lower { get; init; }

    /// <summary>Alias (IFLA_IFALIAS), or null.</summary>
    public string? Alias { get; init; }

    /// <summary>Name of the other end (veth only).</summary>
    public string? PeerName { get; init; }

    /// <summary>Hardware address of the other end (veth only), or null.</summary>
    public string? PeerMac { get; init; }

    /// <summary>Attributes of the kind.</summary>
    public KindAttributes Attributes { get; init; } = KindAttributes.None;
}

/// <summary>Changes to an existing link; null leaves a property as it is.</summary>
public sealed record LinkChange
{
    /// <summary>New hardware address.</summary>
    public string? Mac { get; init; }

    /// <summary>New MTU in bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>Administrative state.</summary>
    public bool? Up { get; init; }

    /// <summary>Promiscuous mode.</summary>
    public bool? Promiscuous { get; init; }

    /// <summary>Whether the link uses ARP.</summary>
    public bool? Arp { get; init; }

    /// <summary>Whether the link receives every multicast frame.</summary>
    public bool? AllMulticast { get; init; }

    /// <summary>Index of the new master; 0 releases the link from its master.</summary>
    public int? Master { get; init; }

    /// <summary>New name (the link has to be down on older kernels).</summary>
    public string? Name { get; init; }

    /// <summary>New alias; empty removes it.</summary>
    public string? Alias { get; init; }

    /// <summary>Kind of the link, needed when <see cref="Attributes"/> is given.</summary>
    public string? Kind { get; init; }

    /// <summary>Attributes of the kind that can be changed in place (bridge options; some of vxlan).</summary>
    public KindAttributes? Attributes { get; init; }
}
