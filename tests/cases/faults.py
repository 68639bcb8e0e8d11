# SPDX-License-Identifier: BSD-2-Clause
"""One call fails: the n-th allocation, open, fork, bpf() or read of an iterator. Whatever it is,
sockleak does not crash or hang, says what is wrong in a line, or reports all the same, and what it
loses is counted. tests/library/faulty.c makes the call fail.

`make test` tries some n of each kind, or FAULT_POINTS of them; `make soak` tries n at random.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import time

from lib.outcome import Failure
from lib.registry import cases
from lib.service import parse_metrics, preloaded

KINDS = ("malloc", "open", "fork", "bpf", "map", "read")
POINTS = {"scan": 8, "trace": 4, "agent": 3}  # of each kind; all if there are fewer calls
AT_ONCE = 4
PATIENCE_S = 60  # a run takes some seconds
QUICK = ("--older-than", "100ms", "--interval", "100ms", "--full-sweep-interval", "200ms")
COMMANDS = {
    "scan": ("scan", "--json"),
    "trace": ("trace", "-q", "--json", "--duration", "1s", *QUICK),
    "agent": ("agent", "-q", "--min-growth", "1", *QUICK, "--write-interval", "100ms"),
}
AGENT_S = 15  # it has so long to show the leak in its textfile


def faulty(bench, fault, more=()):
    library = pathlib.Path(bench.options.programs).parent / "library/libfaulty.so"
    return {**os.environ, **preloaded(library), "FAULT": fault, **dict(more)}


def run_with(bench, command, fault, more=()):
    """(exit, stdout, stderr). A run that does not end is a Failure."""
    process = bench.processes.start(
        [bench.sockleak, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors="replace", env=faulty(bench, fault, more),
    )
    if command[0] == "agent":
        return end_agent(process, fault, pathlib.Path(command[-1]))
    out, errors = communicate(process, fault)
    return process.returncode, out, errors


def communicate(process, fault):
    """(stdout, stderr) at its end. A Failure says where it stands if it does not come to its end."""
    try:
        return process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        where = pathlib.Path(f"/proc/{process.pid}")
        texts = [(where / name).read_text(errors="replace") for name in ("status", "stack")]
        process.kill()
        out, errors = process.communicate()
        raise Failure(f"{fault}: did not end in {PATIENCE_S} s: {texts}, {out}, {errors}") from None


def textfile_of(bench, fault):
    """The agent's; each run has its own."""
    return bench.directory / f"{fault.replace(':', '-')}.prom"


def end_agent(process, fault, textfile):
    """The same; in place of its stdout comes what the textfile had when a stop was asked for."""
    deadline, written = time.monotonic() + AGENT_S, ""
    while process.poll() is None and time.monotonic() < deadline and not shows_leak(written):
        time.sleep(0.1)
        written = textfile.read_text(encoding="utf-8") if textfile.exists() else ""
    process.send_signal(signal.SIGTERM)
    _, errors = communicate(process, fault)
    return process.returncode, written, errors


def command_of(bench, name, pid, fault):
    """Its command line; the agent's ends with its own textfile."""
    more = ("--textfile", textfile_of(bench, fault)) if name == "agent" else ()
    return tuple(str(word) for word in (*COMMANDS[name], "--pid", pid, *more))


def count_calls(bench, command, kind, inode):
    """How many calls of this kind the command makes without a fault, when it reports the leak."""
    path = bench.directory / f"count-{command[0]}-{kind}"
    status, out, errors = run_with(bench, command, f"{kind}:0", {"FAULT_COUNT": str(path)}.items())
    if status or not is_reported(out, inode)[0]:
        raise Failure(f"expected the leak without a fault, seen {status}: {errors}, {out[-600:]}")
    return int(path.read_text(encoding="ascii"))


def points(calls, most):
    """Which calls fail: the first and the last one, and those between at equal distances."""
    if calls <= most:
        return list(range(1, calls + 1))
    return sorted({1 + at * (calls - 1) // (most - 1) for at in range(most)})


def shows_leak(text):
    return bool(re.search(r"^sockleak_site_leaked_sockets{.*} 1$", text, re.M))


def is_reported(out, inode):
    if "# HELP" in out:
        lost = {labels.get("reason"): value for name, labels, value in parse_metrics(out)
                if name == "sockleak_dropped_total" or labels.get("result") == "failed"}
        return shows_leak(out), {"dropped": lost}
    events = [json.loads(line) for line in out.splitlines()]
    leaks = [event for event in events if event.get("inode") == inode and event["type"] == "leak"]
    summary = events[-1] if events and events[-1]["type"] == "summary" else None
    return bool(leaks), summary


def own_up(errors, summary):
    """Is it said that something is missing?"""
    return errors or (summary and any(summary["dropped"].values()))


def check(fault, inode, status, out, errors):
    """None, or what is wrong with this run."""
    if status < 0 or "Sanitizer" in errors:
        return f"{fault}: ended by signal {-status}: {errors}"
    bad = [line for line in errors.splitlines() if not line.startswith("sockleak: ")]
    if bad:
        return f"{fault}: expected lines that begin with the name, seen: {errors!r}"
    if status:
        return None if len(errors.splitlines()) == 1 else f"{fault}: exit {status}, expected a line: {errors!r}"
    try:
        reported, summary = is_reported(out, inode)
    except (ValueError, KeyError) as error:
        return f"{fault}: exit 0 and broken output, {error}: {out[-200:]!r}"
    if not reported and not own_up(errors, summary):
        return f"{fault}: the leak is missing, and nothing says so: {out[-600:]}"
    return None


def most_points(name):
    return int(os.environ.get("FAULT_POINTS", POINTS[name]))


@cases(slow=True, names=[f"faults_{command}_{kind}" for command in COMMANDS for kind in KINDS])
def faults(bench):
    program = bench.program("held")
    inode = next(iter(program.inodes))

    def try_fault(name, fault):
        return check(fault, inode, *run_with(bench, command_of(bench, name, program.pid, fault), fault))

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for name in COMMANDS:
            for kind in KINDS:
                if not bench.wants(f"faults_{name}_{kind}"):
                    continue
                command = command_of(bench, name, program.pid, "none")
                calls = count_calls(bench, command, kind, inode)
                tried = [f"{kind}:{n}" for n in points(calls, most_points(name))]
                wrong = [found for found in pool.map(try_fault, [name] * len(tried), tried) if found]
                print(f"     {name}: {len(tried)} of {calls} calls of {kind} failed", flush=True)
                yield f"faults_{name}_{kind}", Failure("\n      ".join(wrong)) if wrong else None
    program.end()
