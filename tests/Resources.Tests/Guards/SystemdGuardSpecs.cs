using Cloudlet.Resources.Guards;
using Cloudlet.Resources.State;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Guards;

public sealed class SystemdGuardSpecs : IDisposable
{
    private const string Timer = "/etc/systemd/system/cloudlet-guard.timer";
    private const string Service = "/etc/systemd/system/cloudlet-guard.service";

    private readonly FakeMachine _machine = new();
    private readonly SystemdGuard _guard;

    public SystemdGuardSpecs() =>
        _guard = new SystemdGuard(
            _machine.Systemd,
            _machine.Files,
            new GuardCommand("/opt/my tools/cloudlet", ["--x%1$"], StatePaths.Host)
        );

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task Arming_writes_enables_and_starts_a_timer()
    {
        await _guard.ArmAsync("abc", TimeSpan.FromSeconds(60), default);
        _machine.Files[Timer].ShouldContain("OnActiveSec=60000ms\n");
        _machine.Files[Timer].ShouldContain("WantedBy=timers.target\n");
        _machine
            .Files[Service]
            .ShouldContain(
                "ExecStart=\"/opt/my tools/cloudlet\" --x%%1$$ rollback --run abc --if-unconfirmed --state-dir /var/lib/cloudlet "
                    + "--run-dir /run/cloudlet\n"
            );
        _machine.Files[Service].ShouldContain("Restart=on-failure\n");
        _machine.Systemd.Calls.ShouldBe(["daemon-reload", "enable cloudlet-guard.timer", "restart cloudlet-guard.timer"]);
    }

    [Fact]
    public async Task Arming_again_moves_the_deadline_and_stops_a_premature_attempt()
    {
        await _guard.ArmAsync("abc", TimeSpan.FromSeconds(60), default);
        _machine.Systemd.StartByHand("cloudlet-guard.service");
        _machine.Systemd.Calls.Clear();
        await _guard.ArmAsync("abc", TimeSpan.FromSeconds(30), default);
        _machine.Files[Timer].ShouldContain("OnActiveSec=30000ms\n");
        _machine.Systemd.Calls.ShouldBe([
            "daemon-reload",
            "stop cloudlet-guard.service",
            "enable cloudlet-guard.timer",
            "restart cloudlet-guard.timer",
        ]);
    }

    [Fact]
    public async Task Disarming_removes_everything_except_a_service_that_may_be_the_caller()
    {
        await _guard.ArmAsync("abc", TimeSpan.FromSeconds(60), default);
        _machine.Systemd.StartByHand("cloudlet-guard.service");
        _machine.Systemd.Calls.Clear();
        await _guard.DisarmAsync("abc", default);
        _machine.Systemd.Calls.ShouldBe(["stop cloudlet-guard.timer", "disable cloudlet-guard.timer", "daemon-reload"]);
        _machine.Files.Stat(Timer).ShouldBeNull();
        _machine.Files.Stat(Service).ShouldBeNull();
    }

    [Fact]
    public async Task Disarming_an_unarmed_guard_does_nothing()
    {
        await _guard.DisarmAsync("abc", default);
        _machine.Writes.ShouldBeEmpty();
    }
}
