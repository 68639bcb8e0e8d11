# SPDX-License-Identifier: BSD-2-Clause
"""What an unprivileged user may do, and what must come of it: docs/security.md."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from lib.cgroups import inside
from lib.outcome import Failure
from lib.registry import ALONE, case
from lib.service import Service, preloaded
from lib.session import Session, run_sessions

FAST = ("--older-than", "500ms", "--interval", "100ms", "--write-interval", "100ms")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
ESCAPE = "\x1b]0;title\x07\x9b31m\nsecond line"


def expect_clean(text, what):
    bad = [c for c in text if (ord(c) < 0x20 and c != "\n") or 0x7F <= ord(c) <= 0x9F]
    if bad:
        raise Failure(f"expected no control character in {what}, seen: {text!r}")


@case
def hostile_arguments(bench):
    """No error line repeats a control character of an argument or a file name, nor a new line."""
    config = bench.directory / f"conf{ESCAPE}"
    config.write_text(f"older-than = soon{ESCAPE}\n")
    for args in (
        ("agent", "--config", f"/no/{ESCAPE}"), ("agent", "--config", config),
        ("agent", "--check-config", "--textfile", f"/no/{ESCAPE}.prom"),
        ("agent", "--check-config", "--btf", f"/no/{ESCAPE}"),
        ("agent", "--check-config", "--pin", f"/no/{ESCAPE}"),
        ("agent", "--check-config", "--suppress", f"/no/{ESCAPE}"),
        ("agent", "--check-config", "--pprof-dir", f"/no/{ESCAPE}"),
        ("explain", "abcd", "--textfile", f"/no/{ESCAPE}.prom"), ("explain", ESCAPE),
        ("diff", f"/no/{ESCAPE}", "/no/b"), (ESCAPE,), (f"--{ESCAPE}",), ("--top", ESCAPE),
        ("scan", "--output", f"/no/{ESCAPE}"), ("scan", "--cgroup", f"/no/{ESCAPE}"),
        ("scan", "--uid", ESCAPE), ("scan", "--btf", f"/no/{ESCAPE}"),
        ("run", "--", f"/no/{ESCAPE}"), ("run", "--user", ESCAPE, "--", "true"),
    ):
        _, out, errors = bench.run(*args)
        expect_clean(out + errors, args)
        lines = errors.splitlines()
        if not lines or not all(line.startswith("sockleak: ") for line in lines):
            raise Failure(f"expected lines that begin with the name of {args}, seen: {errors!r}")
    _, out, _ = bench.run("doctor", "--textfile", f"/no/{ESCAPE}/a.prom", "--btf", f"/{ESCAPE}")
    expect_clean(out, "doctor")


def stacks_of(bench, path, owner, mode):
    """A stacks file with commands in it, of this user and mode."""
    site = {"site": "00ab54a98ceb1f0a", "open": 3, "leaking": True, "function": "open_it",
            "install": ["apt install stranger"], "unnamed_jit": "run it with stranger",
            "suppression": "[stranger]\nfunction = *\n"}
    path.write_text(json.dumps({"format": "sockleak stacks", "version": 1, "sites": [site]}))
    path.chmod(mode)
    os.chown(path, owner, -1)


@case
def explain_of_a_stranger(bench):
    """Commands to paste come from a file that only root, this user or the agent's can write."""
    directory = bench.directory / "strange"
    directory.mkdir()
    path, textfile = directory / "a.stacks.json", directory / "a.prom"
    for owner, mode, trusted in ((0, 0o644, True), (12345, 0o644, False), (0, 0o664, False),
                                 (0, 0o646, False)):
        stacks_of(bench, path, owner, mode)
        for more in ((), ("--json",)):
            status, out, errors = bench.run("explain", "00ab", "--textfile", textfile, *more)
            if status or "open_it" not in out:
                raise Failure(f"expected the site to be explained, seen: {status}, {errors}")
            if ("stranger" in out) != trusted:
                raise Failure(f"expected trusted {trusted} of {owner}, {mode:o}, seen: {out}")
            if not more and ("No commands are shown" in out) == trusted:
                raise Failure(f"expected to be told of it, seen: {out}")


def freeze(cgroup, frozen):
    """As docker pause does, and until it is done."""
    (cgroup / "cgroup.freeze").write_text(frozen)
    deadline = time.monotonic() + 20
    while f"frozen {frozen}" not in (cgroup / "cgroup.events").read_text().split("\n"):
        if time.monotonic() > deadline:
            raise Failure(f"expected {cgroup} to be frozen {frozen}")
        time.sleep(0.02)


