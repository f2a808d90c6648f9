#!/bin/sh
# Exit status 0 when the cable has its addresses.
ip -oneline address show dev heal-1 | grep -qF ' 10.60.1.1/24 ' &&
  ip -oneline address show dev heal-1 | grep -qF ' fd00:60:0:1::1/64 ' &&
  ip -oneline address show dev peer-1 | grep -qF ' 10.61.1.1/24 '
