using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Links;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Resources.Tests.Links;

/// <summary>States of up to six links: bridges, their ports, cables, stacked links, addresses and routes.</summary>
internal static class RandomLinks
{
    private static readonly string[] Names = ["br0", "p0", "p1", "v0", "s0", "x0"];

    public static Arbitrary<(HostState From, HostState To)> Pairs(bool withVlan) =>
        Of(withVlan).Two().Select(p => (p.Item1, p.Item2)).ToArbitrary();

    // Without vlan: for kernels that have no driver for vlan and dummy links.
    private static Gen<HostState> Of(bool withVlan) =>
        from bridge in Common(Link("br0", LinkKind.Bridge))
        from stp in Gen.Elements(true, false)
        from one in PortOf("p0", withVlan ? LinkKind.Dummy : LinkKind.Tap)
        from two in Gen.OneOf(PortOf("p1", LinkKind.Tap), PortOf("p1", LinkKind.Bridge))
        from cable in Common(Link("v0", LinkKind.Veth) with { Peer = "v1" })
        from stacked in Stacked(withVlan)
        from tunnel in Common(Link("x0", LinkKind.Vxlan) with { VxlanId = 7, VxlanPort = 4789 })
        from number in Gen.Elements(7, 8)
        from picked in Gen.SubListOf(one, two, cable, stacked, tunnel with { VxlanId = number })
        select HostState.Create("edge-1", [bridge with { BridgeStp = stp }, .. Distinct([.. picked])]);

    private static Gen<LinkSpec> PortOf(string name, LinkKind kind) =>
        from link in Common(Link(name, kind))
        from joins in Gen.Elements(true, false)
        select joins && kind != LinkKind.Bridge ? link with { Master = "br0", After = ["link:br0"] } : link with { Master = "" };

    private static Gen<LinkSpec> Stacked(bool withVlan) =>
        from link in Common(Link("s0", LinkKind.Macvlan))
        from vlan in Gen.Elements(true, false)
        from mode in Gen.Elements("bridge", "private")
        from id in Gen.Elements(5, 6)
        select (vlan && withVlan ? link with { Kind = LinkKind.Vlan, VlanId = id } : link with { MacvlanMode = mode }) with
        {
            Parent = "br0",
            Mtu = null,
            After = ["link:br0"],
        };

    private static Gen<LinkSpec> Common(LinkSpec link) =>
        from mtu in Gen.Elements<int?>(null, 1400, 1500, 2000)
        from mac in Gen.Elements(null, "02:aa:00:00:00:", "02:bb:00:00:00:")
        from up in Gen.Elements(true, true, false)
        from promiscuous in Gen.Elements<bool?>(null, true, false)
        from addresses in Gen.SubListOf("1/24", "2/24", "3/24", "1/16", "v6")
        from routed in Gen.Elements(true, false)
        let number = 10 + Array.IndexOf(Names, link.Name)
        let given = addresses.Select(a => a == "v6" ? $"fd00:{number}::1/64" : $"10.{number}.0.{a}").ToArray()
        select link with
        {
            Mtu = mtu,
            Mac = mac is null ? null : $"{mac}{number:x2}",
            Up = up,
            Promiscuous = promiscuous,
            Addresses = given,
            ForeignAddresses = ForeignAddresses.Remove,
            Routes =
                routed && up && given.Contains($"10.{number}.0.1/24")
                    ? [new RouteSpec { To = $"10.{number + 100}.0.0/16", Via = $"10.{number}.0.9" }]
                    : [],
        };

    private static LinkSpec Link(string name, LinkKind kind) =>
        new()
        {
            Id = LinkSpec.IdOf(name),
            Name = name,
            Kind = kind,
        };

    private static IEnumerable<LinkSpec> Distinct(IReadOnlyList<LinkSpec> links) => links.DistinctBy(l => l.Name);
}