@case
def frozen_in_connect(bench):
    """A pause of its cgroup ends the call of a thread in connect() early: no leak, then or after."""
    cgroup = pathlib.Path(bench.cgroups.make())
    agent = bench.agent("--cgroup", cgroup)
    program = bench.program("connecting_unix", inside=inside(str(cgroup)), agents=[agent])
    try:
        for frozen in ("1", "0"):
            freeze(cgroup, frozen)
            agent.wait_quiet()
            strange = [leak for leak in agent.of("leak") if leak["pid"] in program.pids]
            if strange:
                raise Failure(f"expected no leak with frozen {frozen}, seen: {strange}")
    finally:
        freeze(cgroup, "0")
    program.end()
    agent.stop()


@case
def two_agents_on_one_textfile(bench):
    """The second is refused while the first runs, at start and by a reload; then it may start."""
    directory = bench.directory / "twoagents"
    directory.mkdir()
    textfile, config = directory / "a.prom", directory / "agent.conf"
    service = Service.start(bench, *FAST, "--comm", "nosuchcomm", "--textfile", textfile)
    service.wait_for(lambda s: textfile.exists(), "a file")
    status, _, errors = bench.run("agent", *FAST, "--textfile", textfile)
    wanted = f"another agent, pid {service.pid}, writes --textfile {textfile}"
    if status != 1 or wanted not in errors or len(errors.splitlines()) != 1:
        raise Failure(f"expected exit 1 and a line, seen {status}: {errors}")
    config.write_text("comm = nosuchcomm\ninterval = 100ms\n")
    other = Service.start(bench, "--config", config)
    config.write_text(f"comm = nosuchcomm\ninterval = 100ms\ntextfile = {textfile}\n")
    other.reload()
    other.wait_for(lambda s: [l for l in s.lines if "not reloaded" in l and "another agent" in l],
                   "a refusal")
    service.process.kill()  # its file stays, and names nobody who runs
    service.process.wait(20)
    other.reload()
    other.wait_for(lambda s: f"pid {s.pid}," in textfile.read_text(encoding="utf-8"), "its file")
    other.stop()


@case
def two_agents_at_once(bench):
    """Both found no file when they were started: the one that writes first goes on alone."""
    directory = bench.directory / "atonce"
    directory.mkdir()
    textfile = directory / "a.prom"
    slow = Service.start(bench, *FAST[:4], "--write-interval", "1h", "--comm", "nosuchcomm",
                         "--textfile", textfile)
    textfile.unlink()
    fast = Service.start(bench, *FAST, "--comm", "nosuchcomm", "--textfile", textfile)
    slow.process.send_signal(signal.SIGUSR1)
    wanted = f"another agent, pid {fast.pid}, writes {textfile}"
    slow.wait_for(lambda s: [line for line in s.lines if wanted in line], "word of the other")
    slow.stop()
    if f"pid {fast.pid}," not in textfile.read_text(encoding="utf-8"):
        raise Failure("expected the file of the other to be left alone")
    fast.stop()
    if textfile.exists():
        raise Failure("expected its own file to be removed")


@case
def files_for_few(bench):
    """--textfile-mode is that of both files, whatever the umask is, and a reload changes it."""
    directory = bench.directory / "forfew"
    directory.mkdir()
    textfile, config = directory / "a.prom", directory / "agent.conf"
    settings = f"comm = forfew\nolder-than = 500ms\ninterval = 100ms\nwrite-interval = 100ms\n" \
               f"textfile = {textfile}\ntextfile-mode = "
    config.write_text(settings + "0640\n")
    service = Service.start(bench, "--config", config)
    bench.program(str(bench.copy("growing", "forfew")), 4)

    def has_modes(wanted):
        paths = (textfile, directory / "a.stacks.json")
        return all(path.exists() and path.stat().st_mode & 0o777 == wanted for path in paths)

    service.wait_for(lambda s: has_modes(0o640), "mode 0640")
    config.write_text(settings + "0600\n")
    service.reload()
    service.process.send_signal(signal.SIGUSR1)  # or what is new in the stacks comes later
    service.wait_for(lambda s: has_modes(0o600), "mode 0600")
    service.stop()


def is_test(name):
    """A case, a test program, a file of unit tests or a test in one, or a fuzz target."""
    tests = SOURCE / "tests"
    if any((tests / kind / f"{name}.c").exists() for kind in ("programs", "unit", "fuzz")):
        return True
    return any(re.search(rf"^(def|static void) {name}\(", path.read_text(encoding="utf-8"), re.M)
               for path in [*tests.glob("cases/*.py"), *tests.glob("unit/*.c")])


