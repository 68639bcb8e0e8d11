#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What sockleak costs in instructions, on kernels under a qemu that counts them.

    tests/bench/instructions.py --initramfs FILE --kernels DIR --sockleak FILE [--before FILE]
                                [--only NAME]... SUITE/SERIES...

`make bench-instructions` runs it, without root. The clock of such a machine goes on by one ns an
instruction, so that driver.c, which takes times, counts instructions: the same ones again and
again, whatever else the host does. Caches, locks and the price of one instruction beside
another's are not in them. Each kernel is booted once; everything is attached there in turn, and
all operations are run under it. Figures go to OUTPUT as JSON; document.py writes
docs/performance.md. Ends with 1 when a bar of instruction_bars.py is missed or a kernel fails.
"""

import argparse
import datetime
import json
import pathlib
import statistics
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "vm"), str(TESTS / "bench")]
sys.dont_write_bytecode = True

import counted  # noqa: E402
import instruction_bars  # noqa: E402
import instruction_tables  # noqa: E402
from configurations import Unavailable  # noqa: E402
from guest import COUNTING, Guest  # noqa: E402
from lib import guard  # noqa: E402
from lib.outcome import Failure  # noqa: E402
from lib.registry import matches  # noqa: E402

OPERATIONS = ["getppid", "dup", "open", "socket", "udp", "tcp"]


def note(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def measure(options, driver):
    """operation -> {typical, mean}: the median batch's, after one that only warms up."""
    found = {}
    for operation in OPERATIONS:
        driver.run(operation, options.batch_ms)
        batches = [driver.run(operation, options.batch_ms) for _ in range(options.batches)]
        found[operation] = {
            "typical": statistics.median(typical for typical, _ in batches),
            "mean": statistics.median(mean for _, mean in batches),
        }
    return found


def turn(options, guest, driver, configuration):
    """One configuration, from attaching it to its end."""
    found = {"name": configuration.name, "title": configuration.title, "unavailable": None}
    begun = time.monotonic()
    try:
        configuration.start(guest)
    except Unavailable as error:
        note(f"{guest.release}: not available: {configuration.title}: {error}")
        return found | {"unavailable": str(error)}
    try:
        found["operations"] = measure(options, driver)
    finally:
        found["lost"] = configuration.stop()
    note(f"{guest.release}: {configuration.title}: {time.monotonic() - begun:.0f} s")
    return found


def run_kernel(options, directory, configurations):
    """One boot: (what was measured in it, why no more was, or None)."""
    release = (directory / "release").read_text().strip()
    options.console.mkdir(parents=True, exist_ok=True)
    guest = Guest(directory / "vmlinuz", options.initramfs, options.console / f"console-{release}",
                  options.append, COUNTING)
    found = []
    failure = None
    try:
        guest.wait_ready()
        driver = counted.Driver(guest)
        for configuration in configurations:
            found.append(turn(options, guest, driver, configuration))
        driver.close()
        guest.off()
    except Failure as error:
        failure = f"{release}: {error}"
    finally:
        guest.kill()
    return {"release": release, "configurations": found}, failure


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--initramfs", type=pathlib.Path, required=True, metavar="FILE")
    parser.add_argument("--kernels", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--console", type=pathlib.Path, required=True, metavar="DIR",
                        help="where the kernels' consoles are kept")
    parser.add_argument("--sockleak", type=pathlib.Path, required=True, metavar="FILE",
                        help="the one in the initramfs, to be asked for its kinds of hooks")
    parser.add_argument("--before", type=pathlib.Path, metavar="FILE",
                        help="another build, in the initramfs as 'before', to compare with")
    parser.add_argument("--output", type=pathlib.Path, required=True, metavar="FILE")
    parser.add_argument("--batch-ms", type=int, default=15, help="instructions in a batch, 10^6")
    parser.add_argument("--batches", type=int, default=3, help="of one operation, to be counted")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="configurations like NAME (may hold *); nothing is always one")
    parser.add_argument("--append", default="", metavar="WORDS",
                        help="more for the kernels' command line, such as preempt=full")
    parser.add_argument("kernel", nargs="+", metavar="SUITE/SERIES")
    return parser.parse_args()


def main():
    options = parse_options()
    guard.begin()
    begun = time.monotonic()
    chosen = [c for c in counted.every(options.sockleak, options.before)
              if c.name in ("nothing", "again") or matches(c.name, options.only)]
    version = subprocess.run(["qemu-system-x86_64", "--version"], text=True, capture_output=True,
                             check=True).stdout.splitlines()[0]
    result = {"command": "make bench-instructions", "version": version, "kernels": [],
              "append": options.append, "only": options.only, "failures": [],
              "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")}
    for name in options.kernel:
        directory = options.kernels / name
        if not (directory / "package").exists():
            result["failures"].append(f"{name}: it could not be had: see above")
            continue
        kernel, failure = run_kernel(options, directory, chosen)
        if kernel["configurations"]:
            result["kernels"].append(kernel)
        if failure:
            result["failures"].append(failure)
    result["took_s"] = round(time.monotonic() - begun)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n")
    print(instruction_tables.report(result))
    note(f"all figures are in {options.output}")
    missed = instruction_bars.shortfalls(result)
    for line in missed + result["failures"]:
        note(line)
    return int(bool(missed or result["failures"]))


if __name__ == "__main__":
    sys.exit(main())
