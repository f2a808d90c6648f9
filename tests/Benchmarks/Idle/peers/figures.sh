#!/bin/sh
# Figures of a process, one `name value` a line: memory in kB, processor time (with that of children that ended) in ticks of 10 ms, the rest as numbers.
cd "/proc/$1" || exit 1
awk '/^(VmRSS|VmHWM|RssAnon|RssFile|RssShmem|Threads):/ { sub(":", "", $1); print $1, $2 }' status
awk '/^Pss:/ { print "Pss", $2 }' smaps_rollup
sed 's/.*) //' stat | awk '{ print "Ticks", $12 + $13 + $14 + $15 }'
cat task/*/status | awk '/^voluntary_ctxt_switches:/ { n += $2 } END { print "Switches", n }'
ls fd | awk 'END { print "Descriptors", NR }'
