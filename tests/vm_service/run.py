#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Do in a virtual machine what docs/production.md says, from apt install to purge.

    tests/vm_service/run.py --directory DIR --output DIR --versions 'FIRST LATER'
                            [--until STEP] SUITE...

DIR/SUITE has what tests/vm_service/roots.sh made. Each suite's machine is started once; its steps
(steps/) follow each other, and what one does the next ones find. "ok SUITE STEP" or "FAIL SUITE
STEP: WHY" for each, "N passed, N failed" at the end; exit 0 when none failed. A step that fails is
followed by the service's journal as it is then. How long each took is in OUTPUT/times-SUITE.
"""

import argparse
import pathlib
import platform
import signal
import sys
import time
import traceback

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))
sys.path.insert(0, str(TESTS / "vm_service"))
sys.dont_write_bytecode = True

import steps  # noqa: E402
from lib.outcome import Failure  # noqa: E402
from lib.tally import Tally  # noqa: E402
from machine import Machine  # noqa: E402
from visit import Visit  # noqa: E402

JOURNAL_SHOWN = 25  # lines


class Run:
    """One suite's machine."""

    def __init__(self, suite, options, tally):
        self.suite, self.options, self.tally = suite, options, tally
        self.times = options.output / f"times-{suite}"
        self.times.write_text("")
        console = options.output / f"console-{suite}"
        self.machine = Machine(options.directory / suite, console)
        self.visit = Visit(self.machine, options.versions)

    def step(self, name, function, *args):
        """True when it went well; otherwise what is needed to see why is printed."""
        begun, outcome = time.monotonic(), None
        try:
            function(*args)
        except Failure as failure:
            outcome = failure
        except Exception:  # a bug of the step, or output of another form
            outcome = Failure("the step broke\n" + traceback.format_exc())
        with self.times.open("a", encoding="utf-8") as times:
            times.write(f"{time.monotonic() - begun:8.1f} s  {name}\n")
        self.tally.add(name, outcome, f"{self.suite} ")
        if outcome and name not in ("power_on", "power_off"):
            self.show()
        return not outcome

    def show(self):
        try:
            journal = self.machine.run(
                f"journalctl -u sockleak -n {JOURNAL_SHOWN} --no-pager; systemctl --failed", 120)
            print("".join(f"    {line}\n" for line in journal.out.splitlines()), end="")
        except Failure as failure:
            print(f"    no journal: {failure}")
        print(f"    the machine's console: {self.machine.console}", flush=True)

    def steps(self):
        if not self.step("power_on", self.machine.wait_boot):
            return
        for function in steps.ALL:
            if not self.machine.alive():
                self.tally.add(function.__name__, Failure("the machine has ended before"),
                               f"{self.suite} ")
                continue
            self.step(function.__name__, function, self.visit)
            if function.__name__ == self.options.until:
                break
        if self.machine.alive():
            self.step("power_off", self.machine.off)


def parse_options():
    parser = argparse.ArgumentParser(description="The production page, in a machine of its own.")
    parser.add_argument("--directory", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--output", type=pathlib.Path, required=True, metavar="DIR",
                        help="where consoles and times are kept")
    parser.add_argument("--versions", required=True, type=lambda text: text.split(),
                        metavar="'FIRST LATER'", help="of the packages in the image")
    parser.add_argument("--until", metavar="STEP", help="the last step")
    parser.add_argument("suite", nargs="+")
    return parser.parse_args()


def main():
    options = parse_options()
    known = [function.__name__ for function in steps.ALL]
    if options.until and options.until not in known:
        print(f"tests/vm_service/run.py: no step {options.until} (they are {', '.join(known)})",
              file=sys.stderr)
        return 2
    if platform.machine() != "x86_64":
        print(f"tests/vm_service/run.py: {platform.machine()}: its machine is of x86_64 "
              "(run it there)", file=sys.stderr)
        return 2
    options.output.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # qemu is ended on the way
    tally = Tally(verbose=True)
    for suite in options.suite:
        run = Run(suite, options, tally)
        try:
            run.steps()
        finally:
            run.machine.kill()
    print(tally.summary())
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
