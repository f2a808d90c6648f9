using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine.Tests.Netlink;

/// <summary>Every change of an existing link; attributes that a change does not name stay the same.</summary>
public class LinkChangeSpecs
{
    public static TheoryData<LinkChange> Changes =>
        [
            new LinkChange { Mac = "02:00:00:00:00:77" },
            new LinkChange { Mtu = 1280 },
            new LinkChange { Up = false },
            new LinkChange { Promiscuous = true },
            new LinkChange { Alias = "uplink of the lab, élan" },
            new LinkChange { Name = "renamed0" },
            new LinkChange
            {
                Kind = "bridge",
                Attributes = new KindAttributes { BridgeStp = true },
            },
            new LinkChange
            {
                Kind = "bridge",
                Attributes = new KindAttributes { BridgeVlanFiltering = true },
            },
            new LinkChange
            {
                Mac = "02:00:00:00:00:78",
                Mtu = 1290,
                Up = false,
                Promiscuous = true,
                Alias = "all at once",
                Name = "all0",
            },
        ];

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_affects_only_the_named_attributes(LinkChange change)
    {
        using var ns = new TestNamespace();
        var needsFiltering = change.Attributes?.BridgeVlanFiltering is not null;
        Assert.SkipUnless(!needsFiltering || LinkCreationSpecs.HasVlanFiltering(ns), "this kernel has no bridge VLAN filtering");
        var index = ns.Links.Create(new LinkToCreate("br0", "bridge") { Mac = "02:00:00:00:00:01", Up = true });
        var before = ns["br0"];

        ns.Links.Change(index, change);

        var after = ns[change.Name ?? "br0"];
        var expected = before with
        {
            Mac = change.Mac ?? before.Mac,
            Mtu = change.Mtu ?? before.Mtu,
            Up = change.Up ?? before.Up,
            Promiscuous = change.Promiscuous ?? before.Promiscuous,
            Alias = change.Alias ?? before.Alias,
            Name = change.Name ?? before.Name,
            Attributes = before.Attributes with
            {
                BridgeStp = change.Attributes?.BridgeStp ?? before.Attributes.BridgeStp,
                BridgeVlanFiltering = change.Attributes?.BridgeVlanFiltering ?? before.Attributes.BridgeVlanFiltering,
            },
            Addresses = after.Addresses,
            Routes = after.Routes,
        };
        after.ShouldBe(expected);
    }

    [Fact]
    public void Settings_that_were_enabled_can_be_disabled_again()
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        ns.Links.Change(index, new LinkChange { Promiscuous = true, Alias = "x" });
        ns.Links.Change(index, new LinkChange { Promiscuous = false, Alias = "" });
        ns["br0"].Promiscuous.ShouldBeFalse();
        ns["br0"].Alias.ShouldBeNull();
        ns["br0"].Up.ShouldBeTrue();
    }

    [Fact]
    public void An_empty_change_asks_nothing_of_the_kernel()
    {
        using var ns = new TestNamespace();
        ns.Links.Change(4242, new LinkChange());
        Should.Throw<CloudletException>(() => ns.Links.Change(4242, new LinkChange { Mtu = 1300 })).Kind.ShouldBe(ErrorKind.NotFound);
    }

    [Fact]
    public void A_port_joins_moves_and_leaves()
    {
        using var ns = new TestNamespace();
        var first = ns.Bridge("br0");
        var second = ns.Bridge("br1");
        var port = ns.Links.Create(new LinkToCreate("tap0", "tap"));
        ns.Links.Change(port, new LinkChange { Master = first });
        ns["tap0"].MasterName.ShouldBe("br0");
        ns.Links.Change(port, new LinkChange { Master = second });
        ns["tap0"].MasterName.ShouldBe("br1");
        ns.Links.Dump().Find("tap0").ShouldNotBeNull().MasterName.ShouldBe("br1");
        ns.Links.Change(port, new LinkChange { Master = 0 });
        ns["tap0"].Master.ShouldBeNull();
    }

    [Fact]
    public void A_vxlan_remote_changes_in_place_and_its_number_does_not()
    {
        using var ns = new TestNamespace();
        var index = ns.Links.Create(
            new LinkToCreate("vx0", "vxlan")
            {
                Attributes = new KindAttributes { VxlanId = 5, VxlanRemote = "192.0.2.1" },
            }
        );
        ns.Links.Change(
            index,
            new LinkChange
            {
                Kind = "vxlan",
                Attributes = new KindAttributes { VxlanRemote = "192.0.2.9" },
            }
        );
        ns["vx0"].Attributes.VxlanRemote.ShouldBe("192.0.2.9");
        ns["vx0"].Attributes.VxlanId.ShouldBe(5);
        var change = new LinkChange
        {
            Kind = "vxlan",
            Attributes = new KindAttributes { VxlanId = 6 },
        };
        Should.Throw<CloudletException>(() => ns.Links.Change(index, change)).Kind.ShouldBe(ErrorKind.Unsupported);
    }

    [Fact]
    public void Attributes_without_their_kind_and_bad_names_are_refused()
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        LinkChange[] bad =
        [
            new() { Attributes = new KindAttributes { BridgeStp = true } },
            new() { Name = "sixteen-bytes-xy" },
            new() { Alias = new string('x', 256) },
            new() { Master = 4242 },
        ];
        foreach (var change in bad)
            Should.Throw<CloudletException>(() => ns.Links.Change(index, change)).Kind.ShouldBe(ErrorKind.InvalidInput, change.ToString());
    }

    [Fact]
    public void A_change_that_needs_the_link_down_restores_addresses_and_routes()
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        ns.Links.AddAddress(index, new AddressInfo("10.5.0.1", 24));
        ns.Links.AddAddress(index, new AddressInfo("2001:db8:5::1", 64));
        ns.Links.AddRoute(index, new RouteInfo("10.6.0.0/16") { Gateway = "10.5.0.2" });
        ns.Links.AddRoute(
            index,
            new RouteInfo("2001:db8:6::/48")
            {
                Gateway = "2001:db8:5::2",
                Metric = 77,
                Protocol = 4,
            }
        );
        var before = ns["br0"];

        ns.Links.ChangeWhileDown(index, new LinkChange { Mac = "02:00:00:00:00:42" });

        var after = ns["br0"];
        after.Mac.ShouldBe("02:00:00:00:00:42");
        after.Up.ShouldBeTrue();
        after.Addresses.Where(a => a.Scope != "link").ShouldBe(before.Addresses.Where(a => a.Scope != "link"), ignoreOrder: true);
        after.Routes.Where(r => r.Protocol != 2).ShouldBe(before.Routes.Where(r => r.Protocol != 2), ignoreOrder: true);
    }

    [Fact]
    public void A_link_whose_change_fails_while_down_is_up_again_and_the_error_is_reported()
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        ns.Bridge("br1");
        Should
            .Throw<CloudletException>(() => ns.Links.ChangeWhileDown(index, new LinkChange { Name = "br1" }))
            .Kind.ShouldBe(ErrorKind.AlreadyExists);
        ns["br0"].Up.ShouldBeTrue();
    }
}
