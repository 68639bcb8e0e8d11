# SPDX-License-Identifier: BSD-2-Clause
"""The process that reads other users' files: it has no rights, and may fail without harm."""

import http.server
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import threading
import time

from lib.outcome import Failure
from lib.processes import copy_program
from lib.registry import case
from lib.resolver import resolver_of

FAILED = ("resolver_crashed", "resolver_late")


class Host:
    """A program that leaks in a library, where and when it is told to. See tests/library/."""

    def __init__(self, bench, name):
        self.directory = bench.directory / name
        self.directory.mkdir()
        source = bench.programs.parent / "library"
        self.shared_object = self.directory / "liblibrary.so"
        shutil.copy(source / "liblibrary.so", self.shared_object)
        self.program = self.directory / name
        copy_program(source / "host", self.program)
        self._processes = bench.processes
        self.process = None

    def start(self):
        self.process = self._processes.start(
            [str(self.program), str(self.shared_object)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        return self

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise Failure(f"expected an answer of the host to {line!r}, seen: none")
        return int(answer)

    def leak(self, agent, function):
        """Call it, and wait for the leak: the event."""
        inode = self.say(f"call {function}")
        agent.wait_for(lambda a: inode in a.open_leaks(), f"the leak of {function}")
        return agent.open_leaks()[inode]

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)


class Server:
    """A debuginfod server that has the debug files it is given, and counts what it is asked."""

    def __init__(self, files):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                data = files.get(self.path)
                if data is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def functions(event):
    return [frame["function"] for frame in event["stack"] or []]


def expect_named(event, function):
    if function not in functions(event):
        raise Failure(f"expected {function} in the stack, seen: {functions(event)}")


def dropped(agent):
    return agent.stop()["dropped"]


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def expect_few_rights_of_opener(agent):
    """To read others' files and memory, and nothing else, although its agent is root's."""
    pid, = (pid for pid in map(int, pathlib.Path(
        f"/proc/{agent.pid}/task/{agent.pid}/children").read_text().split())
        if b"--opener" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
    status, wanted = status_of(pid), 1 << 2 | 1 << 19 | 1 << 40  # linux/capability.h
    for field in ("CapPrm", "CapEff", "CapBnd"):
        if int(status[field], 16) != wanted:
            raise Failure(f"expected {wanted:x} in {field} of the opener, seen: {status[field]}")
    if status["NoNewPrivs"] != "1":
        raise Failure(f"expected that it cannot get any, seen: {status}")


@case
def resolver_has_no_rights(bench):
    host = Host(bench, "norights")
    agent = bench.agent("--comm", "norights", "--script-frames", "none")
    if resolver_of(agent):
        raise Failure("expected no resolver before there is a leak, or a script")
    expect_named(host.start().leak(agent, "leak_a"), "leak_a")
    pid = resolver_of(agent)
    status = status_of(pid)
    expect_few_rights_of_opener(agent)
    for field in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        if int(status[field], 16):
            raise Failure(f"expected no capability in {field}, seen: {status[field]}")
    if "0" in status["Uid"].split() + status["Gid"].split() or status["NoNewPrivs"] != "1":
        raise Failure(f"expected another user than root, seen: {status}")
    if status["Seccomp"] != "2":
        raise Failure(f"expected a seccomp filter, seen: {status['Seccomp']}")
    links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    sockets = [link for link in links if link.startswith("socket:")]
    strange = [link for link in links if link.startswith("anon_inode:") or "bpf" in link]
    if len(sockets) != 2 or strange:
        raise Failure(f"expected its two channels and no BPF object, seen: {links}")
    host.end()
    agent.stop()
    if pathlib.Path(f"/proc/{pid}").exists():
        raise Failure("expected the resolver to end with its agent")


@case
def resolver_ended_by_others(bench):
    """As by the OOM killer, between two questions: the next one starts another."""
    host = Host(bench, "oomkilled").start()
    agent = bench.agent("--comm", "oomkilled")
    expect_named(host.leak(agent, "leak_a"), "leak_a")
    os.kill(resolver_of(agent), signal.SIGKILL)
    expect_named(host.leak(agent, "leak_b"), "leak_b")
    host.end()
    lost = dropped(agent)
    if any(lost[name] for name in FAILED + ("stacks_plain",)):
        raise Failure(f"expected no stack to be lost, seen: {lost}")


@case
def resolver_survives_sigusr1(bench):
    """kill -USR1 $(pidof sockleak) is for the agent, and reaches the resolver, too."""
    host = Host(bench, "reported").start()
    agent = bench.agent("--comm", "reported")
    expect_named(host.leak(agent, "leak_a"), "leak_a")
    resolver = resolver_of(agent)
    os.kill(resolver, signal.SIGUSR1)
    expect_named(host.leak(agent, "leak_b"), "leak_b")
    host.end()
    if resolver_of(agent) != resolver:
        raise Failure("expected the resolver to go on, seen: another one")
    dropped(agent)


def end_of_segments(path):
    """Offset of the first byte of an ELF file behind all that is mapped of it."""
    data = path.read_bytes()
    table, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    end = 0
    for i in range(count):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", data, table + i * size)
        if kind == 1:  # PT_LOAD
            end = max(end, offset + length)
    return end


def pad(library):
    """Put pages of their own between what is mapped and the symbols behind it."""
    padding = library.with_suffix(".padding")
    padding.write_bytes(bytes(65536))
    subprocess.run(["objcopy", f"--add-section=.padding={padding}", library], check=True)


@case
def mapped_file_truncated(bench):
    """SIGBUS for who reads it: costs the names of its process's stacks, and is counted."""
    host, other = Host(bench, "truncated"), Host(bench, "unharmed").start()
    pad(host.shared_object)
    host.start()
    agent = bench.agent("--comm", "truncated")
    onlooker = bench.agent("--comm", "unharmed")
    expect_named(host.leak(agent, "leak_a"), "leak_a")
    os.truncate(host.shared_object, end_of_segments(host.shared_object))
    event = host.leak(agent, "leak_b")
    reported = [(frame["module"], frame["offset"]) for frame in event["stack"] or []]
    if not reported or reported[0][0] is None or not reported[0][1]:
        raise Failure(f"expected module and offset, seen: {event['stack']}")
    # Nothing was unwound: what is reported is where the call was made from.
    for event in (event, host.leak(agent, "leak_c")):
        if (event["stack_source"], event["stack_truncated"]) != ("call", True):
            raise Failure(f"expected the call alone, seen: {event}")
        if event["site"] is not None:  # libc's socket() would be the site of every program
            raise Failure(f"expected no site of one address, seen: {event}")
    expect_named(other.leak(onlooker, "leak_b"), "leak_b")
    host.end()
    other.end()
    lost = dropped(agent)
    if lost["resolver_crashed"] != 1 or lost["stacks_plain"] < 1:
        raise Failure(f"expected one crash, and plain stacks after it, seen: {lost}")
    lost = dropped(onlooker)
    if any(lost[name] for name in FAILED):
        raise Failure(f"expected no failure in the other run, seen: {lost}")


@case
def resolver_hangs(bench):
    """It is killed when it has been still for two seconds; the leak is reported without names."""
    host = Host(bench, "hangs").start()
    agent = bench.agent("--comm", "hangs")
    expect_named(host.leak(agent, "leak_a"), "leak_a")
    pid = resolver_of(agent)
    os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    event = host.leak(agent, "leak_b")
    if event["site"] is not None:
        raise Failure(f"expected no site of one address, seen: {event}")
    if time.monotonic() - begun > 60:
        raise Failure("expected the agent to go on within seconds, seen: over a minute")
    agent.wait_for(lambda _: not pathlib.Path(f"/proc/{pid}").exists(), "its end")
    host.end()
    lost = dropped(agent)
    if lost["resolver_late"] != 1:
        raise Failure(f"expected resolver_late 1, seen: {lost}")


STATIC_FUNCTION = """
#include <sys/socket.h>
#include <unistd.h>
static __attribute__((noinline)) int open_it(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd + 0 * getppid();
}
int main(void)
{
	open_it();
	sleep(2);
	open_it();
	pause();
}
"""


def separate_debug(library):
    """Strip it; its debug information, not at its place yet. Returns where it lies and goes."""
    debug = library.with_suffix(".elsewhere")
    place = library.parent / ".debug" / (library.name + ".debug")
    named = library.parent / (library.name + ".debug")
    subprocess.run(["objcopy", "--only-keep-debug", library, named], check=True)
    subprocess.run(["objcopy", "--strip-all", f"--add-gnu-debuglink={named}", library], check=True)
    named.rename(debug)
    return debug, place


def report_with(agent, *words):
    """Ask for reports until one has all of the words, and return it."""
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        del agent.lines[:]
        agent.process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        text = "".join(agent.lines)
        if all(word in text for word in words):
            return text
    raise Failure(f"expected a report with {words}, seen: {text}")


@case
def debug_file_arrives(bench):
    """A stack that was reported already gets its lines without a restart, and its hint goes."""
    host = Host(bench, "arrives")
    debug, place = separate_debug(host.shared_object)
    agent = bench.agent("--comm", "arrives", as_json=False)
    host.start().say("call leak_a")

    before = report_with(agent, "leak_a", "liblibrary.so")
    hint = [line for line in before.splitlines() if line.strip().endswith(str(host.shared_object))]
    if "library.c:" in before or not hint:
        raise Failure(f"expected a hint and no line of the source, seen: {before}")
    place.parent.mkdir()
    debug.rename(place)
    after = report_with(agent, "library.c:")
    hint = [line for line in after.splitlines() if line.strip().endswith(str(host.shared_object))]
    if hint:
        raise Failure(f"expected the hint to be gone, seen: {hint}")
    host.end()
    agent.stop()


@case
def symbols_arrive_for_each_process(bench):
    """A static function gets its name: the leaks of all processes go to its site, and none stays."""
    program = bench.directory / "latesyms"
    source = bench.directory / "latesyms.c"
    source.write_text(STATIC_FUNCTION)
    subprocess.run(["gcc", "-O2", "-g", "-o", program, source], check=True)
    debug, place = separate_debug(program)
    agent = bench.agent("--comm", "latesyms", "--older-than", "1s", as_json=False)
    processes = [subprocess.Popen([program]) for _ in range(3)]
    try:
        before = report_with(agent, "3 procs", "6 unconnected at 1 site")
        if "open_it" in before:
            raise Failure(f"expected no name before the symbols are there, seen: {before}")
        place.parent.mkdir()
        debug.rename(place)
        report_with(agent, "in open_it (latesyms)", "3 procs", "6 unconnected at 1 site")
    finally:
        for process in processes:
            process.kill()
            process.wait()
    agent.stop()


@case
def creator_has_gone(bench):
    """It ended before its leak was reported, and a child that runs other code holds the socket."""
    host = Host(bench, "hasgone")
    agent = bench.agent("--comm", "hasgone", "--older-than", "4s")
    host.start()
    inode = host.say("call leak_a")
    time.sleep(2)  # some sweeps: it is young still
    child = host.say("exec")
    host.process.wait(10)
    agent.wait_for(lambda a: inode in a.open_leaks(), "the leak of leak_a")
    event = agent.open_leaks()[inode]
    if event["pid"] != child:
        raise Failure(f"expected the child {child} to hold it, seen: {event['pid']}")
    expect_named(event, "leak_a")
    host.end()
    agent.stop()


@case
def library_unloaded(bench):
    """The code that leaked is not there any more when the leak is reported."""
    host = Host(bench, "unloaded")
    agent = bench.agent("--comm", "unloaded", "--older-than", "12s")
    host.start()
    inode = host.say("call leak_a")
    made = time.monotonic()

    def was_looked_at(agent):
        reported = agent.full_sweeps(made)
        return reported and reported[-1] > reported[0] + 1

    agent.wait_for(was_looked_at, "two full sweeps", timeout=60)
    if host.say("unload"):
        raise Failure("expected the library to be unloaded")
    if "liblibrary" in pathlib.Path(f"/proc/{host.process.pid}/maps").read_text():
        raise Failure("expected nothing of the library to be mapped")
    agent.wait_for(lambda a: inode in a.open_leaks(), "the leak of leak_a", timeout=60)
    event = agent.open_leaks()[inode]
    expect_named(event, "leak_a")
    expect_named(event, "main")
    host.end()
    agent.stop()


def build_id_of(path):
    notes = subprocess.run(["readelf", "-n", path], check=True, capture_output=True, text=True)
    return re.search(r"Build ID: ([0-9a-f]+)", notes.stdout)[1]


@case
def debuginfod(bench):
    """What is missing comes from a server, is asked for once, and blocks nothing."""
    host = Host(bench, "fetched")
    file, _ = separate_debug(host.shared_object)
    subprocess.run(["strip", host.program], check=True)
    path = f"/buildid/{build_id_of(host.shared_object)}/debuginfo"
    server = Server({path: file.read_bytes()})
    environment = {
        "DEBUGINFOD_URLS": server.url,
        "DEBUGINFOD_CACHE_PATH": str(bench.directory / "cache"),
    }
    agent = bench.agent("--comm", "fetched", "--debuginfod", environment=environment)
    host.start()
    host.leak(agent, "leak_a")

    def has_line(agent):
        agent.full_sweeps(0)
        event = host.leak(agent, "leak_b")
        return any((frame["file"] or "").endswith("library.c") for frame in event["stack"])

    agent.wait_for(has_line, "a line of library.c", timeout=60)
    host.end()
    counts = agent.stop()["debuginfod"]
    server.close()
    if counts["fetched"] != 1 or server.asked.count(path) != 1:
        raise Failure(f"expected one download, seen: {counts}, {server.asked}")
    twice = {asked for asked in server.asked if server.asked.count(asked) > 1}
    if twice:
        raise Failure(f"expected no file to be asked for twice, seen: {twice}")
    if not counts["failed"]:
        raise Failure("expected the stripped program's debug file not to be had")


@case
def debuginfod_needs_a_server(bench):
    environment = dict(os.environ, DEBUGINFOD_URLS="")
    command = [bench.sockleak, "--debuginfod", "--duration", "1s"]
    if os.path.isdir("/etc/debuginfod"):  # servers of this host, which that process must not see
        hide = 'mount -t tmpfs none /etc/debuginfod && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", hide, "sh", *command]
    status, out, errors = bench.run(command=command, env=environment)
    if status != 3 or out or "DEBUGINFOD_URLS" not in errors or len(errors.splitlines()) != 1:
        raise Failure(f"expected exit 3 and one line, seen: {status}, {out!r}, {errors!r}")
