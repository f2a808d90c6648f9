using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Files;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Units;
using Cloudlet.Machine.Files;
using Cloudlet.Resources;
using Cloudlet.Resources.Files;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;
using NSubstitute;

namespace Cloudlet.Healthd.Tests.Heal;

/// <summary>The power went during an apply: the daemon finds its journal when the host boots.</summary>
public sealed class UnfinishedSpecs : IDisposable
{
    private const string Unit = "edge.service";
    private const string UnitText = "[Service]\n[Install]\n";
    private const string UnitFile = $"/etc/systemd/system/{Unit}";

    private static readonly HostState s_first = State("one");
    private static readonly HostState s_second = State("two");

    private readonly ManualClock _clock = new();
    private readonly MemoryConvergeStore _store = new();
    private readonly FakeMachine _machine;
    private readonly HealthDaemon _daemon;

    public UnfinishedSpecs()
    {
        _machine = new FakeMachine(_clock);
        _machine.Files.Write(UnitFile, System.Text.Encoding.UTF8.GetBytes(UnitText), (UnixFileMode)0x1a4);
        _machine.Systemd.EnableByHand(Unit);
        _store.WriteApplied(s_first);
        _store.WriteJournal(new Journal { Run = "0123456789ab", Status = RunStatus.Applying, Started = _clock.GetUtcNow(), Desired = s_second, Previous = s_first });
        var vault = new ContentVault(_machine.Files, "/var/lib/cloudlet/vault");
        var host = new HealthHost
        {
            Machine = _machine,
            Kinds = HostKinds.For(_machine, StatePaths.Host, vault, _clock, unitPatience: TimeSpan.Zero),
            Store = _store,
            Guard = new RecordingGuard(),
            Wakers = Substitute.For<IWakers>(),
            HostName = () => "edge-1",
            Paths = HealthPaths.Host,
        };
        _daemon = new HealthDaemon(host, new HealthSettings(), _clock, Substitute.For<IHealthReports>(), new Random(1));
    }

    [Fact]
    public async Task Files_are_finished_before_it_is_ready_and_units_are_left_to_systemd()
    {
        _machine.Systemd.System = "starting";

        await StartAsync();

        Text("/etc/edge.conf").ShouldBe("two");
        _machine.Systemd.Calls.ShouldBeEmpty();
        _store.ReadJournal()!.Status.ShouldBe(RunStatus.Applying);
    }

    [Fact]
    public async Task A_restarted_daemon_asks_for_no_unit_before_it_is_ready_because_units_may_wait_for_it()
    {
        await StartAsync();

        _machine.Systemd.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task While_the_host_boots_it_writes_nothing_twice()
    {
        _machine.Systemd.System = "starting";
        await StartAsync();
        var writes = _store.Writes;

        await StepAsync();

        _store.Writes.ShouldBe(writes);
        _machine.Systemd.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task When_the_host_has_booted_the_apply_is_finished()
    {
        _machine.Systemd.System = "starting";
        await StartAsync();
        _machine.Systemd.System = "running";

        await StepAsync();

        _machine.Systemd.Calls.ShouldBe([$"start {Unit}"]);
        _store.ReadJournal()!.Status.ShouldBe(RunStatus.Kept);
        _store.ReadApplied().ShouldBe(s_second);
    }

    public void Dispose()
    {
        _daemon.Dispose();
        _machine.Dispose();
    }

    private async Task StartAsync()
    {
        using var stop = new CancellationTokenSource();
        await _daemon.RunAsync(ready: stop.Cancel, alive: () => { }, stop.Token);
    }

    private async Task StepAsync()
    {
        _clock.Advance(TimeSpan.FromSeconds(2));
        await _daemon.StepAsync(TestContext.Current.CancellationToken);
    }

    private string? Text(string path) => ((IHostFiles)_machine.Files).Read(path) is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : null;

    private static HostState State(string content) => HostState.Create(
        "edge-1",
        [
            new FileSpec { Id = FileSpec.IdOf("/etc/edge.conf"), Path = "/etc/edge.conf", Kind = FileKind.File, Content = content },
            new UnitSpec { Id = UnitSpec.IdOf(Unit), Name = Unit, Enabled = true, Running = true, Configuration = UnitSpec.Current, Loads = ["/etc/edge.conf"], After = [FileSpec.IdOf("/etc/edge.conf")] },
        ]);
}
