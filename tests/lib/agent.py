# SPDX-License-Identifier: BSD-2-Clause
"""agent: one running sockleak, and what it has said so far."""

import collections
import datetime
import json
import os
import signal
import subprocess
import threading
import time

from lib.outcome import Failure

OLDER_THAN_S = 1.0
INTERVAL_S = 0.2
# Every second sweep is a full sweep, so that both kinds decide in turn.
FULL_SWEEP_INTERVAL_S = 0.4
# Full sweeps past the threshold after which a verdict that has not come will not come.
QUIET_SWEEPS = 3
PULSE_S = 0.5
READY_LINE = "sockleak: watching"
# The options by which it watches less than the whole host.
SCOPES = {"-p", "--pid", "--comm", "--uid", "--cgroup", "--unit", "--machine", "--container",
          "--pod"}


def written_at(event):
    """When an event was written, by time.monotonic(). A busy host has it read much later."""
    written = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    return time.monotonic() - max(time.time() - written.timestamp(), 0)


class Agent:
    """Started by Bench.agent(). `events` only ever grows; reading it needs no lock."""

    def __init__(self, processes, binary, args, name="", as_json=True, environment=None,
                 defaults=False):
        self.name = name
        self.as_json = as_json
        self.args = [binary, "trace"] + ([] if defaults else self._haste())
        self.args += ["--json"] if as_json else []
        self.args += [str(arg) for arg in args]
        self.events = []
        self._of_pid = collections.defaultdict(list)  # (number, event) of each leak and its end
        self._of_inode = collections.defaultdict(list)
        self._open = {}  # inode -> the last leak event of each leak that is open
        self.summaries = []  # (when it was written, the event) of each summary
        self.lines = []  # of stdout, as they came
        self.errors = []  # of stderr
        self.broken = None  # what is wrong with the output itself
        self._processes = processes
        self._ready = threading.Event()
        self._pulse_at = 0.0
        self._without_copy = set()  # leaks whose stack may lack functions, by inode
        self.process = processes.start(
            self.args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            env={**os.environ, **(environment or {})},
        )
        self._readers = [
            threading.Thread(target=reader, daemon=True)
            for reader in (self._read_output, self._read_errors)
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _haste():
        """Options by which it decides sooner than by its defaults."""
        return [
            "--older-than", f"{OLDER_THAN_S:g}s", "--interval", f"{INTERVAL_S * 1000:g}ms",
            "--full-sweep-interval", f"{FULL_SWEEP_INTERVAL_S * 1000:g}ms", "--duration", "600s",
        ]

    @property
    def pid(self):
        return self.process.pid

    def _read_output(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if not self.as_json:
                continue
            try:
                event = json.loads(line)
                event["type"]
            except (ValueError, TypeError, KeyError) as error:
                self.broken = self.broken or f"no JSON object on stdout ({error}): {line!r}"
                continue
            if event["type"] in ("leak", "resolved"):  # known here before it is in `events`
                self._of_pid[event["pid"]].append((len(self.events), event))
                self._of_inode[event["inode"]].append((len(self.events), event))
                self._note_open(event)
            self.events.append(event)
            if event["type"] == "summary":
                self.summaries.append((written_at(event), event))

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line.rstrip("\n"))
            if line.startswith(READY_LINE):
                self._ready.set()
        self._ready.set()

    def take_lines(self):
        """Its output, once it has ended. The agent does not keep it."""
        for reader in self._readers:
            reader.join(20)
        lines, self.lines = self.lines, []
        return lines

    def wait_ready(self, timeout=30):
        if not self._ready.wait(timeout) or not any(
            line.startswith(READY_LINE) for line in self.errors
        ):
            raise Failure(f"expected '{READY_LINE} ...' on stderr, seen: {self.describe()}")
        return self

    @property
    def hooks(self):
        """The kind of hooks in its ready line; None before it is ready."""
        for line in self.errors:
            if line.startswith(READY_LINE):
                return line.split()[3].rstrip(":")
        return None

    def describe(self):
        status = self.process.poll()
        state = "running" if status is None else f"exit {status}"
        return f"{' '.join(self.args)}: {state}, stderr: {self.errors[-8:] or 'nothing'}"

    def ended(self):
        """Why it cannot be watched any more, or None."""
        if self.broken:
            return self.broken
        if self.process.poll() is not None:
            return f"sockleak ended: {self.describe()}"
        return None

    def full_sweeps(self, since):
        """How many full sweeps it has made, as each summary after `since` says; asks for more.

        A host with much to do makes them late: waiting for them is exact, waiting
        for some seconds is not.
        """
        now = time.monotonic()
        if now > self._pulse_at + PULSE_S and self.process.poll() is None:
            self._pulse_at = now
            self.process.send_signal(signal.SIGUSR1)
        return [event["full_sweeps"] for at, event in list(self.summaries) if at > since]

    def quiet_since(self, since):
        """Would a socket that existed at `since` have been reported, after some full sweeps?"""
        reported = self.full_sweeps(since + OLDER_THAN_S)
        return bool(reported) and reported[-1] >= reported[0] + QUIET_SWEEPS

    def owns_up_to_lost_stacks(self):
        """Are the leaks without a stack no more than the collisions that it has counted?

        Two stacks in one bucket of the kernel's map are chance, and on a host with some
        hundred stacks likely. Losing one is allowed, keeping silent about it is not.
        """
        without = {e["inode"] for e in self.of("leak", stack=None)
                   if e["tid"] is not None and e["created_by"] != "io_uring"}
        reported = self.summaries[-1][1]["dropped"]["stack_collision"] if self.summaries else 0
        return len(without) <= reported

    def owns_up_to_lost_copy(self, inode):
        """Has it counted that it had no slot for the copy of this stack, or none in its user's
        share? Not of more leaks than it has counted, and not of those of a case alone: an agent
        that watches the host has slots for all cases together, which are one user's."""
        dropped = self.summaries[-1][1]["dropped"] if self.summaries else {}
        counted = dropped.get("no_slot", 0) + dropped.get("no_slot_share", 0)
        if not SCOPES.isdisjoint(self.args):
            return False
        if len(self._without_copy) < counted:
            self._without_copy.add(inode)
        return inode in self._without_copy

    def owns_up_to_lost_tries(self):
        """Has it counted that it had no slot for the stack of a call that failed?"""
        return bool(self.summaries and self.summaries[-1][1]["dropped"]["no_try_slot"])

    def owns_up_to_skipped_hooks(self):
        """Has the kernel skipped hooks, and has it counted that? Then a class may be unknown."""
        return bool(self.summaries and self.summaries[-1][1]["dropped"]["hooks_skipped"])

    def losses(self):
        """What it has counted as lost so far, by name: often the cause of a failure."""
        dropped = self.summaries[-1][1]["dropped"] if self.summaries else {}
        return {name: number for name, number in dropped.items() if number}

    def wait_quiet(self, timeout=60):
        """Wait until every socket that exists now would have been reported."""
        since = time.monotonic()
        while not self.quiet_since(since):
            if self.ended():
                raise Failure(f"expected it to go on, seen: {self.ended()}")
            if time.monotonic() > since + timeout:
                raise Failure(f"expected {QUIET_SWEEPS} full sweeps within {timeout} s, seen: fewer")
            time.sleep(0.05)

    def of(self, kind, **fields):
        """The events of a type whose fields have these values."""
        return [
            event
            for event in list(self.events)
            if event["type"] == kind and all(event.get(k) == v for k, v in fields.items())
        ]

    def about(self, pids, inodes):
        """[(number, event)] of the leaks, and their ends, of these processes or these sockets."""
        found = {}
        for pid in list(pids):
            found.update(self._of_pid.get(pid, ()))
        for inode in list(inodes):
            found.update(self._of_inode.get(inode, ()))
        return sorted(found.items(), key=lambda numbered: numbered[0])

    def open_leaks(self):
        """inode -> the last leak event of each leak that is open."""
        return dict(self._open)

    def _note_open(self, event):
        if event["type"] == "leak":
            self._open[event["inode"]] = event
        else:
            self._open.pop(event["inode"], None)

    def forget_events(self):
        """For a run of hours: keep of what has come so far only what is open. What is judged by the
        number of an event, as test programs are, must have ended."""
        self._of_pid.clear()
        self._of_inode.clear()
        self.lines.clear()
        self.summaries[:-1] = []
        self.events.clear()

    def wait_for(self, question, what, timeout=20):
        """Wait until question(self) is true, and return its value."""
        deadline = time.monotonic() + timeout
        while True:
            answer = question(self)
            if answer:
                return answer
            if self.ended():
                raise Failure(f"expected {what}, seen: {self.ended()}")
            if time.monotonic() > deadline:
                raise Failure(
                    f"expected {what} within {timeout} s, seen: "
                    + ("; ".join(brief(event) for event in self.events[-8:]) or "no events")
                )
            time.sleep(0.05)

    def stop(self, how=signal.SIGINT):
        """End it, check how it ended, and return its summary (text mode: None)."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait_end()

    def wait_end(self, timeout=20):
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"expected an end within {timeout} s, seen: {self.describe()}") from None
        for reader in self._readers:
            reader.join(timeout)
        if self.broken:
            raise Failure(self.broken)
        wanted = 2 if self._watched_nothing() else 0
        if status != wanted:
            raise Failure(f"expected exit {wanted}, seen: {self.describe()}")
        strange = [line for line in self.errors if not line.startswith("sockleak: ")]
        if strange:
            raise Failure(f"expected only lines of 'sockleak: ' on stderr, seen: {strange[:8]}")
        if not self.as_json:
            return None
        if not self.events or self.events[-1]["type"] != "summary":
            raise Failure("expected a summary as the last line, seen: " + repr(self.lines[-1:]))
        return self.events[-1]

    def _watched_nothing(self):
        if self.as_json:
            return bool(self.events) and self.events[-1].get("nothing_watched", False)
        return any("Nothing was watched: " in line for line in self.lines)


def brief(event):
    """An event in one line, for a failure's message."""
    if event["type"] not in ("leak", "resolved"):
        return event["type"]
    evidence = event.get("evidence") or {}
    reported = {key: value for key, value in evidence.items() if value not in (None, 0, False)}
    text = f"{event['type']} inode={event.get('inode')} pid={event.get('pid')}"
    text += f" fd={event.get('fd')} class={event.get('class')} family={event.get('family')}"
    text += f" socket_type={event.get('socket_type')}"
    text += "".join(f" {key}={value}" for key, value in reported.items())
    if event["type"] == "resolved":
        return text + f" reason={event.get('reason')}"
    frames = [frame.get("function") or "?" for frame in event.get("stack") or []]
    return text + (
        f" stack_source={event.get('stack_source')} stack_end={event.get('stack_end')}"
        f" stack={'<'.join(frames[:4]) or None}"
    )
