# SPDX-License-Identifier: BSD-2-Clause
"""guest: a kernel under qemu, whose processes look here as if they were our own.

Guest.start() is Processes.start() of lib/processes.py, so that agents, programs and the
sessions that judge them are the same as on this host. The other end, and the protocol, is
guest.c.
"""

import os
import queue
import signal
import subprocess
import threading
import time

from lib.outcome import Failure

# Of a machine of which nothing is heard any more: emulated, niced, on a busy host.
BOOT_S = 180
ANSWER_S = 60
END_S = 30
CONSOLE_SHOWN = 12  # lines

# Of two emulated processors one runs at a time: with a thread each (qemu 7.2) a kernel of 6.12 met
# twice, as hooks were attached, a breakpoint of its own that was gone by then, and panicked
# ("Oops: int3"). Suspected is qemu's view of code that is patched; not proved.
QEMU = ["qemu-system-x86_64", "-accel", "tcg,thread=single", "-cpu", "max",
        "-m", "1024", "-display", "none", "-nodefaults", "-no-user-config", "-no-reboot"]
TWO_PROCESSORS = ["-smp", "2"]
# Its clock counts instructions, one a nanosecond, so a host with other work makes it slow, but no
# time-out of the guest comes earlier for that. While it is idle, its clock is the host's. Two
# processors with such a clock do not come past the start of the second one (qemu 7.2).
STEADY = ["-smp", "1", "-icount", "shift=0"]
# While this machine is idle, its clock goes on to what is due next.
COUNTING = ["-smp", "1", "-icount", "shift=0,sleep=off"]


class Lines:
    """What a process writes, as lines to iterate over, as of a file that was opened as text.

    Or line by line, for who cannot wait for ever; by one reader, and in one of the two ways.
    """

    def __init__(self):
        self._queue = queue.Queue()
        self._rest = b""
        self._ended = False

    def feed(self, data):
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._queue.put(line.decode(errors="replace") + "\n")

    def end(self):
        if self._ended:
            return
        self._ended = True
        if self._rest:
            self._queue.put(self._rest.decode(errors="replace"))
        self._queue.put(None)

    def __iter__(self):
        return iter(self._queue.get, None)

    def next(self, timeout):
        """The next line; None at the end, and queue.Empty when neither comes in time."""
        return self._queue.get(timeout=timeout)


class Input:
    """The stdin of a process: takes whole lines."""

    def __init__(self, guest, number):
        self._guest, self._number = guest, number

    def write(self, text):
        for line in text.splitlines():
            self._guest.send("write", self._number, line)

    def flush(self):
        pass

    def close(self):
        self._guest.send("close", self._number)


class GuestProcess:
    """The part of subprocess.Popen that the harness uses."""

    def __init__(self, guest, number, args):
        self.args = args
        self.pid = None
        self.returncode = None
        self.stdin = Input(guest, number)
        self.stdout, self.stderr = Lines(), Lines()
        self.started = threading.Event()
        self._ended = threading.Event()
        self._guest, self._number = guest, number

    def poll(self):
        return self.returncode

    def wait(self, timeout=None):
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode

    def next_line(self, what, timeout=ANSWER_S):
        """The next line of its stdout; its end, or no line in time, is a Failure."""
        try:
            line = self.stdout.next(timeout)
        except queue.Empty:
            raise Failure(f"expected {what} within {timeout} s, seen: nothing") from None
        if line is None:
            status, said = self.wait(timeout), "".join(self.stderr).strip()
            raise Failure(f"expected {what}, seen: an end ({status}): {said}")
        return line.rstrip("\n")

    def send_signal(self, number):
        self._guest.send("kill", self._number, int(number))

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def end(self, returncode):
        if self.returncode is None:
            self.returncode = returncode
        self._ended.set()


