using System.Diagnostics;
using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;
using Cloudlet.Resources.Kinds.Links;
using Cloudlet.TestKit;

namespace Cloudlet.Resources.Tests.Links;

/// <summary>
/// Our links are identified by more than their names, in namespaces of this machine: links that were renamed, swapped or separated,
/// addresses that expire or are elsewhere, routes that were replaced.
/// </summary>
public sealed class KnownLinksSpecs : IDisposable
{
    private static readonly HostState Site = HostState.Create(
        "edge-1",
        [
            Bridge("br0", "02:aa:00:00:00:01") with
            {
                Addresses = ["10.80.0.1/24", "fd80::1/64"],
                Routes = [new RouteSpec { To = "10.81.0.0/16", Via = "10.80.0.9" }],
            },
            Bridge("br1", "02:aa:00:00:00:05") with
            {
                Addresses = ["10.85.0.1/24"],
            },
            Link("v0", LinkKind.Veth) with
            {
                Peer = "v1",
                Mac = "02:aa:00:00:00:02",
                Mtu = 1400,
                Master = "br0",
                After = ["link:br0"],
                Addresses = [],
            },
            Link("v1", LinkKind.Veth) with
            {
                Peer = "v0",
                Mac = "02:aa:00:00:00:03",
                After = ["link:v0"],
                Addresses = ["10.90.0.1/24"],
            },
            Link("m0", LinkKind.Macvlan) with
            {
                Parent = "v1",
                MacvlanMode = "bridge",
                Mac = "02:aa:00:00:00:06",
                After = ["link:v1"],
                Addresses = ["10.91.0.1/24"],
            },
        ]
    );

