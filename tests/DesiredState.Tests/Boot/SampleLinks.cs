using Cloudlet.DesiredState.Kinds.Links;

namespace Cloudlet.DesiredState.Tests.Boot;

/// <summary>One description per kind of link; each has a golden file for every boot network.</summary>
internal static class SampleLinks
{
    public static Dictionary<string, LinkSection> Of(string sample) =>
        sample switch
        {
            "dummy" => new()
            {
                ["cloudlet0"] = new()
                {
                    Kind = LinkKind.Dummy,
                    Mac = "02:00:5E:10:00:01",
                    Mtu = 1450,
                    Addresses = ["10.80.0.1/24", "FD00:80::1/64"],
                    Routes =
                    [
                        new()
                        {
                            To = "10.81.0.0/16",
                            Via = "10.80.0.254",
                            Metric = 50,
                            Source = "10.80.0.1",
                        },
                        new() { To = "10.82.0.7/24" },
                        new() { To = "fd00:81::/64", Via = "fd00:80::ff" },
                    ],
                    RequiredForOnline = true,
                },
            },
            "bridge-with-ports" => new()
            {
                ["br-cloudlet"] = new()
                {
                    Kind = LinkKind.Bridge,
                    Mtu = 1400,
                    Addresses = ["10.90.0.1/24"],
                    Ports = ["a-port"],
                },
                ["a-port"] = new() { Kind = LinkKind.Veth, Peer = "b-port" },
                ["b-port"] = new()
                {
                    Kind = LinkKind.Veth,
                    Addresses = ["10.90.0.2/24"],
                    Routes = [new() { To = "default", Via = "10.99.0.1" }],
                },
            },
            "veth-with-undeclared-peer" => new()
            {
                ["cable"] = new()
                {
                    Kind = LinkKind.Veth,
                    Peer = "far-end",
                    Up = false,
                },
            },
            "stacked-on-bridge" => new()
            {
                ["br0"] = new() { Kind = LinkKind.Bridge, Stp = true },
                ["br0.20"] = new()
                {
                    Kind = LinkKind.Vlan,
                    Parent = "br0",
                    Id = 20,
                    Addresses = ["10.20.0.1/24"],
                },
                ["mv0"] = new() { Kind = LinkKind.Macvlan, Parent = "br0" },
                ["vx0"] = new()
                {
                    Kind = LinkKind.Vxlan,
                    Parent = "br0",
                    Id = 42,
                    Remote = "239.1.1.1",
                },
            },
            "stacked-on-network-card" => new()
            {
                ["eth0.20"] = new()
                {
                    Kind = LinkKind.Vlan,
                    Parent = "eth0",
                    Id = 20,
                    Addresses = ["10.20.0.1/24"],
                },
                ["mv0"] = new()
                {
                    Kind = LinkKind.Macvlan,
                    Parent = "eth0",
                    Mode = "private",
                },
                ["vx0"] = new()
                {
                    Kind = LinkKind.Vxlan,
                    Parent = "eth0",
                    Id = 42,
                    Local = "10.0.0.1",
                    Remote = "10.0.0.2",
                    Port = 8472,
                },
            },
            "vxlan-without-parent" => new()
            {
                ["vx1"] = new()
                {
                    Kind = LinkKind.Vxlan,
                    Id = 43,
                    Local = "10.0.0.1",
                    Remote = "10.0.0.2",
                },
            },
            "tap" => new()
            {
                ["tap-guest"] = new()
                {
                    Kind = LinkKind.Tap,
                    Promiscuous = true,
                    ForeignAddresses = ForeignAddresses.Keep,
                },
            },
            "network-card" => new()
            {
                ["br-ex"] = new() { Kind = LinkKind.Bridge, Ports = ["eth1"] },
                ["eth0"] = new()
                {
                    Kind = LinkKind.Existing,
                    Mtu = 9000,
                    Addresses = ["10.0.0.5/24", "fd00::5/64"],
                    Routes = [new() { To = "10.1.0.0/16", Via = "10.7.0.1" }],
                },
                ["eth1"] = new() { Kind = LinkKind.Existing },
            },

            "bridge-over-a-card" => new()
            {
                ["br-ex"] = new()
                {
                    Kind = LinkKind.Bridge,
                    Ports = ["eth0"],
                    Addresses = ["192.0.2.10/24", "fd00::5/64"],
                    Routes = [new() { To = "default", Via = "192.0.2.1" }],
                },
                ["eth0"] = new() { Kind = LinkKind.Existing },
            },
            "takes-advertisements" => new()
            {
                ["asks0"] = new() { Kind = LinkKind.Bridge, AcceptRa = true },
            },

            // Links that a container can create at boot on a kernel without dummy and vlan.
            "container" => new()
            {
                ["br-cloudlet"] = new()
                {
                    Kind = LinkKind.Bridge,
                    Mtu = 1400,
                    Addresses = ["10.80.0.1/24", "fd00:80::1/64"],
                    Routes =
                    [
                        new()
                        {
                            To = "10.81.0.0/16",
                            Via = "10.80.0.254",
                            Metric = 50,
                            Source = "10.80.0.1",
                        },
                        new() { To = "10.82.0.0/16" },
                        new() { To = "default", Via = "10.99.0.1" },
                        new() { To = "fd00:81::/64", Via = "fd00:80::ff" },
                    ],
                    Ports = ["a-port", "host1"],
                    Promiscuous = true,
                },
                ["a-port"] = new() { Kind = LinkKind.Veth, Peer = "b-port" },
                ["b-port"] = new()
                {
                    Kind = LinkKind.Veth,
                    Peer = "a-port",
                    Mtu = 1400,
                    Addresses = ["10.80.0.2/24"],
                },
                ["host0"] = new()
                {
                    Kind = LinkKind.Existing,
                    Mtu = 1480,
                    Addresses = ["10.70.0.5/24", "fd00:70::5/64"],
                    Routes = [new() { To = "10.71.0.0/16", Via = "10.7.0.1" }],
                },
                ["host1"] = new() { Kind = LinkKind.Existing, Mac = "02:00:00:00:11:01" },
                ["mv0"] = new()
                {
                    Kind = LinkKind.Macvlan,
                    Parent = "br-cloudlet",
                    Up = false,
                    Addresses = ["10.85.0.1/24", "fd00:85::1/64"],
                },
                ["mv1"] = new()
                {
                    Kind = LinkKind.Macvlan,
                    Parent = "host0",
                    Addresses = ["10.86.0.1/24"],
                },
                ["tap-guest"] = new() { Kind = LinkKind.Tap, Mtu = 1300 },
                ["vx0"] = new()
                {
                    Kind = LinkKind.Vxlan,
                    Parent = "br-cloudlet",
                    Id = 42,
                    Local = "10.80.0.1",
                    Remote = "10.80.0.2",
                },
                ["vx1"] = new()
                {
                    Kind = LinkKind.Vxlan,
                    Id = 43,
                    Local = "10.80.0.1",
                    Remote = "10.80.0.3",
                    Port = 4790,
                },
            },
            _ => throw new ArgumentOutOfRangeException(nameof(sample), sample, "no such sample"),
        };

    public static readonly string[] Names =
    [
        "dummy",
        "bridge-with-ports",
        "veth-with-undeclared-peer",
        "stacked-on-bridge",
        "stacked-on-network-card",
        "vxlan-without-parent",
        "tap",
        "network-card",
        "bridge-over-a-card",
        "takes-advertisements",
        "container",
    ];
}
