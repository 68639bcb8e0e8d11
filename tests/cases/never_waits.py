# SPDX-License-Identifier: BSD-2-Clause
"""A file system that does not answer costs the names of whoever has files on it, and no more.

The file system is tests/library/mirror.c, which falls silent for twenty seconds. A program leaks
whose executable, library, debug file, package database or memory is on it. Meanwhile the agent goes on
writing its metrics, names the leaks of another program, and ends at once when it is asked to.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

from lib.cgroups import inside
from lib.outcome import Failure, Skip
from lib.processes import copy_program
from lib.registry import ALONE, case
from lib.resolver import resolver_of
from lib.service import Service

SILENT_S = 20
WRITE_S = 3
UID = 54321  # of nobody on the host
STOP_S = 5  # it takes 0.5 s where two processors have the work of 24; without the opener 20 s


# As a container: the directory is the root of a mount namespace, with this host's libraries.
CONTAINER = """
set -e
mount --rbind "$0" "$0"
for part in usr lib lib64; do mount --rbind "/$part" "$0/$part"; done
cd "$0"
pivot_root . old
exec "$@"
"""


class Mirror:
    """Shows a directory elsewhere, and can fall silent."""

    commands = None, None  # what a leaker is told at its start, and before each leak

    def __init__(self, bench, real, seen):
        if not os.path.exists("/dev/fuse"):
            raise Skip("no /dev/fuse on this host")
        real.mkdir(parents=True, exist_ok=True)
        seen.mkdir(parents=True, exist_ok=True)
        self.real, self.seen = real, seen
        self._process = bench.processes.start(
            [str(bench.programs.parent / "library/mirror"), str(real), str(seen), str(SILENT_S)],
            stdout=subprocess.PIPE, text=True,
        )
        self._expect("ready")

    def _expect(self, word):
        line = self._process.stdout.readline().strip()
        if line != word:
            raise Failure(f"expected the file system to say {word}, seen: {line!r}")

    def fall_silent(self):
        self._process.send_signal(signal.SIGUSR1)
        self._expect("silent")
        self.since = time.monotonic()

    def is_silent(self):
        return time.monotonic() - self.since < SILENT_S - 1

    def end(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        finally:
            subprocess.run(["umount", "-l", self.seen], capture_output=True, check=False)


class Leaker:
    """tests/library/host.c: leaks in a library when it is told to."""

    def __init__(self, bench, mirror, *command):
        self.process = bench.processes.start(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        at_start, self._before = mirror.commands if mirror else (None, None)
        self.say(at_start)

    def say(self, line):
        if not line:
            return
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        if not self.process.stdout.readline():
            raise Failure(f"expected an answer to {line}, seen: the end of the program")

    def leak(self, function):
        self.say(self._before)
        self.say(f"call {function}")

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)


class Heartbeat:
    """How old the textfile becomes."""

    def __init__(self, textfile):
        self.oldest = 0
        self._textfile = textfile
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while not self._done.wait(0.05):
            with contextlib.suppress(FileNotFoundError):
                self.oldest = max(self.oldest, time.time() - self._textfile.stat().st_mtime)

    def end(self):
        self._done.set()
        self._thread.join()
        return self.oldest


def programs_in(bench, directory, name):
    """The program, of this name, and its library, as copies of their own."""
    source = bench.programs.parent / "library"
    directory.mkdir(parents=True, exist_ok=True)
    copy_program(source / "host", directory / name)
    shutil.copy(source / "liblibrary.so", directory)
    return directory / name, directory / "liblibrary.so"


def errors_of(service, textfile):
    return {labels["reason"]: value for _, labels, value in
            service.metrics(textfile, "sockleak_symbolize_errors_total")}


def names_of(service, textfile):
    return {labels["function"] for _, labels, _ in service.metrics(textfile, "sockleak_site_info")}


def stuck_child(service):
    """A child of the agent that waits for the file system."""
    children = pathlib.Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text()
    for pid in children.split():
        with contextlib.suppress(OSError):
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
            waits_in = pathlib.Path(f"/proc/{pid}/wchan").read_text(encoding="utf-8")
            if stat.rpartition(")")[2].split()[0] == "D" or waits_in == "request_wait_answer":
                return int(pid)
    return None


def is_given_up(pid):
    """It was sent a SIGKILL, and has obeyed it or cannot do so."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return True
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return fields["State"][0] == "Z" or int(fields["ShdPnd"], 16) & 1 << signal.SIGKILL - 1


