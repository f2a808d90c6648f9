using Cloudlet.Converge.State;

namespace Cloudlet.Healthd.Tests.Heal;

/// <summary>The power was cut during an apply: the daemon finds its journal when the host boots.</summary>
public sealed class UnfinishedSpecs : IDisposable
{
    private readonly DaemonRig _rig = new();

    public UnfinishedSpecs()
    {
        _rig.Store.WriteApplied(DaemonRig.State("one"));
        _rig.Store.WriteJournal(
            new Journal
            {
                Run = "0123456789ab",
                Status = RunStatus.Applying,
                Started = _rig.Clock.GetUtcNow(),
                Desired = DaemonRig.State("two"),
                Previous = DaemonRig.State("one"),
            }
        );
    }

    [Fact]
    public async Task Files_are_finished_before_it_is_ready_and_units_are_left_to_systemd()
    {
        _rig.Machine.Systemd.System = "starting";

        await _rig.StartAsync();

        _rig.Text.ShouldBe("two");
        _rig.Machine.Systemd.Calls.ShouldBeEmpty();
        _rig.Store.ReadJournal()!.Status.ShouldBe(RunStatus.Applying);
    }

    [Fact]
    public async Task A_restarted_daemon_starts_no_unit_before_it_is_ready_because_units_may_wait_for_it()
    {
        await _rig.StartAsync();

        _rig.Machine.Systemd.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task While_the_host_boots_it_writes_nothing_twice()
    {
        _rig.Machine.Systemd.System = "starting";
        await _rig.StartAsync();
        var writes = _rig.Store.Writes;

        await _rig.StepAsync();

        _rig.Store.Writes.ShouldBe(writes);
        _rig.Machine.Systemd.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task When_the_host_has_booted_the_apply_is_finished()
    {
        _rig.Machine.Systemd.System = "starting";
        await _rig.StartAsync();
        _rig.Machine.Systemd.System = "running";

        await _rig.StepAsync();

        _rig.Machine.Systemd.Calls.ShouldBe([$"start {DaemonRig.Unit}"]);
        _rig.Store.ReadJournal()!.Status.ShouldBe(RunStatus.Kept);
        _rig.Store.ReadApplied().ShouldBe(DaemonRig.State("two"));
    }

    [Fact]
    public async Task Leftovers_of_writes_that_are_not_repeated_are_removed()
    {
        string[] left = ["/var/lib/cloudlet/.journal.json.cloudlet-abc123", "/etc/.edge.conf.cloudlet-abc123"];
        foreach (var path in left)
            _rig.Machine.Files[path] = "half";
        _rig.Machine.Files[DaemonRig.Configuration] = "two";

        await _rig.StartAsync();

        left.ShouldAllBe(path => !_rig.Machine.Files.Paths.Contains(path));
    }

    public void Dispose() => _rig.Dispose();
}
