using System.Net;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>Kinds of network links.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LinkKind>))]
public enum LinkKind
{
    /// <summary>An existing link (a network card): it is configured, never created or deleted.</summary>
    [JsonStringEnumMemberName("existing")]
    Existing,

    /// <summary>Drops every packet; holds addresses that do not depend on a cable.</summary>
    [JsonStringEnumMemberName("dummy")]
    Dummy,

    /// <summary>A switch whose ports are other links.</summary>
    [JsonStringEnumMemberName("bridge")]
    Bridge,

    /// <summary>One end of a virtual cable.</summary>
    [JsonStringEnumMemberName("veth")]
    Veth,

    /// <summary>An IEEE 802.1Q sub-interface of a parent link.</summary>
    [JsonStringEnumMemberName("vlan")]
    Vlan,

    /// <summary>An Ethernet segment over UDP (RFC 7348).</summary>
    [JsonStringEnumMemberName("vxlan")]
    Vxlan,

    /// <summary>A second MAC address on a parent link.</summary>
    [JsonStringEnumMemberName("macvlan")]
    Macvlan,

    /// <summary>An Ethernet link whose other end is a program, e.g. a virtual machine.</summary>
    [JsonStringEnumMemberName("tap")]
    Tap,
}

/// <summary>What happens to permanent global addresses that are not described.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ForeignAddresses>))]
public enum ForeignAddresses
{
    /// <summary>They stay, because they were not added by us.</summary>
    [JsonStringEnumMemberName("keep")]
    Keep,

    /// <summary>They are removed: only we manage the link.</summary>
    [JsonStringEnumMemberName("remove")]
    Remove,
}

/// <summary>A network link with its addresses and routes.</summary>
public sealed record LinkSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "link";

    /// <summary>The id of the link <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Interface name, 1–15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of the link; a link of another kind with the same name is replaced.</summary>
    public required LinkKind Kind { get; init; }

    /// <summary>The lower link of a vlan, macvlan or vxlan.</summary>
    public string? Parent { get; init; }

    /// <summary>The other end of a veth, created with it.</summary>
    public string? Peer { get; init; }

    /// <summary>VLAN id, 1–4094.</summary>
    public int? VlanId { get; init; }

    /// <summary>VXLAN network identifier, 0–16777215.</summary>
    public int? VxlanId { get; init; }

    /// <summary>VXLAN local tunnel address.</summary>
    public string? VxlanLocal { get; init; }

    /// <summary>VXLAN remote address or multicast group.</summary>
    public string? VxlanRemote { get; init; }

    /// <summary>VXLAN UDP destination port.</summary>
    public int? VxlanPort { get; init; }

    /// <summary>macvlan mode: <c>private</c>, <c>vepa</c>, <c>bridge</c> or <c>passthru</c>.</summary>
    public string? MacvlanMode { get; init; }

    /// <summary>Spanning tree on a bridge.</summary>
    public bool? BridgeStp { get; init; }

    /// <summary>Hardware address, lower-case colon notation.</summary>
    public string? Mac { get; init; }

    /// <summary>Maximum transmission unit in bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>Administratively up.</summary>
    public bool? Up { get; init; }

    /// <summary>Receives every frame, as set by an administrator.</summary>
    public bool? Promiscuous { get; init; }

    /// <summary>Uses ARP and neighbour discovery. Null: not managed, as on a dummy, which never uses them.</summary>
    public bool? Arp { get; init; }

    /// <summary>Receives every multicast frame, as set by an administrator. Null: not managed.</summary>
    public bool? AllMulticast { get; init; }

    /// <summary>
    /// Accepts addresses and routes from router advertisements. False: none, and earlier ones are removed. Null: not managed.
    /// </summary>
    public bool? AcceptRa { get; init; }

    /// <summary>The bridge that has this link as a port; empty: none.</summary>
    public string? Master { get; init; }

    /// <summary>
    /// For a bridge: existing ports whose addresses and routes it takes over, as far as they are described for it. When observed: ports
    /// that no longer have any of its addresses.
    /// </summary>
    public IReadOnlyList<string>? TakesOver { get; init; }

    /// <summary>True for a port that gives its addresses and routes to its bridge: a rollback needs the state of both.</summary>
    public bool? Yields { get; init; }

    /// <summary>Addresses in canonical CIDR notation, <c>10.80.0.1/24</c>; a set. Null: not managed.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>What to do with addresses that are not in <see cref="Addresses"/>.</summary>
    public ForeignAddresses ForeignAddresses { get; init; }

    /// <summary>Our routes through this link; a set. Foreign routes always stay.</summary>
    public IReadOnlyList<RouteSpec>? Routes { get; init; }
}

/// <summary>A route through the link that has it.</summary>
public sealed record RouteSpec
{
    /// <summary>Destination in canonical CIDR notation; <c>0.0.0.0/0</c> or <c>::/0</c> is the default route.</summary>
    public required string To { get; init; }

    /// <summary>Gateway; null: the destination is on the link.</summary>
    public string? Via { get; init; }

    /// <summary>Smaller is preferred; null: the kernel's default.</summary>
    public int? Metric { get; init; }

    /// <summary>Preferred source address.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// True: the gateway is a neighbour on the link although it is in none of its networks; null: it counts as one where it cannot be in
    /// any network of the link.
    /// </summary>
    public bool? OnLink { get; init; }

    /// <summary>
    /// True when none of a link's addresses (with prefix length) reaches the gateway: then the kernel refuses the route unless it is marked
    /// onlink. The same rule applies now and at boot.
    /// </summary>
    public bool IsViaNeighbour(IEnumerable<string> addresses) =>
        !string.IsNullOrEmpty(Via)
        && IPAddress.Parse(Via) is { IsIPv6LinkLocal: false } gateway
        && (OnLink == true || !addresses.Any(a => IpPrefix.TryParse(a, out var prefix, out _) && prefix.Contains(gateway)));
}