def expect_sweeps_while_stuck(service):
    """The agent does not wait for the child for as long as it has patience with it."""
    child = service.wait_for(stuck_child, "a child that waits for the file system")
    before = service.was_notified("WATCHDOG=1")
    service.wait_for(lambda _: is_given_up(child), "an end of the patience with it")
    swept = service.was_notified("WATCHDOG=1") - before
    if swept < 2:
        raise Failure(f"expected sweeps while a child was stuck, seen: {swept}")


def expect_remembered(service, textfile, also):
    """Another process with files there has the names of its other files, and costs no child."""
    also.leak("leak_c")
    service.wait_for(lambda s: "leak_c" in names_of(s, textfile), "the name in another process")
    late = errors_of(service, textfile)["resolver_late"]
    if late != 1:
        raise Failure(f"expected no second late answer, seen: {late}")


def expect_never_waits(bench, name, build, sweeps=True, remembers=True):
    """`build` makes a file system and a command, whose leaks cannot be named while it is silent."""
    directory = bench.directory / name
    mirrors, commands = zip(*(build(bench, name, directory / place) for place in ("one", "two")))
    stuck, also, again = (
        Leaker(bench, mirrors[i], *commands[i]) for i in (0, 0, 1))
    try:
        watch_silence(bench, name, mirrors, (stuck, also, again), sweeps, remembers)
    finally:
        for mirror in mirrors:
            mirror.end()  # who waits for it gets an error, and goes on
        for leaker in (stuck, also, again):
            leaker.end()


def watch_silence(bench, name, mirrors, leakers, sweeps, remembers):
    stuck, also, again = leakers
    textfile = bench.directory / f"{name}.prom"
    service = Service.start(
        bench, "--comm", name, "--older-than", "500ms", "--interval", "500ms", "--textfile",
        textfile, "--write-interval", f"{WRITE_S}s", "--script-frames", "none", "--min-growth", "1",
    )
    other = Leaker(bench, None, *programs_in(bench, bench.directory / name / "other", name))
    heartbeat = Heartbeat(textfile)
    for mirror in mirrors:
        mirror.fall_silent()
    stuck.leak("leak_a")
    if sweeps:
        expect_sweeps_while_stuck(service)

    def is_named(service):
        other.leak("leak_b")  # a site leaks when it grows
        time.sleep(0.5)
        return "leak_b" in names_of(service, textfile)

    service.wait_for(is_named, "the name of the other leak")
    service.wait_for(lambda s: errors_of(s, textfile)["resolver_late"], "one late answer")
    if remembers:
        expect_remembered(service, textfile, also)
    errors = errors_of(service, textfile)
    if errors["resolver_late"] != 1 or errors["resolver_crashed"]:
        raise Failure(f"expected one lost stack, counted as late, seen: {errors}")
    oldest = heartbeat.end()
    if oldest > 2 * WRITE_S:
        raise Failure(f"expected metrics of at most {2 * WRITE_S} s, seen: {oldest:.1f} s")
    expect_end_at_once(service, again)
    other.end()
    if not all(mirror.is_silent() for mirror in mirrors):
        raise Failure("expected the file systems to be silent until the end")


def expect_end_at_once(service, again):
    """Also while it waits for a child that is stuck."""
    stuck_before = stuck_child(service)
    again.leak("leak_c")
    service.wait_for(lambda s: stuck_child(s) not in (None, stuck_before), "another stuck child")
    begun = time.monotonic()
    service.stop()
    took = time.monotonic() - begun
    if took > STOP_S:
        raise Failure(f"expected an end within {STOP_S} s of SIGTERM, seen: {took:.2f} s")


