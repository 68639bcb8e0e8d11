#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How the cost of sockleak grows with what is on the host. `make bench-scale` runs it, as root.

    tests/bench/scale.py --build .output/release [--axis NAME]... [--most N]

One thing grows at a time (load.c makes it), under a sockleak of its own for each step.
Measured: the time of a sweep, the agent's processor time, its memory and the kernel's for
it, and what its programs add to socket + close. A step that the host's limits refuse is
skipped and said to be. All goes to OUTPUT as JSON, with the exponent of growth.
"""

import argparse
import collections
import json
import os
import pathlib
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
sys.dont_write_bytecode = True

import driver as drivers  # noqa: E402
import growth  # noqa: E402
import hooks  # noqa: E402
import machine  # noqa: E402
import processes  # noqa: E402
import tables  # noqa: E402

Axis = collections.namedtuple("Axis", "name words steps load options load_first stands")

OLDER_THAN_MS = 500
SETTLE_S = 1.5  # the sweeps after a change look at more than the later ones
WINDOW_S = 4
SWEEPS = 4
LONGEST_S = 15
TELLING_S = 15
LOAD_TIMEOUT_S = 90
LIMIT_S = 540  # what is not begun until then is skipped


def many(count):
    """Room for so many sockets that are not connected, and no more than it takes."""
    return ["--max-sockets", str(max(32768, count * 3 // 2))]


# `load_first`: it was there before sockleak; else the hooks see it being made.
# `stands`: it leaks once, and is measured when all of that has been reported.
AXES = [
    Axis("pending", "sockets that are not connected yet", [1, 1_000, 10_000, 100_000, 1_000_000],
         lambda n: ["sockets", n], lambda n: ["--older-than", "1h", *many(n)], False, False),
    Axis("descriptors", "open descriptors that are no sockets", [1_000, 10_000, 100_000, 1_000_000],
         lambda n: ["files", n], lambda n: [], True, False),
    Axis("processes", "processes", [10, 100, 1_000, 10_000, 20_000],
         lambda n: ["processes", n], lambda n: [], True, False),
    Axis("sites", "places in the code that leak", [1, 10, 100, 1_000, 10_000],
         lambda n: ["sites", n], lambda n: ["--older-than", f"{OLDER_THAN_MS}ms"], False, True),
    Axis("leaks", "leaks a second", [10, 100, 1_000, 5_000, 20_000],
         lambda n: ["leaks", n, OLDER_THAN_MS + 1500],
         lambda n: ["--older-than", f"{OLDER_THAN_MS}ms", *many(n * 4)], False, False),
]
# The key of a figure -> for a reader.
MEASURES = {
    "sweep_ms": "sweep, ms",
    "agent_ms_per_s": "agent and sweeps, CPU ms a second",
    "hooks_ns": "programs at socket + close, ns",
    "agent_mib": "agent, resident MiB",
    "resolver_mib": "reader of symbols, resident MiB",
    "kernel_mib": "kernel memory, MiB",
}


class Refused(Exception):
    """The host does not let this step be measured."""


class Load:
    def __init__(self, path, arguments):
        self.ready = False
        self.process = subprocess.Popen([path, *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if not select.select([self.process.stdout], [], [], LOAD_TIMEOUT_S)[0]:
            self.close()
            raise Refused(f"the host could not make it within {LOAD_TIMEOUT_S} s")
        line = self.process.stdout.readline().strip()
        if line != "ready":
            self.close()
            raise Refused(line.removeprefix("refused: ") or "it ended at once")
        self.ready = True

    def close(self):
        """It ends with its stdin; what is busy making does not look there, and is ended."""
        self.process.stdin.close()
        if self.process.poll() is None and not self.ready:
            self.process.terminate()
        self.process.wait(120)
        self.process.stdout.close()


class Agent:
    """A sockleak whose summaries are read from a file."""

    def __init__(self, path, options):
        self.output = tempfile.NamedTemporaryFile(prefix="sockleak-bench-")
        self.process = subprocess.Popen([path, "--json", "--output", self.output.name, *options],
                                        stderr=subprocess.PIPE, text=True)
        said = []
        for line in self.process.stderr:
            said.append(line.strip())
            if line.startswith("sockleak: watching by "):
                return
        self.close()
        raise Refused(" ".join(said) or "sockleak ended at once")

    @property
    def pid(self):
        return self.process.pid

    def summaries(self):
        with open(self.output.name) as lines:
            return [json.loads(line) for line in lines
                    if line.endswith("\n") and line.startswith('{"type":"summary"')]

    def summary(self, timeout_s=60):
        """Ask for one, and wait for it."""
        before = len(self.summaries())
        self.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = self.summaries()
            if len(found) > before:
                return found[-1]
            if self.process.poll() is not None:
                raise Refused(f"sockleak ended with {self.process.returncode}")
            time.sleep(0.1)
        raise Refused(f"no summary within {timeout_s} s")

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)
        self.process.stderr.close()
        self.output.close()


def hook_ns(agent, driver):
    """What the programs at socket() and close() take together."""
    case = drivers.Case("socket", 1, drivers.SHALLOW)
    shares = hooks.shares(agent, driver, case, 100)
    return sum(share["ns"] for share in shares
               if "socket" in share["program"] or "close" in share["program"])


def watch(agent):
    """Some sweeps long: (processor ms a second, the times of the sweeps, the last summary).

    After a sweep that takes long the next one is put off, so that a window of fixed length
    might have none in it. The summary that is asked for each second is in the time.
    """
    seen, times = agent.summary()["sweeps"], []
    begun, cpu_s = time.monotonic(), processes.cpu_s(agent.pid)
    while True:
        time.sleep(1)
        summary = agent.summary()
        took_s = time.monotonic() - begun
        if summary["sweeps"] > seen:
            seen = summary["sweeps"]
            times.append(summary["last_sweep_s"] * 1000)
        if took_s > WINDOW_S and (len(times) >= SWEEPS or (times and took_s > LONGEST_S)):
            return (processes.cpu_s(agent.pid) - cpu_s) / took_s * 1000, times, summary
        if took_s > 2 * LONGEST_S:
            raise Refused(f"no sweep in {took_s:.0f} s")


def wait_reported(agent):
    """Until no leak is reported any more; a host on which others leak has no such time."""
    reported = -1
    for _ in range(TELLING_S):
        before, reported = reported, agent.summary()["total"]
        if reported == before:
            return
        time.sleep(1)


def measure(axis, agent, driver):
    time.sleep(SETTLE_S)
    if axis.stands:
        wait_reported(agent)
    agent_ms_per_s, times, summary = watch(agent)
    own, resolver = processes.rss_bytes(agent.pid)
    return {
        "agent_ms_per_s": agent_ms_per_s,
        "sweep_ms": statistics.median(times), "sweep_ms_each": times,
        "hooks_ns": hook_ns(agent, driver),
        "agent_mib": own / 2**20, "resolver_mib": resolver / 2**20,
        "kernel_mib": processes.kernel_memory(agent.pid) / 2**20,
        "pending": summary["pending"], "sites": summary["sites"], "total": summary["total"],
        "events": summary["counters"],
        "dropped": {name: count for name, count in summary["dropped"].items() if count},
    }


def step(axis, count, build, driver):
    """One point of one axis."""
    path, loader = str(build / "sockleak"), str(build / "bench/load")
    closing = []
    try:
        parts = [lambda: Load(loader, axis.load(count)), lambda: Agent(path, axis.options(count))]
        for make in parts if axis.load_first else reversed(parts):
            closing.append(make())
        agent = next(part for part in closing if isinstance(part, Agent))
        return {"count": count, **measure(axis, agent, driver)}
    except Refused as refused:
        return {"count": count, "skipped": str(refused)}
    finally:
        for part in sorted(closing, key=lambda part: isinstance(part, Load)):
            part.close()


def one(axis, count, build, driver, begun, most):
    """The same, or why it is left out."""
    if count > most:
        point = {"count": count, "skipped": "left out by --most"}
    elif time.monotonic() - begun > LIMIT_S:
        point = {"count": count, "skipped": f"{LIMIT_S} s were over"}
    else:
        point = step(axis, count, build, driver)
    print(f"bench: {axis.name} {count}: " + point.get("skipped", "done"), file=sys.stderr,
          flush=True)
    return point


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=".output/release")
    parser.add_argument("--axis", action="append", choices=[axis.name for axis in AXES])
    parser.add_argument("--most", type=int, default=1_000_000, help="leave larger steps out")
    parser.add_argument("--output", default=".output/bench/scale.json")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    begun = time.monotonic()
    result = {"command": "make bench-scale", "machine": machine.describe(),
              "programs_of_others": machine.programs_of_others()}
    points = {axis.name: [] for axis in AXES if not options.axis or axis.name in options.axis}
    driver = drivers.Driver(str(build / "bench/driver"))
    try:
        # The small steps of all first: what time does not suffice for is the largest.
        for number in range(max(len(axis.steps) for axis in AXES)):
            for axis in AXES:
                if axis.name in points and number < len(axis.steps):
                    points[axis.name].append(
                        one(axis, axis.steps[number], build, driver, begun, options.most))
    finally:
        driver.close()
    result["axes"] = [{"name": axis.name, "words": axis.words, "points": points[axis.name]}
                      for axis in AXES if axis.name in points]
    for axis in result["axes"]:
        axis["growth"] = {name: growth.fit([(point["count"], point.get(name))
                                            for point in axis["points"]]) for name in MEASURES}
    result["measures"] = MEASURES
    result["took_s"] = round(time.monotonic() - begun)
    result["load_after"] = os.getloadavg()[0]
    output = pathlib.Path(options.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, indent=1) + "\n")
    print(tables.scale_report(result))
    print(f"bench: all figures are in {output}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
