# SPDX-License-Identifier: BSD-2-Clause
"""visit: one machine with what the steps ask it, and what they leave for each other."""

import json
import re
import urllib.parse

from lib.outcome import Failure
from lib.service import parse_metrics
from page import command

PROM = "/var/lib/prometheus/node-exporter/sockleak.prom"
# The agent's threshold of a minute, sweeps and writes, on an emulated processor.
PATIENCE_S = 900


def expect(condition, wanted, seen):
    if not condition:
        raise Failure(f"expected {wanted}, seen: {seen}")


class Visit:
    """What is done by `admin` is typed at a shell of that user, beside the package in .output."""

    def __init__(self, machine, versions):
        self.machine = machine
        self.versions = versions  # of the packages: first, later, later but broken
        self.site = None  # of the leak that an alert names
        self.container = None  # its id
        self.before = set()  # the files of the machine before the package came
        self.rights = None  # and those on node_exporter's directory

    def admin(self, line, seconds=600):
        """A command of the page, as an administrator; what it wrote on stdout."""
        return self.machine.check(f"cd sockleak && {command(line)}", seconds, "admin")

    def sh(self, line, seconds=600):
        return self.machine.check(line, seconds)

    def apt(self, line, seconds=1800):
        """apt on its own; the Done, with what it said."""
        return self.machine.run(f"cd sockleak && sudo {line} 2>&1", seconds, "admin")

    def properties(self, unit, *names):
        out = self.sh(f"systemctl show {unit} -p {','.join(names)}")
        return dict(line.split("=", 1) for line in out.splitlines() if "=" in line)

    def pid(self, unit):
        return int(self.properties(unit, "MainPID")["MainPID"])

    def journal(self, *options):
        options = ["-o", "cat", "--no-pager", *options]
        return self.sh(f"{command('journalctl -u sockleak')} {' '.join(options)}").splitlines()

    def metrics(self, name=None, **labels):
        """The samples of node_exporter itself, not of the file."""
        return [
            sample for sample in parse_metrics(self.sh("curl -sS localhost:9100/metrics"))
            if name in (None, sample[0])
            and all(sample[1].get(key) == value for key, value in labels.items())
        ]

    def value(self, name, **labels):
        """Of the one such sample; None when there is none, a Failure when there are more."""
        found = self.metrics(name, **labels)
        expect(len(found) < 2, f"one sample of {name} {labels}", found)
        return found[0][2] if found else None

    def prometheus(self, path, **parameters):
        words = urllib.parse.urlencode(parameters)
        answer = json.loads(self.sh(f"curl -sS 'localhost:9090/api/v1/{path}?{words}'"))
        expect(answer["status"] == "success", f"an answer to {path} {words}", answer)
        return answer["data"]

    def firing(self):
        return [one for one in self.prometheus("alerts")["alerts"] if one["state"] == "firing"]

    def wait_for(self, question, what, seconds=PATIENCE_S, pause=3.0):
        return self.machine.wait_for(question, what, seconds, pause)

    def wait_active(self):
        """The service is up, and has looked."""
        self.wait_for(
            lambda: self.properties("sockleak", "ActiveState")["ActiveState"] == "active",
            "the service to be active", 300)

    def wait_written(self):
        """The textfile is this agent's: of its process, and of after its first sweep."""
        started = float(self.sh("date +%s -d \"$(systemctl show sockleak --value "
                                "-p ExecMainStartTimestamp)\""))
        self.wait_for(lambda: self.last_scan() >= started, "a textfile of this start", 300)

    def last_scan(self):
        """When the file says that the agent has looked; 0 without a file."""
        done = self.machine.run(f"grep ^sockleak_last_sweep_timestamp_seconds {PROM}")
        return float(done.out.split()[1]) if done.status == 0 else 0

    def version(self):
        """The running agent's, by its own metrics."""
        text = self.sh(f"grep ^sockleak_build_info {PROM}")
        found = re.search(r'version="([^"]*)"', text)
        return found and found.group(1)
