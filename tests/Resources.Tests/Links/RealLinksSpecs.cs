using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Resources.Kinds.Links;
using Cloudlet.TestKit;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Resources.Tests.Links;

/// <summary>
/// The same with the kernel of this machine, in namespaces. It may lack dummy and vlan: bridges, taps, cables and macvlans replace them.
/// </summary>
public sealed class RealLinksSpecs
{
    private static readonly HostState Site = HostState.Create(
        "edge-1",
        [
            new LinkSpec
            {
                Id = "link:br0",
                Name = "br0",
                Kind = LinkKind.Bridge,
                Mac = "02:aa:00:00:00:01",
                Mtu = 2000,
                Up = true,
                BridgeStp = false,
                ForeignAddresses = ForeignAddresses.Remove,
                Addresses = ["10.80.0.1/24", "10.80.0.2/24", "fd80::1/64"],
                Promiscuous = false,
                Routes =
                [
                    new RouteSpec { To = "10.81.0.0/16", Via = "10.80.0.9" },
                    new RouteSpec { To = "fd81::/64", Via = "fd80::9" },
                    new RouteSpec
                    {
                        To = "10.82.0.0/16",
                        Metric = 50,
                        Source = "10.80.0.2",
                    },
                ],
            },
            new LinkSpec
            {
                Id = "link:v0",
                Name = "v0",
                Kind = LinkKind.Veth,
                Peer = "v1",
                Mac = "02:aa:00:00:00:02",
                Mtu = 2000,
                Up = true,
                Master = "br0",
                After = ["link:br0"],
                Addresses = [],
            },
            new LinkSpec
            {
                Id = "link:v1",
                Name = "v1",
                Kind = LinkKind.Veth,
                Peer = "v0",
                Mac = "02:aa:00:00:00:03",
                Mtu = 2000,
                Up = true,
                After = ["link:v0"],
                Addresses = ["10.90.0.1/24"],
            },
            new LinkSpec
            {
                Id = "link:t0",
                Name = "t0",
                Kind = LinkKind.Tap,
                Mac = "02:aa:00:00:00:04",
                Mtu = 2000,
                Up = true,
                Master = "br0",
                Promiscuous = true,
                After = ["link:br0"],
            },
            new LinkSpec
            {
                Id = "link:x0",
                Name = "x0",
                Kind = LinkKind.Vxlan,
                VxlanId = 7,
                VxlanPort = 4789,
                VxlanLocal = "10.80.0.1",
                VxlanRemote = "10.80.0.7",
                Parent = "br0",
                Up = true,
                After = ["link:br0"],
            },
            new LinkSpec
            {
                Id = "link:m0",
                Name = "m0",
                Kind = LinkKind.Macvlan,
                Parent = "v1",
                MacvlanMode = "bridge",
                Up = true,
                After = ["link:v1"],
                Addresses = ["10.91.0.1/24"],
            },
        ]
    );

    [Fact]
    public async Task A_site_converges_in_one_run_and_the_second_finds_nothing_to_do()
    {
        using var host = new TestNamespace();
        var rig = new Rig(host);
        (await rig.ApplyAsync(Site)).ShouldBe(RunResult.Changed, rig.Failures);
        (await rig.ApplyAsync(Site)).ShouldBe(RunResult.Unchanged);
        host.Ip("-4 address show br0").ShouldContain("10.80.0.1/24");
        host.Ip("route show proto 199").ShouldContain("10.81.0.0/16 via 10.80.0.9");
        host.Ip("link show t0").ShouldContain("PROMISC");
    }

    [Theory]
    [InlineData("link delete br0")]
    [InlineData("link delete v0")]
    [InlineData("link delete m0")]
    [InlineData("link set br0 down")]
    [InlineData("link set v1 down")]
    [InlineData("link set br0 mtu 1400")]
    [InlineData("link set br0 address 02:bb:00:00:00:01")]
    [InlineData("link set t0 nomaster")]
    [InlineData("link set t0 promisc off")]
    [InlineData("link set br0 type bridge stp_state 1")]
    [InlineData("address delete 10.80.0.1/24 dev br0")]
    [InlineData("address flush dev br0")]
    [InlineData("address add 10.66.0.1/24 dev br0")]
    [InlineData("-6 address delete fd80::1/64 dev br0")]
    [InlineData("route delete 10.81.0.0/16")]
    [InlineData("route replace 10.81.0.0/16 via 10.80.0.10 proto 199")]
    [InlineData("route add 10.99.0.0/16 via 10.80.0.9 proto 199")]
    [InlineData("-6 route delete fd81::/64")]
    public async Task Manual_changes_are_found_and_repaired(string fault)
    {
        using var host = new TestNamespace();
        var rig = new Rig(host);
        await rig.ApplyAsync(Site);
        var whole = LinkPicture.Of(host.Links, Site);
        host.Ip(fault);
        (await rig.Converger.PlanAsync(Site, default)).IsEmpty.ShouldBeFalse();
        (await rig.ApplyAsync(Site)).ShouldBe(RunResult.Changed, rig.Failures);
        (await rig.Converger.PlanAsync(Site, default)).Changes.ShouldBeEmpty();
        LinkPicture.Of(host.Links, Site).Split('\n').Length.ShouldBe(whole.Split('\n').Length);
        host.Ip("route show proto 199").ShouldContain("10.81.0.0/16 via 10.80.0.9");
    }

