# SPDX-License-Identifier: BSD-2-Clause
# Nim: sockets of net that nobody closes.
import std/net

var kept: seq[Socket]

proc openOne() {.noinline.} =
  kept.add(newSocket()) # leaks here

proc fill(count: int) {.noinline.} =
  for i in 1 .. count:
    openOne()

echo "ready"
stdout.flushFile()
discard stdin.readLine()
fill(20)
echo "leaked 20"
stdout.flushFile()
var line: string
while stdin.readLine(line):
  discard
