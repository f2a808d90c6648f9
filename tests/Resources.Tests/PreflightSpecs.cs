using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests;

/// <summary>Certain failures are refused before the first change, for every kind and all at once.</summary>
public sealed class PreflightSpecs : IDisposable
{
    private readonly FakeMachine _machine = new();
    private readonly MemoryConvergeStore _store = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task Nothing_is_changed_and_all_problems_are_reported_at_once()
    {
        _machine.Links.Drivers.Remove("dummy");
        _machine.Files.UnknownAccounts.Add("nobody-here");
        await ApplyAsync(Bridge("old0"));
        _machine.Writes.Clear();

        var error = await RefusalAsync(
            Existing("eth9"),
            new LinkSpec
            {
                Id = "link:d0",
                Name = "d0",
                Kind = LinkKind.Dummy,
            },
            new ModuleSpec
            {
                Id = "module:nosuch",
                Name = "nosuch",
                Loaded = true,
            },
            new FileSpec
            {
                Id = "file:/etc/a",
                Path = "/etc/a",
                Kind = FileKind.File,
                Content = "a",
                Owner = "nobody-here",
                Group = "nobody-here",
            },
            new UnitSpec
            {
                Id = "unit:nope.service",
                Name = "nope.service",
                Running = true,
            },
            new PackageSpec
            {
                Id = "package:no-such",
                Name = "no-such",
                Installed = true,
            },
            Bridge("fine0")
        );

        error.ShouldSatisfyAllConditions(
            m => m.ShouldContain("there is no link eth9"),
            m => m.ShouldContain("no driver for links of kind dummy"),
            m => m.ShouldContain("no module nosuch"),
            m => m.ShouldContain("no user nobody-here"),
            m => m.ShouldContain("no group nobody-here"),
            m => m.ShouldContain("no package source of this host offers no-such"),
            m => m.ShouldContain("unit nope.service does not exist")
        );
        _machine.Writes.ShouldBeEmpty();
        _machine.Links.Find("old0").ShouldNotBeNull();
    }

    [Fact]
    public async Task An_alternative_name_is_not_a_name()
    {
        _machine.Links.AltNames["enp3s0"] = "eth0";
        (await RefusalAsync(Existing("enp3s0"))).ShouldContain("enp3s0 is an alternative name of eth0");
        (await RefusalAsync(Bridge("enp3s0"))).ShouldContain("enp3s0 is an alternative name of eth0");
    }

