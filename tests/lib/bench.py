# SPDX-License-Identifier: BSD-2-Clause
"""bench: what a case works with: agents, programs, files and cgroups that go away after it."""

import copy
import itertools
import pathlib
import shutil
import signal
import subprocess
import tempfile

from lib.agent import Agent
from lib.cgroups import Cgroups
from lib.outcome import Failure
from lib.processes import Processes, copy_program
from lib.program import Program
from lib.registry import matches
from lib.validation import Validation

AGENT_PATIENCE_S = 20


class Bench:
    def __init__(self, options):
        self.options = options
        self.sockleak = str(pathlib.Path(options.sockleak).resolve())
        self.programs = pathlib.Path(options.programs).resolve()
        self.processes = Processes()
        self.cgroups = Cgroups()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sockleak-test-"))
        self.directory.chmod(0o755)  # other users run programs from here
        self.validation = Validation(self.processes)
        self._of_case = []
        self._copies = itertools.count(1)

    def for_case(self):
        """The same, with agents and programs that end with the case: end_case()."""
        part = copy.copy(self)
        part.processes = self.processes.part()
        part._of_case = []
        return part

    def end_case(self):
        """End its agents and programs, whose leaks every later agent would report."""
        running = [agent for agent in self._of_case if agent.process.poll() is None]
        for agent in running:  # by a signal, for its last line to be a whole one
            agent.process.send_signal(signal.SIGINT)
        for agent in running:
            self.processes.end(agent.process, AGENT_PATIENCE_S)
        for agent in self._of_case:
            if agent.as_json and self.wants("json_schema"):
                self.validation.add(" ".join(agent.args), agent.take_lines())
        self.processes.end_all()

    def wants(self, name):
        return matches(name, self.options.only)

    def agent(self, *args, name="", as_json=True, environment=None, defaults=False):
        """A sockleak that watches: ready when this returns. `environment` is added to ours.

        It decides within a second or so, but with `defaults` as it does for a user.
        """
        agent = Agent(self.processes, self.sockleak, args, name, as_json, environment, defaults)
        self._of_case.append(agent)
        return agent.wait_ready()

    def start_program(self, name, *args, agents=(), inside=None, **kwargs):
        """A test program; `inside` wraps its command line. It may still be setting itself up."""
        path = self.programs / name
        if not path.exists():
            raise Failure(f"test program {path} is not built")
        command = [str(path)] + [str(arg) for arg in args]
        if inside:
            command = inside(command)
        return Program(self.processes, name, command, agents, **kwargs)

    def program(self, name, *args, **kwargs):
        """The same, once its first phase is set up."""
        program = self.start_program(name, *args, **kwargs)
        trouble = program.wait_ready()
        if trouble:
            raise Failure(trouble)
        return program

    def copy(self, name, as_name):
        """Copy a program under another name, where every user can run it, and return its path."""
        directory = self.directory / str(next(self._copies))
        directory.mkdir(mode=0o755)
        return copy_program(self.programs / name, directory / as_name)

    def run(self, *args, timeout=20, command=None, **kwargs):
        """Run sockleak (or a command line) to its end, and return (exit, stdout, stderr)."""
        command = command or [self.sockleak] + [str(arg) for arg in args]
        kwargs.setdefault("stdout", subprocess.PIPE)
        process = self.processes.start(
            command, stderr=subprocess.PIPE, text=True, errors="replace", **kwargs
        )
        try:
            out, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.processes.end(process, 0)
            raise Failure(f"expected an end within {timeout} s: {' '.join(command)}") from None
        return process.returncode, out, errors

    def close(self):
        self.processes.end_all()
        self.cgroups.remove_all()
        shutil.rmtree(self.directory, ignore_errors=True)
