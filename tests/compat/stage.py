# SPDX-License-Identifier: BSD-2-Clause
"""stage: where one program runs: a cgroup, a network namespace and a directory of its own.

The network has a loopback interface alone, with 127.0.0.0/8 and ::1, so every port is free
and nothing leaves the host. /etc/resolv.conf is a file of the stage's, seen in its mount
namespace only, and names 127.0.0.1: names can be asked for, and nobody answers, unless the
program does.
"""

import os
import pathlib
import re
import shutil
import subprocess
import threading
import time

from lib import cgroups
from lib.outcome import Failure

NOBODY = "65534"
LIBRARIES = ("usr/lib/{}-linux-gnu", "lib/{}-linux-gnu", "usr/lib", "lib")
DIRECTORIES = ("usr/sbin", "usr/bin", "sbin", "bin")
# Programs that refuse to run as root.
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def unpacked_environment(root):
    """For programs out of unpack.sh's directory: those that are installed come first."""
    libraries = [root / path.format(os.uname().machine) for path in LIBRARIES]
    path = os.environ.get("PATH", "").split(":") + ["/usr/sbin", "/sbin"]
    path += sorted(str(found) for found in pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    path += [str(root / directory) for directory in DIRECTORIES]
    path += sorted(str(found) for found in root.glob("usr/lib/postgresql/*/bin"))
    environment = {**os.environ, "PATH": ":".join(path), "LC_ALL": "C.UTF-8"}
    environment["LD_LIBRARY_PATH"] = ":".join(str(path) for path in libraries if path.is_dir())
    return environment


class Stage:
    def __init__(self, bench, name, root, seconds):
        self.name = name
        self.seconds = seconds
        self.directory = bench.directory / re.sub(r"\W", "_", name)
        self.directory.mkdir(mode=0o755)
        self.cgroup = bench.cgroups.make(name=f"sockleak-compat-{os.getpid()}-{self.directory.name}")
        self.environment = unpacked_environment(root)
        self.is_ready = threading.Event()  # it stands: the late sockleak may look at it
        self._processes = bench.processes
        self._started = []  # (command, process, log) of what has to go on until the end
        self._deadline = None
        self._namespaces = self._make_namespaces()

    def _make_namespaces(self):
        resolver = self.directory / "resolv.conf"
        resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        script = 'ip link set lo up && mount --bind "$0" /etc/resolv.conf && echo ready && exec sleep 3600'
        holder = self._processes.start(
            ["unshare", "--net", "--mount", "sh", "-c", script, str(resolver)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment,
        )
        if holder.stdout.readline() != "ready\n":
            raise Failure(f"no namespaces of its own: {holder.stderr.read()}")
        return holder

    def tool(self, *names):
        """Path of the first of these programs that is here."""
        for name in names:
            path = shutil.which(name, path=self.environment["PATH"])
            if path:
                return path
        raise Failure(f"{names[0]} is not here: see tests/compat/unpack.sh")

    def owned_directory(self, name):
        """One that AS_NOBODY may write in."""
        path = self.directory / name
        path.mkdir()
        os.chown(path, int(NOBODY), int(NOBODY))
        return path

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def _command(self, command):
        enter = ["nsenter", f"--target={self._namespaces.pid}", "--net", "--mount"]
        return cgroups.inside(self.cgroup)(enter + [str(word) for word in command])

    def start(self, *command, stdin=subprocess.DEVNULL):
        """A program that has to go on until the end."""
        log = self.directory / f"{len(self._started)}.log"
        with open(log, "wb") as output:
            process = self._processes.start(
                self._command(command), stdin=stdin, stdout=output, stderr=output,
                env=self.environment,
            )
        self._started.append((command, process, log))
        return process

    def run(self, *command, check=True, timeout=60, stdin=None):
        """A program that ends. Returns what it wrote."""
        process = self._processes.start(
            self._command(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", env=self.environment,
        )
        try:
            output, _ = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failure(f"{command[0]} took more than {timeout} s: {command}") from None
        if check and process.returncode:
            raise Failure(f"{command} ended with {process.returncode}: {output[-400:]}")
        return output

    def wait_for(self, question, what, timeout=30):
        deadline = time.monotonic() + timeout
        while not question():
            self.check()
            if time.monotonic() > deadline:
                raise Failure(f"expected {what} within {timeout} s{self._logs()}")
            time.sleep(0.1)

    def wait_port(self, *ports):
        """Until there are TCP listeners on them."""
        for port in ports:
            self.wait_for(lambda: f":{port:04X}" in self._listeners(), f"a listener on {port}")

    def _listeners(self):
        tables = [f"/proc/{self._namespaces.pid}/net/{name}" for name in ("tcp", "tcp6")]
        lines = [line.split() for table in tables for line in open(table, encoding="ascii")]
        return " ".join(fields[1] for fields in lines if fields[3] == "0A")

    def ready(self):
        """It stands. The time of its use begins when the late sockleak watches, too."""
        self.check()
        self.is_ready.set()
        self._watched.wait()
        self._deadline = time.monotonic() + self.seconds

    _watched = None

    def attend(self, watched):
        """`watched` is set once the late sockleak watches."""
        self._watched = watched

    def working(self):
        """Is there time for more use? Fails when the program has ended."""
        self.check()
        return time.monotonic() < self._deadline

    def left(self):
        """Seconds of use that are left, as a whole number from 1 on."""
        return max(1, int(self._deadline - time.monotonic()))

    def check(self):
        for command, process, _ in self._started:
            if process.poll() is not None:
                raise Failure(f"{command} ended with {process.returncode}{self._logs()}")

    def output(self, process):
        """What a started program has written so far."""
        log = next(log for _, started, log in self._started if started is process)
        return log.read_text(errors="replace")

    def _logs(self):
        texts = [log.read_text(errors="replace")[-600:] for _, _, log in self._started]
        return "".join(f"\n      {text.strip()}" for text in texts if text.strip())

    def members(self):
        with open(os.path.join(self.cgroup, "cgroup.procs"), encoding="ascii") as procs:
            return [int(pid) for pid in procs]

    def close(self):
        """End all that is in the cgroup: nothing but what this stage started is."""
        deadline = time.monotonic() + 10
        while self.members() and time.monotonic() < deadline:
            for pid in self.members():
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)
        for _, process, _ in self._started:
            process.wait()
        self._namespaces.kill()
        self._namespaces.wait()
