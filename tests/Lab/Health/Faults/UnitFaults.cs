namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>Faults of services.</summary>
internal static class UnitFaults
{
    private const string Group = "units";
    private const string Beacon = HealedHost.Service;
    private const string Pantry = FaultHost.Packaged;

    /// <summary>All faults of this group.</summary>
    internal static IReadOnlyList<Fault> All { get; } =
    [
        new(Group, "killed", seed => $"systemctl kill -s {seed.One("KILL", "TERM", "SEGV")} {seed.One(Beacon, Pantry)}"),
        new(
            Group,
            "killed as the OOM killer does",
            _ => $"echo 1000 >/proc/$(systemctl show -P MainPID {Pantry})/oom_score_adj; kill -KILL $(systemctl show -P MainPID {Pantry})"
        ),
        new(Group, "stopped", seed => $"systemctl stop {seed.One(Beacon, Pantry)}"),
        new(Group, "its process got SIGSTOP", _ => $"kill -STOP $(systemctl show -P MainPID {Beacon})") { KeepsService = true },
        new(Group, "start limit hit", _ => $"for i in 1 2 3 4 5 6 7; do systemctl restart {Beacon} || break; done") { MostRestarts = 10 },
        new(Group, "unit file edited", _ => $"echo '# changed' >>/etc/systemd/system/{Beacon}") { KeepsService = true },
        new(Group, "unit file deleted", _ => $"rm /etc/systemd/system/{Beacon}"),
        new(Group, "manager reloaded and re-executed", _ => "systemctl daemon-reload; systemctl daemon-reexec")
        {
            KeepsService = true,
            IsHarmless = true,
        },
        new(Group, "masked", _ => $"systemctl mask --now {Pantry}")
        {
            Alarm = $"operator-masked unit:{Pantry}",
            Stays = $"! systemctl is-active {Pantry}",
            Undo = $"systemctl unmask {Pantry}",
        },
        new(Group, "disabled", seed => $"systemctl disable {seed.One("", "--now")} {Pantry}")
        {
            Alarm = $"operator-disabled unit:{Pantry}",
            Stays = $"! systemctl is-enabled {Pantry}",
            Undo = $"systemctl enable {Pantry}",
        },
        new(Group, "crash loop", _ => $"touch /run/pantry-crash; systemctl kill -s KILL {Pantry}")
        {
            Alarm = $"gave-up unit:{Pantry}",
            Stays = $"! systemctl is-active {Pantry}",
            Undo = $"rm /run/pantry-crash; systemctl start {Pantry}",
        },
        new(Group, "hangs at its start", _ => $"touch /run/pantry-hang; systemctl kill -s KILL {Pantry}")
        {
            Alarm = $"gave-up unit:{Pantry}",
            Stays = $"! systemctl is-active {Pantry}",
            Undo = $"rm /run/pantry-hang; systemctl start {Pantry}",
        },
    ];
}