    [Fact]
    public async Task A_link_of_another_kind_in_its_place_is_replaced()
    {
        using var host = new TestNamespace();
        var rig = new Rig(host);
        host.Ip("link add v0 type bridge");
        host.Ip("link add m0 type ifb");
        var plan = await rig.Converger.PlanAsync(Site, default);
        plan.Changes.Single(c => c.Id == "link:v0").Action.ShouldBe(ChangeAction.Replace);
        (await rig.ApplyAsync(Site)).ShouldBe(RunResult.Changed, rig.Failures);
    }

    [Fact]
    public async Task Foreign_routes_and_links_stay()
    {
        using var host = new TestNamespace();
        var rig = new Rig(host);
        host.Ip("link add other type bridge");
        host.Ip("address add 192.0.2.1/24 dev other");
        host.Ip("link set other up");
        host.Ip("route add 198.51.100.0/24 via 192.0.2.9");
        await rig.ApplyAsync(Site);
        host.Ip("route add 203.0.113.0/24 via 10.80.0.9");
        await rig.ApplyAsync(HostState.Create("edge-1", [.. Site.Resources.Where(r => r.Id is "link:br0")]));
        host.Ip("route show").ShouldContain("198.51.100.0/24");
        host.Ip("route show").ShouldContain("203.0.113.0/24");
        host.Links.Dump().Links.Where(l => l.Kind is not null).Select(l => l.Name).Order().ShouldBe(["br0", "other"]);
    }

    [Fact]
    public async Task A_rollback_restores_the_earlier_links()
    {
        using var host = new TestNamespace();
        var rig = new Rig(host);
        host.Ip("link add br0 type bridge");
        host.Ip("address add 10.80.0.77/24 dev br0");
        host.Ip("link set br0 mtu 1600");
        host.Ip("link set br0 up");
        var before = LinkPicture.Of(host.Links, Site);
        (await rig.ApplyAsync(Site)).ShouldBe(RunResult.Changed, rig.Failures);
        (await rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack, rig.Failures);
        LinkPicture.Of(host.Links, Site).ShouldBe(before);
    }

    [Fact]
    public void From_any_links_an_apply_reaches_any_others_and_can_be_rolled_back()
    {
        using var host = new TestNamespace();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(25),
            Prop.ForAll(
                RandomLinks.Pairs(withVlan: false),
                pair =>
                {
                    foreach (var left in host.Links.Dump().Links.Where(l => l.Kind is not null))
                        host.Links.Delete(left.Index);
                    var rig = new Rig(host);
                    rig.Apply(pair.From).ShouldBeOneOf([RunResult.Changed, RunResult.Unchanged], rig.Failures);
                    var end = rig.Apply(pair.To);
                    end.ShouldBeOneOf([RunResult.Changed, RunResult.Unchanged], rig.Failures);
                    rig.Converger.PlanAsync(pair.To, default).GetAwaiter().GetResult().Changes.ShouldBeEmpty();
                    if (end == RunResult.Changed)
                        rig.Converger.RollBackAsync(null, default)
                            .GetAwaiter()
                            .GetResult()
                            .Result.ShouldBe(RunResult.RolledBack, rig.Failures);
                }
            )
        );
    }

    private sealed class Rig
    {
        private readonly List<string> _failures = [];

        public Rig(TestNamespace host) =>
            Converger = new Converger(
                new KindRegistry().Add(new LinksKind(host.Links, files: null)),
                new MemoryConvergeStore(),
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

        public Converger Converger { get; }

        public string Failures => string.Join('\n', _failures);

        public async Task<RunResult> ApplyAsync(HostState state) => (await Converger.ApplyAsync(state, new ApplyOptions(), default)).Result;

        public RunResult Apply(HostState state) => ApplyAsync(state).GetAwaiter().GetResult();
    }
}
