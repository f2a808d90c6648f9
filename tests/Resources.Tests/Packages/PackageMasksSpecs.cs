using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Packages;

/// <summary>A package whose scripts start its daemon, on a host in memory.</summary>
public sealed class PackageMasksSpecs : IDisposable
{
    private const string Daemon = "chronyd.service";
    private const string Mask = $"/etc/systemd/system/{Daemon}";
    private const string Content = "[Service]\nExecStart=/bin/chronyd\n[Install]\n";

    private readonly Host _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_described_unit_starts_once_with_its_described_configuration()
    {
        (await _host.ApplyAsync(State(Unit()))).Result.ShouldBe(RunResult.Changed);

        Writes()
            .ShouldBe([
                $"link {Mask}",
                "daemon-reload",
                "install chrony",
                "write /etc/chrony.conf",
                $"delete {Mask}",
                "daemon-reload",
                $"enable {Daemon}",
                $"start {Daemon}",
            ]);
        _host.Machine.Systemd.Get(Daemon).InvocationId.ShouldBe(1.ToString("x32"), "it started once");
        (await _host.ApplyAsync(State(Unit()))).Result.ShouldBe(RunResult.Unchanged);
    }

    [Theory]
    [InlineData(true, null, "active", "enabled")]
    [InlineData(true, false, "active", "disabled")]
    [InlineData(false, null, "inactive", "enabled")]
    [InlineData(false, true, "inactive", "enabled")]
    [InlineData(false, false, "inactive", "disabled")]
    public async Task What_is_not_described_is_as_the_package_makes_it(bool running, bool? enabled, string active, string file)
    {
        var state = State(Unit() with { Running = running, Enabled = enabled });

        (await _host.ApplyAsync(state)).Result.ShouldBe(RunResult.Changed);

        var unit = _host.Machine.Systemd.Get(Daemon);
        (unit.LoadState, unit.ActiveState, unit.UnitFileState).ShouldBe(("loaded", active, file));
        unit.Started.HasValue.ShouldBe(running);
        _host.Machine.Packages.Recorded.ShouldBe([Daemon]);
        (await _host.ApplyAsync(state)).Result.ShouldBe(RunResult.Unchanged);
    }

    [Fact]
    public async Task A_unit_of_which_only_files_are_described_is_left_to_its_package()
    {
        await _host.ApplyAsync(State(Unit() with { Running = null, Enabled = null }));

        Writes().ShouldNotContain($"link {Mask}");
        _host.Machine.Systemd.Get(Daemon).ActiveState.ShouldBe("active");
    }

