# SPDX-License-Identifier: BSD-2-Clause
"""A file system that does not answer costs the names of whoever has files on it, and no more.

The file system is tests/library/mirror.c, which falls silent for twenty seconds. A program leaks
whose executable, library, debug file or package database is on it. Meanwhile the agent goes on
writing its metrics, names the leaks of another program, and ends at once when it is asked to.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

from lib.outcome import Failure, Skip
from lib.processes import copy_program
from lib.registry import case
from lib.service import Service

SILENT_S = 20
WRITE_S = 3


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

    def __init__(self, bench, program, library, inside=()):
        self.process = bench.processes.start(
            [*map(str, inside), str(program), str(library)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )

    def leak(self, function):
        self.process.stdin.write(f"call {function}\n")
        self.process.stdin.flush()
        if not self.process.stdout.readline():
            raise Failure(f"expected that {function} was called, seen: the end of the program")

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


def expect_never_waits(bench, name, mirror, stuck, again):
    """`stuck` and `again` are two processes whose leaks cannot be named while it is silent."""
    textfile = bench.directory / f"{name}.prom"
    service = Service.start(
        bench, "--comm", name, "--older-than", "500ms", "--interval", "500ms", "--textfile",
        textfile, "--write-interval", f"{WRITE_S}s", "--script-frames", "none", "--min-growth", "1",
    )
    other = Leaker(bench, *programs_in(bench, bench.directory / name / "other", name))
    heartbeat = Heartbeat(textfile)
    mirror.fall_silent()
    stuck.leak("leak_a")
    service.wait_for(stuck_child, "a child that waits for the file system")

    def is_named(service):
        other.leak("leak_b")  # a site leaks when it grows
        time.sleep(0.5)
        return "leak_b" in names_of(service, textfile)

    service.wait_for(is_named, "the name of the other leak")
    service.wait_for(lambda s: errors_of(s, textfile)["resolver_late"], "one late answer")
    if not mirror.is_silent():
        raise Failure("expected the other leak's name while the file system is silent")
    errors = errors_of(service, textfile)
    if errors["resolver_late"] != 1 or errors["resolver_crashed"]:
        raise Failure(f"expected one lost stack, counted as late, seen: {errors}")
    oldest = heartbeat.end()
    if oldest > 2 * WRITE_S:
        raise Failure(f"expected metrics of at most {2 * WRITE_S} s, seen: {oldest:.1f} s")
    expect_end_at_once(service, mirror, again)
    other.end()


def expect_end_at_once(service, mirror, again):
    """Also while it waits for a child that is stuck."""
    stuck_before = stuck_child(service)
    again.leak("leak_c")
    service.wait_for(lambda s: stuck_child(s) not in (None, stuck_before), "another stuck child")
    begun = time.monotonic()
    service.stop()
    took = time.monotonic() - begun
    if not mirror.is_silent():
        raise Failure("expected the file system to be silent until the end")
    if took > 1:
        raise Failure(f"expected an end within 1 s of SIGTERM, seen: {took:.2f} s")


@contextlib.contextmanager
def two_leakers(bench, mirror, program, library, inside=()):
    leakers = [Leaker(bench, program, library, inside) for _ in range(2)]
    try:
        yield leakers
    finally:
        mirror.end()  # who waits for it gets an error, and goes on
        for leaker in leakers:
            leaker.end()


@case
def executable_does_not_answer(bench):
    name, directory = "silent_exe", bench.directory / "silent_exe"
    mirror = Mirror(bench, directory / "real", directory / "seen")
    programs_in(bench, mirror.real, name)
    _, library = programs_in(bench, directory / "local", name)
    with two_leakers(bench, mirror, mirror.seen / name, library) as leakers:
        expect_never_waits(bench, name, mirror, *leakers)


@case
def library_does_not_answer(bench):
    name, directory = "silent_library", bench.directory / "silent_library"
    mirror = Mirror(bench, directory / "real", directory / "seen")
    programs_in(bench, mirror.real, name)
    program, _ = programs_in(bench, directory / "local", name)
    with two_leakers(bench, mirror, program, mirror.seen / "liblibrary.so") as leakers:
        expect_never_waits(bench, name, mirror, *leakers)


@case
def debug_file_does_not_answer(bench):
    name, directory = "silent_debug", bench.directory / "silent_debug"
    program, library = programs_in(bench, directory / "local", name)
    mirror = Mirror(bench, directory / "real", library.parent / ".debug")
    debug = mirror.real / "liblibrary.so.debug"
    subprocess.run(["objcopy", "--only-keep-debug", library, debug], check=True)
    subprocess.run(["objcopy", "--strip-all", f"--add-gnu-debuglink={debug}", library], check=True)
    with two_leakers(bench, mirror, program, library) as leakers:
        expect_never_waits(bench, name, mirror, *leakers)


@case
def package_database_does_not_answer(bench):
    name, directory = "silent_dpkg", bench.directory / "silent_dpkg"
    root = directory / "root"
    programs_in(bench, root / "opt", name)
    mirror = Mirror(bench, directory / "real", root / "var/lib/dpkg")
    (mirror.real / "status").write_text("Package: one\nStatus: install ok installed\n")
    (mirror.real / "info").mkdir()
    for part in ("usr", "lib", "lib64", "old"):
        (root / part).mkdir()
    inside = ["unshare", "--mount", "sh", "-c", CONTAINER, root]
    with two_leakers(bench, mirror, f"/opt/{name}", "/opt/liblibrary.so", inside) as leakers:
        expect_never_waits(bench, name, mirror, *leakers)
