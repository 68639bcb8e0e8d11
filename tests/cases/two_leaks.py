# SPDX-License-Identifier: BSD-2-Clause
"""Two leaks in one program of each runtime: two sites, and an entry of one hides only that one."""

import dataclasses
import re
import subprocess

from lib.outcome import Failure, Skip
from lib.registry import cases

EACH = 3  # sockets of each leak
TOLD_S = 60


@dataclasses.dataclass
class Runtime:
    name: str
    file: str
    source: str
    run: str  # shell; $O is the directory, and the current one
    build: str = "true"
    other: str = "AF_INET6"  # the family of the second leak's sockets
    needs: str = ""  # a command


def compiled(name, file, source, build, needs):
    return Runtime(name, file, source, f"exec ./two_{name}", build.format(f"two_{name}"), needs=needs)


C = """
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
__attribute__((noinline)) int first(void) { int fd = socket(AF_INET, SOCK_STREAM, 0); return fd + 0 * getppid(); }
__attribute__((noinline)) int second(void) { int fd = socket(AF_INET6, SOCK_STREAM, 0); return fd + 0 * getppid(); }
int main(void)
{
	for (int i = 0; i < 3; i++)
		first(), second();
	puts("leaked");
	fflush(stdout);
	pause();
}
"""

GO = """
package main

import (
	"fmt"
	"syscall"
	"time"
)

//go:noinline
func first() { syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0) }

//go:noinline
func second() { syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0) }

func main() {
	for i := 0; i < 3; i++ {
		first()
		second()
	}
	fmt.Println("leaked")
	time.Sleep(time.Hour)
}
"""

RUST = """
extern "C" { fn socket(family: i32, kind: i32, protocol: i32) -> i32; }
#[inline(never)]
fn first() -> i32 { unsafe { socket(2, 1, 0) + std::process::id() as i32 * 0 } }
#[inline(never)]
fn second() -> i32 { unsafe { socket(10, 1, 0) + std::process::id() as i32 * 0 } }
fn main() {
    for _ in 0..3 { first(); second(); }
    println!("leaked");
    std::thread::sleep(std::time::Duration::from_secs(3600));
}
"""

# Scripts are told apart by their functions, where those are known; else by what they call of their
# interpreter.
PYTHON = """
import ctypes, socket, time
kept = []
def first():
    kept.append(socket.socket())
def second():
    ctypes.CDLL(None).socket(10, 1, 0)
for _ in range(3):
    first()
    second()
print("leaked", flush=True)
time.sleep(3600)
"""

RUBY = """
require 'fiddle'
require 'socket'
CALL = Fiddle::Function.new(Fiddle.dlopen(nil)['socket'], [Fiddle::TYPE_INT] * 3, Fiddle::TYPE_INT)
KEPT = []
def first = KEPT << Socket.new(:INET, :STREAM)
def second = CALL.call(10, 1, 0)
3.times { first; second }
puts 'leaked'
$stdout.flush
sleep
"""

PERL = """
use Socket;
$| = 1;
my @kept;
sub first {
	socket(my $socket, AF_INET, SOCK_STREAM, 0);
	push @kept, $socket;
}
sub second {
	syscall(41, 10, 1, 0);
}
for (1 .. 3) {
	first();
	second();
}
print "leaked\\n";
sleep;
"""

# Text that has run is freed. The agent looks at Perl before it leaks.
EVAL = """
use Socket;
$| = 1;
our @kept;
sub first {
	eval 'socket(my $socket, AF_INET, SOCK_STREAM, 0); push @kept, $socket' or die;
}
sub second {
	eval 'socket(my $socket, AF_INET6, SOCK_STREAM, 0); push @kept, $socket' or die;
}
sleep 4;
for (1 .. 3) {
	first();
	second();
}
print "leaked\\n";
sleep;
"""

NODE = """
const { TCP, constants: tcp } = process.binding('tcp_wrap');
const { Pipe, constants: pipe } = process.binding('pipe_wrap');
const kept = [];
function first() {
  const socket = new TCP(tcp.SOCKET);
  socket.bind('127.0.0.1', 0);
  kept.push(socket);
}
function second(i) {
  const socket = new Pipe(pipe.SOCKET);
  socket.bind(`${process.env.O}/pipe${i}`);
  kept.push(socket);
}
for (let i = 0; i < 3; i++) {
  first();
  second(i);
}
console.log('leaked');
setInterval(() => kept, 1000);
"""

JAVA = """
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;

class Two {
	static ArrayList<SocketChannel> kept = new ArrayList<>();
	static void first() throws Exception {
		kept.add(SocketChannel.open());
	}
	static void second() throws Exception {
		kept.add(SocketChannel.open(StandardProtocolFamily.UNIX));
	}
	public static void main(String[] args) throws Exception {
		for (int i = 0; i < 3; i++) {
			first();
			second();
		}
		System.out.println("leaked");
		Thread.sleep(3600000);
	}
}
"""

