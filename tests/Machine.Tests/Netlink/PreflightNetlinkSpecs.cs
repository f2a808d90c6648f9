using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine.Tests.Netlink;

/// <summary>Queries before any change, none of which may change anything.</summary>
public sealed class PreflightNetlinkSpecs
{
    [Fact]
    public void Drivers_are_detected_without_leaving_a_link()
    {
        using var host = new TestNamespace();
        var before = host.Links.Dump().Links.Count;
        foreach (var kind in new[] { "bridge", "veth", "tap", "macvlan", "vxlan" })
            host.Links.CanCreate(kind).ShouldBeTrue(kind);
        host.Links.CanCreate("no-such-kind").ShouldBeFalse();
        host.Links.Dump().Links.Count.ShouldBe(before);
    }

    [Fact]
    public void An_alternative_name_resolves_to_the_name_and_is_not_a_name()
    {
        using var host = new TestNamespace();
        host.Links.Create(new LinkToCreate("br0", "bridge"));
        host.Ip("link property add dev br0 altname other");
        host.Links.Find("other").ShouldBeNull();
        host.Links.NameBehind("other").ShouldBe("br0");
        host.Links.NameBehind("br0").ShouldBeNull();
        host.Links.NameBehind("nothing").ShouldBeNull();
    }

    [Fact]
    public void Limits_of_the_mtu_and_settings_of_ipv6_are_reported_and_settings_are_written_in_the_namespace()
    {
        using var host = new TestNamespace();
        var index = host.Links.Create(new LinkToCreate("br0", "bridge"));
        host.Links.Find("br0")
            .ShouldNotBeNull()
            .ShouldSatisfyAllConditions(
                l => l.MinMtu.ShouldBe(68),
                l => l.MaxMtu.ShouldBe(65535),
                l => l.IsEthernet.ShouldBeTrue(),
                l => l.Ipv6.ShouldBe(new Ipv6Info(1, Autoconf: true, Forwarding: false, Disabled: false))
            );
        host.Links.Find("lo")!.IsEthernet.ShouldBeFalse();
        host.Links.SetIpv6(index, Ipv6Setting.AcceptRa, 2);
        host.Links.SetIpv6(index, Ipv6Setting.Autoconf, 0);
        host.Links.SetIpv6(index, Ipv6Setting.DisableIpv6, 1);
        host.Links.Find("br0")!.Ipv6.ShouldBe(new Ipv6Info(2, Autoconf: false, Forwarding: false, Disabled: true));
    }

    [Fact]
    public void Neighbours_are_forgotten_except_permanent_ones()
    {
        using var host = new TestNamespace();
        host.Links.Create(new LinkToCreate("br0", "bridge") { Up = true });
        host.Ip("address add 192.0.2.1/24 dev br0");
        host.Ip("neighbour add 192.0.2.7 lladdr 02:00:00:00:00:07 nud reachable dev br0");
        host.Ip("neighbour add 2001:db8::7 lladdr 02:00:00:00:00:07 nud stale dev br0");
        host.Ip("neighbour add 192.0.2.8 lladdr 02:00:00:00:00:08 nud permanent dev br0");
        host.Links.ForgetNeighbours();
        var left = host.Ip("neighbour show").Output;
        left.ShouldContain("192.0.2.8");
        left.ShouldNotContain("02:00:00:00:00:07");
    }
}
