using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Tests.Compile;

public class LinksCompilerSpecs
{
    [Fact]
    public void Defaults_of_a_created_link_are_written_out()
    {
        var link = Compile(("br0", new() { Kind = LinkKind.Bridge }))["br0"];
        link.Up.ShouldBe(true);
        link.BridgeStp.ShouldBe(false);
        link.Mac.ShouldBe(StableMac.Of("edge-1", "br0"));
        link.Addresses.ShouldBe([]);
        link.ForeignAddresses.ShouldBe(ForeignAddresses.Remove);
        (link.Mtu, link.Master).ShouldBe((null, null));
        (link.Promiscuous, link.Arp, link.AllMulticast).ShouldBe((false, true, false));
    }

    [Fact]
    public void An_existing_link_keeps_what_the_description_does_not_say()
    {
        var link = Compile(("eth0", new() { Kind = LinkKind.Existing }))["eth0"];
        (link.Mac, link.Addresses, link.ForeignAddresses).ShouldBe((null, null, ForeignAddresses.Keep));
    }

    [Fact]
    public void A_vlan_has_no_address_unless_one_is_given() =>
        Compile(
            (
                "v",
                new()
                {
                    Kind = LinkKind.Vlan,
                    Parent = "eth0",
                    Id = 7,
                }
            )
        )["v"]
            .Mac.ShouldBeNull();

    [Fact]
    public void The_stable_address_is_pinned_local_unicast_and_differs_by_host_and_link()
    {
        // Another derivation would change the address of every deployed link: this pins it.
        StableMac.Of("edge-1", "cloudlet0").ShouldBe("46:28:eb:aa:d2:bf");
        string[] all =
        [
            .. from host in Enumerable.Range(0, 40) from link in Enumerable.Range(0, 40) select StableMac.Of($"host-{host}", $"link{link}"),
        ];
        all.ShouldBeUnique();
        all.ShouldAllBe(mac => (Convert.ToByte(mac.Substring(0, 2), 16) & 3) == 2);
    }

    [Fact]
    public void Addresses_and_routes_are_canonical()
    {
        var link = Compile(
            (
                "d",
                new()
                {
                    Kind = LinkKind.Dummy,
                    Mac = "02:AA:BB:CC:DD:EE",
                    Addresses = ["FD00:0080:0:0::1/64", "10.80.0.1/24", "10.80.0.1/24"],
                    Routes =
                    [
                        new() { To = "default", Via = "10.80.0.254" },
                        new()
                        {
                            To = "default",
                            Via = "FD00:80::FF",
                            Metric = 1024,
                        },
                        new() { To = "10.9.8.7/8", Metric = 0 },
                        new() { To = "10.1.1.1" },
                        new() { To = "default", Source = "fd00:80::1" },
                    ],
                }
            )
        )["d"];
        link.Mac.ShouldBe("02:aa:bb:cc:dd:ee");
        link.Addresses.ShouldBe(["10.80.0.1/24", "fd00:80::1/64"]);
        link.Routes.ShouldBe([
            new RouteSpec { To = "0.0.0.0/0", Via = "10.80.0.254" },
            new RouteSpec { To = "10.0.0.0/8" },
            new RouteSpec { To = "10.1.1.1/32" },
            new RouteSpec { To = "::/0", Source = "fd00:80::1" },
            new RouteSpec { To = "::/0", Via = "fd00:80::ff" },
        ]);
    }

    [Fact]
    public void Ports_become_the_master_of_each_port_and_come_after_it()
    {
        var links = Compile(("br0", new() { Kind = LinkKind.Bridge, Ports = ["eth1"] }), ("eth1", new() { Kind = LinkKind.Existing }));
        links["eth1"].Master.ShouldBe("br0");
        links["eth1"].After.ShouldBe(["link:br0"]);
        links["br0"].After.ShouldBeEmpty();
    }

