# SPDX-License-Identifier: BSD-2-Clause
"""monitoring: a sockleak agent, node_exporter and Prometheus of the suite's own, on loopback.

The binaries are the host's or those of tests/prometheus/unpack.sh. Ports are free ones, and
data is in the bench's directory; nothing of the host's own Prometheus is touched or asked.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from lib.agent import READY_LINE
from lib.outcome import Failure, Skip

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
RULES = SOURCE / "packaging" / "prometheus" / "rules.yml"
RULES_TEST = SOURCE / "tests" / "prometheus" / "rules_test.yml"
DASHBOARD = SOURCE / "packaging" / "grafana" / "dashboard.json"

NOT_HERE = "no prometheus and node_exporter on this host"
SCRAPE_MS = 500
# The rules' durations are divided by this, so that half an hour is 7.5 s: 15 scrapes.
HASTE = 240
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def binary(bench, *names):
    """The first of these binaries that is installed or unpacked."""
    unpacked = bench.programs.parent / "prometheus" / "usr" / "bin"
    for name in names:
        for path in (shutil.which(name), unpacked / name):
            if path and os.access(path, os.X_OK):
                return str(path)
    raise Skip(NOT_HERE)


def hurried(rules, haste=HASTE, stale_s=5):
    """The shipped rules, for a test that has no half hour: all their times are shorter.

    `stale_s`: how old the agent's last sweep may be; more than the time between two sweeps.
    """

    def shorter(match):
        ms = int(match[2]) * UNITS_S[match[3]] * 1000 // haste
        return f"{match[1]}{ms}ms"

    rules, count = re.subn(r"(\[|offset |for: )(\d+)([smhd])\b", shorter, rules)
    rules, others = re.subn(r"4 \* 3600", f"4 * {3600 // haste}", rules)
    rules, stale = re.subn(r"(timestamp_seconds > )300", rf"\g<1>{stale_s}", rules)
    if count < 16 or others != 1 or stale != 1:
        raise Failure(f"expected the times of rules.yml, seen: {count}, {others} and {stale}")
    return rules


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, timeout=10):
    """Status and body; a status of 0 when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        return 0, str(error).encode()


def wait_until(question, what, timeout=60):
    """Wait until question() is true, and return its value."""
    deadline = time.monotonic() + timeout
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failure(f"expected {what} within {timeout} s, seen: {answer!r}")
        time.sleep(0.1)


class Server:
    """A program that serves HTTP on a port that was free a moment ago."""

    def __init__(self, bench, args, is_ready):
        self._log = bench.directory / f"server-{id(self)}.log"
        for _ in range(5):
            self.port = free_port()
            self.address = f"127.0.0.1:{self.port}"
            with open(self._log, "wb") as log:
                self.process = bench.processes.start(
                    [*args, f"--web.listen-address={self.address}"], stdout=log, stderr=log
                )
            if self._stands(is_ready):
                return
        raise Failure(f"expected a server, seen: {args[0]}: {self._log.read_text()[-800:]}")

    def _stands(self, is_ready, timeout=60):
        deadline = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < deadline:
            if get(f"http://{self.address}{is_ready}", 1)[0] == 200:
                return True
            time.sleep(0.05)
        return False

    def get(self, path):
        return get(f"http://{self.address}{path}")

    def log(self):
        return self._log.read_text(errors="replace")


class Exporter(Server):
    """node_exporter with its textfile collector alone."""

    def __init__(self, bench, directory):
        command = binary(bench, "prometheus-node-exporter", "node_exporter")
        options = ["--collector.disable-defaults", "--collector.textfile"]
        options += [f"--collector.textfile.directory={directory}", "--log.level=warn"]
        super().__init__(bench, [command, *options], "/")

    def scrape(self):
        status, body = self.get("/metrics")
        if status != 200:
            raise Failure(f"expected metrics of node_exporter, seen: {status} {body[:200]!r}")
        return body.decode()  # an invalid byte is a failure, too


