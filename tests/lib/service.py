# SPDX-License-Identifier: BSD-2-Clause
"""service: a running `sockleak agent`, as a service manager and node_exporter see it."""

import os
import re
import signal
import socket
import threading
import time

from lib.outcome import Failure

SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def parse_metrics(text):
    """[(name, {label: value}, number)] of an exposition; a line of another form is a Failure."""
    found = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        match = SAMPLE.match(line)
        if not match:
            raise Failure(f"expected a sample, seen: {line!r}")
        labels = {
            name: re.sub(r'\\[\\"n]', lambda m: ESCAPES[m.group()], value)
            for name, value in LABEL.findall(match["labels"] or "")
        }
        found.append((match["name"], labels, float(match["value"])))
    return found


def preloaded(library):
    """The environment that preloads a library of tests/library/, sanitized or not."""
    options = [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": ":".join(filter(None, options))}


class Service:
    """Started by Service.start(); ended with its case, or by stop()."""

    def __init__(self, bench, args, environment=None, wrapper=None):
        self.bench = bench
        self.notified = []  # what the service manager received, a string a datagram
        self.lines = []  # of stderr
        self.manager_reads = threading.Event()  # cleared: it is busy, and its queue may fill
        self.manager_reads.set()
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(f"\0sockleak-test-{os.getpid()}-{id(self)}")
        name = self._manager.getsockname().decode().replace("\0", "@")
        self.command = (wrapper or [bench.sockleak]) + ["agent"] + [str(arg) for arg in args]
        self.process = bench.processes.start(
            self.command, stderr=-1, stdout=-1, text=True, errors="replace",
            env={**os.environ, "NOTIFY_SOCKET": name, **(environment or {})},
        )
        self._errors = threading.Thread(target=self._read_errors, daemon=True)
        self._errors.start()
        threading.Thread(target=self._read_manager, daemon=True).start()

    @classmethod
    def start(cls, bench, *args, environment=None):
        """Start one, which is ready when this returns."""
        service = cls(bench, args, environment)
        return service.wait_for(lambda s: s.was_notified("READY=1") and s, "READY=1")

    @property
    def pid(self):
        return self.process.pid

    def _read_errors(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def _read_manager(self):
        while self.manager_reads.wait():
            self.notified.append(self._manager.recv(65536).decode())

    def fill_manager(self):
        """Send to a manager that does not read, until there is no room for another datagram."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(self._manager.getsockname())
            sender.setblocking(False)
            try:
                while True:
                    sender.send(b"FILL=1")
            except BlockingIOError:
                pass

    def was_notified(self, line):
        return sum(line in datagram.split("\n") for datagram in list(self.notified))

    def wait_for(self, question, what, timeout=30):
        deadline = time.monotonic() + timeout
        while True:
            answer = question(self)
            if answer:
                return answer
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failure(f"expected {what}, seen: {self.describe()}")
            time.sleep(0.03)

    def describe(self):
        status = self.process.poll()
        state = "running" if status is None else f"exit {status}"
        command = " ".join(map(str, self.command))
        return f"{command}: {state}, {self.lines[-8:]}, notified {self.notified[-4:]}"

    def metrics(self, path, name=None, **labels):
        """The samples of a textfile, of this name and with these labels; [] without a file."""
        try:
            with open(path, encoding="utf-8") as file:
                samples = parse_metrics(file.read())
        except FileNotFoundError:
            return []
        return [
            sample for sample in samples
            if name in (None, sample[0])
            and all(sample[1].get(key) == value for key, value in labels.items())
        ]

    def value(self, path, name, **labels):
        """The value of the one such sample; None without one, a Failure if there are more."""
        found = self.metrics(path, name, **labels)
        if len(found) > 1:
            raise Failure(f"expected one sample of {name} {labels}, seen: {found}")
        return found[0][2] if found else None

    def reload(self):
        before = self.was_notified("READY=1")
        self.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda s: s.was_notified("READY=1") > before, "READY=1 after a reload")

    def stop(self, how=signal.SIGTERM, timeout=20):
        self.process.send_signal(how)
        try:
            status = self.process.wait(timeout)
        except Exception:
            raise Failure(f"expected an end within {timeout} s, seen: {self.describe()}") from None
        self._errors.join(timeout)  # the last lines are read after its end
        if status:
            raise Failure(f"expected exit 0, seen: {self.describe()}")
