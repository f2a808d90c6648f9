using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;
using Cloudlet.Resources.Kinds.Links;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Links;

/// <summary>A card joins a bridge that takes over its address: the host stays reachable, and a rollback works.</summary>
public sealed class BridgeTakeoverSpecs
{
    [Fact]
    public async Task The_host_is_reachable_with_empty_neighbour_caches_and_after_a_rollback()
    {
        using var host = new TestNamespace();
        using var far = new TestNamespace();
        host.Ip($"link add eth0 type veth peer name eth0 netns {far.Name}");
        far.Ip("address add 192.0.2.1/24 dev eth0");
        far.Ip("link set eth0 up");
        host.Ip("address add 192.0.2.10/24 dev eth0");
        host.Ip("link set eth0 up");
        host.Ip("route add default via 192.0.2.1 proto static");
        NamespaceTraffic.Reaches(far.Name, "192.0.2.10").ShouldBeTrue();

        var converger = ConvergerOf(host.Links, new MemoryConvergeStore());
        (await converger.ApplyAsync(Bridged(), new ApplyOptions(), default)).Result.ShouldBe(RunResult.Changed);
        Forget();
        NamespaceTraffic.Reaches(far.Name, "192.0.2.10").ShouldBeTrue();
        host.Ip("route show default").ShouldContain("dev br0");
        host.Ip("address show eth0").ShouldNotContain("192.0.2.10");
        (await converger.ApplyAsync(Bridged(), new ApplyOptions(), default)).Result.ShouldBe(RunResult.Unchanged);

        (await converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
        Forget();
        NamespaceTraffic.Reaches(far.Name, "192.0.2.10").ShouldBeTrue();
        host.Ip("route show default").ShouldContain("via 192.0.2.1 dev eth0");

        void Forget()
        {
            host.Links.ForgetNeighbours();
            far.Links.ForgetNeighbours();
        }
    }

    [Fact]
    public async Task A_card_whose_bridge_is_no_longer_described_gets_its_address_and_routes_back()
    {
        using var host = new TestNamespace();
        using var far = new TestNamespace();
        host.Ip($"link add eth0 type veth peer name eth0 netns {far.Name}");
        far.Ip("address add 192.0.2.1/24 dev eth0");
        far.Ip("link set eth0 up");
        host.Ip("address add 192.0.2.10/24 dev eth0");
        host.Ip("link set eth0 up");
        host.Ip("route add default via 192.0.2.1 proto static");
        var converger = ConvergerOf(host.Links, new MemoryConvergeStore());
        (await converger.ApplyAsync(Bridged(), new ApplyOptions(), default)).Result.ShouldBe(RunResult.Changed);

        (await converger.ApplyAsync(HostState.Create("edge-1", []), new ApplyOptions(), default)).Result.ShouldBe(RunResult.Changed);

        host.Links.ForgetNeighbours();
        far.Links.ForgetNeighbours();
        host.Links.Find("br0").ShouldBeNull();
        NamespaceTraffic.Reaches(far.Name, "192.0.2.10").ShouldBeTrue();
        host.Ip("route show default").ShouldContain("via 192.0.2.1 dev eth0");
        (await converger.PlanAsync(HostState.Create("edge-1", []), default)).Changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Killed_anywhere_the_next_run_reaches_the_same_state_and_so_does_a_rollback()
    {
        for (var kill = 0; ; kill++)
        {
            using var machine = Card();
            var before = Picture(machine);
            var store = new MemoryConvergeStore();
            var writes = 0;
            machine.OnWrite = _ =>
            {
                if (writes++ == kill)
                    throw new KilledException();
            };
            var isKilled = await ApplyAsync(machine, store);
            machine.OnWrite = null;
            var failures = new List<string>();
            (await ConvergerOf(machine.Links, store, failures).ApplyAsync(Bridged(), new ApplyOptions(), default)).Result.ShouldBeOneOf(
                [RunResult.Changed, RunResult.Unchanged],
                $"killed at write {kill}: {string.Join('\n', failures)}"
            );
            machine.Links["br0"].Addresses.ShouldContain(a => a.Cidr == "192.0.2.10/24");
            machine.Links["br0"].Routes.ShouldContain(r => r.Destination == "0.0.0.0/0");
            machine.Links["eth0"].Addresses.ShouldNotContain(a => a.Cidr == "192.0.2.10/24");
            (await ConvergerOf(machine.Links, store).RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
            Picture(machine).ShouldBe(before);
            if (!isKilled)
                return;
        }
    }

    [Fact]
    public async Task An_address_that_reappears_on_the_card_is_drift()
    {
        using var machine = Card();
        var converger = ConvergerOf(machine.Links, new MemoryConvergeStore());
        await converger.ApplyAsync(Bridged(), new ApplyOptions(), default);
        machine.Links.AddAddress(machine.Links["eth0"].Index, new AddressInfo("192.0.2.10", 24));
        (await converger.PlanAsync(Bridged(), default))
            .Changes.ShouldHaveSingleItem()
            .Properties.ShouldHaveSingleItem()
            .Path.ShouldBe("takesOver");
        await converger.ApplyAsync(Bridged(), new ApplyOptions(), default);
        machine.Links["eth0"].Addresses.ShouldNotContain(a => a.Cidr == "192.0.2.10/24");
    }

    [Theory]
    [InlineData("192.0.2.11", true, "is unreachable once it is a port of br0")]
    [InlineData("198.51.100.7", false, "is unreachable once it is a port of br0")]
    public async Task A_card_with_an_address_that_the_bridge_does_not_take_over_is_refused(string address, bool permanent, string words)
    {
        using var machine = Card();
        machine.Links.AddAddress(machine.Links["eth0"].Index, new AddressInfo(address, 24) { Permanent = permanent });
        await RefusedAsync(machine, words);
    }

    [Fact]
    public async Task An_address_of_dhcp_and_a_route_that_the_bridge_does_not_have_are_refused()
    {
        using var machine = Card();
        machine.Links["eth0"] = machine.Links["eth0"] with { Addresses = [new AddressInfo("192.0.2.10", 24) { Permanent = false }] };
        machine.Links.AddRoute(2, new RouteInfo("203.0.113.0/24") { Gateway = "192.0.2.1", Protocol = 4 });
        await RefusedAsync(machine, "from DHCP");
        await RefusedAsync(machine, "the route to 203.0.113.0/24 via 192.0.2.1 through eth0 would be lost");
    }

    [Fact]
    public async Task An_address_that_the_description_of_another_link_keeps_is_refused()
    {
        using var machine = Card();
        var state = HostState.Create(
            "edge-1",
            [
                new LinkSpec
                {
                    Id = "link:eth0",
                    Name = "eth0",
                    Kind = LinkKind.Existing,
                    ForeignAddresses = ForeignAddresses.Keep,
                },
                new LinkSpec
                {
                    Id = "link:d0",
                    Name = "d0",
                    Kind = LinkKind.Dummy,
                    Up = true,
                    Addresses = ["192.0.2.10/32"],
                },
            ]
        );
        (
            await Should.ThrowAsync<CloudletException>(() =>
                ConvergerOf(machine.Links, new MemoryConvergeStore()).ApplyAsync(state, new ApplyOptions(), default)
            )
        ).Message.ShouldContain("192.0.2.10/24 is on eth0, whose description keeps it");
    }

    private static async Task RefusedAsync(FakeMachine machine, string words)
    {
        machine.Writes.Clear();
        var error = await Should.ThrowAsync<CloudletException>(() =>
            ConvergerOf(machine.Links, new MemoryConvergeStore()).ApplyAsync(Bridged(), new ApplyOptions(), default)
        );
        error.Message.ShouldContain(words);
        machine.Writes.ShouldBeEmpty();
    }

    private static HostState Bridged() =>
        HostState.Create(
            "edge-1",
            [
                new LinkSpec
                {
                    Id = "link:br0",
                    Name = "br0",
                    Kind = LinkKind.Bridge,
                    Up = true,
                    BridgeStp = false,
                    TakesOver = ["eth0"],
                    Addresses = ["192.0.2.10/24"],
                    ForeignAddresses = ForeignAddresses.Remove,
                    Routes = [new RouteSpec { To = "0.0.0.0/0", Via = "192.0.2.1" }],
                },
                new LinkSpec
                {
                    Id = "link:eth0",
                    Name = "eth0",
                    Kind = LinkKind.Existing,
                    Up = true,
                    Master = "br0",
                    Yields = true,
                    ForeignAddresses = ForeignAddresses.Keep,
                    Routes = [],
                    After = ["link:br0"],
                },
            ]
        );

    private static FakeMachine Card()
    {
        var machine = new FakeMachine();
        machine.Links.AddAddress(2, new AddressInfo("192.0.2.10", 24));
        machine.Links.AddRoute(2, new RouteInfo("0.0.0.0/0") { Gateway = "192.0.2.1", Protocol = 4 });
        machine.Writes.Clear();
        return machine;
    }

    private static Converger ConvergerOf(IRouteNetlink links, IConvergeStore store, List<string>? failures = null) =>
        new(
            new KindRegistry().Add(new LinksKind(links, files: null)),
            store,
            new RecordingGuard(),
            TimeProvider.System,
            e =>
            {
                if (e is ChangeFailed failed)
                    failures?.Add($"{failed.Id}: {failed.Message}");
            }
        );

    /// <summary>True when the run was killed.</summary>
    private static async Task<bool> ApplyAsync(FakeMachine machine, IConvergeStore store)
    {
        using var killed = new CancellationTokenSource();
        var writes = machine.OnWrite!;
        machine.OnWrite = what =>
        {
            try
            {
                killed.Token.ThrowIfCancellationRequested();
                writes(what);
            }
            catch (KilledException)
            {
                killed.Cancel();
                throw new OperationCanceledException(killed.Token);
            }
        };
        try
        {
            await ConvergerOf(machine.Links, store).ApplyAsync(Bridged(), new ApplyOptions(), killed.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private static string Picture(FakeMachine machine) =>
        string.Join(
            '\n',
            machine
                .Links.Dump()
                .Links.Select(l =>
                    $"{l.Name} {l.Up} {l.MasterName} "
                    + $"{string.Join(' ', l.Addresses.Where(a => a.Scope == "global").Select(a => a.Cidr))} "
                    + $"{string.Join(' ', l.Routes.Select(r => $"{r.Destination} via {r.Gateway}"))}"
                )
        );

    private sealed class KilledException : Exception;
}
