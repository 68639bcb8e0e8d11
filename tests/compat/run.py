#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run real, healthy programs under sockleak: it must find nothing. Needs root.

    tests/compat/run.py [--sockleak ./sockleak] [--root .output/compat/root]
                        [--seconds 20] [--only NAME]... [--table FILE] [--list]

Three sockleaks look at each program: one that watches the whole host since before it
started, one that watches its cgroup since then, and one that watches its cgroup from when
it stands; at the end a scan looks at what it still holds. `tests/compat/unpack.sh` brings
the programs. Prints a line for each and ends with "N passed, N failed"; --table writes
the table of docs/compat.md.
"""

import argparse
import concurrent.futures
import fnmatch
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
sys.dont_write_bytecode = True

import catalog  # noqa: E402
from lib import guard  # noqa: E402
from lib.agent import brief  # noqa: E402
from lib.bench import Bench  # noqa: E402
from lib.outcome import Failure  # noqa: E402
from stage import Stage  # noqa: E402

JOBS = 3
QUIET_TIMEOUT_S = 240  # the one that watches the host also sees what others do there
# Losses that do not hide a socket: its stack may be missing, for which there are counters.
HARMLESS = {"stack_collision", "stack_fault", "stack_other", "no_slot", "dest_unreadable",
            "stacks_not_reported", "resolver_late", "stacks_plain", "holders_full"}


class Seen:
    """What the three sockleaks and the scan said about one program."""

    def __init__(self):
        self.used = ""
        self.version = ""
        self.summary = None  # of the sockleak that watched it from its start
        self.leaks = {}  # which sockleak -> the leak lines that it gave
        self.waiting = []  # what the scan lists though the kernel cannot tell whether it is used
        self.certain = []  # what the scan lists, and is unused


def version_of(entry, environment):
    output = subprocess.run(
        entry.version, env=environment, text=True, errors="replace", timeout=30,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
    ).stdout
    found = re.search(r"\d+[.\d]*\d|\d{5,}", output)
    return found.group() if found else "?"


def use_it(entry, stage, seen, failed):
    """The thread in which a program is set up and used."""
    try:
        seen.used = entry.use(stage)
    except Exception as error:  # reported by the thread that waits for it
        failed.append(error)
    stage.is_ready.set()


def scan(bench, stage):
    """What `sockleak scan` lists of what the program holds now."""
    status, output, errors = bench.run("scan", "--json", "--cgroup", stage.cgroup)
    if status:
        raise Failure(f"expected exit 0 of the scan, seen: {status}, {errors}")
    return [event for event in map(json.loads, output.splitlines()) if event["type"] == "leak"]


def wait_used(thread, failed, agents, timeout):
    deadline = time.monotonic() + timeout
    while thread.is_alive() and not failed:
        for agent in agents:
            if agent.ended():
                raise Failure(agent.ended())
        if time.monotonic() > deadline:
            raise Failure(f"its use was to be over within {timeout:g} s")
        thread.join(0.2)
    if failed:
        raise failed[0]


def watch(entry, bench, wide, options):
    """Run one program under the sockleaks. Returns what was seen."""
    stage, seen, failed, watched = None, Seen(), [], threading.Event()
    try:
        stage = Stage(bench, entry.name, options.root, options.seconds)
        stage.attend(watched)
        seen.version = version_of(entry, stage.environment)
        early = bench.agent("--cgroup", stage.cgroup, "--duration", "6h", name="early")
        thread = threading.Thread(target=use_it, args=(entry, stage, seen, failed), daemon=True)
        thread.start()
        if not stage.is_ready.wait(120):
            raise Failure("it did not stand within 120 s")
        late = bench.agent("--cgroup", stage.cgroup, "--duration", "6h", name="late")
        watched.set()
        wait_used(thread, failed, [early, late, wide], options.seconds + 120)
        for agent in (early, late, wide):  # what it holds now, it has held long enough then
            agent.wait_quiet(QUIET_TIMEOUT_S)
        found = scan(bench, stage)
        seen.certain = [event for event in found if not event["may_be_in_use"]]
        seen.waiting = [event for event in found if event["may_be_in_use"]]
        seen.summary = early.stop()
        late.stop()
        cgroup = "/" + os.path.basename(stage.cgroup)
        seen.leaks = {
            "from its start": early.of("leak"),
            "from when it stood": late.of("leak"),
            "on the whole host": wide.of("leak", cgroup=cgroup),
        }
        return seen
    finally:
        watched.set()
        if stage:
            stage.close()


def judge(entry, seen):
    """The problems there are; none when it was as it must be."""
    events = seen.summary["counters"]
    problems = [f"lost: {name} {n}" for name, n in seen.summary["dropped"].items()
                if n and name not in HARMLESS]
    if not events["tracked"]:
        problems.append("sockleak saw no socket of it: nothing was tested")
    if entry.leaks:
        for who in ("from its start", "on the whole host"):
            if len(seen.leaks[who]) != entry.leaks:
                problems.append(f"{who}: expected {entry.leaks} leaks, seen {len(seen.leaks[who])}")
        return problems
    for who, events in [*seen.leaks.items(), ("scan", seen.certain)]:
        problems += [f"{who}: {brief(event)}" for event in events]
    if seen.summary["leaking_sites"]:
        problems.append(f"{seen.summary['leaking_sites']} sites are said to leak")
    return problems


def row(entry, seen):
    held = ", ".join(sorted({event["protocol"] or event["family"] for event in seen.waiting}))
    cells = [
        entry.name, seen.version, seen.used, f"{seen.summary['counters']['tracked']}",
        " / ".join(str(len(events)) for events in [*seen.leaks.values(), seen.certain]),
        f"{len(seen.waiting)}" + (f" ({held})" if held else ""),
    ]
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def run_one(entry, bench, wide, options, tally):
    begun = time.monotonic()
    try:
        seen = watch(entry, bench, wide, options)
        problems = judge(entry, seen)
        tally.rows[entry.name] = row(entry, seen)
    except Failure as failure:
        problems = [str(failure)]
    except Exception:  # a bug in the file of the program; the others still run
        problems = [traceback.format_exc()]
    took = f"{time.monotonic() - begun:5.1f} s"
    if problems:
        tally.failed += 1
        print(f"FAIL {entry.name} ({took})\n      " + "\n      ".join(problems), flush=True)
    else:
        tally.passed += 1
        print(f"ok {entry.name} ({took}): {tally.rows[entry.name]}", flush=True)


class Tally:
    def __init__(self):
        self.passed = self.failed = 0
        self.rows = {}


def parse_options():
    parser = argparse.ArgumentParser(description="Run real programs under sockleak.")
    parser.add_argument("--sockleak", default="./sockleak", metavar="FILE")
    parser.add_argument("--root", default=".output/compat/root", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--seconds", default=20, type=int, metavar="N", help="use of each program")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--jobs", default=JOBS, type=int, metavar="N", help="programs side by side")
    parser.add_argument("--table", metavar="FILE", help="write what was seen, as a table")
    parser.add_argument("--list", action="store_true", help="print the names of the programs")
    options = parser.parse_args()
    options.root = options.root.resolve()
    options.programs = "."
    return options


def main():
    options = parse_options()
    wanted = [
        entry for entry in catalog.load()
        if not options.only or any(fnmatch.fnmatch(entry.name, only) for only in options.only)
    ]
    if options.list:
        print("\n".join(entry.name for entry in wanted))
        return 0
    if os.geteuid() != 0 or not wanted:
        print("tests/compat/run.py: must be root, and know the program", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    guard.begin()
    bench, tally = Bench(options), Tally()
    try:
        wide = bench.agent("--duration", "6h", name="wide")
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(lambda entry: run_one(entry, bench, wide, options, tally), wanted))
        wide.stop()
    finally:
        bench.close()
    if options.table:
        pathlib.Path(options.table).write_text(
            "".join(tally.rows[entry.name] + "\n" for entry in wanted if entry.name in tally.rows)
        )
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
