using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;
using Cloudlet.Resources.Kinds.Links;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Links;

public sealed class LinksKindSpecs : IDisposable
{
    private readonly FakeMachine _machine = new();
    private readonly LinksKind _kind;

    public LinksKindSpecs() => _kind = new LinksKind(_machine.Links, _machine.Files);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task A_new_link_gets_everything_in_one_request()
    {
        await MakeAsync(Link("br0", LinkKind.Bridge));
        _machine.Writes.Clear();
        await MakeAsync(Link("d0", LinkKind.Dummy) with { Mac = "02:aa:00:00:00:01", Mtu = 9000, Up = true, Master = "br0" });
        _machine.Writes.ShouldBe(["create d0"]);
        _machine
            .Links["d0"]
            .ShouldSatisfyAllConditions(
                l => l.Mac.ShouldBe("02:aa:00:00:00:01"),
                l => l.Mtu.ShouldBe(9000),
                l => l.Up.ShouldBeTrue(),
                l => l.MasterName.ShouldBe("br0")
            );
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public async Task Each_difference_is_detected_and_repaired_alone(
        LinkSpec wanted,
        Action<FakeNetlink> drift,
        string property,
        string[] writes
    )
    {
        await MakeAsync(Link("br0", LinkKind.Bridge) with { Up = true });
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
        drift(_machine.Links);
        (await DiffAsync(wanted)).ShouldContain(property);
        _machine.Writes.Clear();
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
        _machine.Writes.ShouldBe(writes);
    }

    public static TheoryData<LinkSpec, Action<FakeNetlink>, string, string[]> Properties() =>
        new()
        {
            { Dummy() with { Mtu = 9000 }, n => n["d0"] = n["d0"] with { Mtu = 1500 }, "mtu", ["change d0"] },
            { Dummy() with { Mac = "02:aa:00:00:00:01" }, n => n["d0"] = n["d0"] with { Mac = "02:bb:00:00:00:01" }, "mac", ["change d0"] },
            { Dummy() with { Up = true }, n => n.Change(n["d0"].Index, new LinkChange { Up = false }), "up", ["change d0"] },
            { Dummy() with { Up = false }, n => n.Change(n["d0"].Index, new LinkChange { Up = true }), "up", ["change d0"] },
            { Dummy() with { Promiscuous = true }, n => n["d0"] = n["d0"] with { Promiscuous = false }, "promiscuous", ["change d0"] },
            { Dummy() with { Master = "br0" }, n => n.Change(n["d0"].Index, new LinkChange { Master = 0 }), "master", ["change d0"] },
            {
                Dummy() with
                {
                    Master = "",
                },
                n => n.Change(n["d0"].Index, new LinkChange { Master = n["br0"].Index }),
                "master",
                ["change d0"]
            },
            {
                Link("b1", LinkKind.Bridge) with
                {
                    BridgeStp = true,
                },
                n => n["b1"] = n["b1"] with { Attributes = new KindAttributes { BridgeStp = false } },
                "bridgeStp",
                ["change b1"]
            },
            {
                Dummy() with
                {
                    Addresses = ["10.0.0.1/24", "fd00::1/64"],
                },
                n => n.RemoveAddress(n["d0"].Index, new AddressInfo("fd00::1", 64)),
                "addresses",
                ["add fd00::1/64 to d0"]
            },
            {
                Dummy() with
                {
                    Addresses = ["10.0.0.1/24"],
                    ForeignAddresses = ForeignAddresses.Remove,
                },
                n => n.AddAddress(n["d0"].Index, new AddressInfo("10.9.9.9", 32)),
                "addresses",
                ["remove 10.9.9.9/32 from d0"]
            },
            {
                Routed(),
                n => n.RemoveRoute(n["d0"].Index, new RouteInfo("10.7.0.0/16") { Gateway = "10.0.0.9" }),
                "routes",
                ["add route 10.7.0.0/16 to d0"]
            },
            {
                Routed(),
                n => n.AddRoute(n["d0"].Index, new RouteInfo("10.8.0.0/16") { Gateway = "10.0.0.9" }),
                "routes",
                ["remove route 10.8.0.0/16 from d0"]
            },
            {
                Routed(),
                n => n.AddRoute(n["d0"].Index, new RouteInfo("10.7.0.0/16") { Gateway = "10.0.0.8" }),
                "routes",
                ["add route 10.7.0.0/16 to d0"]
            },
        };

    [Fact]
    public async Task When_a_link_comes_up_its_lost_routes_and_addresses_are_restored_in_the_same_step()
    {
        var wanted = Routed() with { Addresses = ["10.0.0.1/24", "fd00::1/64"] };
        await MakeAsync(wanted);
        _machine.Links.Change(_machine.Links["d0"].Index, new LinkChange { Up = false });
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Removing_the_first_address_of_a_subnet_does_not_lose_the_others(bool promotes)
    {
        _machine.Links.PromotesSecondaries = promotes;
        var wanted = Dummy() with { Addresses = ["10.0.0.2/24", "10.0.0.3/24"], ForeignAddresses = ForeignAddresses.Remove };
        await MakeAsync(wanted with { Addresses = ["10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24"] });
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_changed_prefix_is_added_before_the_old_one_is_removed()
    {
        var wanted = Dummy() with { Addresses = ["10.0.0.1/16"], ForeignAddresses = ForeignAddresses.Remove };
        await MakeAsync(wanted with { Addresses = ["10.0.0.1/24"] });
        _machine.Writes.Clear();
        await MakeAsync(wanted);
        _machine.Writes.ShouldBe(["add 10.0.0.1/16 to d0", "remove 10.0.0.1/24 from d0"]);
    }

    [Fact]
    public async Task Foreign_addresses_are_kept_when_described_so()
    {
        var wanted = Dummy() with { Addresses = ["10.0.0.1/24"], ForeignAddresses = ForeignAddresses.Keep };
        await MakeAsync(wanted);
        _machine.Links.AddAddress(_machine.Links["d0"].Index, new AddressInfo("10.9.9.9", 32));
        (await DiffAsync(wanted)).ShouldBeEmpty();
        await MakeAsync(wanted with { Mtu = 9000 });
        _machine.Links["d0"].Addresses.ShouldContain(a => a.Address == "10.9.9.9");
    }

    [Fact]
    public async Task Addresses_of_the_kernel_and_of_dhcp_are_never_removed()
    {
        var wanted = Dummy() with { Up = true, Addresses = [], ForeignAddresses = ForeignAddresses.Remove };
        await MakeAsync(wanted);
        _machine.Links.AddAddress(_machine.Links["d0"].Index, new AddressInfo("10.9.9.9", 24) { Permanent = false });
        _machine.Links["d0"].Addresses.Count.ShouldBe(2);
        (await DiffAsync(wanted)).ShouldBeEmpty();
        await MakeAsync(wanted with { Mtu = 9000 });
        _machine.Links["d0"].Addresses.Count.ShouldBe(2);
        var loopback = await _kind.ObserveAsync(Link("lo", LinkKind.Existing), default);
        loopback!.Addresses.ShouldBe([]);
    }

    [Fact]
    public async Task A_described_link_local_address_is_observed()
    {
        var wanted = Dummy() with { Addresses = ["fe80::99/64"], ForeignAddresses = ForeignAddresses.Remove };
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Foreign_routes_stay_and_a_described_route_counts_whatever_its_source()
    {
        await MakeAsync(Routed());
        var index = _machine.Links["d0"].Index;
        _machine.Links.AddRoute(index, new RouteInfo("10.99.0.0/16") { Gateway = "10.0.0.9", Protocol = 4 });
        _machine.Links.AddRoute(index, new RouteInfo("10.7.0.0/16") { Gateway = "10.0.0.9", Protocol = 4 });
        (await DiffAsync(Routed())).ShouldBeEmpty();
        await MakeAsync(Routed() with { Mtu = 9000 });
        Given("d0").Select(r => r.Destination).ShouldBe(["10.99.0.0/16", "10.7.0.0/16"], ignoreOrder: true);
    }

    [Fact]
    public async Task Addresses_and_routes_that_an_agent_moved_to_its_bridge_count_as_described()
    {
        var wanted = Routed() with { Mtu = 1450 };
        await MakeAsync(wanted);
        var (bridge, link) = (_machine.Links.Create(new LinkToCreate("brq0123456789a", "bridge") { Up = true }), _machine.Links["d0"]);
        foreach (var address in link.Addresses)
        {
            _machine.Links.RemoveAddress(link.Index, address);
            _machine.Links.AddAddress(bridge, address);
        }

        _machine.Links.AddRoute(bridge, new RouteInfo("10.7.0.0/16") { Gateway = "10.0.0.9" });
        _machine.Links.Change(link.Index, new LinkChange { Master = bridge });
        (await DiffAsync(wanted)).ShouldBeEmpty();

        _machine.Links.Change(link.Index, new LinkChange { Mtu = 1400 });
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
        _machine.Links["d0"].Addresses.Where(a => a.Scope == "global").ShouldBeEmpty();
        _machine.Links["d0"].Mtu.ShouldBe(1450);
    }

    [Fact]
    public async Task A_gateway_outside_all_networks_counts_as_a_neighbour_on_the_link()
    {
        var wanted = new LinkSpec
        {
            Id = LinkSpec.IdOf("eth0"),
            Name = "eth0",
            Kind = LinkKind.Existing,
            Routes = [new RouteSpec { To = "10.9.0.0/16", Via = "192.0.2.1" }],
        };
        await MakeAsync(wanted);
        _machine.Links["eth0"].Routes.ShouldHaveSingleItem().OnLink.ShouldBeTrue();
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_route_never_replaces_a_foreign_one()
    {
        var eth = _machine.Links["eth0"].Index;
        _machine.Links.AddAddress(eth, new AddressInfo("192.0.2.5", 24));
        _machine.Links.AddRoute(eth, new RouteInfo("0.0.0.0/0") { Gateway = "192.0.2.1", Protocol = 3 });
        var wanted = Dummy() with
        {
            Up = true,
            Addresses = ["10.0.0.1/24"],
            Routes = [new RouteSpec { To = "0.0.0.0/0", Via = "10.0.0.9" }],
        };
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(wanted));
        error.Kind.ShouldBe(ErrorKind.AlreadyExists);
        error.Message.ShouldContain("through eth0");
        error.Message.ShouldContain("another metric");
        Given("eth0").ShouldHaveSingleItem();

        await MakeAsync(
            wanted with
            {
                Routes =
                [
                    new RouteSpec
                    {
                        To = "0.0.0.0/0",
                        Via = "10.0.0.9",
                        Metric = 50,
                    },
                ],
            }
        );
        Given("eth0").ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("10.7.0.0/16", "10.0.0.9", 0)]
    [InlineData("fd07::/64", "fd00::9", 1024)]
    [InlineData("fd07::/64", "fd00::9", 0)]
    public async Task The_kernels_default_metric_equals_no_metric(string to, string via, int metric)
    {
        var wanted = Dummy() with
        {
            Up = true,
            Addresses = ["10.0.0.1/24", "fd00::1/64"],
            Routes =
            [
                new RouteSpec
                {
                    To = to,
                    Via = via,
                    Metric = metric,
                },
            ],
        };
        await MakeAsync(wanted);
        _machine.Links["d0"] = _machine.Links["d0"] with { Routes = [new RouteInfo(to) { Gateway = via }] };
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Replacements))]
    public async Task A_change_that_is_impossible_in_place_recreates_the_link(LinkSpec before, LinkSpec after, string property)
    {
        await MakeAsync(Link("low1", LinkKind.Dummy));
        await MakeAsync(Link("low2", LinkKind.Dummy));
        await MakeAsync(before);
        var index = _machine.Links[before.Name].Index;
        (await DiffAsync(after)).ShouldContain(property);
        _kind.ReplacedBy.ShouldContain(property);
        await MakeAsync(after);
        (await DiffAsync(after)).ShouldBeEmpty();
        _machine.Links[before.Name].Index.ShouldNotBe(index);
    }

    public static TheoryData<LinkSpec, LinkSpec, string> Replacements()
    {
        var vlan = Link("v", LinkKind.Vlan) with { Parent = "low1", VlanId = 7 };
        var vxlan = Link("v", LinkKind.Vxlan) with { VxlanId = 7, VxlanLocal = "10.0.0.1", VxlanRemote = "10.0.0.2", VxlanPort = 4789 };
        var macvlan = Link("v", LinkKind.Macvlan) with { Parent = "low1", MacvlanMode = "bridge" };
        var veth = Link("v", LinkKind.Veth) with { Peer = "w" };
        return new()
        {
            { Link("v", LinkKind.Dummy), Link("v", LinkKind.Bridge), "kind" },
            { veth, Link("v", LinkKind.Tap), "kind" },
            { vlan, vlan with { VlanId = 8 }, "vlanId" },
            { vlan, vlan with { Parent = "low2" }, "parent" },
            { macvlan, macvlan with { Parent = "low2" }, "parent" },
            { macvlan, macvlan with { MacvlanMode = "private" }, "macvlanMode" },
            { vxlan, vxlan with { VxlanId = 8 }, "vxlanId" },
            { vxlan, vxlan with { VxlanLocal = "10.0.0.3" }, "vxlanLocal" },
            { vxlan, vxlan with { VxlanRemote = "10.0.0.3" }, "vxlanRemote" },
            { vxlan, vxlan with { VxlanPort = 8472 }, "vxlanPort" },
            { veth, veth with { Peer = "x" }, "peer" },
        };
    }

    [Fact]
    public async Task A_link_of_an_unknown_kind_is_replaced_too()
    {
        _machine.Links.Create(new LinkToCreate("d0", "ifb"));
        (await DiffAsync(Dummy())).ShouldContain("kind");
        var observed = await _kind.ObserveAsync(Dummy(), default);
        (await _kind.CaptureAsync(observed!, default)).ShouldBeNull();
        await MakeAsync(Dummy());
        _machine.Links["d0"].Kind.ShouldBe("dummy");
    }

    [Theory]
    [InlineData("eth0")]
    [InlineData("lo")]
    public async Task A_network_card_is_never_replaced_nor_deleted(string name)
    {
        var error = await Should.ThrowAsync<CloudletException>(async () => await _kind.ObserveAsync(Link(name, LinkKind.Dummy), default));
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain("kind: existing");
        await Should.ThrowAsync<CloudletException>(async () =>
            await _kind.ApplyAsync(Link(name, LinkKind.Dummy), Link(name, LinkKind.Existing), default)
        );
        await Should.ThrowAsync<CloudletException>(async () => await _kind.RemoveAsync(Link(name, LinkKind.Dummy), default));
        _machine.Links.Find(name).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_network_card_is_configured_and_only_forgotten()
    {
        var card = Link("eth0", LinkKind.Existing) with { Mtu = 9000, Addresses = ["192.0.2.5/24"] };
        await MakeAsync(card);
        (await DiffAsync(card)).ShouldBeEmpty();
        _kind.CanRemove(card).ShouldBeFalse();
        await _kind.RemoveAsync(card, default);
        _machine.Links["eth0"].Mtu.ShouldBe(9000);
    }

    [Fact]
    public async Task A_missing_network_card_is_an_error_with_advice()
    {
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Link("eth7", LinkKind.Existing)));
        error.Kind.ShouldBe(ErrorKind.NotFound);
        error.Message.ShouldContain("eth7");
        error.Message.ShouldContain("ip link");
    }

    [Theory]
    [InlineData(LinkKind.Dummy, "dummy")]
    [InlineData(LinkKind.Vlan, "8021q")]
    [InlineData(LinkKind.Tap, "tun")]
    public async Task A_kernel_without_the_driver_is_a_named_error(LinkKind wanted, string module)
    {
        _machine.Links.Drivers.Clear();
        var error = await Should.ThrowAsync<CloudletException>(() =>
            MakeAsync(Link("x0", wanted) with { Parent = wanted == LinkKind.Vlan ? "eth0" : null, VlanId = 5 })
        );
        error.Kind.ShouldBe(ErrorKind.DriverMissing);
        error.Message.ShouldContain("link:x0");
        error.Message.ShouldContain($"modprobe {module}");
        error.InnerException.ShouldNotBeNull();
    }

    [Fact]
    public async Task Missing_parents_and_masters_are_named()
    {
        (
            await Should.ThrowAsync<CloudletException>(() => MakeAsync(Link("v", LinkKind.Vlan) with { Parent = "gone", VlanId = 5 }))
        ).Message.ShouldContain("parent gone");
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(Dummy() with { Master = "gone" }))).Message.ShouldContain(
            "master gone"
        );
    }

    [Fact]
    public async Task Both_ends_of_a_cable_may_be_described_and_created_in_any_order()
    {
        await MakeAsync(Link("v", LinkKind.Veth) with { Peer = "w", Mtu = 9000 });
        var other = Link("w", LinkKind.Veth) with { Peer = "v", Mtu = 9000 };
        await _kind.ApplyAsync(other, null, default);
        (await DiffAsync(other)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cable_to_a_name_in_use_is_reported()
    {
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Link("v", LinkKind.Veth) with { Peer = "eth0" }));
        error.Kind.ShouldBe(ErrorKind.AlreadyExists);
        error.Message.ShouldContain("other end eth0");
    }

    [Fact]
    public async Task A_cable_whose_other_end_was_moved_into_a_guest_is_left_alone()
    {
        var wanted = Link("v", LinkKind.Veth) with { Peer = "w" };
        await MakeAsync(wanted);
        _machine.Links["v"] = _machine.Links["v"] with { Lower = null };
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_driver_that_accepts_a_mac_only_while_down_gets_it_and_is_up_again()
    {
        var wanted = Dummy() with { Up = true, Mac = "02:aa:00:00:00:01", Addresses = ["10.0.0.1/24", "fd00::1/64"] };
        await MakeAsync(wanted);
        _machine.Links.StubbornMac.Add("d0");
        await MakeAsync(wanted with { Mac = "02:aa:00:00:00:02" });
        (await DiffAsync(wanted with { Mac = "02:aa:00:00:00:02" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_bridge_keeps_its_own_mtu_when_a_port_joins()
    {
        var bridge = Link("br0", LinkKind.Bridge) with { Mtu = 9000 };
        await MakeAsync(bridge);
        await MakeAsync(Dummy() with { Mtu = 1500, Master = "br0" });
        (await DiffAsync(bridge)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_links_need_one_query()
    {
        await MakeAsync(Link("a", LinkKind.Dummy));
        var before = _machine.Links.Dumps;
        LinkSpec[] few = [Link("a", LinkKind.Dummy), Link("b", LinkKind.Dummy), Link("eth0", LinkKind.Existing)];
        (await _kind.ObserveManyAsync(few, default)).Select(s => s?.Name).ShouldBe(["a", null, "eth0"]);
        _machine.Links.Dumps.ShouldBe(before);

        var seen = await _kind.ObserveManyAsync([.. few, .. Enumerable.Range(0, 10).Select(i => Link($"c{i}", LinkKind.Dummy))], default);
        seen.Select(s => s?.Name).Take(4).ShouldBe(["a", null, "eth0", null]);
        (_machine.Links.Dumps - before).ShouldBe(1);
    }

    [Fact]
    public async Task A_captured_state_restores_exactly_the_earlier_addresses()
    {
        await MakeAsync(Dummy() with { Addresses = ["10.0.0.1/24"] });
        var before = await _kind.CaptureAsync((await _kind.ObserveAsync(Dummy(), default))!, default);
        await MakeAsync(Dummy() with { Mtu = 9000, Addresses = ["10.0.0.2/24"] });
        await MakeAsync(before!);
        _machine.Links["d0"].Addresses.Select(a => a.Cidr).ShouldBe(["10.0.0.1/24"]);
        _machine.Links["d0"].Mtu.ShouldBe(1500);
    }

    [Fact]
    public async Task An_existing_link_gets_back_what_we_changed_and_keeps_what_others_changed_since()
    {
        await MakeAsync(Link("eth0", LinkKind.Existing) with { Addresses = ["10.0.0.1/24"] });
        var applied = Link("eth0", LinkKind.Existing) with { Mtu = 9000, Addresses = ["10.7.0.1/24"], Routes = [] };
        var before = (await _kind.CaptureAsync((await _kind.ObserveAsync(applied, default))!, default))!;
        await MakeAsync(applied);

        // A lease is renewed with another address.
        _machine.Links.RemoveAddress(_machine.Links["eth0"].Index, new AddressInfo("10.0.0.1", 24));
        _machine.Links.AddAddress(_machine.Links["eth0"].Index, new AddressInfo("10.0.0.2", 24));
        var goal = _kind.GiveBack(before, applied, (await _kind.ObserveAsync(applied, default))!);
        await MakeAsync(goal);

        _machine.Links["eth0"].Addresses.Select(a => a.Cidr).ShouldBe(["10.0.0.2/24"]);
        _machine.Links["eth0"].Mtu.ShouldBe(1500);
    }

    [Fact]
    public async Task Addresses_that_we_removed_are_restored_and_a_foreign_mtu_stays()
    {
        await MakeAsync(Dummy() with { Addresses = ["10.0.0.1/24"] });
        var applied = Dummy() with { Mtu = 9000, Addresses = ["10.7.0.1/24"], ForeignAddresses = ForeignAddresses.Remove };
        var before = (await _kind.CaptureAsync((await _kind.ObserveAsync(applied, default))!, default))!;
        await MakeAsync(applied);
        _machine.Links["d0"] = _machine.Links["d0"] with { Mtu = 1400 };

        await MakeAsync(_kind.GiveBack(before, applied, (await _kind.ObserveAsync(applied, default))!));

        _machine.Links["d0"].Addresses.Select(a => a.Cidr).ShouldBe(["10.0.0.1/24"]);
        _machine.Links["d0"].Mtu.ShouldBe(1400);
    }

    [Fact]
    public async Task Links_of_our_boot_files_are_ours_without_any_record()
    {
        foreach (var name in (string[])["lan0", "lan1", "tap0", "byservice", "virbr0"])
            await MakeAsync(Link(name, name == "tap0" ? LinkKind.Tap : LinkKind.Bridge));
        _machine.Files["/etc/systemd/network/05-cloudlet-lan0.netdev"] = "[NetDev]\nName=lan0\nKind=bridge\n\n[Peer]\nName=virbr0\n";
        _machine.Files["/etc/systemd/network/05-cloudlet-virbr0.network"] = "[Match]\nName=virbr0\n";
        _machine.Files["/etc/systemd/network/10-other.netdev"] = "[NetDev]\nName=virbr0\n";
        _machine.Files["/etc/network/interfaces.d/50-cloudlet"] =
            "auto lan1\n    pre-up ip link show dev lan1 || ip link add name lan1 type bridge stp_state 0\n    pre-up ip tuntap add "
            + "dev tap0 mode tap\niface virbr0 inet manual\n";
        _machine.Files["/etc/systemd/system/cloudlet-link-byservice.service"] =
            "ExecStart=/bin/sh -c 'test -e x || ip link add name byservice type bridge'\n";
        _machine.Files["/etc/systemd/system/cloudlet-link-virbr0.service"] = "ExecStart=ip link set dev virbr0 up\n";
        _machine.Files["/etc/systemd/network/05-cloudlet-eth0.netdev"] = "[NetDev]\nName=eth0\n";
        (await _kind.FindOwnedAsync(default)).Select(l => l.Name).Order().ShouldBe(["byservice", "lan0", "lan1", "tap0"]);
    }

    [Fact]
    public async Task A_host_without_files_has_no_marks() =>
        (await new LinksKind(_machine.Links, null).FindOwnedAsync(default)).ShouldBeEmpty();

    private static LinkSpec Link(string name, LinkKind kind) =>
        new()
        {
            Id = LinkSpec.IdOf(name),
            Name = name,
            Kind = kind,
        };

    private static LinkSpec Dummy() => Link("d0", LinkKind.Dummy);

    private static LinkSpec Routed() =>
        Dummy() with
        {
            Up = true,
            Addresses = ["10.0.0.1/24"],
            Routes = [new RouteSpec { To = "10.7.0.0/16", Via = "10.0.0.9" }],
        };

    /// <summary>The routes of a link except those that the kernel adds for its addresses.</summary>
    private IEnumerable<RouteInfo> Given(string link) => _machine.Links[link].Routes.Where(r => r.Protocol != RouteInfo.KernelProtocol);

    private async Task MakeAsync(LinkSpec wanted) => await _kind.ApplyAsync(wanted, await _kind.ObserveAsync(wanted, default), default);

    private async Task<IEnumerable<string>> DiffAsync(LinkSpec wanted)
    {
        var seen = await _kind.ObserveAsync(wanted, default);
        return SpecDiff.Between(wanted, seen is null ? null : _kind.WithoutForeign(wanted, seen)).Select(c => c.Path).Distinct();
    }
}
