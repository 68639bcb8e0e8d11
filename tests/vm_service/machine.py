# SPDX-License-Identifier: BSD-2-Clause
"""machine: a Debian system under qemu, in which commands are run one after the other.

The other end, and the protocol, is guest/shell. The disk of the image is never written: what the
machine writes is lost with it, and a restart within one Machine keeps it.
"""

import base64
import dataclasses
import queue
import shlex
import subprocess
import threading
import time

from lib.outcome import Failure

# An emulated processor is some 20 to 50 times as slow as this host's, and shares that with others.
BOOT_S = 900
COMMAND_S = 600
CONSOLE_SHOWN = 12  # lines

# Two processors, of which one runs at a time: tests/vm/guest.py says why.
QEMU = ["qemu-system-x86_64", "-accel", "tcg,thread=single", "-cpu", "max", "-smp", "2",
        "-m", "2048", "-display", "none", "-nodefaults", "-no-user-config"]


@dataclasses.dataclass
class Done:
    """A command that has ended."""

    command: str
    status: int
    out: str
    errors: str
    seconds: float

    def __str__(self):
        return (f"exit {self.status} of: {self.command}\n"
                + "".join(f"          {line}\n" for line in (self.out + self.errors).splitlines()))


class Machine:
    """One start of qemu. What the kernel and systemd say on the console goes to a file."""

    def __init__(self, directory, console):
        self.console = console
        self.boots = 0
        self._answers = queue.Queue()
        self._count = 0
        console.write_bytes(b"")
        command = [
            *QEMU,
            "-kernel", str(directory / "vmlinuz"), "-initrd", str(directory / "initrd"),
            "-append", "root=LABEL=root rw console=ttyS0 panic=30 loglevel=5 "
            "systemd.show_status=auto",
            "-drive", f"file={directory}/disk.ext4,format=raw,if=none,id=disk,snapshot=on,"
            "cache=unsafe",
            "-device", "virtio-blk-pci,drive=disk",
            "-serial", f"file:{console}",
            "-device", "virtio-serial-pci", "-chardev", "stdio,id=host,signal=off",
            "-device", "virtserialport,chardev=host,name=machine",
        ]
        self._qemu = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._qemu.stdout:
            self._answers.put(line.decode(errors="replace").split())
        self._answers.put(None)

    def _next(self, seconds, what):
        try:
            words = self._answers.get(timeout=max(seconds, 0))
        except queue.Empty:
            raise Failure(f"expected {what}, seen: nothing: {self.last_words()}") from None
        if words is None:
            self._answers.put(None)
            raise Failure(f"expected {what}, seen: the machine has ended: {self.last_words()}")
        return words

    def last_words(self):
        lines = self.console.read_text(errors="replace").splitlines()[-CONSOLE_SHOWN:]
        if self._qemu.poll() is not None:
            lines += self._qemu.stderr.read().decode(errors="replace").splitlines()
        return "\n          ".join(lines) or "nothing on its console"

    def wait_boot(self):
        """Until its shell answers, which is early: what starts then is systemd's to say."""
        deadline = time.monotonic() + BOOT_S
        while self._next(deadline - time.monotonic(), f"a boot within {BOOT_S} s")[0] != "hello":
            pass
        self.boots += 1

    def run(self, command, seconds=COMMAND_S, user=None):
        """By bash, as root or from a login of this user, to its end."""
        if user:
            command = f"runuser --login {user} --command {shlex.quote(command)}"
        self._count += 1
        encoded = base64.b64encode(command.encode()).decode()
        self._qemu.stdin.write(f"{self._count} {seconds} {encoded}\n".encode())
        self._qemu.stdin.flush()
        begun = time.monotonic()
        deadline = begun + seconds + 60
        while True:
            words = self._next(deadline - time.monotonic(), f"an end of: {command}")
            if words[0] == "hello":
                raise Failure(f"expected an end of: {command}, seen: the machine has restarted")
            if int(words[0]) == self._count:
                break
        out, errors = ("" if word == "-" else base64.b64decode(word).decode(errors="replace")
                       for word in words[2:4])
        return Done(command, int(words[1]), out, errors, time.monotonic() - begun)

    def check(self, command, seconds=COMMAND_S, user=None):
        """As run(), of a command that is to succeed; what it wrote on stdout."""
        done = self.run(command, seconds, user)
        if done.status:
            raise Failure(f"expected exit 0, seen: {done}")
        return done.out

    def wait_for(self, question, what, seconds, pause=2.0):
        """Until question() is true; its value is returned."""
        deadline = time.monotonic() + seconds
        while True:
            answer = question()
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise Failure(f"expected {what} within {seconds} s, seen: {answer!r}")
            time.sleep(pause)

    def restart(self):
        """As an administrator does."""
        self.run("systemctl --no-block reboot")
        self.wait_boot()

    def off(self):
        """It ends in order, and qemu with it."""
        self.run("systemctl --no-block poweroff")
        try:
            self._qemu.wait(BOOT_S)
        except subprocess.TimeoutExpired:
            raise Failure(f"expected an end within {BOOT_S} s: {self.last_words()}") from None

    def alive(self):
        return self._qemu.poll() is None

    def kill(self):
        if self.alive():
            self._qemu.kill()
        self._qemu.wait()