    private readonly TestNamespace _host = new();
    private readonly MemoryConvergeStore _store = new();
    private readonly List<string> _failures = [];

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("br0", "link set br0 name away0")]
    [InlineData("br0", "link set br0 down", "link set br0 name away0")]
    [InlineData("m0", "link set m0 name away0")]
    [InlineData("v1", "link set v1 name away0")]
    [InlineData("br0", "link set br0 name away0", "link add br0 type bridge", "address add 10.80.0.1/24 dev br0")]
    [InlineData("br0", "link set br0 name away0", "link add br0 type ifb")]
    public async Task A_renamed_link_gets_its_name_back_with_everything_on_it(string name, params string[] byHand)
    {
        await ApplyAsync();
        _host.Ip("link add guest0 type ifb");
        _host.Ip("link set guest0 master br0");
        var index = _host.Links.Find(name)!.Index;

        Do(byHand);
        (await PlanAsync())
            .Single(c => c.Id == $"link:{name}")
            .Properties.ShouldContain(p => p.Path == "name" && p.From!.ToString() == "away0");
        (await ApplyAsync()).ShouldBe(RunResult.Changed, Failures);

        _host.Links.Find(name)!.Index.ShouldBe(index);
        _host.Links.Find("away0").ShouldBeNull();
        _host.Links.Find("guest0")!.MasterName.ShouldBe("br0");
        (await PlanAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("link set br0 alias operators-own")]
    [InlineData("address add 10.77.0.1/24 dev br0")]
    [InlineData("link add port0 type ifb", "link set port0 master br0")]
    public async Task A_link_in_use_that_took_the_name_is_not_deleted(params string[] use)
    {
        await ApplyAsync();
        Do(["link set br0 name away0", "link add br0 type bridge", .. use]);
        var index = _host.Links.Find("br0")!.Index;

        var refused = await Should.ThrowAsync<CloudletException>(ApplyAsync);

        refused.Message.ShouldContain("another link has the name br0 and is in use");
        _host.Links.Find("br0")!.Index.ShouldBe(index);
        _host.Ip("link set br0 name theirs0");
        (await ApplyAsync()).ShouldBe(RunResult.Changed, Failures);
        (await PlanAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_links_that_swapped_their_names_swap_them_back()
    {
        await ApplyAsync();
        var (first, second) = (_host.Links.Find("br0")!.Index, _host.Links.Find("br1")!.Index);
        Do("link set br0 name x", "link set br1 name br0", "link set x name br1");

        (await ApplyAsync()).ShouldBe(RunResult.Changed, Failures);

        (_host.Links.Find("br0")!.Index, _host.Links.Find("br1")!.Index).ShouldBe((first, second));
        (await PlanAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_link_without_the_mark_is_as_described_and_is_identified_by_its_address_or_adopted()
    {
        await ApplyAsync();
        foreach (var link in _host.Links.Dump().Links.Where(l => l.Kind is not null))
            _host.Links.Change(link.Index, new LinkChange { Alias = "" });
        (await PlanAsync()).ShouldBeEmpty();
        (await ApplyAsync()).ShouldBe(RunResult.Unchanged);

        Do("link set m0 name away0");
        (await ApplyAsync()).ShouldBe(RunResult.Changed, Failures);
        _host.Links.Find("away0").ShouldBeNull();

        var kind = Kind();
        var br1 = Site.Resources.OfType<LinkSpec>().Single(l => l.Name == "br1");
        await kind.ObserveAsync(br1, default);
        kind.RecordConverged(br1);
        _host.Links.Find("br1")!.Alias.ShouldBe("cloudlet:br1");
        (await PlanAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_foreign_alias_of_a_link_stays()
    {
        await ApplyAsync();
        _host.Ip("link set br1 alias uplink");
        _host.Ip("link set br1 mtu 1300");
        var kind = Kind();
        var br1 = Site.Resources.OfType<LinkSpec>().Single(l => l.Name == "br1") with { Mtu = 1400 };
        await kind.ApplyAsync(br1, await kind.ObserveAsync(br1, default), default);
        _host.Links.Find("br1").ShouldNotBeNull().ShouldSatisfyAllConditions(l => l.Mtu.ShouldBe(1400), l => l.Alias.ShouldBe("uplink"));
    }

    [Fact]
    public async Task A_renamed_link_no_longer_described_is_removed_under_its_new_name()
    {
        await ApplyAsync();
        Do("link set br1 name away0");
        (
            await Converger()
                .ApplyAsync(HostState.Create("edge-1", [.. Site.Resources.Where(r => r.Id != "link:br1")]), new ApplyOptions(), default)
        ).Result.ShouldBe(RunResult.Changed, Failures);
        _host.Links.Find("away0").ShouldBeNull();
    }

    /// <summary>An earlier version left this on hosts: the renamed link with address and net, and a new one beside it.</summary>
    [Fact]
    public async Task An_address_on_a_second_link_of_ours_is_a_deviation_and_is_removed()
    {
        Do(
            "link add away0 type bridge",
            "link set away0 address 02:aa:00:00:00:01",
            "address add 10.80.0.1/24 dev away0",
            "link set away0 up",
            "link add br0 type bridge"
        );
        (await ApplyAsync()).ShouldBe(RunResult.Changed, Failures);
        (await PlanAsync()).ShouldBeEmpty();
        _host.Links.Find("away0")!.Addresses.ShouldNotContain(a => a.Address == "10.80.0.1");
        _host.Links.Find("br0")!.Addresses.ShouldContain(a => a.Cidr == "10.80.0.1/24");
    }

    [Fact]
    public async Task An_address_on_a_foreign_link_is_a_deviation_that_only_the_operator_can_repair()
    {
        await ApplyAsync();
        Do("link add other0 type bridge", "address add 10.80.0.1/25 dev other0", "address add 10.85.0.1/32 dev other0");
        (await PlanAsync()).ShouldHaveSingleItem().Properties.ShouldHaveSingleItem().From!.ToString().ShouldBe("10.80.0.1/25 on other0");
        (await ApplyAsync()).ShouldBe(RunResult.Failed);
        Failures.ShouldContain("ip address delete 10.80.0.1/25 dev other0");
        _host.Ip("address show other0").ShouldContain("10.80.0.1/25");

        Do("address delete 10.80.0.1/25 dev other0");
        (await PlanAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v0")]
    public async Task A_cable_with_an_end_moved_away_is_recreated_with_its_other_end_unchanged(string moved)
    {
        await ApplyAsync();
        using var elsewhere = new TestNamespace();
        Do($"link set {moved} netns {elsewhere.Name}");

        (await ApplyAsync()).ShouldBe(RunResult.Changed, Failures);

        (await PlanAsync()).ShouldBeEmpty();
        _host
            .Links.Find("v0")
            .ShouldNotBeNull()
            .ShouldSatisfyAllConditions(l => l.LowerName.ShouldBe("v1"), l => l.MasterName.ShouldBe("br0"), l => l.Mtu.ShouldBe(1400));
        elsewhere.Links.Find(moved).ShouldBeNull();
    }

    [Theory]
    [InlineData("route replace 10.81.0.0/16 via 10.80.0.10")]
    [InlineData("route replace 10.81.0.0/16 dev br1")]
    [InlineData("route replace 10.80.0.0/24 dev br1")]
    [InlineData("route delete 10.80.0.0/24")]
    [InlineData("address add 10.80.0.7/24 dev br0", "route replace 10.80.0.0/24 dev br0 src 10.80.0.7")]
    [InlineData("route replace 10.80.0.0/24 dev br0 src 10.85.0.1")]
    [InlineData("route replace 10.80.0.0/24 dev br0")]
    [InlineData("-6 route delete fd80::/64")]
    [InlineData("-6 address add fd80::7/64 dev br0 nodad", "-6 route replace fd80::/64 dev br0 metric 256 src fd80::7")]
    [InlineData("address change 10.80.0.1/24 dev br0 valid_lft 30 preferred_lft 30")]
    [InlineData("address change 10.80.0.1/24 dev br0 valid_lft forever preferred_lft 0")]
    [InlineData("-6 address change fd80::1/64 dev br0 valid_lft 30 preferred_lft 0")]
    public async Task Replaced_and_expiring_routes_and_addresses_are_found_at_once_and_repaired(params string[] byHand)
    {
        await ApplyAsync();
        Do(byHand);
        (await PlanAsync()).ShouldNotBeEmpty();
        (await ApplyAsync()).ShouldBe(RunResult.Changed, Failures);
        (await PlanAsync()).ShouldBeEmpty();
        _host.Ip("route show 10.81.0.0/16").ShouldContain("via 10.80.0.9 dev br0");
        _host.Ip("route show 10.80.0.0/24").ShouldContain("dev br0 proto kernel scope link src 10.80.0.1");
        _host
            .Ip("-6 route show fd80::/64")
            .ShouldSatisfyAllConditions(
                r => r.ShouldStartWith("fd80::/64 dev br0"),
                r => r.ShouldContain("metric 256"),
                r => r.ShouldNotContain("src")
            );
        _host.Ip("address show br0").ShouldNotContain("deprecated");
        _host.Ip("address show br0").ShouldNotContain("30sec");
    }

    [Theory]
    [InlineData("link set br0 arp off", "arp")]
    [InlineData("link set m0 arp off", "arp")]
    [InlineData("link set v0 allmulticast on", "allMulticast")]
    [InlineData("link set br0 promisc on", "promiscuous")]
    public async Task An_undescribed_flag_is_cleared_on_a_link_of_ours(string byHand, string property)
    {
        await ApplyAsync();
        Do(byHand);
        (await PlanAsync()).ShouldHaveSingleItem().Properties.ShouldHaveSingleItem().Path.ShouldBe(property);
        (await ApplyAsync()).ShouldBe(RunResult.Changed, Failures);
        (await PlanAsync()).ShouldBeEmpty();
        _host.Ip("link show").ShouldNotContain("NOARP");
    }

    [Fact]
    public async Task Our_hardware_address_on_a_foreign_link_is_a_deviation_that_only_the_operator_can_repair()
    {
        await ApplyAsync();
        Do("link add other0 address 02:aa:00:00:00:01 type veth peer name other1");
        var seen = (await PlanAsync()).ShouldHaveSingleItem().Properties.ShouldHaveSingleItem();
        seen.From!.ToString().ShouldBe("02:aa:00:00:00:01 on other0 too");
        (await ApplyAsync()).ShouldBe(RunResult.Failed);
        Failures.ShouldContain("ip link set other0 address MAC");

        Do("link set other0 master br0");
        (await PlanAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_existing_link_keeps_its_own_flags_and_routes()
    {
        Do("link add card0 type bridge", "link set card0 up arp off allmulticast on promisc on");
        Do("address add 10.86.0.1/24 dev card0 noprefixroute");
        var card = HostState.Create("edge-1", [Link("card0", LinkKind.Existing) with { Addresses = ["10.86.0.1/24"] }]);
        (await Converger().PlanAsync(card, default)).Changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_route_older_than_ours_stays_whatever_an_earlier_run_recorded()
    {
        Do(
            "link add other0 type bridge",
            "address add 192.0.2.1/24 dev other0",
            "link set other0 up",
            "route add 10.81.0.0/16 via 192.0.2.9"
        );
        (await ApplyAsync()).ShouldBe(RunResult.Failed);
        (await ApplyAsync()).ShouldBe(RunResult.Failed);
        Failures.ShouldContain("not ours");
        _host.Ip("route show 10.81.0.0/16").ShouldContain("via 192.0.2.9");
    }

    [Fact]
    public async Task A_link_of_ours_gets_ipv6_enabled_again_and_an_existing_one_is_only_reported()
    {
        await ApplyAsync();
        DisableIpv6("br0");
        (await PlanAsync()).ShouldNotBeEmpty();
        (await ApplyAsync()).ShouldBe(RunResult.Changed, Failures);
        (await PlanAsync()).ShouldBeEmpty();
        _host.Ip("-6 address show br0").ShouldContain("fd80::1/64");

        Do("link add card0 type bridge");
        DisableIpv6("card0");
        var card = HostState.Create("edge-1", [Link("card0", LinkKind.Existing) with { Addresses = ["fd85::1/64"] }]);
        try
        {
            (await Converger().ApplyAsync(card, new ApplyOptions(), default)).Result.ShouldBe(RunResult.Failed);
        }
        catch (Cloudlet.Errors.CloudletException refused)
        {
            _failures.Add(refused.Message);
        }

        Failures.ShouldContain("disable_ipv6");
        _host.Ip("-6 address show card0").ShouldNotContain("fd85::1");
    }

    [Fact]
    public async Task A_rollback_gives_no_notes()
    {
        await ApplyAsync();
        Do("address change 10.80.0.1/24 dev br0 valid_lft 30 preferred_lft 30");
        (await ApplyAsync()).ShouldBe(RunResult.Changed, Failures);
        (await Converger().RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack, Failures);
    }

    private string Failures => string.Join('\n', _failures);

    private static LinkSpec Bridge(string name, string mac) => Link(name, LinkKind.Bridge) with { Mac = mac, BridgeStp = false };

    private static LinkSpec Link(string name, LinkKind kind) =>
        kind == LinkKind.Existing ? Bare(name, kind) : Bare(name, kind) with { Arp = true, AllMulticast = false, Promiscuous = false };

    private static LinkSpec Bare(string name, LinkKind kind) =>
        new()
        {
            Id = LinkSpec.IdOf(name),
            Name = name,
            Kind = kind,
            Up = true,
            ForeignAddresses = ForeignAddresses.Remove,
            Addresses = [],
            Routes = [],
        };

    private void Do(params IEnumerable<string> byHand)
    {
        foreach (var command in byHand)
            _host.Ip(command);
    }

    private void DisableIpv6(string link)
    {
        using var other = Process.Start(
            "ip",
            ["netns", "exec", _host.Name, "sh", "-c", $"echo 1 >/proc/sys/net/ipv6/conf/{link}/disable_ipv6"]
        );
        other.WaitForExit();
        other.ExitCode.ShouldBe(0);
    }

    private LinksKind Kind() =>
        new(
            _host.Links,
            files: null,
            () => _store.ReadJournal() is { Status: Cloudlet.Converge.State.RunStatus.Kept } ? _store.ReadApplied() : null
        );

    /// <summary>Like another process: knows only what is in the store.</summary>
    private Converger Converger() =>
        new(
            new KindRegistry().Add(Kind()),
            _store,
            new RecordingGuard(),
            TimeProvider.System,
            e =>
            {
                if (e is ChangeFailed failed)
                    _failures.Add($"{failed.Id}: {failed.Message}");
                else if (e is Verified { Drift.Count: > 0 } verified)
                    _failures.AddRange(verified.Drift.Select(d => $"{d.Id}: {string.Join(", ", d.Properties)}"));
            }
        );

    private async Task<RunResult> ApplyAsync() => (await Converger().ApplyAsync(Site, new ApplyOptions(), default)).Result;

    private async Task<IReadOnlyList<PlannedChange>> PlanAsync() => (await Converger().PlanAsync(Site, default)).Changes;
}