def on_executable(bench, name, directory):
    mirror = Mirror(bench, directory / "real", directory / "seen")
    programs_in(bench, mirror.real, name)
    _, library = programs_in(bench, directory / "local", name)
    return mirror, (mirror.seen / name, library)


@case
def executable_does_not_answer(bench):
    expect_never_waits(bench, "silent_exe", on_executable)


def on_library(bench, name, directory):
    mirror = Mirror(bench, directory / "real", directory / "seen")
    programs_in(bench, mirror.real, name)
    program, _ = programs_in(bench, directory / "local", name)
    return mirror, (program, mirror.seen / "liblibrary.so")


@case
def library_does_not_answer(bench):
    expect_never_waits(bench, "silent_library", on_library, remembers=False)  # leak_c is in it


def on_debug_file(bench, name, directory):
    program, library = programs_in(bench, directory / "local", name)
    mirror = Mirror(bench, directory / "real", library.parent / ".debug")
    debug = mirror.real / "liblibrary.so.debug"
    subprocess.run(["objcopy", "--only-keep-debug", library, debug], check=True)
    subprocess.run(["objcopy", "--strip-all", f"--add-gnu-debuglink={debug}", library], check=True)
    return mirror, (program, library)


@case
def debug_file_does_not_answer(bench):
    expect_never_waits(bench, "silent_debug", on_debug_file)


def on_package_database(bench, name, directory):
    root = directory / "root"
    programs_in(bench, root / "opt", name)
    mirror = Mirror(bench, directory / "real", root / "var/lib/dpkg")
    (mirror.real / "status").write_text("Package: one\nStatus: install ok installed\n")
    (mirror.real / "info").mkdir()
    for part in ("usr", "lib", "lib64", "old"):
        (root / part).mkdir()
    inside = ("unshare", "--mount", "sh", "-c", CONTAINER, root)
    return mirror, (*inside, f"/opt/{name}", "/opt/liblibrary.so")


@case
def package_database_does_not_answer(bench):
    # The resolver reads it itself, and nobody knows where it is stuck.
    expect_never_waits(bench, "silent_dpkg", on_package_database, remembers=False)


def on_memory(bench, name, directory):
    mirror = Mirror(bench, directory / "real", directory / "seen")
    (mirror.real / "page").write_bytes(bytes(4096))
    mirror.commands = (f"map {mirror.seen}/page", "lock")
    return mirror, programs_in(bench, directory / "local", name)


@case
def memory_does_not_answer(bench):
    """A page of a process that has to come from the file system keeps readers of its map waiting."""
    expect_never_waits(bench, "silent_memory", on_memory, sweeps=False, remembers=False)


