using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine.Tests.Netlink;

public class RouteSpecs
{
    public static TheoryData<RouteInfo> Routes =>
        [
            new RouteInfo("10.20.0.0/16"),
            new RouteInfo("10.20.0.0/16") { Gateway = "10.4.0.2" },
            new RouteInfo("10.20.0.0/16")
            {
                Gateway = "10.4.0.2",
                Metric = 300,
                Source = "10.4.0.1",
            },
            new RouteInfo("0.0.0.0/0") { Gateway = "10.4.0.2", Protocol = 4 },
            new RouteInfo("10.21.0.1/32") { Gateway = "2001:db8:4::2" },
            new RouteInfo("10.22.0.0/16") { Gateway = "192.0.2.1", OnLink = true },
            new RouteInfo("2001:db8:20::/48"),
            new RouteInfo("2001:db8:20::/48")
            {
                Gateway = "2001:db8:4::2",
                Metric = 300,
                Source = "2001:db8:4::1",
            },
            new RouteInfo("::/0") { Gateway = "2001:db8:4::2" },
        ];

    [Theory]
    [MemberData(nameof(Routes))]
    public void A_route_is_added_twice_read_back_and_removed_twice(RouteInfo route)
    {
        using var ns = new TestNamespace();
        var index = LinkWithAddresses(ns);
        ns.Links.AddRoute(index, route);
        ns.Links.AddRoute(index, route);

        Ours(ns, route).ShouldBe([route]);
        ns.Links.Dump().Find(index).ShouldNotBeNull().Routes.ShouldContain(route);

        ns.Links.RemoveRoute(index, route);
        Ours(ns, route).ShouldBeEmpty();
        ns.Links.RemoveRoute(index, route);
    }

    [Fact]
    public void A_new_gateway_replaces_the_old_one_and_another_metric_coexists()
    {
        using var ns = new TestNamespace();
        var index = LinkWithAddresses(ns);
        foreach (
            var (destination, first, second) in new[]
            {
                ("10.20.0.0/16", "10.4.0.2", "10.4.0.3"),
                ("2001:db8:20::/48", "2001:db8:4::2", "2001:db8:4::3"),
            }
        )
        {
            var old = new RouteInfo(destination) { Gateway = first };
            var other = old with { Metric = 50 };
            ns.Links.AddRoute(index, old);
            ns.Links.AddRoute(index, old with { Gateway = second });
            ns.Links.AddRoute(index, other);
            Ours(ns, old).ShouldBe([old with { Gateway = second }, other], ignoreOrder: true);

            // The replaced route is gone, so removing it must not affect similar routes.
            ns.Links.RemoveRoute(index, old);
            Ours(ns, old).Count.ShouldBe(2);
            ns.Links.RemoveRoute(index, old with { Gateway = second });
            Ours(ns, old).ShouldBe([other]);
            ns.Links.RemoveRoute(index, old);
            Ours(ns, old).ShouldBe([other]);
        }
    }

    [Fact]
    public void Only_unicast_routes_of_the_main_table_with_one_next_hop_are_reported()
    {
        using var ns = new TestNamespace();
        LinkWithAddresses(ns);
        foreach (
            var arguments in new[]
            {
                "route add 10.30.0.0/16 dev br0 table 77",
                "route add blackhole 10.31.0.0/16",
                "route add 10.32.0.0/16 nexthop via 10.4.0.2 dev br0 nexthop via 10.4.0.3 dev br0",
            }
        )
            ns.Ip(arguments).ExitCode.ShouldBe(0, arguments);
        var routes = ns.Links.Dump().Links.SelectMany(link => link.Routes).ToList();
        routes.ShouldNotContain(route => route.Destination.StartsWith("10.3", StringComparison.Ordinal));
        routes.ShouldContain(new RouteInfo("10.4.0.0/24") { Protocol = 2, Source = "10.4.0.1" });
        routes.ShouldContain(route => route.Destination == "2001:db8:4::/64" && route.Protocol == 2);
    }

    [Fact]
    public void Host_bits_in_a_destination_are_ignored()
    {
        using var ns = new TestNamespace();
        var index = LinkWithAddresses(ns);
        ns.Links.AddRoute(index, new RouteInfo("10.20.3.4/16"));
        Ours(ns, new RouteInfo("10.20.0.0/16")).Count.ShouldBe(1);
        ns.Links.RemoveRoute(index, new RouteInfo("10.20.9.9/16"));
        Ours(ns, new RouteInfo("10.20.0.0/16")).ShouldBeEmpty();
    }

    [Fact]
    public void Impossible_routes_are_refused_with_the_kernels_message()
    {
        using var ns = new TestNamespace();
        var index = LinkWithAddresses(ns);
        var failure = Should.Throw<CloudletException>(() =>
            ns.Links.AddRoute(index, new RouteInfo("10.20.0.0/16") { Gateway = "192.0.2.1" })
        );
        failure.Kind.ShouldBe(ErrorKind.InvalidInput);
        failure.Message.ShouldContain("add route 10.20.0.0/16 via 192.0.2.1 on link \"br0\": Network is unreachable (ENETUNREACH)");
        Should.Throw<CloudletException>(() => ns.Links.AddRoute(index, new RouteInfo("10.20.0.0"))).Kind.ShouldBe(ErrorKind.InvalidInput);
        Should.Throw<CloudletException>(() => ns.Links.AddRoute(4242, new RouteInfo("10.20.0.0/16"))).Kind.ShouldBe(ErrorKind.NotFound);
        ns.Links.RemoveRoute(4242, new RouteInfo("10.20.0.0/16"));
    }

    private static int LinkWithAddresses(TestNamespace ns)
    {
        var index = ns.Bridge("br0");
        ns.Links.AddAddress(index, new AddressInfo("10.4.0.1", 24));
        ns.Links.AddAddress(index, new AddressInfo("2001:db8:4::1", 64));
        return index;
    }

    private static List<RouteInfo> Ours(TestNamespace ns, RouteInfo like) =>
        ns["br0"].Routes.Where(route => route.Destination == like.Destination).ToList();
}
