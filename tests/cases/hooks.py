# SPDX-License-Identifier: BSD-2-Clause
"""How system calls are seen: by which kind of hooks, why, and without leaving a mount behind."""

import json
import os
import pathlib
import re
import signal
import subprocess

from cases.pins import bpffs, end, kernel_bytes
from lib.cgroups import inside
from lib.hooks import KINDS, force, kinds_here
from lib.outcome import Failure
from lib.registry import case, cases
from lib.service import preloaded
from lib.session import Session, run_sessions

CORE = ["held", "probed", "connected", "connect_refused", "bind_failed", "listening", "fd_reused",
        "compat32"]


def check_kind(kind):
    """With a kind that this host has the core of the programs; another one is refused in order."""

    def check(bench):
        if kind in kinds_here(bench):
            check_hooks(bench, kind)
        else:
            check_refusal(bench, kind)
        yield f"hooks_{kind}", None

    return check


for each in KINDS:
    cases(names=[f"hooks_{each}"], slow=True)(check_kind(each))


def check_hooks(bench, kind):
    """One agent without the hooks of close and one with them, beside each other."""
    before = tracefs_mounts()
    cgroup = bench.cgroups.make()
    ways = {bench.agent("--hooks", kind, "--cgroup", cgroup, *more): more
            for more in ((), ("--watch-close",))}
    sessions = [Session(bench.start_program(name, agents=ways, inside=inside(cgroup)), ways)
                for name in CORE]
    problems = []
    for session in run_sessions(sessions):
        for agent, outcome in session.outcomes.items():
            if isinstance(outcome, Failure):
                problems.append(f"{session.program.name} {ways[agent]}: {outcome}")
    summaries = {agent: agent.stop() for agent in ways}
    if problems:
        raise Failure("\n      ".join(problems))
    for agent, more in ways.items():
        check_summary(agent, kind, more, summaries[agent])
    if tracefs_mounts() != before:
        raise Failure(f"expected the mounts {before}, seen after the run: {tracefs_mounts()}")


def check_summary(agent, kind, more, summary):
    if (summary["hooks"], summary["hooks_why"]) != (kind, None) or agent.hooks != kind:
        raise Failure(f"expected hooks {kind!r} as forced, seen: {summary['hooks']!r}, "
                      f"{summary['hooks_why']!r}, {agent.hooks!r}")
    counted = [summary["counters"][name] > 0 for name in ("close", "close_exit", "socket_enter")]
    if counted != [bool(more)] * 3:
        raise Failure(f"expected closes to be counted: {bool(more)}, seen: {summary['counters']}")


def check_refusal(bench, kind):
    """Exit 3, and one line with the kind, the cause and the remedy."""
    status, errors = force(str(bench.sockleak), kind)
    words = (f"sockleak: cannot use hooks by {kind}: ", "CAP_BPF", "--hooks auto")
    if status != 3 or len(errors.splitlines()) != 1 or not all(word in errors for word in words):
        raise Failure(f"expected exit 3 and one line with {words}, seen {status}: {errors}")


def tracefs_mounts():
    lines = pathlib.Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    return sorted(line.split()[4] for line in lines if " - tracefs " in line)


@case
def hooks_auto(bench):
    """The best that this host has, and in JSON and at the report's foot why not a better one."""
    best = kinds_here(bench)[0]
    agent = bench.agent("--comm", "nobody-at-all")
    summary = agent.stop()
    if summary["hooks"] != best:
        raise Failure(f"expected {best}, the first of {kinds_here(bench)}, seen: {summary['hooks']}")
    better, why = KINDS[:KINDS.index(best)], summary["hooks_why"]
    if bool(better) != bool(why) or [kind for kind in better if f"{kind}: " not in (why or "")]:
        raise Failure(f"expected a reason for each of {better}, seen: {why}")
    text = bench.agent("--comm", "nobody-at-all", as_json=False)
    text.stop()
    lines = "".join(text.lines).replace("\n  ", " ").splitlines()
    if not any(line.startswith(f"Hooks by {best};") for line in lines):
        raise Failure(f"expected 'Hooks by {best}', seen: {lines}")
    if better and f"Not used: {why}" not in lines:
        raise Failure(f"expected 'Not used: {why}', seen: {lines}")


@case
def hooks_deaf(bench):
    """Attached and not run: the next kind is taken instead, and a forced one is an error."""
    library = pathlib.Path(bench.options.programs).parent / "library/libdeaf.so"
    environment = preloaded(library)
    agent = bench.agent("--comm", "nobody-at-all", environment=environment)
    summary = agent.stop()
    deaf = [kind for kind in kinds_here(bench) if kind != "raw_tp"]
    reason = "attached, but did not see sockleak's own calls"
    if summary["hooks"] != "raw_tp" or reason not in summary["hooks_why"]:
        raise Failure(f"expected raw_tp, seen: {summary['hooks']}, {summary['hooks_why']}")
    if sum("every system call" in line and reason in line for line in agent.errors) != 1:
        raise Failure(f"expected one line on what it costs and why, seen: {agent.errors}")
    status, out, errors = bench.run(
        "trace", "--hooks", deaf[0], "--duration", "1ms",
        env={**os.environ, **environment},
    )
    if status != 3 or out or len(errors.splitlines()) != 1 or reason not in errors:
        raise Failure(f"expected exit 3 and one line, seen {status}: {out} {errors}")


