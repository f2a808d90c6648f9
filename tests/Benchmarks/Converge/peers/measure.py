"""Runs a command and prints its wall time and CPU time (own and children's) in seconds, peak RSS in KiB, exit status and last words as JSON."""
import json, os, resource, subprocess, sys, time

started = time.monotonic()
child = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
wall = time.monotonic() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "wall": wall, "cpu": used.ru_utime + used.ru_stime, "rss": used.ru_maxrss,
    "exit": child.returncode, "said": child.stdout.decode("utf-8", "replace")[-600:],
}))