class Guest:
    """One boot. What the kernel says on its console goes to a file, `console`."""

    def __init__(self, kernel, initramfs, console, append="", machine=STEADY):
        self.console = console
        self.release = None  # what its uname says
        self.broken = None  # what the guest could not do, in its own words
        self.bye = False  # it said that it ends
        self.gone = False
        self._processes = []
        self._ready = threading.Event()
        self._lock = threading.Lock()
        console.write_bytes(b"")
        command = ["nice", "-n", "19", *QEMU, *machine,
                   "-kernel", str(kernel), "-initrd", str(initramfs),
                   "-append", f"console=ttyS0 panic=-1 loglevel=5 {append}",
                   "-serial", f"file:{console}",
                   "-chardev", "stdio,id=host,signal=off", "-serial", "chardev:host"]
        self._qemu = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_ready(self):
        if not self._ready.wait(BOOT_S) or self.release is None:
            raise Failure(f"expected it to boot within {BOOT_S} s, seen: {self.last_words()}")

    def last_words(self):
        lines = self.console.read_text(errors="replace").splitlines()[-CONSOLE_SHOWN:]
        if self._qemu.poll() is not None:
            lines += self._qemu.stderr.read().decode(errors="replace").splitlines()
        return "\n          ".join(lines) or "nothing on its console"

    def send(self, *words):
        line = "\t".join(str(word) for word in words)
        try:
            with self._lock:
                self._qemu.stdin.write(line.encode() + b"\n")
                self._qemu.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # it is gone: its processes have ended, which whoever waits sees

    # ---- What Processes has ----

    def start(self, args, **_):
        """As Popen(); stdin, stdout and stderr are always pipes of text."""
        with self._lock:
            number = len(self._processes)
            process = GuestProcess(self, number, args)
            self._processes.append(process)
        self.send("start", number, *args)
        if not process.started.wait(ANSWER_S) or process.pid is None:
            raise Failure(f"expected {args[0]} to be started, seen: the guest does not answer")
        return process

    def announce(self, pid):
        """It ends with the guest."""

    def end(self, process, patience=5):
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            try:
                return process.wait(ANSWER_S)
            except subprocess.TimeoutExpired:
                raise Failure(f"{process.args[0]} does not end in the guest, even killed") from None

    def run(self, args, timeout):
        """To its end: (exit, stdout, stderr)."""
        process = self.start(args)
        process.stdin.close()
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failure(f"expected an end within {timeout} s: {' '.join(args)}") from None
        return status, "".join(process.stdout), "".join(process.stderr)

    def off(self):
        """The end of it; raise what was wrong with the machine itself."""
        self.send("off")
        deadline = time.monotonic() + END_S
        while self._qemu.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        self.kill()
        self._reader.join(END_S)
        if self.broken:
            raise Failure(f"the guest could not do its part: {self.broken}")
        if not self.bye:
            raise Failure(f"expected its last line, 'bye', seen: {self.last_words()}")

    def kill(self):
        if self._qemu.poll() is None:
            self._qemu.kill()
        self._qemu.wait()

    # ---- What it says ----

    def _read(self):
        try:
            for line in self._qemu.stdout:
                self._take(line.decode(errors="replace").split())
        except (ValueError, IndexError) as error:
            self.broken = self.broken or f"not understood: {error}"
        self.gone = True
        for process in list(self._processes):
            process.stdout.end()
            process.stderr.end()
            process.started.set()
            process.end(-signal.SIGKILL)
        self._ready.set()

    def _take(self, words):
        if words[0] == "hello":
            self.release = words[1]
            self._ready.set()
        elif words[0] == "bye":
            self.bye = True
        elif words[0] == "broken":
            self.broken = self.broken or " ".join(words[1:])
        else:
            self._take_of(self._processes[int(words[1])], *words[:1], *words[2:])

    def _take_of(self, process, word, value):
        if word == "started":
            process.pid = int(value)
            process.started.set()
        elif word in ("out", "err"):
            lines = process.stdout if word == "out" else process.stderr
            lines.feed(self._qemu.stdout.read(int(value)))
        elif word == "eof":
            (process.stdout if value == "out" else process.stderr).end()
        elif word == "exit":
            process.end(os.waitstatus_to_exitcode(int(value)))
        else:
            raise ValueError(word)