    [Fact]
    public async Task A_unit_whose_file_is_described_and_one_that_exists_are_not_masked()
    {
        const string Own = "/etc/systemd/system/own.service";
        _host.Machine.Files["/lib/systemd/system/old.service"] = Content;
        var file = new FileSpec
        {
            Id = FileSpec.IdOf(Own),
            Path = Own,
            Kind = FileKind.File,
            Content = Content,
        };

        (await _host.ApplyAsync(State(file, Unit("own.service"), Unit("old.service")))).Result.ShouldBe(RunResult.Changed);

        Writes().ShouldNotContain(w => w.StartsWith("link ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_unit_that_no_package_brings_is_missing_and_not_masked()
    {
        _host.Machine.Packages.Brings.Clear();

        (await _host.ApplyAsync(State(Unit()))).Result.ShouldBe(RunResult.Failed);

        _host.Machine.Files.Stat(Mask).ShouldBeNull();
        _host.Machine.Packages.Recorded.ShouldBeEmpty();
        _host.Events.OfType<ChangeFailed>().Single().Message.ShouldContain("does not exist on this host");
    }

    [Fact]
    public async Task The_mask_of_an_alias_does_not_keep_its_unit_from_being_enabled()
    {
        _host.Machine.Packages.Brings["chrony"] = [("chrony.service", Content + $"Alias=other.service {Daemon}\n")];

        await _host.ApplyAsync(State(Unit()));

        Writes().ShouldContain("preset chrony.service");
        _host.Machine.Files.Stat(Mask).ShouldBeNull();
    }

    [Fact]
    public async Task A_mask_of_an_operator_is_not_lifted()
    {
        _host.Machine.Files.WriteSymlink(Mask, "/dev/null");

        (await Should.ThrowAsync<CloudletException>(() => _host.ApplyAsync(State(Unit())))).Message.ShouldContain("an operator masked");

        _host.Machine.Packages.Installed.ShouldBeEmpty();
        (await _host.ApplyAsync(State(Unit() with { Running = false, Enabled = false }))).Result.ShouldBe(RunResult.Changed);
        _host.Machine.Files.Stat(Mask)!.Target.ShouldBe("/dev/null");
    }

    [Fact]
    public async Task A_unit_of_an_unfinished_package_stays_masked_until_an_apply_finishes_it()
    {
        FailAfterUnpacking();
        (await _host.ApplyAsync(State(Unit()))).Result.ShouldBe(RunResult.Failed);
        _host.Machine.Systemd.Get(Daemon).LoadState.ShouldBe("masked");
        var plan = await _host.Converger.PlanAsync(State(Unit()), default);
        plan.Changes.Single(c => c.Id == $"unit:{Daemon}")
            .Properties.Select(p => p.Path)
            .ShouldBe(["definition", "enabled", "running"], ignoreOrder: true);

        (await _host.ApplyAsync(State(Unit()))).Result.ShouldBe(RunResult.Changed);

        _host.Machine.Files.Stat(Mask).ShouldBeNull();
        _host.Machine.Systemd.Get(Daemon).InvocationId.ShouldBe(1.ToString("x32"), "it started once");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_mask_stays_for_a_unit_that_leaves_the_description(bool running)
    {
        FailAfterUnpacking();
        await _host.ApplyAsync(State(Unit() with { Running = running }));
        _host.Machine.Systemd.Get(Daemon).LoadState.ShouldBe("masked");

        (await _host.ApplyAsync(State())).Result.ShouldBe(RunResult.Changed);

        _host.Machine.Files.Stat(Mask).ShouldBeNull();
        var unit = _host.Machine.Systemd.Get(Daemon);
        (unit.LoadState, unit.ActiveState).ShouldBe(("loaded", "inactive"), "as before us");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_mask_stays_after_a_rollback(bool running)
    {
        FailAfterUnpacking();

        var end = await _host.Converger.ApplyAsync(
            State(Unit() with { Running = running }),
            new ApplyOptions { RollBackOnFailure = true },
            default
        );

        end.Result.ShouldBe(RunResult.RolledBack);
        _host.Machine.Files.Stat(Mask).ShouldBeNull();
        _host.Machine.Systemd.Get(Daemon).ActiveState.ShouldBe("inactive");
    }

    [Fact]
    public async Task A_unit_starts_with_one_that_needs_it_when_no_order_is_described()
    {
        _host.Machine.Packages.Brings["chrony"] = [(Daemon, Content), ("a.service", $"Requires={Daemon}\n{Content}")];
        var first = Unit("a.service");
        var second = Unit() with { After = ["file:/etc/chrony.conf", "package:chrony", "unit:a.service"] };

        (await _host.ApplyAsync(State(first, second))).Result.ShouldBe(RunResult.Changed);

        _host.Machine.Systemd.Get("a.service").ActiveState.ShouldBe("active");
        _host.Machine.Systemd.Get(Daemon).ActiveState.ShouldBe("active");
        (await _host.ApplyAsync(State(first, second))).Result.ShouldBe(RunResult.Unchanged);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_kill_at_any_write_leaves_nothing_that_the_next_apply_does_not_finish(bool running)
    {
        var state = State(Unit() with { Running = running, Enabled = running });
        for (var at = 1; ; at++)
        {
            using var host = new Host();
            using var kill = new KillSwitch { At = at };
            host.Machine.OnWrite = _ => kill.Step();
            try
            {
                await host.ApplyAsync(state, kill.Token);
            }
            catch (OperationCanceledException) when (kill.IsDead) { }

            host.Machine.OnWrite = null;
            if (!kill.IsDead)
            {
                at.ShouldBeGreaterThan(15);
                return;
            }

            if (host.Machine.Systemd.Get(Daemon).Started is not null)
                host.Machine.Files.Stat("/etc/chrony.conf").ShouldNotBeNull($"killed at write {at}: started before its configuration");
            (await host.ApplyAsync(state)).Result.ShouldBeOneOf(RunResult.Changed, RunResult.Unchanged);
            var unit = host.Machine.Systemd.Get(Daemon);
            (unit.LoadState, unit.ActiveState, unit.UnitFileState).ShouldBe(
                running ? ("loaded", "active", "enabled") : ("loaded", "inactive", "disabled"),
                $"killed at write {at}"
            );
            unit.Started.HasValue.ShouldBe(running, $"killed at write {at}");
            (await host.Converger.PlanAsync(state, default)).Changes.ShouldBeEmpty();
        }
    }

    private IEnumerable<string> Writes() => _host.Machine.Writes.Where(static w => !w.Contains("cloudlet"));

    /// <summary>The next installation unpacks the package and fails in its script, as dpkg leaves it.</summary>
    private void FailAfterUnpacking() =>
        _host.Machine.Packages.Next = () =>
        {
            _host.Machine.Files[$"/lib/systemd/system/{Daemon}"] = Content;
            throw new CloudletException(ErrorKind.ProcessFailed, "install chrony: its postinst failed");
        };

    private static UnitSpec Unit(string name = Daemon) =>
        new()
        {
            Id = UnitSpec.IdOf(name),
            Name = name,
            Enabled = true,
            Running = true,
            Definition = UnitSpec.Current,
            Configuration = UnitSpec.Current,
            Loads = ["/etc/chrony.conf"],
            After = ["file:/etc/chrony.conf", "package:chrony"],
            Watches = ["file:/etc/chrony.conf"],
        };

    private static HostState State(params ResourceSpec[] units) =>
        HostState.Create(
            "edge-1",
            [
                new PackageSpec
                {
                    Id = "package:chrony",
                    Name = "chrony",
                    Installed = true,
                },
                new FileSpec
                {
                    Id = "file:/etc/chrony.conf",
                    Path = "/etc/chrony.conf",
                    Kind = FileKind.File,
                    Content = "pool = edge\n",
                    After = ["package:chrony"],
                },
                .. units,
            ]
        );

    private sealed class Host : IDisposable
    {
        private static readonly StatePaths Paths = StatePaths.Host;

        private readonly TempDir _folder = new();

        public Host()
        {
            Machine = new FakeMachine(Clock);
            Machine.Packages.Brings["chrony"] = [(Daemon, Content)];
            var vault = new ContentVault(Machine.Files, Paths.Vault);

            // The lock is the one part with a real file.
            Converger = new Converger(
                HostKinds.For(new HostParts(Machine, Paths, vault, Clock)),
                new HostConvergeStore(Machine.Files, Paths with { RunFolder = _folder.Path }, vault, Clock),
                new RecordingGuard(),
                Clock,
                e =>
                {
                    lock (Events)
                        Events.Add(e);
                }
            );
        }

        public ManualClock Clock { get; } = new();

        public FakeMachine Machine { get; }

        public List<ConvergeEvent> Events { get; } = [];

        public Converger Converger { get; }

        public Task<Finished> ApplyAsync(HostState state, CancellationToken ct = default) =>
            Converger.ApplyAsync(state, new ApplyOptions(), ct);

        public void Dispose()
        {
            Machine.Dispose();
            _folder.Dispose();
        }
    }
}
