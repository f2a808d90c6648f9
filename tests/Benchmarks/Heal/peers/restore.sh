#!/bin/sh
# Brings back the cable and the file; what monit runs when one of its checks fails.
test -e /sys/class/net/heal-1 ||
  ip link add heal-1 address 02:00:5e:20:00:01 mtu 1450 type veth peer name peer-1 address 02:00:5e:21:00:01 mtu 1450
ip link set heal-1 address 02:00:5e:20:00:01 mtu 1450 master healbr up
ip link set peer-1 address 02:00:5e:21:00:01 mtu 1450 up
ip address replace 10.60.1.1/24 dev heal-1
ip address replace fd00:60:0:1::1/64 dev heal-1 nodad
ip address replace 10.61.1.1/24 dev peer-1
cmp -s /root/bench/heal-1.conf /etc/heal-1.conf || cp /root/bench/heal-1.conf /etc/heal-1.conf
