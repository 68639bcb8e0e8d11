# SPDX-License-Identifier: BSD-2-Clause
"""validation: the JSON of all cases against the schema, by one process beside them.

A suite writes hundreds of megabytes. They are checked while other cases wait for their
programs, and are not kept until the end. The process has the lowest priority while cases measure,
so that it takes no time from them, and then that of any other: hurry().
"""

import functools
import os
import pathlib
import queue
import subprocess
import sys
import threading

VALIDATOR = pathlib.Path(__file__).parent.parent / "schema" / "validate.py"

sys.path.append(str(VALIDATOR.parent))

import validate  # noqa: E402

# In a session of its own nice alone has no effect if the kernel groups tasks by session.
LOWEST_PRIORITY = 'echo 19 2>/dev/null >/proc/self/autogroup; exec nice -n 19 "$@"'


_once = threading.Lock()
_schema = functools.cache(validate.read)


def fault_of(text):
    """What is wrong with lines of JSON, or None: for few lines, at once and in this process."""
    with _once:
        check = _schema()
    return validate.fault(check, text.encode(errors="surrogateescape").splitlines(keepends=True))


class Validation:
    """Started by the first add(). finish() has the outcome of everything that was added."""

    def __init__(self, processes):
        self._processes = processes
        self._process = self._feeder = None
        self._blocks = queue.SimpleQueue()  # of lines; None ends them
        self._sources = []  # (the first line, whose they are) of each block
        self._lock = threading.Lock()
        self._hurries = False
        self.count = 0  # lines

    def add(self, source, lines):
        """Lines as they came from `source`, the command that wrote them."""
        if not lines:
            return
        with self._lock:
            if not self._process:
                self._start()
            self._sources.append((self.count + 1, source))
            self.count += len(lines)
            self._blocks.put(lines)

    def hurry(self):
        """Nothing is measured any more: it gets the priority of any process, or the run would
        wait for it at its end."""
        with self._lock:
            self._hurries = True
            if not self._process:
                return
        os.setpriority(os.PRIO_PROCESS, self._process.pid, 0)
        try:
            pathlib.Path(f"/proc/{self._process.pid}/autogroup").write_text("0", encoding="ascii")
        except OSError:  # this kernel does not group by session
            pass

    def finish(self):
        """(exit status, stdout, stderr) of the validator, after all that was added."""
        self.hurry()
        self._blocks.put(None)
        self._feeder.join()
        out, errors = self._process.communicate()
        return self._process.returncode, out, errors

    def sources(self):
        """Who wrote from which line on."""
        return "\n".join(f"from line {first} on: {source}" for first, source in self._sources)

    def _start(self):
        slowly = [] if self._hurries else ["sh", "-c", LOWEST_PRIORITY, "sh"]
        self._process = self._processes.start(
            [*slowly, sys.executable, str(VALIDATOR)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self._feeder = threading.Thread(target=self._feed, daemon=True)
        self._feeder.start()

    def _feed(self):
        try:
            while (lines := self._blocks.get()) is not None:
                self._process.stdin.writelines(lines)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended at the first bad line, and says which