class Prometheus(Server):
    def __init__(self, bench, exporter, rules):
        directory = bench.directory / f"prometheus-{exporter.port}"
        directory.mkdir()
        (directory / "rules.yml").write_text(rules)
        every = f"{SCRAPE_MS}ms"
        (directory / "prometheus.yml").write_text(
            f"global: {{scrape_interval: {every}, scrape_timeout: {every}, "
            f"evaluation_interval: {every}}}\n"
            "rule_files: [rules.yml]\n"
            "scrape_configs:\n"
            f"  - {{job_name: node, static_configs: [{{targets: ['{exporter.address}']}}]}}\n"
        )
        options = [f"--config.file={directory}/prometheus.yml", "--log.level=warn"]
        options += [f"--storage.tsdb.path={directory}/data"]
        super().__init__(bench, [binary(bench, "prometheus"), *options], "/-/ready")

    def ask(self, path, **parameters):
        """The data of an answer of its API. A query that it refuses is a failure."""
        status, body = self.get(f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        if status != 200:
            raise Failure(f"expected an answer to {parameters}, seen: {status} {body[:500]!r}")
        return json.loads(body)["data"]

    def query(self, expression):
        """[(labels, value)] of now."""
        found = self.ask("query", query=expression)["result"]
        return [(sample["metric"], float(sample["value"][1])) for sample in found]

    def value(self, expression):
        """The value of a query with one sample; None without a sample."""
        found = self.query(expression)
        if len(found) > 1:
            raise Failure(f"expected one sample of {expression}, seen: {found}")
        return found[0][1] if found else None

    def firing(self, name, **labels):
        """The alerts of this name that fire now, with their annotations."""
        return [
            alert
            for alert in self.ask("alerts")["alerts"]
            if alert["state"] == "firing" and alert["labels"]["alertname"] == name
            and all(alert["labels"].get(key) == value for key, value in labels.items())
        ]


class TextfileAgent:
    """`sockleak agent`, ready when it is made. `errors` grows as it logs."""

    def __init__(self, bench, textfile, *args, write_interval="200ms", older_than="1s",
                 interval="200ms"):
        self.textfile = pathlib.Path(textfile)
        command = [bench.sockleak, "agent", "--textfile", str(textfile)]
        command += ["--older-than", older_than, "--interval", interval]
        command += ["--write-interval", write_interval]
        self.errors = []
        self._ready = threading.Event()
        self.process = bench.processes.start(
            command + [str(arg) for arg in args], stderr=subprocess.PIPE, text=True,
            errors="replace",
        )
        threading.Thread(target=self._read, daemon=True).start()
        if not self._ready.wait(60) or self.process.poll() is not None:
            raise Failure(f"expected an agent that watches, seen: {self.errors}")

    def _read(self):
        for line in self.process.stderr:
            self.errors.append(line.rstrip("\n"))
            if line.startswith(READY_LINE):
                self._ready.set()
        self._ready.set()

    def samples(self):
        """{series as written: value} of the file as it is, {} when there is none."""
        try:
            lines = self.textfile.read_text().splitlines()
        except FileNotFoundError:
            return {}
        parts = [line.rpartition(" ") for line in lines if not line.startswith("#")]
        return {series: float(value) for series, _, value in parts}

    def count(self, series):
        return self.samples().get(series, 0)

    def stop(self):
        self.process.terminate()
        status = self.process.wait(30)
        if status != 0 or self.textfile.exists():
            raise Failure(f"expected exit 0 and no file, seen: exit {status}, {self.errors[-4:]}")


def wait_value(prometheus, expression, wanted, timeout=60):
    """Wait until a query with one sample has this value."""
    seen = []

    def has_it():
        seen.append(prometheus.value(expression))
        return seen[-1] == wanted

    try:
        wait_until(has_it, expression, timeout)
    except Failure:
        raise Failure(f"expected {expression} to become {wanted}, seen: {seen[-8:]}") from None
