using Cloudlet.Resources.Guards;
using Cloudlet.Resources.State;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Guards;

public sealed class SystemdGuardSpecs : IDisposable
{
    private const string Timer = "/etc/systemd/system/cloudlet-guard.timer";
    private const string Service = "/etc/systemd/system/cloudlet-guard.service";

    private readonly FakeMachine machine = new();
    private readonly SystemdGuard guard;

    public SystemdGuardSpecs() =>
        guard = new SystemdGuard(machine.Systemd, machine.Files, new GuardCommand("/opt/my tools/cloudlet", ["--x%1$"], StatePaths.Host));

    public void Dispose() => machine.Dispose();

    [Fact]
    public async Task Arming_writes_enables_and_starts_a_timer()
    {
        await guard.ArmAsync("abc", TimeSpan.FromSeconds(60), default);
        machine.Files[Timer].ShouldContain("OnActiveSec=60000ms\n");
        machine.Files[Timer].ShouldContain("WantedBy=timers.target\n");
        machine
            .Files[Service]
            .ShouldContain(
                "ExecStart=\"/opt/my tools/cloudlet\" --x%%1$$ rollback --run abc --if-unconfirmed --state-dir /var/lib/cloudlet "
                    + "--run-dir /run/cloudlet\n"
            );
        machine.Files[Service].ShouldContain("Restart=on-failure\n");
        machine.Systemd.Calls.ShouldBe(["daemon-reload", "enable cloudlet-guard.timer", "restart cloudlet-guard.timer"]);
    }

    [Fact]
    public async Task Arming_again_moves_the_deadline_and_stops_a_premature_attempt()
    {
        await guard.ArmAsync("abc", TimeSpan.FromSeconds(60), default);
        machine.Systemd.StartByHand("cloudlet-guard.service");
        machine.Systemd.Calls.Clear();
        await guard.ArmAsync("abc", TimeSpan.FromSeconds(30), default);
        machine.Files[Timer].ShouldContain("OnActiveSec=30000ms\n");
        machine.Systemd.Calls.ShouldBe([
            "daemon-reload",
            "stop cloudlet-guard.service",
            "enable cloudlet-guard.timer",
            "restart cloudlet-guard.timer",
        ]);
    }

    [Fact]
    public async Task Disarming_removes_everything_except_a_service_that_may_be_the_caller()
    {
        await guard.ArmAsync("abc", TimeSpan.FromSeconds(60), default);
        machine.Systemd.StartByHand("cloudlet-guard.service");
        machine.Systemd.Calls.Clear();
        await guard.DisarmAsync("abc", default);
        machine.Systemd.Calls.ShouldBe(["stop cloudlet-guard.timer", "disable cloudlet-guard.timer", "daemon-reload"]);
        machine.Files.Stat(Timer).ShouldBeNull();
        machine.Files.Stat(Service).ShouldBeNull();
    }

    [Fact]
    public async Task Disarming_an_unarmed_guard_does_nothing()
    {
        await guard.DisarmAsync("abc", default);
        machine.Writes.ShouldBeEmpty();
    }
}