    [Fact]
    public async Task A_network_card_in_place_of_a_virtual_link_stops_the_whole_run()
    {
        (await RefusalAsync(Bridge("eth0"), Bridge("fine0"))).ShouldContain("never replaced or deleted");
        _machine.Writes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_link_that_the_kernel_does_not_accept_as_a_port_is_refused()
    {
        _machine.Links["eth0"] = _machine.Links["eth0"] with { IsEthernet = false };
        (await RefusalAsync(Bridge("br0"), Existing("eth0") with { Master = "br0", After = ["link:br0"] })).ShouldContain(
            "carries no Ethernet frames"
        );
        _machine.Links["eth0"] = _machine.Links["eth0"] with { IsEthernet = true };
        _machine.Links.Create(new LinkToCreate("m0", "macvlan") { Lower = 2 });
        _machine.Writes.Clear();
        (await RefusalAsync(Bridge("br0"), Existing("eth0") with { Master = "br0", After = ["link:br0"] })).ShouldContain(
            "the macvlan m0 is on top of eth0"
        );
        (await RefusalAsync(Existing("eth0") with { Master = "m0" }, Existing("m0"))).ShouldContain("which has no ports");
    }

    [Theory]
    [InlineData(9000, 1500, null)]
    [InlineData(60, 1500, 68)]
    public async Task An_mtu_beyond_the_driver_is_refused(int mtu, int most, int? least)
    {
        _machine.Links["eth0"] = _machine.Links["eth0"] with { MinMtu = least, MaxMtu = most };
        (await RefusalAsync(Existing("eth0") with { Mtu = mtu })).ShouldContain($"does not support an MTU of {mtu}");
    }

    [Fact]
    public async Task An_mtu_beyond_that_of_the_parent_is_refused()
    {
        var vxlan = new LinkSpec
        {
            Id = "link:vx0",
            Name = "vx0",
            Kind = LinkKind.Vxlan,
            Parent = "eth0",
            VxlanId = 1,
            VxlanPort = 4789,
            Mtu = 1451,
            After = ["link:eth0"],
        };
        (await RefusalAsync(Existing("eth0"), vxlan)).ShouldContain("exceeds the 1450 that its parent eth0");
        (
            await RefusalAsync(
                Existing("eth0"),
                new LinkSpec
                {
                    Id = "link:m0",
                    Name = "m0",
                    Kind = LinkKind.Macvlan,
                    Parent = "eth0",
                    Mtu = 1501,
                }
            )
        ).ShouldContain("exceeds the 1500");
    }

    [Fact]
    public async Task Disabled_IPv6_on_a_card_is_refused()
    {
        _machine.Links["eth0"] = _machine.Links["eth0"] with { Ipv6 = new Ipv6Info(1, true, false, Disabled: true) };
        (await RefusalAsync(Existing("eth0") with { Addresses = ["fd00::1/64"] })).ShouldContain("disable_ipv6 is 1");
    }

    [Fact]
    public async Task Requirements_that_the_same_run_may_fulfil_are_not_refused()
    {
        _machine.Files.UnknownAccounts.Add("edge");
        (
            await PlanAsync(
                new PackageSpec
                {
                    Id = "package:chrony",
                    Name = "chrony",
                    Installed = true,
                },
                new FileSpec
                {
                    Id = "file:/etc/a",
                    Path = "/etc/a",
                    Kind = FileKind.File,
                    Content = "a",
                    Owner = "edge",
                },
                new ModuleSpec
                {
                    Id = "module:special",
                    Name = "special",
                    Loaded = true,
                },
                new UnitSpec
                {
                    Id = "unit:edge.service",
                    Name = "edge.service",
                    Enabled = true,
                }
            )
        ).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("edge.service", "/etc/systemd/system/edge.service")]
    [InlineData("edge@one.service", "/etc/systemd/system/edge@.service")]
    public async Task A_unit_whose_file_the_run_writes_is_not_refused(string unit, string path) =>
        (
            await PlanAsync(
                new FileSpec
                {
                    Id = $"file:{path}",
                    Path = path,
                    Kind = FileKind.File,
                    Content = "[Service]\nExecStart=true\n",
                },
                new UnitSpec
                {
                    Id = $"unit:{unit}",
                    Name = unit,
                    Running = true,
                    After = [$"file:{path}"],
                }
            )
        ).ShouldBeEmpty();

    [Fact]
    public async Task An_owner_that_a_package_may_bring_is_missing_for_a_file_before_the_packages()
    {
        _machine.Files.UnknownAccounts.Add("chrony");
        var file = new FileSpec
        {
            Id = "file:/etc/edge.conf",
            Path = "/etc/edge.conf",
            Kind = FileKind.File,
            Content = "",
            Owner = "chrony",
        };
        var package = new PackageSpec
        {
            Id = "package:chrony",
            Name = "chrony",
            Installed = true,
        };

        (await PlanAsync(package, file with { After = [package.Id] })).ShouldBeEmpty();
        (await PlanAsync(package with { After = [file.Id] }, file)).ShouldHaveSingleItem().ShouldContain("no user chrony");
    }

    [Theory]
    [InlineData("/etc/systemd/system/edge.service", "systemctl unmask edge.service")]
    [InlineData("/run/systemd/system/edge.service", "systemctl unmask --runtime edge.service")]
    public async Task A_masked_unit_is_refused_whatever_else_the_run_changes(string mask, string wayOut)
    {
        _machine.Files["/lib/systemd/system/edge.service"] = "[Service]\nExecStart=true\n";
        _machine.Files.WriteSymlink(mask, "/dev/null");
        const string DropIn = "/etc/systemd/system/edge.service.d/limits.conf";

        var refusal = (
            await PlanAsync(
                new PackageSpec
                {
                    Id = "package:chrony",
                    Name = "chrony",
                    Installed = true,
                },
                new FileSpec
                {
                    Id = $"file:{DropIn}",
                    Path = DropIn,
                    Kind = FileKind.File,
                    Content = "[Service]\nLimitNOFILE=9\n",
                },
                new UnitSpec
                {
                    Id = "unit:edge.service",
                    Name = "edge.service",
                    Running = true,
                    After = [$"file:{DropIn}"],
                }
            )
        ).ShouldHaveSingleItem();

        refusal.ShouldContain(mask);
        refusal.ShouldContain(wayOut);
    }

    [Fact]
    public async Task A_file_in_the_way_of_a_folder_and_a_full_folder_in_the_way_of_a_file_are_refused()
    {
        _machine.Files.Put("/etc/plain", []);
        _machine.Files.CreateDirectory("/etc/full", (UnixFileMode)0x1ed);
        _machine.Files.Put("/etc/full/kept", []);
        _machine.Writes.Clear();
        var error = await RefusalAsync(
            new FileSpec
            {
                Id = "file:/etc/plain/below",
                Path = "/etc/plain/below",
                Kind = FileKind.File,
                Content = "a",
            },
            new FileSpec
            {
                Id = "file:/etc/full",
                Path = "/etc/full",
                Kind = FileKind.File,
                Content = "a",
            }
        );
        error.ShouldContain("/etc/plain is not a folder");
        error.ShouldContain("a non-empty folder is in its place (kept)");
        _machine.Writes.ShouldBeEmpty();
    }

    private static LinkSpec Bridge(string name) =>
        new()
        {
            Id = $"link:{name}",
            Name = name,
            Kind = LinkKind.Bridge,
        };

    private static LinkSpec Existing(string name) =>
        new()
        {
            Id = $"link:{name}",
            Name = name,
            Kind = LinkKind.Existing,
            ForeignAddresses = ForeignAddresses.Keep,
        };

    private Converger Converger()
    {
        var paths = StatePaths.Host;
        return new Converger(
            HostKinds.For(new HostParts(_machine, paths, new ContentVault(_machine.Files, paths.Vault), TimeProvider.System)),
            _store,
            new RecordingGuard(),
            TimeProvider.System,
            _ => { }
        );
    }

    private Task<Finished> ApplyAsync(params ResourceSpec[] specs) =>
        Converger().ApplyAsync(HostState.Create("edge-1", specs), new ApplyOptions(), default);

    private async Task<IReadOnlyList<string>> PlanAsync(params ResourceSpec[] specs) =>
        [.. (await Converger().PlanAsync(HostState.Create("edge-1", specs), default)).Changes.SelectMany(c => c.Refusals ?? [])];

    /// <summary>The error of an apply, which the plan must report too.</summary>
    private async Task<string> RefusalAsync(params ResourceSpec[] specs)
    {
        var error = await Should.ThrowAsync<CloudletException>(() => ApplyAsync(specs));
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        foreach (var reason in await PlanAsync(specs))
            error.Message.ShouldContain(reason);
        return error.Message;
    }
}