RUNTIMES = [
    compiled("c", "two.c", C, "gcc -O2 -o {} two.c", "gcc"),
    compiled("cpp", "two.cpp", C.replace("int fd", "auto fd"), "g++ -O2 -o {} two.cpp", "g++"),
    compiled("go", "two.go", GO, "HOME=$O go build -o {} two.go", "go"),
    compiled("rust", "two.rs", RUST, "rustc -O -o {} two.rs", "rustc"),
    Runtime("python", "two.py", PYTHON, "exec python3 two.py", needs="python3"),
    Runtime("ruby", "two.rb", RUBY, "exec ruby two.rb", needs="ruby"),
    Runtime("perl", "two.pl", PERL, "exec perl two.pl", needs="perl"),
    Runtime("eval", "two.pl", EVAL, "exec perl two.pl", needs="perl"),
    Runtime("node", "two.js", NODE, "exec node --no-deprecation two.js", other="AF_UNIX",
            needs="node"),
    Runtime("java", "Two.java", JAVA, "exec java -cp . Two", "javac Two.java", other="AF_UNIX",
            needs="javac"),
]  # fmt: skip


def shell(bench, runtime, directory, command, **options):
    return bench.processes.start(
        ["/bin/sh", "-ec", f"cd {directory}; O={directory}; export O; {command}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options,
    )  # fmt: skip


def start(bench, runtime, cgroup):
    """Build it, run it in the cgroup until it has leaked. Its process."""
    directory = bench.directory / f"two_{runtime.name}"
    directory.mkdir()
    (directory / runtime.file).write_text(runtime.source)
    if shell(bench, runtime, directory, f"command -v {runtime.needs}").wait():
        raise Skip(f"no {runtime.needs}")
    build = shell(bench, runtime, directory, runtime.build)
    said, _ = build.communicate(timeout=120)
    if build.returncode:
        raise Failure(f"expected to build {runtime.file}, seen: {said[-800:]}")
    command = f"echo $$ > {cgroup}/cgroup.procs; {runtime.run}"
    process = shell(bench, runtime, directory, command)
    for line in process.stdout:
        if line.strip() == "leaked":
            return process
    raise Failure(f"expected {runtime.name} to leak, it has ended")


def leaks_of(agent, pid):
    return [event for event in agent.open_leaks().values() if event["creator_pid"] == pid]


def sites_of(agent, runtime, pid):
    """(the first leak's, the other's)."""
    leaks = agent.wait_for(
        lambda a: len(leaks_of(a, pid)) == 2 * EACH and leaks_of(a, pid),
        f"the {2 * EACH} leaks of {runtime.name}", TOLD_S,
    )  # fmt: skip
    other = {leak["site"] for leak in leaks if leak["family"] == runtime.other}
    first = {leak["site"] for leak in leaks if leak["family"] != runtime.other}
    if len(first) != 1 or len(other) != 1 or first == other or None in first | other:
        raise Failure(f"expected a site for each of two leaks, seen: {first} and {other}")
    return first.pop(), other.pop()


def entry_for(text, site):
    """The entry for a site, as the report prints it."""
    found = re.search(rf"^\[site {site}.*\n(?:[^\[\n].*\n)+", text, re.MULTILINE)
    if not found or f"site = {site}" not in found[0]:
        raise Failure(f"expected an entry for {site}, seen: {text[-2000:]}")
    return found[0]


def check(bench, agent, runtime, pid, scanned):
    """The entry of the first leak hides it, and not the other."""
    first, other = sites_of(agent, runtime, pid)
    known = bench.directory / f"two_{runtime.name}.ini"
    known.write_text(entry_for(scanned("-v"), first))
    left = scanned("-v", "--suppress", known)
    if f"site {first}" in left.split("To suppress")[0]:
        raise Failure(f"expected {first} to be suppressed, seen: {left[:3000]}")
    if f"site {other}" not in left:
        raise Failure(f"expected {other} to be left, seen: {left[:3000]}")


@cases(names=[f"two_leaks_{runtime.name}" for runtime in RUNTIMES], slow=True)
def two_leaks(bench):
    wanted = [runtime for runtime in RUNTIMES if bench.wants(f"two_leaks_{runtime.name}")]
    cgroup = bench.cgroups.make()
    agent = bench.agent("--cgroup", cgroup, "--sample-after", 0)
    started = []
    for runtime in wanted:
        try:
            started.append((runtime, start(bench, runtime, cgroup)))
        except (Failure, Skip) as trouble:
            yield f"two_leaks_{runtime.name}", trouble

    def scanned(*options):
        return bench.run("scan", "--cgroup", cgroup, "--history", agent.pid, *options)[1]

    for runtime, process in started:
        outcome = None
        try:
            check(bench, agent, runtime, process.pid, scanned)
        except Failure as failure:
            outcome = failure
        yield f"two_leaks_{runtime.name}", outcome
        bench.processes.end(process, 0)
    agent.stop()
