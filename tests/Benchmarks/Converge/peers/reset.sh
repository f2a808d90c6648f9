#!/bin/sh
# Takes the benchmark's state off the host, and what our program remembers of it. What peers keep (fact caches, compiled policies) stays: it can only help them.
systemctl -q disable --now bench-1.service bench-2.service 2>/dev/null
rm -f /etc/bench-?.conf /etc/systemd/system/bench-?.service
systemctl daemon-reload
systemctl reset-failed 'bench-*' 2>/dev/null
ip link delete benchbr 2>/dev/null
ip link delete benchv0 2>/dev/null
rm -rf /var/lib/cloudlet /run/cloudlet
exit 0
