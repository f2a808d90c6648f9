using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Tests.Netlink;
using Cloudlet.Machine.Watch;
using Cloudlet.TestKit.Machine;
using FsCheck;
using FsCheck.Fluent;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Tests.Watch;

public sealed class LinkWatchSpecs
{
    private readonly WatchLog _log = new();

    [Fact]
    public async Task A_deleted_link_is_reported_by_its_name()
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        using var watch = Watch(ns);

        ns.Ip("link delete br0").ExitCode.ShouldBe(0);

        (await _log.NextLinkAsync("br0")).Index.ShouldBe(index);
    }

    [Fact]
    public async Task A_new_link_and_its_new_name_are_reported_and_the_old_name_too()
    {
        using var ns = new TestNamespace();
        using var watch = Watch(ns);
        var index = ns.Bridge("old0", up: false);
        await _log.NextLinkAsync("old0");
        var settled = await SettleAsync(ns);

        ns.Ip("link set old0 name new0").ExitCode.ShouldBe(0);

        (await _log.NextLinkAsync("old0")).Index.ShouldBe(index);
        (await _log.NextLinkAsync("new0")).Index.ShouldBe(index);
        settled.ShouldBeGreaterThan(index);
    }

    [Theory]
    [InlineData("address add 10.1.2.3/24 dev br0")]
    [InlineData("address delete 10.1.1.1/24 dev br0")]
    [InlineData("address add 2001:db8::1/64 dev br0 nodad")]
    [InlineData("address delete 2001:db8:1::1/64 dev br0")]
    [InlineData("route add 10.9.0.0/16 dev br0")]
    [InlineData("route delete 10.8.0.0/16 dev br0")]
    [InlineData("-6 route add 2001:db8:9::/48 dev br0")]
    [InlineData("route add 10.7.0.0/16 nexthop via 10.1.1.7 nexthop via 10.2.2.7")]
    [InlineData("link set br0 down")]
    [InlineData("link set br0 mtu 1400")]
    [InlineData("link set br0 address 02:00:00:00:00:77")]
    [InlineData("link set br0 promisc on")]
    public async Task Changes_of_a_link_are_reported_with_its_name(string change)
    {
        using var ns = new TestNamespace();
        var index = ns.Bridge("br0");
        var other = ns.Bridge("br1");
        ns.Links.AddAddress(index, new AddressInfo("10.1.1.1", 24));
        ns.Links.AddAddress(index, new AddressInfo("2001:db8:1::1", 64));
        ns.Links.AddAddress(other, new AddressInfo("10.2.2.1", 24));
        ns.Links.AddRoute(index, new RouteInfo("10.8.0.0/16"));
        using var watch = Watch(ns);
        await SettleAsync(ns);

        ns.Ip(change).ShouldBe((0, ""));

        (await _log.NextLinkAsync("br0")).Index.ShouldBe(index);
        if (change.Contains("nexthop", StringComparison.Ordinal))
            (await _log.NextLinkAsync("br1")).Index.ShouldBe(other);
    }

    [Fact]
    public async Task A_link_that_leaves_a_bridge_keeps_its_name_in_later_events()
    {
        using var ns = new TestNamespace();
        ns.Bridge("br0");
        ns.Ip("link add v0 type veth peer name v1").ExitCode.ShouldBe(0);
        ns.Ip("link set v0 master br0").ExitCode.ShouldBe(0);
        using var watch = Watch(ns);
        ns.Ip("link set v0 nomaster").ExitCode.ShouldBe(0);
        await _log.NextLinkAsync("v0");
        await SettleAsync(ns);

        ns.Ip("address add 10.3.3.3/24 dev v0").ExitCode.ShouldBe(0);

        await _log.NextLinkAsync("v0");
    }

    [Fact]
    public async Task Two_hundred_links_deleted_at_once_are_all_reported()
    {
        using var ns = new TestNamespace();
        var names = Enumerable.Range(0, 200).Select(i => $"b{i}").ToHashSet();
        foreach (var name in names)
            ns.Bridge(name, up: false);
        using var watch = Watch(ns);
        await SettleAsync(ns);

        foreach (var link in ns.Links.Dump().Links.Where(link => names.Contains(link.Name)))
            ns.Links.Delete(link.Index);

        while (names.Count > 0)
            names.Remove((await _log.NextAsync<LinkTouched>()).Name!);
    }

    [Fact]
    public async Task Dropped_messages_are_reported_and_names_are_right_afterwards()
    {
        using var ns = new TestNamespace();
        using var watch = new LinkWatch(_log.Take, TimeProvider.System, ns.Name, receiveBytes: 1);
        _log.Close();
        for (var i = 0; i < 50; i++)
            ns.Bridge($"b{i}");
        _log.Open();

        (await _log.NextAsync<EventsLost>()).Source.ShouldBe(WakeSourceNames.Links);
        await _log.NextAsync<EventsLost>(e => e.Because.Contains("backlog", StringComparison.Ordinal));
        ns.Ip("address add 10.4.4.4/24 dev b49").ExitCode.ShouldBe(0);
        await _log.NextLinkAsync("b49");
    }

    [Fact]
    public async Task Changes_in_other_namespaces_are_not_reported()
    {
        using var ns = new TestNamespace();
        using var other = new TestNamespace();
        using var watch = Watch(ns);
        other.Bridge("alien0");

        await SettleAsync(ns);

        _log.TakeAll().OfType<LinkTouched>().ShouldNotContain(e => e.Name == "alien0");
    }

    [Fact]
    public async Task A_hardware_address_is_reported_when_a_link_gets_it_and_when_it_loses_it()
    {
        const string mac = "02:00:00:00:00:77";
        using var ns = new TestNamespace();
        using var watch = Watch(ns);

        ns.Ip($"link add away0 address {mac} type bridge").ExitCode.ShouldBe(0);
        await _log.NextAsync<AddressTouched>(e => e.Address == mac);
        await SettleAsync(ns);
        _log.TakeAll();
        ns.Ip("link set away0 address 02:00:00:00:00:78").ExitCode.ShouldBe(0);
        await _log.NextAsync<AddressTouched>(e => e.Address == mac);
        ns.Ip($"link set away0 address {mac}").ExitCode.ShouldBe(0);
        await SettleAsync(ns);
        _log.TakeAll();
        ns.Ip("link delete away0").ExitCode.ShouldBe(0);
        await _log.NextAsync<AddressTouched>(e => e.Address == mac);
    }

    [Fact]
    public void A_missing_namespace_is_reported() =>
        Should
            .Throw<CloudletException>(() => new LinkWatch(_log.Take, TimeProvider.System, "no-such-namespace"))
            .Kind.ShouldBe(ErrorKind.NotFound);

    [Fact]
    public void Damaged_messages_are_read_or_refused_and_never_crash() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5000),
            Prop.ForAll<byte[], ushort, ushort>(
                (payload, type, length) =>
                {
                    ushort[] types = [RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE, NLMSG_OVERRUN, 9];
                    var datagram = new byte[16 + (payload?.Length ?? 0)];
                    var claimed = type % 3 == 0 ? length : datagram.Length;
                    MemoryMarshal.Write(datagram, new MessageHeader { Length = (uint)claimed, Type = types[type % types.Length] });
                    payload?.CopyTo(datagram, 16);
                    return new LinkEventReader().Read(datagram, out _) || true;
                }
            )
        );

    [Fact]
    public void Equal_neighbours_in_a_datagram_are_one_event()
    {
        var message = AddressMessages.Add(7, new AddressInfo("10.0.0.1", 24)).Complete(1).ToArray();
        var other = AddressMessages.Add(8, new AddressInfo("10.0.0.1", 24)).Complete(1).ToArray();

        new LinkEventReader().Read([.. message, .. message, .. other, .. message], out var links).ShouldBeTrue();

        links.ShouldBe([(null, 7), (null, 8), (null, 7)]);
    }

    private LinkWatch Watch(TestNamespace ns) => new(_log.Take, TimeProvider.System, ns.Name);

    /// <summary>Creates a link and waits for its event: everything that happened before has been reported by then.</summary>
    private async Task<int> SettleAsync(TestNamespace ns)
    {
        var name = $"s{Guid.NewGuid().ToString("N")[..8]}";
        var index = ns.Bridge(name, up: false);
        await _log.NextLinkAsync(name);
        return index;
    }
}
