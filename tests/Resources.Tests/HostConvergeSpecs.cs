using System.Text;
using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests;

/// <summary>All kinds together on a host in memory: a module, a link, a configuration file and the service that loads it.</summary>
public sealed class HostConvergeSpecs
{
    private static readonly HostState First = State("9000", "debug=0\n");

    private static readonly HostState Second = State(
        "1500",
        "debug=1\n",
        new FileSpec
        {
            Id = "file:/etc/motd",
            Path = "/etc/motd",
            Kind = FileKind.File,
            Content = "hello\n",
        }
    );

    [Fact]
    public async Task A_host_converges_and_the_second_run_writes_nothing()
    {
        using var host = new Host();
        (await host.ApplyAsync(First)).Result.ShouldBe(RunResult.Changed);
        host.Machine.Systemd.Calls.ShouldBe(["enable edge.service", "start edge.service"]);
        host.Machine.Writes.Clear();
        (await host.ApplyAsync(First)).Result.ShouldBe(RunResult.Unchanged);
        host.Machine.Writes.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_edit_that_no_process_has_loaded_is_undone_without_a_restart()
    {
        using var host = await EditedAsync();
        var plan = await host.Converger.PlanAsync(First, default);
        plan.Changes.Select(c => (c.Id, c.Action))
            .ShouldBe([("file:/etc/edge.conf", ChangeAction.Update), ("unit:edge.service", ChangeAction.Update)]);
        (await host.ApplyAsync(First)).Result.ShouldBe(RunResult.Changed);
        host.Machine.Writes.Where(w => !w.Contains("/cloudlet/")).ShouldBe(["write /etc/edge.conf"]);
    }

    [Fact]
    public async Task An_edit_that_the_process_has_loaded_is_undone_and_the_process_restarted_once()
    {
        using var host = await EditedAsync();
        host.Machine.Systemd.Crash("edge.service");
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        (await host.ApplyAsync(First)).Result.ShouldBe(RunResult.Changed);
        host.Machine.Writes.Where(w => !w.Contains("/cloudlet/")).ShouldBe(["write /etc/edge.conf", "restart edge.service"]);
    }

    [Fact]
    public async Task Resources_no_longer_described_are_removed_in_one_run()
    {
        using var host = new Host();
        await host.ApplyAsync(First);
        (await host.ApplyAsync(HostState.Create("edge-1", []))).Result.ShouldBe(RunResult.Changed);
        host.Machine.Links.Find("lan0").ShouldBeNull();
        host.Machine.Files.Paths.ShouldNotContain(p => p.Contains("edge"));
        host.Machine.Systemd.Get("edge.service").ActiveState.ShouldBe("inactive");
        (await host.ApplyAsync(HostState.Create("edge-1", []))).Result.ShouldBe(RunResult.Unchanged);
    }

    [Fact]
    public async Task The_hosts_original_state_is_restored_when_nothing_is_described()
    {
        const string Wants = "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service";
        using var host = new Host();
        host.Machine.Files.WriteSymlink(Wants, "/lib/systemd/system/systemd-networkd.service");
        host.Machine.Files.WriteSymlink("/etc/localtime", "/usr/share/zoneinfo/Europe/Berlin");
        host.Machine.Files.Put("/etc/hostname", "theirs\n"u8.ToArray(), 0x180);
        host.Machine.Files["/etc/nftables.conf"] = "flush ruleset\n";
        host.Machine.Files["/etc/nftables.d/theirs"] = "";
        var before = host.Picture;
        var described = State(
            "9000",
            "debug=0\n",
            new FileSpec
            {
                Id = $"file:{Wants}",
                Path = Wants,
                Kind = FileKind.Symlink,
                Target = "/lib/systemd/system/systemd-networkd.service",
            },
            new FileSpec
            {
                Id = "file:/etc/localtime",
                Path = "/etc/localtime",
                Kind = FileKind.Symlink,
                Target = "/usr/share/zoneinfo/UTC",
            },
            new FileSpec
            {
                Id = "file:/etc/hostname",
                Path = "/etc/hostname",
                Kind = FileKind.File,
                Content = "edge-1\n",
                Mode = "0644",
            },
            new FileSpec
            {
                Id = "file:/etc/nftables.conf",
                Path = "/etc/nftables.conf",
                Kind = FileKind.File,
                Content = "ours\n",
            },
            new FileSpec
            {
                Id = "file:/etc/nftables.d",
                Path = "/etc/nftables.d",
                Kind = FileKind.Directory,
                Mode = "0755",
            }
        );
        (await host.ApplyAsync(described)).Result.ShouldBe(RunResult.Changed);

        var plan = await host.Converger.PlanAsync(HostState.Create("edge-1", []), default);
        plan.Changes.Where(c => c.Action == ChangeAction.Restore)
            .Select(c => c.Id)
            .ShouldBe(["file:/etc/hostname", "file:/etc/localtime", "file:/etc/nftables.conf"]);
        plan.Kept.Select(k => k.Id)
            .ShouldBe([$"file:{Wants}", "file:/etc/nftables.d", "module:dummy", "package:chrony"], ignoreOrder: true);
        (await host.ApplyAsync(HostState.Create("edge-1", []))).Result.ShouldBe(RunResult.Changed);

        host.Picture.ShouldBe(before);
        host.Machine.Files.Stat(Wants).ShouldNotBeNull();
        host.Machine.Files.Stat("/etc/localtime")!.Target.ShouldBe("/usr/share/zoneinfo/Europe/Berlin");
    }

    [Theory]
    [InlineData("edge.service", "/etc/systemd/system/edge.service", false)]
    [InlineData("edge.service", "/etc/systemd/system/edge.service", true)]
    [InlineData("edge@one.service", "/etc/systemd/system/edge@.service", false)]
    [InlineData("edge@one.service", "/etc/systemd/system/edge@.service", true)]
    public async Task A_unit_stops_before_its_file_is_removed(string unit, string path, bool byRollback)
    {
        using var host = new Host();
        await host.ApplyAsync(
            HostState.Create(
                "edge-1",
                [
                    new FileSpec
                    {
                        Id = $"file:{path}",
                        Path = path,
                        Kind = FileKind.File,
                        Content = "[Service]\nExecStart=/bin/edge\n[Install]\n",
                    },
                    new UnitSpec
                    {
                        Id = $"unit:{unit}",
                        Name = unit,
                        Running = true,
                        Enabled = true,
                        Definition = UnitSpec.Current,
                        Configuration = UnitSpec.Current,
                        After = [$"file:{path}"],
                        Watches = [$"file:{path}"],
                    },
                ]
            )
        );
        host.Machine.Systemd.Get(unit).ActiveState.ShouldBe("active");
        host.Machine.Writes.Clear();

        var end = byRollback ? await host.Converger.RollBackAsync(null, default) : await host.ApplyAsync(HostState.Create("edge-1", []));

        end.Result.ShouldBe(byRollback ? RunResult.RolledBack : RunResult.Changed);
        host.Machine.Writes.Where(w => !w.Contains("/cloudlet/") && w != "daemon-reload")
            .ShouldBe([$"disable {unit}", $"stop {unit}", $"delete {path}"]);
        (await host.ApplyAsync(HostState.Create("edge-1", []))).Result.ShouldBe(RunResult.Unchanged);
    }

    [Fact]
    public async Task Properties_no_longer_described_are_restored()
    {
        using var host = new Host();
        host.Machine.Files["/lib/systemd/system/theirs.service"] = "[Service]\nExecStart=/bin/true\n[Install]\n";
        var (card, unit) = (
            new LinkSpec
            {
                Id = "link:eth0",
                Name = "eth0",
                Kind = LinkKind.Existing,
                Up = true,
                Routes = [],
            },
            new UnitSpec
            {
                Id = "unit:theirs.service",
                Name = "theirs.service",
                Running = true,
            }
        );
        var (mtu, addresses) = (host.Machine.Links.Find("eth0")!.Mtu, Addresses());
        await host.ApplyAsync(
            HostState.Create("edge-1", [card with { Mtu = 1400, Addresses = ["10.9.0.5/24", "10.9.1.5/24"] }, unit with { Enabled = true }])
        );
        host.Machine.Links.AddAddress(host.Machine.Links.Find("eth0")!.Index, new("10.7.0.1", 24)); // not ours

        var less = HostState.Create("edge-1", [card with { Addresses = ["10.9.0.5/24"] }, unit]);
        var plan = await host.Converger.PlanAsync(less, default);
        plan.Changes.SelectMany(c => c.Properties.Select(p => $"{c.Id} {p.Path} {p.From} {p.To}"))
            .ShouldBe(
                ["link:eth0 mtu 1400 " + mtu, "link:eth0 addresses 10.9.1.5/24 ", "unit:theirs.service enabled true false"],
                ignoreOrder: true
            );
        (await host.ApplyAsync(less)).Result.ShouldBe(RunResult.Changed);
        Addresses().ShouldBe([.. addresses, "10.9.0.5/24", "10.7.0.1/24"], ignoreOrder: true);

        (await host.ApplyAsync(HostState.Create("edge-1", [card, unit]))).Result.ShouldBe(RunResult.Changed);
        Addresses().ShouldBe([.. addresses, "10.7.0.1/24"], ignoreOrder: true);
        (host.Machine.Links.Find("eth0")!.Mtu, host.Machine.Systemd.Get("theirs.service").ActiveState).ShouldBe((mtu, "active"));
        (await host.ApplyAsync(HostState.Create("edge-1", [card, unit]))).Result.ShouldBe(RunResult.Unchanged);

        List<string> Addresses() => [.. host.Machine.Links.Find("eth0")!.Addresses.Where(a => a.Scope == "global").Select(a => a.Cidr)];
    }

    [Fact]
    public async Task A_unit_whose_file_is_already_gone_is_still_stopped()
    {
        using var host = new Host();
        const string Path = "/etc/systemd/system/edge.service";
        await host.ApplyAsync(
            HostState.Create(
                "edge-1",
                [
                    new FileSpec
                    {
                        Id = $"file:{Path}",
                        Path = Path,
                        Kind = FileKind.File,
                        Content = "[Service]\nExecStart=/bin/edge\n",
                    },
                    new UnitSpec
                    {
                        Id = "unit:edge.service",
                        Name = "edge.service",
                        Running = true,
                        Definition = UnitSpec.Current,
                        Configuration = UnitSpec.Current,
                        After = [$"file:{Path}"],
                    },
                ]
            )
        );
        host.Machine.Files.Delete(Path);
        host.Machine.Systemd.DaemonReload();

        (await host.ApplyAsync(HostState.Create("edge-1", []))).Result.ShouldBe(RunResult.Changed);
        host.Machine.Systemd.Get("edge.service").ActiveState.ShouldBe("inactive");
    }

    [Fact]
    public async Task Without_our_records_the_host_still_reaches_the_same_state()
    {
        using var host = new Host();
        await host.ApplyAsync(First);
        foreach (
            var path in host
                .Machine.Files.Paths.Where(p => p.Contains("/cloudlet/") && host.Machine.Files.Stat(p)!.Type == HostFileType.Regular)
                .ToList()
        )
            host.Machine.Files.Take(path);
        (await host.ApplyAsync(First)).Result.ShouldBe(RunResult.Unchanged);
        (await host.ApplyAsync(Second)).Result.ShouldBe(RunResult.Changed);
    }

    [Fact]
    public async Task A_kill_at_any_write_affects_neither_the_result_nor_the_rollback()
    {
        using var whole = new Host();
        await whole.ApplyAsync(First);
        var before = whole.Picture;
        await whole.ApplyAsync(Second);
        for (var at = 1; ; at++)
        {
            using var host = new Host();
            await host.ApplyAsync(First);
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            using var kill = new KillSwitch { At = at };
            host.Machine.OnWrite = _ => kill.Step();
            try
            {
                await host.ApplyAsync(Second, kill.Token);
            }
            catch (OperationCanceledException) when (kill.IsDead) { }

            host.Machine.OnWrite = null;
            if (!kill.IsDead)
            {
                at.ShouldBeGreaterThan(20);
                return;
            }

            (await host.ApplyAsync(Second)).Result.ShouldBeOneOf(RunResult.Changed, RunResult.Unchanged);
            host.Picture.ShouldBe(whole.Picture, $"killed at write {at}");
            (await host.Converger.PlanAsync(Second, default)).Changes.ShouldBeEmpty();
            if (host.Store.ReadJournal()!.Desired.Digest != Second.Digest)
                continue;
            (await host.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
            host.Picture.ShouldBe(before, $"killed at write {at}, then back");
        }
    }

    [Fact]
    public async Task A_full_disk_fails_only_what_needs_it_and_is_reported()
    {
        using var host = new Host();
        host.Machine.OnWrite = what =>
        {
            if (what.StartsWith("write /etc/edge.conf", StringComparison.Ordinal))
                throw new Errors.CloudletException(Errors.ErrorKind.NoSpace, "write /etc/edge.conf: No space left on device");
        };
        var end = await host.ApplyAsync(First);
        (end.Result, end.Failed, end.Skipped).ShouldBe((RunResult.Failed, 1, 1));
        host.Machine.Links["lan0"].Up.ShouldBeTrue();
    }

    private static async Task<Host> EditedAsync()
    {
        var host = new Host();
        await host.ApplyAsync(First);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        host.Machine.Files["/etc/edge.conf"] = "somebody's idea\n";
        host.Machine.Writes.Clear();
        return host;
    }

    private static HostState State(string mtu, string config, params ResourceSpec[] more) =>
        HostState.Create(
            "edge-1",
            [
                new ModuleSpec
                {
                    Id = "module:dummy",
                    Name = "dummy",
                    Loaded = true,
                },
                new PackageSpec
                {
                    Id = "package:chrony",
                    Name = "chrony",
                    Installed = true,
                },
                new LinkSpec
                {
                    Id = "link:lan0",
                    Name = "lan0",
                    Kind = LinkKind.Dummy,
                    Mac = "02:aa:00:00:00:01",
                    Mtu = int.Parse(mtu),
                    Up = true,
                    Addresses = ["10.80.0.1/24"],
                    ForeignAddresses = ForeignAddresses.Remove,
                    After = ["module:dummy"],
                },
                new FileSpec
                {
                    Id = "file:/etc/edge.conf",
                    Path = "/etc/edge.conf",
                    Kind = FileKind.File,
                    Content = config,
                    Mode = "0640",
                },
                new FileSpec
                {
                    Id = "file:/etc/systemd/system/edge.service",
                    Path = "/etc/systemd/system/edge.service",
                    Kind = FileKind.File,
                    Content = "[Service]\nExecStart=/bin/edge\n[Install]\n",
                },
                new UnitSpec
                {
                    Id = "unit:edge.service",
                    Name = "edge.service",
                    Enabled = true,
                    Running = true,
                    Definition = UnitSpec.Current,
                    Configuration = UnitSpec.Current,
                    Loads = ["/etc/edge.conf", "/etc/systemd/system/edge.service"],
                    After = ["file:/etc/edge.conf", "file:/etc/systemd/system/edge.service", "link:lan0"],
                    Watches = ["file:/etc/edge.conf", "file:/etc/systemd/system/edge.service"],
                },
                .. more,
            ]
        );

    private sealed class Host : IDisposable
    {
        private static readonly StatePaths Paths = StatePaths.Host;

        private readonly TempDir _folder = new();

        public Host()
        {
            Machine = new FakeMachine(Clock);
            var vault = new ContentVault(Machine.Files, Paths.Vault);

            // The lock is the one part with a real file.
            Store = new HostConvergeStore(Machine.Files, Paths with { RunFolder = _folder.Path }, vault, Clock);
            Converger = new Converger(
                HostKinds.For(new HostParts(Machine, Paths, vault, Clock)),
                Store,
                new RecordingGuard(),
                Clock,
                _ => { }
            );
        }

        public ManualClock Clock { get; } = new();

        public FakeMachine Machine { get; }

        public HostConvergeStore Store { get; }

        public Converger Converger { get; }

        public string Picture =>
            string.Join(
                '\n',
                (string[])
                    [
                        .. Machine
                            .Links.Dump()
                            .Links.Select(l =>
                                $"{l.Name} {l.Kind} {l.Mac} {l.Mtu} {l.Up} "
                                + $"{string.Join(' ', l.Addresses.Where(a => a.Scope == "global").Select(a => a.Cidr))}"
                            ),
                        .. Machine
                            .Files.Contents.Where(f => !f.Path.Contains("/cloudlet/"))
                            .Select(f => $"{f.Path} {Machine.Files.Stat(f.Path)!.Mode} {Encoding.UTF8.GetString(f.Content)}"),
                        $"{Machine.Systemd.Get("edge.service").ActiveState} {Machine.Systemd.Get("edge.service").UnitFileState}",
                    ]
            );

        public Task<Finished> ApplyAsync(HostState state, CancellationToken ct = default) =>
            Converger.ApplyAsync(state, new ApplyOptions(), ct);

        public void Dispose()
        {
            Machine.Dispose();
            _folder.Dispose();
        }
    }
}
