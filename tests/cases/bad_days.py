# SPDX-License-Identifier: BSD-2-Clause
"""Bad input and bad hosts: one line that names cause and remedy, and the right exit code."""

import pathlib
import sys

from lib.outcome import Failure
from lib.processes import copy_program
from lib.registry import case, cases
from lib.service import preloaded

NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}
USAGE, RUNTIME, ENVIRONMENT = 2, 1, 3


def no_such_pid():
    """No process ever has the number pid_max."""
    return pathlib.Path("/proc/sys/kernel/pid_max").read_text().strip()


# name: (exit, a word that the line must hold, arguments)
BAD = {
    "unknown_option": (USAGE, "--frobnicate", ["--frobnicate"]),
    "unknown_command": (USAGE, "frobnicate", ["frobnicate"]),
    "extra_argument": (USAGE, "extra", ["trace", "extra"]),
    "missing_value": (USAGE, "--older-than", ["--older-than"]),
    "bad_duration_unit": (USAGE, "5x", ["--older-than", "5x"]),
    "bad_duration_word": (USAGE, "soon", ["--duration", "soon"]),
    "bad_duration_empty": (USAGE, "--interval", ["--interval", ""]),
    "bad_duration_huge": (USAGE, "99999999999999999999s", ["--duration", "99999999999999999999s"]),
    "negative_duration": (USAGE, "-1s", ["--older-than", "-1s"]),
    "negative_interval": (USAGE, "-1s", ["--interval=-1s"]),
    "negative_pid": (USAGE, "-5", ["--pid", "-5"]),
    "negative_uid": (USAGE, "-1", ["--uid", "-1"]),
    "negative_top": (USAGE, "-1", ["--top", "-1"]),
    "negative_max_sockets": (USAGE, "-16", ["--max-sockets", "-16"]),
    "no_such_pid": (USAGE, no_such_pid(), ["--pid", no_such_pid()]),
    "pid_of_a_word": (USAGE, "init", ["--pid", "init"]),
    "unknown_class": (USAGE, "lost", ["--class", "probed,lost"]),
    "unknown_hooks": (USAGE, "telepathy", ["--hooks", "telepathy"]),
    "pid_without_option": (USAGE, "--pid 4242", ["4242"]),
    "comm_twice": (USAGE, "twice", ["--comm", "one", "--comm", "two"]),
    "class_empty": (USAGE, "empty", ["--class", ""]),
    "no_such_cgroup": (USAGE, "/nonexistent", ["--cgroup", "/nonexistent"]),
    "no_such_cgroup_below": (USAGE, "below /", ["--cgroup", "nonexistent"]),
    "not_a_cgroup": (USAGE, "/tmp", ["--cgroup", "/tmp"]),
    "container_no_name": (USAGE, "../web", ["--container", "../web"]),
    "pod_by_name": (USAGE, "kubectl", ["--pod", "web-7d4b9c"]),
    "unit_empty": (USAGE, "--unit", ["--unit", ""]),
    "cgroup_is_a_file": (USAGE, "/etc/passwd", ["--cgroup", "/etc/passwd"]),
    "output_nowhere": (USAGE, "/nonexistent/x", ["--output", "/nonexistent/x"]),
    "output_directory": (USAGE, "/tmp", ["--output", "/tmp"]),
}


def expect_one_line(expected, word, seen):
    status, out, errors = seen
    lines = errors.splitlines()
    good = status == expected and len(lines) == 1 and lines[0].startswith("sockleak: ")
    if not good or word not in errors or out:
        raise Failure(
            f"expected exit {expected}, an empty stdout and one line 'sockleak: ...' with "
            f"{word!r}, seen: exit {status}, stdout {out!r}, stderr {errors!r}"
        )


@cases(names=list(BAD))
def bad_input(bench):
    for name, (status, word, args) in BAD.items():
        if not bench.wants(name):
            continue
        # A run that should have been refused must end all the same.
        last_word = name == "missing_value" or "--duration" in args
        args = args if last_word else args + ["--duration", "1s"]
        try:
            expect_one_line(status, word, bench.run(*args))
            yield name, None
        except Failure as failure:
            yield name, failure


@cases(names=["help", "version"])
def reported_and_gone(bench):
    for name in ("help", "version"):
        if bench.wants(name):
            status, out, errors = bench.run("--" + name)
            good = status == 0 and "sockleak" in out and not errors
            yield name, None if good else Failure(
                f"expected exit 0 and text on stdout, seen: {status}, {out!r}, {errors!r}"
            )


@case
def not_root(bench):
    path = bench.directory / "sockleak"
    copy_program(bench.sockleak, path)
    path.chmod(0o755)
    command = [str(path), "trace", "--duration", "1s"]
    expect_one_line(ENVIRONMENT, "root", bench.run(command=command, **NOBODY))


DROP_ALL = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
for capability in range(64):
    libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.argv[1], sys.argv[1:])
"""


@case
def no_capabilities(bench):
    """root, and without the capabilities, as in a container."""
    command = [sys.executable, "-c", DROP_ALL, bench.sockleak, "trace", "--duration", "1s"]
    expect_one_line(ENVIRONMENT, "CAP_", bench.run(command=command))


@case
def small_limits(bench):
    """A limit of the shell or of a unit is the cause that is reported, and no signal ends it."""
    scan = [bench.sockleak, "scan", "-q", "--output", str(bench.directory / "out")]
    for limit, expected, word in (
        ("--fsize=1", RUNTIME, "File too large"),
        ("--nofile=80", ENVIRONMENT, "LimitNOFILE="),
    ):
        expect_one_line(expected, word, bench.run(command=["prlimit", limit, *scan]))


@case
def other_pid_namespace(bench):
    """In another pid namespace the numbers that the kernel tells name other processes."""
    command = ["unshare", "--pid", "--fork", "--mount-proc", bench.sockleak]
    command += ["trace", "--duration", "1s"]
    expect_one_line(ENVIRONMENT, "pid namespace", bench.run(command=command))


@case
def out_of_memory_for_a_moment(bench):
    """That the kernel could not look at one process alone once is no reason never to try again."""
    library = pathlib.Path(bench.options.programs).parent / "library/libstarved.so"
    agent = bench.agent("--comm", "starved", "--full-sweep-interval", "1h",
                        environment=preloaded(library))
    path = bench.copy("held", "starved")
    for _ in range(3):
        program = bench.program(str(path))
        inode = next(iter(program.inodes))
        agent.wait_for(lambda a, inode=inode: inode in a.open_leaks(), f"the leak {inode}")
    summary = agent.stop()
    if not summary["processes_swept"] or summary["sweeps_failed"]:
        raise Failure(f"expected processes to be looked at, and no failed sweep, seen: {summary}")
