#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draw docs/dashboard.svg: the shipped Grafana dashboard with data of a real leaking run.

    make picture           (as root; needs gnuplot beside what the tests need)

The workers of `make demo` and a program of tests/programs leak in cgroups that are named
as units; the agent, node_exporter and Prometheus are real. Every panel shows what the
queries of packaging/grafana/dashboard.json answered, in its place; Grafana draws it better.
The caption in docs/alerts.md tells of 240 s.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

from lib import guard, monitoring  # noqa: E402
from lib.bench import Bench  # noqa: E402
from lib.cgroups import inside  # noqa: E402
from prometheus.drawing import draw  # noqa: E402

VARIABLES = {"$job": ".*", "$instance": ".*", "$unit": ".*", "$__rate_interval": "15s"}
STEP_S = 4


def start(bench, cgroup, command):
    return bench.processes.start(
        inside(cgroup)([str(part) for part in command]), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )


def leak(bench, parent, seconds):
    """Three units that leak, one of which ends before the run does, and one that does not."""
    demo = bench.programs.parent / "demo"
    units = {name: bench.cgroups.make(parent, f"{name}.service")
             for name in ("delayed_job", "mailer", "poller", "healthy")}
    broker = start(bench, parent, [demo / "broker"])
    port = broker.stdout.readline().split()[-1]
    started = time.monotonic()
    worker = start(bench, units["delayed_job"], [demo / "delayed_job", port])
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (2048, 4096))
    start(bench, units["healthy"], [demo / "healthy", port])
    sleep_until(started + seconds * 0.2)
    mailer = leaker(bench, units, "mailer")
    sleep_until(started + seconds * 0.4)
    leaker(bench, units, "poller")
    sleep_until(started + seconds * 0.7)
    mailer.end()
    sleep_until(started + seconds)


def leaker(bench, units, name):
    program = bench.program("leaker", 40, name, inside=inside(units[name]))
    for _ in range(2):
        program.next_phase()
        program.wait_ready()
    resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (1024, 4096))
    return program


def sleep_until(when):
    time.sleep(max(0, when - time.monotonic()))


def expression(target):
    query = target["expr"]
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    return query


def legend(target, labels):
    text = re.sub(r"{{(\w+)}}", lambda m: labels.get(m[1], ""), target["legendFormat"])
    return " ".join(text.replace(labels.get("instance", "\0"), "").split()) or "value"


def lines_of(prometheus, panel, begin, end):
    """[(legend, [(seconds, value)])] of the queries of a panel over the run."""
    found = []
    for target in panel["targets"]:
        query = expression(target)
        answer = prometheus.ask("query_range", query=query, start=begin, end=end, step=STEP_S)
        for series in answer["result"]:
            points = [(when - begin, float(value)) for when, value in series["values"]]
            found.append((legend(target, series["metric"]), points))
    return found


def table_of(prometheus, panel):
    """The rows of a table, joined by their labels as Grafana's merge does."""
    rows = {}
    names = panel["transformations"][1]["options"]["renameByName"]
    for target in panel["targets"]:
        for labels, value in prometheus.query(expression(target)):
            key = tuple(sorted((k, v) for k, v in labels.items() if k != "__name__"
                               and k not in ("version", "hooks")))
            row = rows.setdefault(key, {})
            row.update({k: v for k, v in labels.items() if k in names})
            row[f"Value #{target['refId']}"] = value
    return list(names.values()), [[row.get(key, "") for key in names] for row in rows.values()]


def record(bench, seconds):
    """Everything that the drawing needs, by panel id."""
    directory = bench.directory / "textfile"
    directory.mkdir(mode=0o755)
    parent = bench.cgroups.make(name=f"sockleak-picture-{os.getpid()}")
    agent = monitoring.TextfileAgent(
        bench, directory / "sockleak.prom", "--cgroup", parent, write_interval="1s",
        older_than="5s", interval="1s",
    )
    exporter = monitoring.Exporter(bench, directory)
    prometheus = monitoring.Prometheus(bench, exporter, "groups: []\n")
    monitoring.wait_until(lambda: prometheus.value("sockleak_build_info"), "metrics")
    begin = time.time()
    leak(bench, parent, seconds)
    end = time.time()
    board = json.loads(monitoring.DASHBOARD.read_text())
    data = {}
    for panel in board["panels"]:
        if panel["type"] == "timeseries":
            data[panel["id"]] = lines_of(prometheus, panel, begin, end)
        elif panel["type"] == "stat":
            data[panel["id"]] = prometheus.value(expression(panel["targets"][0]))
        elif panel["type"] == "table":
            data[panel["id"]] = table_of(prometheus, panel)
    agent.stop()
    return board, data


def main():
    parser = argparse.ArgumentParser(description="Draw the dashboard with data of a real run.")
    parser.add_argument("--sockleak", default="./sockleak")
    parser.add_argument("--programs", default=".output/programs")
    parser.add_argument("--output", default="docs/dashboard.svg")
    parser.add_argument("--seconds", type=float, default=240)
    options = parser.parse_args()
    options.only = []
    guard.begin()
    bench = Bench(options)
    try:
        board, data = record(bench, options.seconds)
    finally:
        bench.close()
    draw(board, data, options.output, options.seconds)


if __name__ == "__main__":
    main()