@case
def run_does_not_wait(bench):
    """A program has ended that had mapped files which do not answer now. `run` looks for them,
    reports the leak, and ends long before they answer."""
    mirror, command = on_library(bench, "silent_run", bench.directory / "silent_run")
    run = bench.processes.start(
        [bench.sockleak, "run", "--json", "--interval", "1h", "--", *map(str, command)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        run.stdin.write("call leak_a\n")
        run.stdin.flush()
        inode = int(run.stdout.readline())
        mirror.fall_silent()
        _, report = run.communicate(timeout=SILENT_S)
        if not mirror.is_silent():
            raise Failure("expected an end while the file system is silent")
    finally:
        mirror.end()
    events = [json.loads(line) for line in report.splitlines()]
    if inode not in {event.get("inode") for event in events if event["type"] == "leak"}:
        raise Failure(f"expected the leak {inode}, seen: {report}")
    if events[-1]["dropped"]["resolver_late"] < 1:
        raise Failure(f"expected a late answer to be counted, seen: {events[-1]}")


def pause_resolver(service, leaker, textfile):
    """While it is paused, sockets leak."""
    resolver = resolver_of(service)
    os.kill(resolver, signal.SIGSTOP)
    try:
        for function in ("leak_b", "leak_c") * 10:
            leaker.leak(function)
        # The first one is asked for, and the others wait for that answer.
        service.wait_for(lambda s: s.value(textfile, "sockleak_events_waiting"), "events that wait")
    finally:
        with contextlib.suppress(ProcessLookupError):  # it was given up
            os.kill(resolver, signal.SIGCONT)


def slow_down(service, stop):
    """Let its resolver work for a hundredth of the time, which is not to be stuck."""
    while not stop.wait(0.005):
        resolver = resolver_of(service)
        with contextlib.suppress(ProcessLookupError, TypeError):  # there is none now
            os.kill(resolver, signal.SIGSTOP)
            time.sleep(0.4)
            os.kill(resolver, signal.SIGCONT)


@case(stage=ALONE)
def more_leaks_than_may_wait(bench):
    """9,000 come at once, and the resolver is slow: sweeps go on, and at last all are reported."""
    leaks, textfile, cgroup = 9_000, bench.directory / "storm.prom", bench.cgroups.make()
    service = Service.start(
        bench, "--cgroup", cgroup, "--older-than", "500ms", "--interval", "200ms", "--textfile",
        textfile, "--write-interval", "100ms", "--min-growth", "1")
    bench.program("held", inside=inside(cgroup))
    service.wait_for(resolver_of, "a resolver")
    stop = threading.Event()
    slow = threading.Thread(target=slow_down, args=(service, stop), daemon=True)
    slow.start()
    try:
        bench.program("hoarders", 3, leaks // 3, UID, 1, inside=inside(cgroup))
        service.wait_for(lambda s: s.value(textfile, "sockleak_events_waiting") > 8192, "a storm",
                         120)
        before = service.was_notified("WATCHDOG=1")
        service.wait_for(lambda s: s.was_notified("WATCHDOG=1") > before + 3, "sweeps", 60)
        if service.value(textfile, "sockleak_events_waiting") <= 8192:
            raise Failure("expected the storm to last")
    finally:
        stop.set()
        slow.join()
    name = "sockleak_leaked_sockets"
    service.wait_for(lambda s: s.value(textfile, name, comm="hoarders") == leaks, "all leaks", 120)
    lost = {labels["reason"]: value for _, labels, value in
            service.metrics(textfile, "sockleak_dropped_total")}
    if lost["leaks_not_accounted"]:
        raise Failure(f"expected no leak to be lost, seen: {lost}")
    service.stop()


def expect_all_named(service, leaker, textfile):
    service.wait_for(lambda s: {"leak_a", "leak_b", "leak_c"} <= names_of(s, textfile), "all names")
    inodes = {os.stat(f"/proc/{leaker.process.pid}/fd/{fd}").st_ino
              for fd in os.listdir(f"/proc/{leaker.process.pid}/fd") if int(fd) > 2}
    service.wait_for(lambda s: s.value(textfile, "sockleak_leaked_sockets") == len(inodes),
                     f"{len(inodes)} leaks")
    leaker.end()
    service.wait_for(lambda s: not s.metrics(textfile, "sockleak_leaked_sockets"), "their end")


def try_slow_resolver(bench, name):
    """False: this host stood still meanwhile, and the resolver was taken for a stuck one."""
    directory = bench.directory / name
    textfile = directory / "slowly.prom"
    leaker = Leaker(bench, None, *programs_in(bench, directory, name))
    service = Service.start(
        bench, "--comm", name, "--older-than", "100ms", "--interval", "100ms", "--textfile",
        textfile, "--write-interval", "100ms", "--script-frames", "none", "--min-growth", "1",
    )

    def is_first_named(service):
        leaker.leak("leak_a")  # a site leaks when it grows
        return "leak_a" in names_of(service, textfile)

    service.wait_for(is_first_named, "the name of the first leak")
    pause_resolver(service, leaker, textfile)
    is_late = errors_of(service, textfile)["resolver_late"]
    if not is_late:
        expect_all_named(service, leaker, textfile)
    service.stop()
    return not is_late


@case
def resolver_is_slow(bench):
    """What it answers late is not lost, nor what came meanwhile, and the order is kept."""
    if not any(try_slow_resolver(bench, f"slowly{i}") for i in range(3)):
        raise Failure("expected patience with it, seen: it was given up three times")
