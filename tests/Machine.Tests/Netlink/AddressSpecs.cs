using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine.Tests.Netlink;

public class AddressSpecs
{
    [Theory]
    [InlineData("10.1.0.1", 24, "global", "10.1.0.255")]
    [InlineData("10.1.0.1", 30, "global", "10.1.0.3")]
    [InlineData("10.1.0.0", 31, "global", null)]
    [InlineData("10.1.0.1", 32, "global", null)]
    [InlineData("169.254.3.3", 16, "link", "169.254.255.255")]
    [InlineData("127.8.0.1", 24, "host", null)]
    [InlineData("2001:db8::1", 64, "global", null)]
    [InlineData("2001:db8::1", 128, "global", null)]
    [InlineData("fe80::1234", 64, "link", null)]
    public void An_address_is_added_twice_read_back_and_removed_twice(string address, int prefixLength, string scope, string? broadcast)
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        var wanted = new AddressInfo(address, prefixLength) { Scope = scope };
        ns.Links.AddAddress(index, wanted);
        ns.Links.AddAddress(index, wanted);

        ns["br0"].Addresses.Where(a => a.Address == address).ShouldBe([wanted with { Broadcast = broadcast }]);
        ns.Links.Dump().Find(index).ShouldNotBeNull().Addresses.ShouldContain(wanted with { Broadcast = broadcast });

        ns.Links.RemoveAddress(index, wanted);
        ns["br0"].Addresses.ShouldNotContain(a => a.Address == address);
        ns.Links.RemoveAddress(index, wanted);
    }

    [Fact]
    public void An_ipv6_address_is_usable_at_once_and_in_canonical_text()
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        ns.Links.AddAddress(index, new AddressInfo("2001:0DB8:0::0:1", 64));
        ns["br0"].Addresses.ShouldContain(a => a.Cidr == "2001:db8::1/64");
        ns.Ip("-6 addr show dev br0 to 2001:db8::/64").Output.ShouldNotContain("tentative");
    }

    [Fact]
    public void An_address_that_would_expire_becomes_permanent()
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        ns.Ip("addr add 10.2.0.1/24 dev br0 valid_lft 600 preferred_lft 600").ExitCode.ShouldBe(0);
        ns["br0"].Addresses.ShouldContain(a => a.Address == "10.2.0.1" && !a.Permanent);
        ns.Links.AddAddress(index, new AddressInfo("10.2.0.1", 24));
        ns["br0"].Addresses.ShouldContain(a => a.Address == "10.2.0.1" && a.Permanent);
    }

    [Fact]
    public void Removing_the_first_address_of_a_subnet_keeps_the_others()
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        ns.RunInside("sysctl -qw net.ipv4.conf.br0.promote_secondaries=0 net.ipv4.conf.all.promote_secondaries=0").ExitCode.ShouldBe(0);
        foreach (var last in new[] { 1, 2, 3 })
            ns.Links.AddAddress(index, new AddressInfo($"10.3.0.{last}", 24));
        ns.Links.RemoveAddress(index, new AddressInfo("10.3.0.1", 24));
        ns["br0"].Addresses.Where(a => a.Scope == "global").Select(a => a.Address).ShouldBe(["10.3.0.2", "10.3.0.3"], ignoreOrder: true);
    }

    [Fact]
    public void A_link_without_ipv6_says_so()
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        ns.RunInside("sysctl -qw net.ipv6.conf.br0.disable_ipv6=1").ExitCode.ShouldBe(0);
        var failure = Should.Throw<CloudletException>(() => ns.Links.AddAddress(index, new AddressInfo("2001:db8::1", 64)));
        failure.Kind.ShouldBe(ErrorKind.Unsupported);
        failure.Message.ShouldContain("net.ipv6.conf.br0.disable_ipv6=0");
    }

    [Fact]
    public void Invalid_addresses_and_missing_links_are_named()
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        Should
            .Throw<CloudletException>(() => ns.Links.AddAddress(index, new AddressInfo("10.0.0", 24)))
            .Kind.ShouldBe(ErrorKind.InvalidInput);
        Should
            .Throw<CloudletException>(() => ns.Links.AddAddress(index, new AddressInfo("10.0.0.1", 33)))
            .Kind.ShouldBe(ErrorKind.InvalidInput);
        Should
            .Throw<CloudletException>(() => ns.Links.AddAddress(index, new AddressInfo("10.0.0.1", 24) { Scope = "odd" }))
            .Kind.ShouldBe(ErrorKind.InvalidInput);
        Should.Throw<CloudletException>(() => ns.Links.AddAddress(4242, new AddressInfo("10.0.0.1", 24))).Kind.ShouldBe(ErrorKind.NotFound);
        ns.Links.RemoveAddress(4242, new AddressInfo("10.0.0.1", 24));
    }
}