    [Fact]
    public void The_first_end_of_a_cable_makes_both()
    {
        var links = Compile(("b", new() { Kind = LinkKind.Veth, Peer = "a" }), ("a", new() { Kind = LinkKind.Veth, Peer = "b" }));
        (links["a"].Peer, links["b"].Peer).ShouldBe(("b", "a"));
        links["a"].After.ShouldBeEmpty();
        links["b"].After.ShouldBe(["link:a"]);
    }

    [Fact]
    public void A_link_comes_after_its_driver_and_its_boot_files()
    {
        var state = TestHost.State(
            new HostSection
            {
                Modules = new Dictionary<string, ModuleSection?> { ["dummy"] = null },
                Links = new Dictionary<string, LinkSection> { ["d"] = new() { Kind = LinkKind.Dummy } },
            }
        );
        var link = state.Resource<LinkSpec>("link:d");
        link.After.ShouldContain("module:dummy");
        link.After.ShouldContain("file:/etc/systemd/network/05-cloudlet-d.netdev");
        link.After.ShouldContain("file:/etc/systemd/network/05-cloudlet-d.network");
        state.Resource<UnitSpec>("unit:systemd-networkd.service").After.ShouldContain("link:d");
        state.Resource<FileSpec>("file:/etc/modprobe.d/50-cloudlet-dummy.conf").Content!.ShouldEndWith("\noptions dummy numdummies=0\n");
    }

    [Fact]
    public void A_namespace_has_links_and_nothing_else()
    {
        var state = TestHost.State(new HostSection { Links = SampleVeth() }, linksOnly: true);
        state.Resources.ShouldAllBe(r => r is LinkSpec);
    }

    private static Dictionary<string, LinkSection> SampleVeth() =>
        new()
        {
            ["a"] = new() { Kind = LinkKind.Veth, Peer = "b" },
        };

    [Fact]
    public void Links_that_we_create_ignore_router_advertisements_unless_described_otherwise()
    {
        var links = Compile(
            ("d", new LinkSection { Kind = LinkKind.Dummy }),
            ("asks", new LinkSection { Kind = LinkKind.Dummy, AcceptRa = true }),
            ("eth0", new LinkSection { Kind = LinkKind.Existing })
        );
        links["d"].AcceptRa.ShouldBe(false);
        links["asks"].AcceptRa.ShouldBe(true);
        links["eth0"].AcceptRa.ShouldBeNull();

        // systemd-networkd itself listens, so the kernel must not.
        TestHost
            .State(TestHost.Links(BootNetwork.Networkd, ("asks", new LinkSection { Kind = LinkKind.Dummy, AcceptRa = true })))
            .Resource<LinkSpec>("link:asks")
            .AcceptRa.ShouldBeNull();
    }

    [Fact]
    public void A_bridge_with_addresses_takes_over_the_cards_that_are_its_ports()
    {
        var links = Compile(
            (
                "br0",
                new LinkSection
                {
                    Kind = LinkKind.Bridge,
                    Ports = ["eth0", "v0"],
                    Addresses = ["10.0.0.1/24"],
                }
            ),
            ("br1", new LinkSection { Kind = LinkKind.Bridge, Ports = ["eth1"] }),
            ("eth0", new LinkSection { Kind = LinkKind.Existing }),
            ("eth1", new LinkSection { Kind = LinkKind.Existing }),
            ("v0", new LinkSection { Kind = LinkKind.Veth, Peer = "v1" })
        );
        links["br0"].TakesOver.ShouldBe(["eth0"]);
        links["eth0"].Yields.ShouldBe(true);
        links["br1"].TakesOver.ShouldBeNull();
        links["eth1"].Yields.ShouldBeNull();
        links["v0"].Yields.ShouldBeNull();
    }

    private static Dictionary<string, LinkSpec> Compile(params (string, LinkSection)[] links) =>
        TestHost.State(TestHost.Links(BootNetwork.None, links)).Resources.OfType<LinkSpec>().ToDictionary(l => l.Name);
}
