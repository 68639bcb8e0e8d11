# SPDX-License-Identifier: BSD-2-Clause
"""Keys in the live view: what they show, and that the terminal is as it was before."""

import fcntl
import os
import pty
import shlex
import signal
import struct
import termios
import threading
import time

from lib.outcome import Failure
from lib.registry import case, cases

PATIENCE_S = 60


class Terminal:
    """A terminal of our own, and what has been written on it."""

    def __init__(self, rows, columns):
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
        self.seen = b""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                data = os.read(self.ours, 65536)
            except OSError:  # nobody has it open any more
                return
            self.seen += data

    def take(self):
        """For a child that leads a session: its controlling terminal."""
        fcntl.ioctl(self.theirs, termios.TIOCSCTTY, 0)

    def type(self, keys, shows):
        """Type, and wait until the screen shows that."""
        before = len(self.seen)
        os.write(self.ours, keys)
        self.wait(shows, before)

    def wait(self, shows, before=0):
        deadline = time.monotonic() + PATIENCE_S
        while shows not in self.seen[before:]:
            if time.monotonic() > deadline:
                raise Failure(f"expected {shows!r} on the screen, seen: {self.seen[-1500:]!r}")
            time.sleep(0.02)


@case
def keys(bench):
    """Sort, select, a site's stack, freeze, quit; the terminal is given back at Ctrl-Z and q, and
    in the background nothing is drawn."""
    sockleak = shlex.join([str(bench.sockleak), "--older-than", "100ms", "--interval", "100ms",
                           "--comm", "keyleak"])
    script = (f"stty -g > before; {sockleak}; stty -g > stopped; bg; touch is_stopped; until [ -e "
              "go_on ]; do sleep 0.05; done; fg; echo $? > status; stty -g > after")
    terminal = Terminal(40, 100)
    shell = bench.processes.start(
        ["sh", "-mc", script], stdin=terminal.theirs, stdout=terminal.theirs,
        stderr=terminal.theirs, cwd=bench.directory, preexec_fn=terminal.take,
        env={**os.environ, "TERM": "xterm"},
    )
    terminal.wait(b"q quit")
    program = bench.program(str(bench.copy("probed", "keyleak")))
    terminal.wait(b"keyleak")
    terminal.type(b"s", b"s sort (most open)")
    terminal.type(b"\x1b[B", b">")  # the arrow down
    terminal.type(b"\r", b"Where keyleak creates them")
    terminal.type(b"\r", b"Enter stack")
    terminal.type(b"f", b"FROZEN")
    terminal.type(b"f", b"f freeze")
    os.write(terminal.ours, b"\x1a")  # Ctrl-Z
    deadline = time.monotonic() + PATIENCE_S
    while not (bench.directory / "is_stopped").exists():
        if time.monotonic() > deadline:
            raise Failure("expected Ctrl-Z to stop it, seen: nothing")
        time.sleep(0.02)
    drawn = len(terminal.seen)
    time.sleep(0.5)  # five sweeps, which it makes in the background
    if b"OPEN" in terminal.seen[drawn:]:
        raise Failure(f"expected nothing in the background, seen: {terminal.seen[drawn:]!r}")
    (bench.directory / "go_on").touch()
    terminal.wait(b"q quit", drawn)
    terminal.type(b"s", b"s sort (fastest)")
    terminal.type(b"q", b"Where keyleak creates them")  # the report
    bench.processes.end(shell, PATIENCE_S)
    os.close(terminal.theirs)
    program.end()
    settings = {name: (bench.directory / name).read_text() for name in ("before", "stopped",
                                                                       "after")}
    status = (bench.directory / "status").read_text().strip()
    if status != "0" or len(set(settings.values())) != 1:
        raise Failure(f"expected exit 0 and one state of the terminal, seen: {status}, {settings}")


@cases(names=[f"keys_after_{name}" for name in ("int", "term", "hup", "quit")])
def keys_given_back(bench):
    """However a signal ends it, but for SIGKILL, the terminal echoes as before."""
    for name in ("int", "term", "hup", "quit"):
        if not bench.wants(f"keys_after_{name}"):
            continue
        directory = bench.directory / name
        directory.mkdir()
        sockleak = shlex.join([str(bench.sockleak), "--interval", "100ms", "--comm", "nobody"])
        script = (f"stty -g > before; {sockleak} & echo $! > pid; fg; stty -g > after; "
                  "touch ended")
        terminal = Terminal(24, 80)
        shell = bench.processes.start(
            ["sh", "-mc", script], stdin=terminal.theirs, stdout=terminal.theirs,
            stderr=terminal.theirs, cwd=directory, preexec_fn=terminal.take,
            env={**os.environ, "TERM": "xterm"},
        )
        terminal.wait(b"q quit")
        during = termios.tcgetattr(terminal.theirs)[3]
        screen = terminal.seen
        os.kill(int((directory / "pid").read_text()), getattr(signal, f"SIG{name.upper()}"))
        deadline = time.monotonic() + PATIENCE_S
        while not (directory / "ended").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        bench.processes.end(shell, PATIENCE_S)
        os.close(terminal.theirs)
        before, after = ((directory / when).read_text() for when in ("before", "after"))
        if before != after or during & termios.ECHO:
            yield f"keys_after_{name}", Failure(f"expected {before}, seen: {after}; {during}")
        elif b"Hooks by" in screen:
            yield f"keys_after_{name}", Failure("expected the table, seen: what stays the same")
        else:
            yield f"keys_after_{name}", None
