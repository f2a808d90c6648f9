namespace Cloudlet.Check.Guests;

/// <summary>
/// The programs of the guest: shell scripts for busybox. What they find out is written to every console, a line each, beginning with
/// <see cref="Mark"/>; <see cref="Clouds.GuestConsole"/> reads it.
/// </summary>
internal static class GuestInit
{
    /// <summary>Beginning of the guest's own lines.</summary>
    public const string Mark = "cloudlet-check:";

    /// <summary>Folder of the modules, flat, and the file with their names in order.</summary>
    public const string Modules = "modules";

    /// <summary>The first process.</summary>
    public const string Init = """
        #!/bin/busybox sh
        export PATH=/bin
        /bin/busybox mount -t proc proc /proc
        /bin/busybox --install -s /bin
        mount -t sysfs sysfs /sys
        mount -t devtmpfs dev /dev
        say() {
            for console in $(cat /sys/class/tty/console/active); do
                echo "cloudlet-check: $*" > /dev/$console
            done
        }
        say started
        for module in $(cat /modules/order); do
            insmod /modules/$module || say "trouble the module $module could not be loaded"
        done
        ip link set lo up
        lease() {
            for card in /sys/class/net/*; do
                card=${card##*/}
                [ -e /sys/class/net/$card/device ] || continue
                ip link set $card up
                udhcpc -i $card -n -q -t 4 -T 3 -O mtu -O staticroutes -s /dhcp && return
                say "trouble no answer to DHCP on $card ($(cat /sys/class/net/$card/address))"
                found=1
            done
            [ "$found" ] || say "trouble the guest found no network card"
            return 1
        }
        until lease; do
            sleep 2
        done
        say "address $(ip -4 -o addr show dev $card | awk '{ print $4; exit }')"
        until timeout 10 wget -q -O /answer http://169.254.169.254/openstack/latest/meta_data.json 2> /error; do
            say "trouble metadata: $(tail -n 1 /error)"
            sleep 2
        done
        say "metadata $(tr ',{' '\n\n' < /answer | sed -n 's/.*"uuid": *"\([0-9a-f-]*\)".*/\1/p' | head -n 1)"
        while :; do
            sleep 3600
        done

        """;

    /// <summary>What DHCP's client runs with the lease in its environment. Routes of the lease replace its router (RFC 3442).</summary>
    public const string Dhcp = """
        #!/bin/busybox sh
        export PATH=/bin
        case $1 in
        deconfig)
            ip -4 addr flush dev $interface
            ;;
        bound | renew)
            ip addr add $ip/$mask dev $interface
            [ -z "$mtu" ] || ip link set $interface mtu $mtu
            if [ "$staticroutes" ]; then
                set -- $staticroutes
                while [ $# -ge 2 ]; do
                    if [ $2 = 0.0.0.0 ]; then
                        ip route add $1 dev $interface
                    else
                        ip route add $1 via $2 dev $interface
                    fi
                    shift 2
                done
            elif [ "$router" ]; then
                ip route add default via ${router%% *} dev $interface
            fi
            ;;
        esac

        """;
}