@case
def security_has_tests(_):
    """Each threat in docs/security.md that is held has what holds it, and a test that exists."""
    text = (SOURCE / "docs/security.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| threat \| what holds it \| test \|\n\|[-|]+\n((?:\|.*\n)+)", text, re.M)
    rows = [row.strip("| ").split(" | ") for table in tables for row in table.splitlines()]
    named = [(row[0], name) for row in rows for name in re.findall(r"`(\w+)`", row[-1])]
    if len(rows) < 15 or any(len(row) != 3 for row in rows) or len(named) < len(rows):
        raise Failure(f"expected rows of three cells with tests, seen: {rows}")
    strange = [(threat, name) for threat, name in named if not is_test(name)]
    if strange:
        raise Failure(f"expected tests that exist, seen: {strange}")


def cpu_s(pid):
    """Processor time of a process and its children so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def judge_many_descriptors(agent, *programs):
    """Go through the phases of programs, as those of tests/programs/ are."""
    for session in run_sessions([Session(program, [agent]) for program in programs]):
        if session.outcomes[agent]:
            raise session.outcomes[agent]


@case(stage=ALONE)
def table_of_many_processes(bench):
    """A table that a thousand processes share is read once a sweep, and all is reported."""
    agent = bench.agent()
    bomb = bench.program("many_descriptors", 1000, 19_000, "shared", agents=[agent])
    judge_many_descriptors(agent, bomb, bench.program("held", agents=[agent]))
    spent, summary = cpu_s(agent.pid), agent.stop()
    read, full = summary["counters"]["files_swept"], summary["full_sweeps"]
    print(f"     {read} descriptors read in {full} full sweeps, {spent:.2f} s of processor time")
    if read > full * 200_000 or summary["dropped"]["last_sweep_cut"]:
        raise Failure(f"expected the table to be read once a sweep, seen: {read} in {full} sweeps")


@case(stage=ALONE)
def thread_beside_shared_table(bench):
    """The tables are read one by one, and one that only a thread has is read with them."""
    agent = bench.agent("--full-sweep-interval", "0s")
    judge_many_descriptors(agent, bench.program("shared_table_thread", agents=[agent]))
    summary = agent.stop()
    read, full = summary["counters"]["files_swept"], summary["full_sweeps"]
    print(f"     {read} descriptors read in {full} full sweeps")
    if read > full * 50_000:
        raise Failure(f"expected the tables to be read one by one, seen: {read} in {full} sweeps")


@case(stage=ALONE)
def sweep_in_pieces(bench):
    """200,000 descriptors take several pieces, in which nothing is missed or ends too early."""
    agent = bench.agent("--debug", "--interval", "50ms", "--full-sweep-interval", "0s",
                        "--sweep-budget", "5ms")
    program = bench.program("many_descriptors", 20, 10_000, agents=[agent])
    judge_many_descriptors(agent, program)
    summary = agent.stop()
    pieces = sum("a piece of a full one" in line for line in agent.errors)
    print(f"     {pieces} pieces, {summary['full_sweeps']} full sweeps")
    if pieces < 3 or summary["full_sweeps"] < 3:
        raise Failure(f"expected full sweeps in pieces, seen {pieces}: {summary}")


CONNECTS_LATE = """
import os, socket, threading, time
address = f"\\0sockleak-late-{os.getpid()}"
listener = socket.socket(socket.AF_UNIX)
listener.bind(address)
listener.listen(0)
first = socket.socket(socket.AF_UNIX)
first.connect(address)
def connect():
    late = socket.socket(socket.AF_UNIX)
    time.sleep(0.15)
    late.connect(address)
for _ in range(500):
    threading.Thread(target=connect, daemon=True).start()
    time.sleep(0.01)
print("all wait", flush=True)
time.sleep(600)
"""


@case(slow=True)
def slow_sweeps(bench):
    """A sweep takes longer than --older-than. A socket whose thread went into connect() after the
    sweep had asked who is there is not a leak, though it is old when its table is read."""
    library = pathlib.Path(bench.options.programs).parent / "library/libslow_iterators.so"
    agent = bench.agent("--older-than", "200ms", "--full-sweep-interval", "0s",
                        environment=preloaded(library))
    late = bench.processes.start([sys.executable, "-c", CONNECTS_LATE], stdout=subprocess.PIPE,
                                 text=True)
    if late.stdout.readline() != "all wait\n":
        raise Failure("expected the program to begin")
    asked = time.monotonic()
    agent.wait_for(lambda a: len(set(a.full_sweeps(asked))) >= 2, "full sweeps", 60)
    wrong = [leak for leak in agent.of("leak") if leak["pid"] == late.pid]
    if wrong:
        raise Failure(f"expected no leak, seen {len(wrong)}: {wrong[0]}")
    late.kill()
    late.wait(20)
    agent.stop()
