#!/bin/sh
# Whether the benchmark's state is really there, by nobody's word but the kernel's and systemd's. Prints what is missing; exit status 1 then.
missing=0
need() { name=$1; shift; "$@" >/dev/null 2>&1 || { echo "missing: $name"; missing=1; }; }
has_address() { ip -oneline address show dev "$1" | grep -qF " $2 "; }
is_up() { ip -oneline link show up dev "$1" | grep -q .; }
has_content() { printf 'number = %s\npurpose = benchmark\n' "$1" | cmp -s - "/etc/bench-$1.conf" && [ "$(stat -c %a:%U "/etc/bench-$1.conf")" = 644:root ]; }
for link in benchbr benchv0 benchv1; do need "link $link up" is_up "$link"; done
need "benchbr is a bridge" test -d /sys/class/net/benchbr/bridge
need "address 10.70.0.1/24" has_address benchbr 10.70.0.1/24
need "address fd00:70::1/64" has_address benchbr fd00:70::1/64
need "address 10.71.0.1/24" has_address benchv0 10.71.0.1/24
need "address 10.72.0.1/24" has_address benchv1 10.72.0.1/24
for number in 1 2 3 4 5 6; do need "file /etc/bench-$number.conf" has_content "$number"; done
for number in 1 2; do
  need "bench-$number.service running" systemctl -q is-active "bench-$number.service"
  need "bench-$number.service enabled" systemctl -q is-enabled "bench-$number.service"
  need "bench-$number.service read by systemd" test "$(systemctl show -P NeedDaemonReload "bench-$number.service")" = no
  need "bench-$number.service as described" grep -qx "Description=Benchmark service $number" "/etc/systemd/system/bench-$number.service"
done
exit $missing
