using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine.Tests.Netlink;

/// <summary>Every kind of link, created in a namespace of the real kernel and read back.</summary>
public class LinkCreationSpecs
{
    private const string Mac = "02:00:00:00:00:0a";

    public static TheoryData<string> Kinds => ["dummy", "bridge", "veth", "vlan", "vxlan", "macvlan", "tap", "ifb"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_link_has_all_its_attributes_or_the_driver_is_reported_missing(string kind)
    {
        using var ns = new TestNamespace();
        var lower = ns.Bridge("lower0");
        var link = Described(kind, lower, HasVlanFiltering(ns));
        if (!KernelHas(ns, kind))
        {
            var failure = Should.Throw<CloudletException>(() => ns.Links.Create(link));
            failure.Kind.ShouldBe(ErrorKind.DriverMissing);
            failure.Message.ShouldContain($"create link \"new0\" ({kind}): Operation not supported (EOPNOTSUPP)");
            failure.Message.ShouldContain($"has no driver '{kind}'");
            ns.Links.Find("new0").ShouldBeNull();
            return;
        }

        var index = ns.Links.Create(link);
        var read = ns["new0"];
        read.Index.ShouldBe(index);
        read.Kind.ShouldBe(kind == "tap" ? "tun" : kind);
        read.Mac.ShouldBe(Mac);
        read.Mtu.ShouldBe(1300);
        read.Up.ShouldBeTrue();
        read.Promiscuous.ShouldBeFalse();
        (kind is "vlan" or "macvlan").ShouldBe(read.LowerName == "lower0");
        read.Attributes.ShouldBe(kind == "tap" ? new KindAttributes { Tap = true } : link.Attributes);
        ns.Links.Dump().Find("new0").ShouldNotBeNull().ShouldBeEquivalentTo(read);

        ns.Links.Delete(index);
        ns.Links.Find("new0").ShouldBeNull();
        ns.Links.Delete(index);
    }

    [Fact]
    public void A_driver_without_one_of_its_attributes_is_not_called_missing()
    {
        using var ns = new TestNamespace();
        var link = new LinkToCreate("br0", "bridge") { Attributes = new KindAttributes { BridgeVlanFiltering = true } };
        if (HasVlanFiltering(ns))
        {
            ns.Links.Create(link);
            ns["br0"].Attributes.BridgeVlanFiltering.ShouldBe(true);
            return;
        }

        var failure = Should.Throw<CloudletException>(() => ns.Links.Create(link));
        failure.Kind.ShouldBe(ErrorKind.Unsupported);
        failure.Message.ShouldContain("lacks one of the requested attributes");
    }

    [Fact]
    public void A_port_is_created_inside_its_bridge()
    {
        using var ns = new TestNamespace();
        var bridge = ns.Bridge("br0");
        foreach (var kind in new[] { "veth", "tap", "vxlan" })
        {
            var port = new LinkToCreate($"p-{kind}", kind)
            {
                Master = bridge,
                Attributes = new KindAttributes { VxlanId = kind == "vxlan" ? 5 : null },
            };
            ns.Links.Create(port);
            ns[port.Name].Master.ShouldBe(bridge);
            ns[port.Name].MasterName.ShouldBe("br0");
        }
    }

    [Fact]
    public void Both_ends_of_a_veth_have_the_requested_names_and_addresses()
    {
        using var ns = new TestNamespace();
        var index = ns.Links.Create(
            new LinkToCreate("here", "veth")
            {
                Mac = Mac,
                PeerName = "there",
                PeerMac = "02:00:00:00:00:0b",
            }
        );
        ns["there"].Mac.ShouldBe("02:00:00:00:00:0b");
        ns["there"].Lower.ShouldBe(index);
        ns["here"].LowerName.ShouldBe("there");
    }

    [Fact]
    public void A_veth_with_an_unspecified_peer_does_not_share_its_hardware_address()
    {
        using var ns = new TestNamespace();
        ns.Links.Create(new LinkToCreate("here", "veth") { Mac = Mac });
        var peer = ns.Links.Dump().Find(ns["here"].Lower!.Value).ShouldNotBeNull();
        peer.Mac.ShouldNotBe(Mac);
    }

    [Fact]
    public void A_peer_in_another_namespace_is_not_mistaken_for_a_link_of_ours()
    {
        using var ns = new TestNamespace();
        using var other = new TestNamespace();
        ns.Links.Create(new LinkToCreate("here", "veth") { PeerName = "there" });
        ns.Ip($"link set there netns {other.Name}").ExitCode.ShouldBe(0);
        ns["here"].Lower.ShouldBeNull();
        other["there"].Lower.ShouldBeNull();
    }

    [Fact]
    public void A_vxlan_keeps_its_lower_link_and_ipv6_ends()
    {
        using var ns = new TestNamespace();
        var lower = ns.Bridge("lower0");
        ns.Links.Create(
            new LinkToCreate("vx0", "vxlan")
            {
                Lower = lower,
                Attributes = new KindAttributes
                {
                    VxlanId = 0xffffff,
                    VxlanLocal = "2001:db8::1",
                    VxlanRemote = "2001:db8::2",
                    VxlanPort = 4789,
                },
            }
        );
        ns["vx0"].LowerName.ShouldBe("lower0");
        ns["vx0"]
            .Attributes.ShouldBe(
                new KindAttributes
                {
                    VxlanId = 0xffffff,
                    VxlanLocal = "2001:db8::1",
                    VxlanRemote = "2001:db8::2",
                    VxlanPort = 4789,
                }
            );
    }

    [Theory]
    [InlineData("private")]
    [InlineData("vepa")]
    [InlineData("bridge")]
    [InlineData("passthru")]
    public void A_macvlan_has_the_requested_mode(string mode)
    {
        using var ns = new TestNamespace();
        var lower = ns.Links.Create(new LinkToCreate("lower0", "veth"));
        ns.Links.Create(
            new LinkToCreate("mv0", "macvlan")
            {
                Lower = lower,
                Attributes = new KindAttributes { MacvlanMode = mode },
            }
        );
        ns["mv0"].Attributes.MacvlanMode.ShouldBe(mode);
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("tap")]
    public void A_name_in_use_is_reported_and_the_link_left_alone(string kind)
    {
        using var ns = new TestNamespace();
        var index = ns.Links.Create(new LinkToCreate("one0", kind));
        Should.Throw<CloudletException>(() => ns.Links.Create(new LinkToCreate("one0", "bridge"))).Kind.ShouldBe(ErrorKind.AlreadyExists);
        Should.Throw<CloudletException>(() => ns.Links.Create(new LinkToCreate("one0", "tap"))).Kind.ShouldBe(ErrorKind.AlreadyExists);
        ns["one0"].Index.ShouldBe(index);
    }

    [Fact]
    public void A_failed_creation_leaves_nothing_behind()
    {
        using var ns = new TestNamespace();
        (LinkToCreate Link, ErrorKind Kind)[] bad =
        [
            (new("sixteen-bytes-xy", "bridge"), ErrorKind.InvalidInput),
            (new("sixteen-bytes-xy", "tap"), ErrorKind.InvalidInput),
            (new("x0", "bridge") { Mac = "nonsense" }, ErrorKind.InvalidInput),
            (new("x0", "bridge") { Mtu = -1 }, ErrorKind.InvalidInput),
            (new("x0", "veth") { Mtu = 10_000_000 }, ErrorKind.InvalidInput),
            (new("x0", "tap") { Mtu = 10_000_000 }, ErrorKind.InvalidInput),
            (new("x0", "tap") { Master = 4242 }, ErrorKind.InvalidInput),
            (new("x0", "macvlan") { Attributes = new KindAttributes { MacvlanMode = "odd" } }, ErrorKind.InvalidInput),
            (new("x0", "macvlan") { Lower = 4242 }, ErrorKind.NotFound),
            (new("x0", "vxlan") { Attributes = new KindAttributes { VxlanId = 1 << 24 } }, ErrorKind.InvalidInput),
            (new("x0", "no-such-kind"), ErrorKind.DriverMissing),
        ];
        foreach (var (link, kind) in bad)
        {
            Should.Throw<CloudletException>(() => ns.Links.Create(link)).Kind.ShouldBe(kind, link.ToString());
            ns.Links.Dump().Links.Count.ShouldBe(1, link.ToString());
        }
    }

    private static LinkToCreate Described(string kind, int lower, bool vlanFiltering) =>
        new("new0", kind)
        {
            Mac = Mac,
            Mtu = 1300,
            Up = true,
            Lower = kind is "vlan" or "macvlan" ? lower : null,
            PeerName = kind == "veth" ? "peer0" : null,
            Attributes = kind switch
            {
                "bridge" => new KindAttributes { BridgeStp = true, BridgeVlanFiltering = vlanFiltering },
                "vlan" => new KindAttributes { VlanId = 4094 },
                "vxlan" => new KindAttributes
                {
                    VxlanId = 42,
                    VxlanLocal = "192.0.2.1",
                    VxlanRemote = "192.0.2.2",
                    VxlanPort = 4790,
                },
                "macvlan" => new KindAttributes { MacvlanMode = "bridge" },
                _ => KindAttributes.None,
            },
        };

    /// <summary>False for a kernel built without CONFIG_BRIDGE_VLAN_FILTERING.</summary>
    internal static bool HasVlanFiltering(TestNamespace ns)
    {
        var has = ns.Ip("link add name filter0 type bridge vlan_filtering 1").ExitCode == 0;
        if (has)
            ns.Ip("link del filter0");
        return has;
    }

    /// <summary>Checks with iproute2, which shares no code with ours, whether this kernel can create a link of the kind.</summary>
    private static bool KernelHas(TestNamespace ns, string kind)
    {
        var (exitCode, _) = kind switch
        {
            "tap" => ns.Ip("tuntap add dev probe0 mode tap"),
            "vlan" => ns.Ip("link add probe0 link lower0 type vlan id 7"),
            "macvlan" => ns.Ip("link add probe0 link lower0 type macvlan"),
            "vxlan" => ns.Ip("link add probe0 type vxlan id 7 dstport 4789"),
            _ => ns.Ip($"link add name probe0 type {kind}"),
        };
        if (exitCode == 0)
            ns.Ip("link del probe0");
        return exitCode == 0;
    }
}
