#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the functions of a script add to a call of socket() whose stack is copied.

    tests/bench/scripts.py [--rounds N] [--depths 5,40,150] SOCKLEAK...

Needs root. One process of each language and depth has functions call each other so many deep,
and there creates and closes sockets. Each build watches all of them in turn, ROUNDS times: without
the functions of scripts and with them, and every stack is copied. Printed is the difference, of the
fastest 20 sockets in a row each. What else runs on the host can make a try slower, never faster.
"""

import argparse
import re
import shutil
import subprocess

import configurations

FUNCTIONS = 10  # that call each other in turn
IN_A_ROW = 20
TRIES = 60

PYTHON = """
import sys, time, _socket
sys.setrecursionlimit(1000)
def sockets():
    best = 1e9
    for _ in range(TRIES):
        start = time.perf_counter_ns()
        for _ in range(IN_A_ROW):
            _socket.socket(1, 1, 0).close()
        best = min(best, time.perf_counter_ns() - start)
    print(best, flush=True)
def dig0(depth):
    if depth > 1:
        return NEXT(depth - 1)
    print("ready", flush=True)
    for line in sys.stdin:
        sockets()
dig0(int(sys.argv[1]) - 2)
"""

RUBY = """
require 'socket'
def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
end
def sockets
  best = 1 << 60
  try = 0
  while (try += 1) <= TRIES
    made = 0
    start = now
    while (made += 1) <= IN_A_ROW
      Socket.new(:UNIX, :STREAM).close
    end
    took = now - start
    best = took if took < best
  end
  $stdout.puts best
  $stdout.flush
end
def dig0(depth)
  return NEXT(depth - 1) if depth > 1
  $stdout.puts 'ready'
  $stdout.flush
  sockets while $stdin.gets
end
dig0(ARGV[0].to_i - 4)
"""

PHP = """<?php
function sockets() {
    $best = PHP_INT_MAX;
    for ($try = 0; $try < TRIES; $try++) {
        $start = hrtime(true);
        for ($made = 0; $made < IN_A_ROW; $made++)
            socket_close(socket_create(AF_UNIX, SOCK_STREAM, 0));
        $best = min($best, hrtime(true) - $start);
    }
    echo $best, "\\n";
}
function dig0($depth) {
    if ($depth > 1)
        return NEXT($depth - 1);
    echo "ready\\n";
    while (fgets(STDIN))
        sockets();
}
dig0((int)$argv[1] - 3);
"""

PERL = """
use strict;
use Socket;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
no warnings 'recursion';
$| = 1;
sub sockets {
    my $best = 1e9;
    for my $try (1 .. TRIES) {
        my $start = clock_gettime(CLOCK_MONOTONIC);
        for my $made (1 .. IN_A_ROW) {
            socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or die;
            close $socket;
        }
        my $took = clock_gettime(CLOCK_MONOTONIC) - $start;
        $best = $took if $took < $best;
    }
    printf "%d\\n", $best * 1e9;
}
sub dig0 {
    my ($depth) = @_;
    return NEXT($depth - 1) if $depth > 1;
    print "ready\\n";
    while (<STDIN>) { sockets() }
}
dig0($ARGV[0] - 2);
"""

# Node makes the socket of a handle when that is bound, and closes it at once.
JAVASCRIPT = """
const fs = require('fs');
const { TCP, constants } = process.binding('tcp_wrap');
function sockets() {
  let best = Infinity;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const handles = Array.from({ length: IN_A_ROW }, () => new TCP(constants.SOCKET));
    const start = process.hrtime.bigint();
    for (const handle of handles) {
      handle.bind('127.0.0.1', 0);
      handle.close();
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start));
  }
  fs.writeSync(1, `${best}\\n`);
}
function dig0(depth) {
  if (depth > 1)
    return NEXT(depth - 1);
  fs.writeSync(1, 'ready\\n');
  const line = Buffer.alloc(1);
  while (fs.readSync(0, line))
    sockets();
}
setImmediate(() => dig0(Number(process.argv[1]) - 3));
"""

# language -> its interpreter and its program
LANGUAGES = {
    "Python": (["/usr/bin/python3", "-c"], PYTHON),
    "Ruby": (["/usr/bin/ruby", "-e"], RUBY),
    "PHP": (["/usr/bin/php", "-r"], PHP.removeprefix("<?php")),
    "Perl": (["/usr/bin/perl", "-e"], PERL),
    "JavaScript": (["/usr/bin/node", "--no-deprecation", "--no-opt", "-e"], JAVASCRIPT),
}


def with_functions(text):
    """The function dig0 of a program so many times, each of which calls the next one."""
    begin = re.search(r"^\w+ dig0\b", text, re.M).start()
    end = re.compile(r"^.*\bdig0\(", re.M).search(text, begin + len("function dig0(")).start()
    function = text[begin:end]
    copies = [function.replace("dig0", f"dig{i}").replace("NEXT", f"dig{(i + 1) % FUNCTIONS}")
              for i in range(FUNCTIONS)]
    return text[:begin] + "".join(copies) + text[end:]


class Script:
    def __init__(self, language, depth):
        command, text = LANGUAGES[language]
        text = with_functions(text).replace("IN_A_ROW", str(IN_A_ROW)).replace("TRIES", str(TRIES))
        rest = ["--", str(depth)] if language == "PHP" else [str(depth)]
        self.language, self.depth = language, depth
        self.process = subprocess.Popen([*command, text, *rest], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit(f"scripts: {language} ended with {self.process.wait()}, see above")

    def run(self):
        """What a socket takes, in ns."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline()) / IN_A_ROW

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)


def measure(build, frames, scripts, best):
    pids = [option for script in scripts for option in ("--pid", str(script.process.pid))]
    tool = configurations.sockleak(build, build, build, "--sample-after", "0", "--script-frames",
                                   frames, *pids)
    tool.start(None)
    for script in scripts:
        took = script.run()
        of = (build, frames, script.language, script.depth)
        best[of] = min(best.get(of, took), took)
    tool.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--depths", default="5,40,150")
    parser.add_argument("builds", nargs="+", metavar="SOCKLEAK")
    options = parser.parse_args()
    depths = [int(depth) for depth in options.depths.split(",")]
    scripts = [Script(language, depth) for language, (command, _) in LANGUAGES.items()
               if shutil.which(command[0]) for depth in depths]
    best = {}
    for _ in range(options.rounds):
        for build in options.builds:
            for frames in ("none", "all"):
                measure(build, frames, scripts, best)
    for build in options.builds:
        print(f"{build}: us added to a call by so many functions")
        print(f"{'':10}" + "".join(f"{depth:9}" for depth in depths))
        for language in LANGUAGES:
            added = [(best[build, "all", language, depth]
                      - best[build, "none", language, depth]) / 1000
                     for depth in depths if (build, "none", language, depth) in best]
            print(f"{language:>10}" + "".join(f"{us:9.2f}" for us in added))
    for script in scripts:
        script.end()


if __name__ == "__main__":
    main()
