# SPDX-License-Identifier: BSD-2-Clause
"""seeds: run seeds of tests/chaos/ side by side under one sockleak, and judge each.

Each seed lives in a cgroup of its own below the one that sockleak watches, and in its
own network namespace. Its rounds of chaos have some full sweeps between them; after the
last all stand still until nothing is left that sockleak could yet say.
"""

import json
import os
import pathlib
import select
import signal
import subprocess
import time

import judge
from journal import Journal
from lib.cgroups import inside
from lib.outcome import Failure

ROUNDS = 3
SETTLING_CENSUSES = 4  # after which a descriptor that was there has been seen, or a socket given up
QUIET_SWEEPS = 4
OLDER_THAN_S = 0.1
PULSE_S = 0.05
TRIES = 4  # a difference must last: TCP may give up in between
AGENT_ARGS = (
    "--older-than", f"{OLDER_THAN_S:g}s", "--interval", "40ms", "--full-sweep-interval", "120ms", "--top", 0, "--stack-size", 0,
    "--max-sockets", 65536,
)  # fmt: skip


class Seed:
    def __init__(self, bench, number, watched, directory):
        self.number = number
        self.cgroup = bench.cgroups.make(watched, f"seed-{number}")
        self.path = pathlib.Path(directory) / f"journal-{number}"
        self._bench = bench
        command = [str(directory / "chaos"), str(number), str(self.path)]
        self.process = bench.processes.start(
            inside(self.cgroup)(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def expect(self, line, timeout=60):
        poll = select.poll()  # select() takes no descriptor of 1,024 or more
        poll.register(self.process.stdout, select.POLLIN)
        ready = poll.poll(timeout * 1000)
        reported = self.process.stdout.readline().strip() if ready else f"nothing in {timeout} s"
        if reported != line:
            self.kill()
            raise Failure(
                f"seed {self.number} is broken: {reported!r}, {self.process.stderr.read()}"
            )

    def begin_round(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def look(self, oracle):
        """What the oracle says of everything that its processes hold."""
        result = subprocess.run(
            [oracle, "--cgroup", self.cgroup], stdout=subprocess.PIPE, text=True, check=True
        )
        return [json.loads(line) for line in result.stdout.splitlines()]

    def kill(self):
        # Not by cgroup.kill, which leaves processes alive whose first thread has ended.
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with open(f"{self.cgroup}/cgroup.procs", encoding="ascii") as file:
                pids = [int(line) for line in file]
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if not pids:
                break
            time.sleep(0.005)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()


class Pulse:
    """How far sockleak's full sweeps are."""

    def __init__(self, agent, patience_s=60):
        self._agent = agent
        self.patience_s = patience_s

    def wait_full_sweeps(self, count, since=None):
        """Until so many whole full sweeps were made after a moment (now)."""
        since = since or time.monotonic()
        deadline = time.monotonic() + self.patience_s
        while True:
            reported = [e["full_sweeps"] for at, e in list(self._agent.summaries) if at > since]
            # The first that is reported may have begun before, and is then still under way.
            if reported and reported[-1] >= reported[0] + 1 + count:
                return
            if self._agent.ended() or time.monotonic() > deadline:
                raise Failure(f"expected {count} full sweeps, seen: {self._agent.describe()}")
            self._agent.process.send_signal(signal.SIGUSR1)
            time.sleep(PULSE_S)

    def wait_quiet(self):
        since = time.monotonic() + OLDER_THAN_S
        time.sleep(OLDER_THAN_S)
        self.wait_full_sweeps(QUIET_SWEEPS, since)


class Batch:
    """Some seeds, side by side. After run(): failures by seed, and counts."""

    one_of_a_table = False  # of compare()

    def __init__(self, bench, agent, numbers, watched, directory, oracle):
        self.failures = {}
        self.sockets = self.leaks = self.unclear = self.held_back = 0
        self._holds_back = "--min-growth" not in agent.args  # the kernel cannot tell: not reported
        self._agent, self._pulse, self._oracle = agent, Pulse(agent), oracle
        self._seeds = []
        self._begun = len(agent.events)
        self._args = bench, numbers, watched, directory

    def is_of_seeds(self, leak):
        """May a seed have made it? Here nobody else leaks in what the agent watches."""
        return True

    def run(self):
        bench, numbers, watched, directory = self._args
        try:
            for number in numbers:
                self._seeds.append(Seed(bench, number, watched, directory))
            self._play()
            self._judge()
        finally:
            for seed in self._seeds:
                seed.kill()
                seed.path.unlink(missing_ok=True)
        return self

    def _play(self):
        for seed in self._seeds:
            seed.expect("ready")
        for number in range(ROUNDS):
            for seed in self._seeds:
                seed.begin_round()
            for seed in self._seeds:
                seed.expect("parked")
            if number < ROUNDS - 1:
                self._pulse.wait_full_sweeps(SETTLING_CENSUSES)

    def _judge(self):
        for tries_left in reversed(range(TRIES)):
            self._pulse.wait_quiet()
            journals = {seed: Journal(seed.path) for seed in self._seeds}
            if not self._judge_once(journals, last=not tries_left):
                break
        reported = {event["inode"] for event in self._agent.events[self._begun :]
                    if event["type"] == "leak"}
        for seed, journal in journals.items():
            self._expect_no_false_alarm(seed, journal, reported)

    def _judge_once(self, journals, last):
        """Compare everything; True when there are differences that may yet go away."""
        leaks = {i: leak for i, leak in self._agent.open_leaks().items() if self.is_of_seeds(leak)}
        summary = self._agent.summaries[-1][1]
        least = most = 0
        self.failures.clear()
        self.sockets = self.leaks = self.unclear = 0
        of_seeds = {}
        for seed, journal in journals.items():
            of_seeds[seed] = {i: leak for i, leak in leaks.items() if i in journal.of}
            seen = seed.look(self._oracle)
            differences, held_back, unclear = judge.compare(
                seen, journal, of_seeds[seed], ROUNDS, self._holds_back,
                self._agent.owns_up_to_skipped_hooks(), self.one_of_a_table,
            )
            if not journal.is_whole:
                differences.append((f"the journal is too short for {journal.count} events", None))
            least, most = least + held_back[0], most + held_back[1]
            self.sockets += len(seen)
            self.leaks += len(of_seeds[seed])
            self.unclear += unclear
            if differences:
                self.failures[seed.number] = differences
        self.held_back = summary["held_back"]
        if not least <= self.held_back <= most:
            self.failures.setdefault("all", []).append(
                (f"expected {least} to {most} sockets held back, seen: {self.held_back}", None)
            )
        strange = set(leaks) - set().union(*of_seeds.values())
        if strange:
            self.failures.setdefault("all", []).append(
                (f"leaks that no seed has made: {[leaks[i] for i in strange]}", None)
            )
        return bool(self.failures) and not last

    def _expect_no_false_alarm(self, seed, journal, reported):
        for inode in reported & judge.never_leaks(journal):
            self.failures.setdefault(seed.number, []).append(
                (f"inode {inode} was reported, which was in use from birth", None)
            )

    def report(self):
        """The failures in words, and how to see them again."""
        lines = []
        for number, differences in self.failures.items():
            for what, socket in differences:
                lines.append(f"seed {number}: {what}")
                lines += ["  " + line for line in (socket.describe() if socket else [])]
            if number != "all":
                lines.append(f"again: tests/chaos/run.py --seed {number}")
        return lines
