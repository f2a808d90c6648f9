namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>Faults of the daemon itself, of what it depends on, and of the host's identity.</summary>
internal static class DaemonFaults
{
    private const string Daemon = "cloudlet-healthd";
    private const string LoseLink = "ip link delete cloudlet0";
    private const string LoseFile = $"sed -i s/north/south/ {HealedHost.Beacon}";
    private const string Program = "/usr/local/lib/cloudlet/cloudlet";

    /// <summary>All faults of this group.</summary>
    internal static IReadOnlyList<Fault> All { get; } =
    [
        new("identity", "host name changed", _ => $"hostname somebody-else; systemctl stop {HealedHost.Service}; {LoseLink}")
        {
            Alarm = $"host-name-changed unit:{HealedHost.Service}",
            Stays = $"! systemctl is-active {HealedHost.Service} && ip link show cloudlet0",
            Undo = "hostname edge-1",
        },
        new("identity", "held by an operator", _ => $"{Program} hold --for 5s --reason test --owner fault; {LoseLink}; {LoseFile}"),
        new("daemon", "kill -9", seed => $"systemctl kill -s KILL {Daemon}; {seed.Pause(300)}; {LoseLink}; {LoseFile}"),
        new("daemon", "kill -9 during a heal", seed => $"{LoseLink}; {seed.Pause(60)}; systemctl kill -s KILL {Daemon}")
        {
            KeepsService = true,
        },
        new("daemon", "SIGSTOP", _ => $"kill -STOP $(systemctl show -P MainPID {Daemon}); {LoseLink}") { KeepsService = true },
        new("daemon", "state deleted", _ => $"rm /var/lib/cloudlet/applied.json; {LoseLink}") { KeepsService = true },
        new("daemon", "state damaged", seed => $"truncate -s {seed.Next(2, 400)} /var/lib/cloudlet/applied.json; {LoseLink}")
        {
            KeepsService = true,
        },
        new(
            "daemon",
            "state damaged while it did not run",
            seed =>
                $"systemctl stop {Daemon}; truncate -s {seed.Next(2, 400)} /var/lib/cloudlet/applied.json; {LoseLink}; systemctl "
                + $"start {Daemon}"
        )
        {
            KeepsService = true,
        },
        new("daemon", "folders deleted", _ => $"rm -rf /var/lib/cloudlet/health /run/cloudlet/health; {LoseLink}") { KeepsService = true },
        new("daemon", "settings damaged", _ => $"echo damaged >/etc/cloudlet/health.json; systemctl restart {Daemon}; {LoseLink}")
        {
            KeepsService = true,
        },
        new("daemon", "program deleted", _ => $"rm {Program}; {LoseLink}") { KeepsService = true },
        new("daemon", "program and process lost", seed => $"rm {Program}; {seed.Pause(100)}; systemctl kill -s KILL {Daemon}; {LoseLink}")
        {
            KeepsService = true,
        },
        new(
            "daemon",
            "program damaged",
            seed =>
                $"{seed.One($"chmod 000 {Program}", $"rm {Program}; mkdir {Program}", $"cp /bin/true /tmp/t; mv /tmp/t {Program}")}; "
                + $"systemctl kill -s KILL {Daemon}; {LoseLink}"
        )
        {
            KeepsService = true,
        },
        new(
            "daemon",
            "unit file deleted",
            _ => $"rm /etc/systemd/system/{Daemon}.service; systemctl daemon-reload; sleep 1; systemctl kill -s KILL {Daemon}; {LoseLink}"
        )
        {
            KeepsService = true,
        },
        new(
            "daemon",
            "two copies",
            _ => $"(timeout 4 {Program} healthd run >/dev/null 2>&1 || true) & sleep 2; {LoseLink}; {LoseFile}; sleep 3"
        ),
        new(
            "daemon",
            "an apply at the same time",
            _ => $"(sleep 0.1; {LoseLink}; {LoseFile}) & {FaultHost.Reapply} >/dev/null 2>&1 || true; wait"
        ),
        new("daemon", "D-Bus restarted", _ => $"systemctl restart dbus; {LoseLink}; systemctl stop {HealedHost.Service}"),
        new(
            "daemon",
            "disk full where it writes",
            _ =>
                "mount -t tmpfs -o size=16k small /var/lib/cloudlet/health; head -c 100k /dev/zero >/var/lib/cloudlet/health/fill "
                + $"|| true; {LoseLink}; sleep 2; {Unmount("/var/lib/cloudlet/health")}"
        )
        {
            KeepsService = true,
        },
        // The disk is filled before it is mounted there: on a busy machine the file would be healed in between. The mount must look as if
        // it had existed since the boot: the daemon treats a mount that appears later as an obstacle and writes nothing to it.
        new(
            "daemon",
            "disk full where a file is healed",
            _ =>
                "mkdir -p /run/small; mount -t tmpfs -o size=16k small /run/small; head -c 100k /dev/zero >/run/small/fill || true; "
                + $"systemctl stop {Daemon}; rm -f /run/cloudlet/mounts.json; mount --bind /run/small /etc/cloudlet; "
                + $"systemctl start --no-block {Daemon}"
        )
        {
            Alarm = "disk file:/etc/cloudlet/beacon.conf",
            Undo = $"{Unmount("/etc/cloudlet")}; {Unmount("/run/small")}",
        },
        new(
            "daemon",
            "read-only file system",
            _ =>
                $"{LoseFile}; sleep 1; mount --bind /etc/cloudlet /etc/cloudlet; mount --bind /var/lib/cloudlet /var/lib/cloudlet; "
                + $"sed -i s/north/south/ {HealedHost.Beacon}; mount -o remount,bind,ro "
                + "/etc/cloudlet; mount -o remount,bind,ro "
                + $"/var/lib/cloudlet; {LoseLink}; sleep 2; {Unmount("/etc/cloudlet")}; {Unmount("/var/lib/cloudlet")}"
        ),
        new("daemon", "rebooted during a heal", seed => $"{LoseFile}; {LoseLink}; {seed.Pause(60)}") { CutsPower = true },
        new("daemon", "boot files deleted before a reboot", _ => "rm -f /etc/systemd/network/05-cloudlet-*") { CutsPower = true },
        new(
            "daemon",
            "power cut with everything lost",
            _ => $"for l in cloudlet0 br-cloudlet guest-port; do ip link delete $l || true; done; rm -f {HealedHost.Beacon}"
        )
        {
            CutsPower = true,
        },
    ];

    /// <summary>Unmounts a folder as soon as the daemon, which may just be writing there, has closed its files.</summary>
    private static string Unmount(string folder) =>
        $"for i in $(seq 100); do umount {folder} 2>/dev/null && break; sleep 0.1; done; ! mountpoint -q {folder}";
}
