namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>Faults of links, addresses and routes.</summary>
internal static class LinkFaults
{
    private const string Group = "links";

    /// <summary>All faults of this group.</summary>
    internal static IReadOnlyList<Fault> All { get; } =
    [
        new(Group, "deleted", seed => $"ip link delete {seed.One("cloudlet0", "br-cloudlet", "guest-port", "guest-host")}")
        {
            KeepsService = true,
        },
        new(Group, "set down", seed => $"ip link set {seed.One("cloudlet0", "br-cloudlet", "guest-port")} down") { KeepsService = true },
        new(Group, "renamed", _ => AtOnce("ip link set cloudlet0 down; ip link set cloudlet0 name away0")) { KeepsService = true },
        new(
            Group,
            "renamed while up, and another one under its name",
            seed =>
                AtOnce(
                    $"for l in {seed.One("cloudlet0", "br-cloudlet")}; do ip link set $l name away0; ip link add $l type "
                        + $"{seed.One("bridge", "ifb")}; done"
                )
        )
        {
            KeepsService = true,
        },
        new(
            Group,
            "two swapped their names",
            _ => AtOnce("ip link set cloudlet0 name away0; ip link set br-cloudlet name cloudlet0; ip link set away0 name br-cloudlet")
        )
        {
            KeepsService = true,
        },
        new(
            Group,
            "an end of a cable moved to another namespace",
            seed => $"ip netns add away; ip link set {seed.One("guest-host", "guest-port")} netns away"
        )
        {
            KeepsService = true,
        },
        new(Group, "IPv6 switched off", _ => "echo 1 >/proc/sys/net/ipv6/conf/cloudlet0/disable_ipv6") { KeepsService = true },
        new(
            Group,
            "address expires",
            seed =>
                "ip address change "
                + $"{seed.One("10.80.0.1/24 dev cloudlet0", "fd00:80::1/64 dev cloudlet0", "10.90.0.1/24 dev guest-host")} "
                + $"{seed.One("valid_lft 3 preferred_lft 3", "valid_lft forever preferred_lft 0")}"
        )
        {
            KeepsService = true,
        },
        new(
            Group,
            "its address on a foreign link",
            seed => $"ip link add away0 type bridge; ip address add 10.80.0.1/{seed.Next(20, 30)} dev away0"
        )
        {
            Alarm = "obstructed link:cloudlet0",
            Stays = "ip -brief address show away0 | grep -q 10.80.0.1",
            Undo = "ip link delete away0",
            KeepsService = true,
        },
        new(Group, "route to its net deleted", _ => "ip route delete 10.80.0.0/24 dev cloudlet0") { KeepsService = true },
        new(
            Group,
            "route to its net with another source",
            _ => AtOnce("ip address add 10.80.0.7/24 dev cloudlet0; ip route replace 10.80.0.0/24 dev cloudlet0 src 10.80.0.7")
        )
        {
            KeepsService = true,
        },
        new(Group, "route to its net with the source of another link", _ => "ip route replace 10.80.0.0/24 dev cloudlet0 src 10.90.0.1")
        {
            KeepsService = true,
        },
        new(Group, "IPv6 route to its net deleted", _ => "ip -6 route delete fd00:80::/64 dev cloudlet0") { KeepsService = true },
        new(
            Group,
            "flags",
            seed =>
                "ip link set "
                + $"{seed.One("br-cloudlet arp off", "guest-host arp off", "guest-port allmulticast on", "br-cloudlet promisc on")}"
        )
        {
            KeepsService = true,
        },
        new(
            Group,
            "its MAC on a foreign link",
            _ => "m=$(cat /sys/class/net/guest-host/address); ip link add away0 address $m type veth peer name away1"
        )
        {
            Alarm = "obstructed link:guest-host",
            Stays = "ip link show away0",
            Undo = "ip link delete away0",
            KeepsService = true,
        },
        new(
            Group,
            "route replaced",
            seed => $"ip route replace 10.81.0.0/16 metric 50 {seed.One("via 10.80.0.253", "via 10.80.0.77", "dev br-cloudlet")}"
        )
        {
            KeepsService = true,
        },
        new(
            Group,
            "of another kind",
            seed =>
                AtOnce(
                    $"ip link add away1 type {seed.One("ifb", "vxlan id 7 dstport 4789")}; ip link set cloudlet0 name away0; "
                        + "ip link set away1 name cloudlet0"
                )
        )
        {
            KeepsService = true,
        },
        new(Group, "another MAC", seed => $"ip link set cloudlet0 address 02:00:5e:10:01:{seed.Next(256):x2}") { KeepsService = true },
        new(Group, "another MTU", seed => $"ip link set {seed.One("cloudlet0", "br-cloudlet", "guest-port")} mtu {seed.Next(1280, 1390)}")
        {
            KeepsService = true,
        },
        new(Group, "taken out of its bridge", _ => "ip link set guest-port nomaster") { KeepsService = true },
        new(Group, "stolen by another bridge", _ => "ip link add away0 type bridge; ip link set guest-port master away0")
        {
            KeepsService = true,
        },
        new(
            Group,
            "address removed",
            seed =>
                $"ip address delete {seed.One("10.80.0.1/24 dev cloudlet0", "fd00:80::1/64 dev cloudlet0", "10.90.0.1/24 dev guest-host")}"
        )
        {
            KeepsService = true,
        },
        new(Group, "all addresses flushed", _ => "ip address flush dev cloudlet0") { KeepsService = true },
        new(Group, "foreign address", seed => $"ip address add 10.99.{seed.Next(256)}.1/24 dev cloudlet0") { KeepsService = true },
        new(Group, "route removed", _ => "ip route delete 10.81.0.0/16") { KeepsService = true },
        new(
            Group,
            "all links lost at once",
            _ => "for l in cloudlet0 br-cloudlet guest-port; do echo link delete $l; done | ip -force -batch -"
        )
        {
            KeepsService = true,
        },
        new(
            Group,
            "storm of 1000 foreign links",
            _ =>
                """
                    for i in $(seq 500); do echo link add storm$i type bridge; done | ip -batch -
                    ip link delete cloudlet0
                    for i in $(seq 500); do echo link delete storm$i; done | ip -batch -
                    """
        )
        {
            KeepsService = true,
        },
        new(
            Group,
            "flapping at 10 Hz",
            seed => $"for i in $(seq {seed.Next(25, 35)}); do ip link delete cloudlet0 2>/dev/null || true; sleep 0.1; done"
        )
        {
            KeepsService = true,
        },
        new(
            Group,
            "netlink overrun",
            _ =>
                """
                    daemon=$(systemctl show -P MainPID cloudlet-healthd); kill -STOP $daemon
                    ip link add away0 type bridge
                    for i in $(seq 3000); do echo address add 10.70.$((i / 250)).$((i % 250))/32 dev away0; done | ip -batch -
                    ip link delete cloudlet0; ip link delete away0
                    kill -CONT $daemon || true # on a busy machine its watchdog was faster
                    """
        )
        {
            KeepsService = true,
        },
        new(
            Group,
            "driver missing",
            _ =>
                """
                    systemctl stop cloudlet-healthd
                    sed -i 's/"name":"cloudlet0","kind":"bridge","bridgeStp":false/"name":"cloudlet0","kind":"dummy"/' /var/lib/cloudlet/applied.json
                    ip link delete cloudlet0
                    systemctl start cloudlet-healthd
                    """
        )
        {
            Alarm = "driver-missing link:cloudlet0",
            Stays = "ip link show guest-host",
            Undo = FaultHost.Reapply,
        },
        new(Group, "networkd restarted", _ => "systemctl restart systemd-networkd") { KeepsService = true, IsHarmless = true },
        new(
            Group,
            "deleted while networkd is stopped",
            _ => "systemctl stop systemd-networkd.socket systemd-networkd; ip link delete cloudlet0; systemctl start systemd-networkd"
        )
        {
            KeepsService = true,
        },
    ];

    /// <summary>Stops the daemon for some commands: between two it would heal what the first did, and the second would fail.</summary>
    private static string AtOnce(string commands) =>
        $"p=$(systemctl show -P MainPID cloudlet-healthd); kill -STOP $p; trap \"kill -CONT $p\" EXIT; {commands}";
}