@case
def hooks_end_without_waiting(bench):
    """The kernel takes tracepoints off in its own time: 7 times up to a tenth of a second."""
    library = pathlib.Path(bench.options.programs).parent / "library/libwaiter.so"
    kind = "tracepoint" if "tracepoint" in kinds_here(bench) else "auto"
    status, _, errors = bench.run("trace", "--duration", "1ms", "--hooks", kind,
                                  env={**os.environ, **preloaded(library)})
    counts = re.findall(r"perf events closed: (\d+), waited at: (\d+)\n", errors)
    if status or len(counts) != 1 or int(counts[0][0]) < 3 or int(counts[0][1]):
        raise Failure(f"expected 3 or more, and no wait, seen {status}: {errors}")


def programs_with(maps):
    """The BPF programs that use one of these maps."""
    shown = subprocess.run(["bpftool", "-j", "prog", "show"], capture_output=True, check=True)
    return [program["name"] for program in json.loads(shown.stdout)
            if maps & set(program.get("map_ids", ()))]


@case
def hooks_end_before_pins_are_taken(bench):
    """Once it has ended, no hook of it writes to what the next run takes over."""
    kind = "tracepoint" if "tracepoint" in kinds_here(bench) else "auto"
    with bpffs(bench) as pin:
        agent = bench.agent("--comm", "nobody", "--pin", pin, "--hooks", kind)
        maps = {number for number, _ in kernel_bytes(pin).values()}
        if not programs_with(maps):
            raise Failure("expected programs that use the pinned maps, seen none")
        end(agent, signal.SIGTERM)
        left = programs_with(maps)
        if left:
            raise Failure(f"expected that they end with it, seen: {left}")


@case
def hooks_refused(bench):
    """The kernel refuses to load one kind: the next one is taken; all of them: one error, and exit 3."""
    library = pathlib.Path(bench.options.programs).parent / "library/librefuser.so"
    begins = {"fentry": "fentry_", "kprobe.multi": "kprobe_", "tracepoint": "sys_",
              "raw_syscalls": "every_", "raw_tp": "raw_sys_"}
    first, second, *_ = kinds_here(bench)
    environment = {**preloaded(library), "REFUSED": begins[first]}
    agent = bench.agent("--comm", "nobody-at-all", environment=environment)
    summary = agent.stop()
    reason = f"{first}: its programs were refused: Invalid argument"
    if summary["hooks"] != second or reason not in (summary["hooks_why"] or ""):
        raise Failure(f"expected {second} and {reason!r}, seen: {summary['hooks']}, "
                      f"{summary['hooks_why']}")
    environment["REFUSED"] = " ".join(begins.values())
    status, out, errors = bench.run(
        "trace", "--duration", "1ms", env={**os.environ, **environment},
    )
    words = re.compile(r"sockleak: cannot load the BPF program '\w+': Invalid argument "
                       r"\(--verbose shows what the kernel said\)\n")
    if status != 3 or out or not words.fullmatch(errors):
        raise Failure(f"expected exit 3 and one line like {words.pattern}, seen {status}: {out} "
                      f"{errors}")
    status, out, errors = bench.run(
        "trace", "--verbose", "--duration", "1ms", env={**os.environ, **environment},
    )
    wanted = [f"prog '{name}" for name in begins.values() if name[:4] not in ("fent", "kpro")]
    missing = [words for words in wanted if f"sockleak: libbpf: {words}" not in errors]
    if status != 3 or missing:
        raise Failure(f"expected libbpf's words on each kind, missing {missing} of {errors}")


@case
def debug_log(bench):
    """--debug says what each sweep did, and of each new leak how its stack was taken."""
    agent = bench.agent("--debug", "--comm", "held", "--full-sweep-interval", "2s")
    program = bench.program("held", agents=[agent])
    agent.wait_for(lambda a: set(program.phase.leaks) <= set(a.open_leaks()), "the leaks")
    agent.stop()
    errors = "\n".join(agent.errors)
    for inode in program.phase.leaks:
        if not re.search(rf"debug: inode {inode} of process \d+: \d+ frames \(snapshot\), "
                         r"further out: nothing, this is the outermost frame", errors):
            raise Failure(f"expected a line on the stack of inode {inode}, seen: {errors}")
    sweeps = re.findall(r"debug: sweep (\d+): (full|quick), \d+ processes one by one, \d+ "
                        r"descriptors, \d+ events, \d+ pending, \d+ us", errors)
    if {kind for _, kind in sweeps} != {"full", "quick"}:
        raise Failure(f"expected sweeps of both kinds, seen: {errors}")


@case
def hooks_skipped(bench):
    """While hooks of connect are left out, that nothing was seen does not say that nothing was tried."""
    environment = preloaded(pathlib.Path(bench.options.programs).parent / "library/libskipper.so")
    agent = bench.agent(environment=environment)
    text = bench.agent(as_json=False, environment=environment)
    programs = [bench.program(name, agents=[agent]) for name in ("held", "probed", "bind_failed")]
    inodes = set().union(*(program.phase.leaks for program in programs))
    agent.wait_for(lambda a: inodes <= set(a.open_leaks()), f"leaks of inodes {sorted(inodes)}")
    agent.wait_quiet()
    for program in programs:
        wanted = {None} if program.name == "held" else {program.name}
        seen = {agent.open_leaks()[inode]["class"] for inode in program.phase.leaks}
        if seen != wanted:
            raise Failure(f"{program.name}: expected the class {wanted}, seen: {seen}")
    if not agent.stop()["dropped"]["hooks_skipped"]:
        raise Failure("expected hooks_skipped, seen: none")
    text.stop()
    words = "calls may be missing, because the kernel skipped hooks"
    if words not in " ".join("".join(text.lines).split()):
        raise Failure(f"expected {words!r}, seen: {''.join(text.lines)}")
