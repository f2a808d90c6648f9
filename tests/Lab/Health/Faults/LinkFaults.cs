namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>Faults of links, addresses and routes.</summary>
internal static class LinkFaults
{
    private const string Group = "links";

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<Fault> All { get; } =
    [
        new(Group, "deleted", seed => $"ip link delete {seed.One("cloudlet0", "br-cloudlet", "guest-port", "guest-host")}") { KeepsService = true },
        new(Group, "set down", seed => $"ip link set {seed.One("cloudlet0", "br-cloudlet", "guest-port")} down") { KeepsService = true },
        new(Group, "renamed", _ => "ip link set cloudlet0 down; ip link set cloudlet0 name away0") { KeepsService = true },
        new(Group, "of another kind", seed => $"ip link add away1 type {seed.One("ifb", "vxlan id 7 dstport 4789")}; printf 'link set cloudlet0 name away0\\nlink set away1 name cloudlet0\\n' | ip -batch -") { KeepsService = true },
        new(Group, "another MAC", seed => $"ip link set cloudlet0 address 02:00:5e:10:01:{seed.Next(256):x2}") { KeepsService = true },
        new(Group, "another MTU", seed => $"ip link set {seed.One("cloudlet0", "br-cloudlet", "guest-port")} mtu {seed.Next(1280, 1390)}") { KeepsService = true },
        new(Group, "taken out of its bridge", _ => "ip link set guest-port nomaster") { KeepsService = true },
        new(Group, "stolen by another bridge", _ => "ip link add away0 type bridge; ip link set guest-port master away0") { KeepsService = true },
        new(Group, "address removed", seed => $"ip address delete {seed.One("10.80.0.1/24 dev cloudlet0", "fd00:80::1/64 dev cloudlet0", "10.90.0.1/24 dev guest-host")}") { KeepsService = true },
        new(Group, "all addresses flushed", _ => "ip address flush dev cloudlet0") { KeepsService = true },
        new(Group, "foreign address", seed => $"ip address add 10.99.{seed.Next(256)}.1/24 dev cloudlet0") { KeepsService = true },
        new(Group, "route removed", _ => "ip route delete 10.81.0.0/16") { KeepsService = true },
        new(Group, "all links lost at once", _ => "for l in cloudlet0 br-cloudlet guest-port; do echo link delete $l; done | ip -force -batch -") { KeepsService = true },
        new(Group, "storm of 1000 foreign links", _ =>
            """
            for i in $(seq 500); do echo link add storm$i type bridge; done | ip -batch -
            ip link delete cloudlet0
            for i in $(seq 500); do echo link delete storm$i; done | ip -batch -
            """) { KeepsService = true },
        new(Group, "flapping at 10 Hz", seed => $"for i in $(seq {seed.Next(25, 35)}); do ip link delete cloudlet0 2>/dev/null || true; sleep 0.1; done") { KeepsService = true },
        new(Group, "netlink overrun", _ =>
            """
            daemon=$(systemctl show -P MainPID cloudlet-healthd); kill -STOP $daemon
            ip link add away0 type bridge
            for i in $(seq 3000); do echo address add 10.70.$((i / 250)).$((i % 250))/32 dev away0; done | ip -batch -
            ip link delete cloudlet0; ip link delete away0
            kill -CONT $daemon || true # on a busy machine its watchdog was faster
            """) { KeepsService = true },
        new(Group, "driver missing", _ =>
            """
            systemctl stop cloudlet-healthd
            sed -i 's/"name":"cloudlet0","kind":"bridge","bridgeStp":false/"name":"cloudlet0","kind":"dummy"/' /var/lib/cloudlet/applied.json
            ip link delete cloudlet0
            systemctl start cloudlet-healthd
            """) { Alarm = "driver-missing link:cloudlet0", Stays = "ip link show guest-host", Undo = FaultHost.Reapply },
        new(Group, "networkd restarted", _ => "systemctl restart systemd-networkd") { KeepsService = true, IsHarmless = true },
        new(Group, "deleted while networkd is stopped", _ => "systemctl stop systemd-networkd.socket systemd-networkd; ip link delete cloudlet0; systemctl start systemd-networkd") { KeepsService = true },
    ];
}
