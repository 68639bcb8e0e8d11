# SPDX-License-Identifier: BSD-2-Clause
"""A library that a program maps after its mappings were read: its stacks are whole all the same."""

import re
import subprocess

from lib.outcome import Failure
from lib.registry import case

LIBRARY = """
#include <sys/socket.h>
#include <unistd.h>
int made_later(void) { return socket(AF_INET, SOCK_STREAM, 0) + 0 * getppid(); }
"""
# The first socket has the mappings read, in the first sweep after it.
PROGRAM = """
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>
static int made_at_once(void) { return socket(AF_INET, SOCK_STREAM, 0); }
int main(void)
{
	int (*make)(void);
	void *library;

	made_at_once();
	usleep(300000);
	library = dlopen("./libmapped_later.so", RTLD_NOW);
	make = library ? (int (*)(void))dlsym(library, "made_later") : 0;
	for (int i = 0; make && i < 3; i++) {
		make();
		usleep(30000);
	}
	return !make;
}
"""


@case
def mapped_later(bench):
    """A library that is loaded 0.3 s after the mappings were read is in the stacks of `run`."""
    for name, source, args in (
        ("libmapped_later.so", LIBRARY, ("-shared", "-fPIC")), ("mapped_later", PROGRAM, ("-ldl",)),
    ):
        subprocess.run(["gcc", "-g", "-x", "c", "-", "-o", bench.directory / name, "-x", "none",
                        *args], input=source, text=True, check=True)
    status, _, errors = bench.run(
        "run", "--debug", "--", "sh", "-c", f"cd {bench.directory} && exec ./mapped_later",
        timeout=60)
    named = errors.count(" made_later in "), errors.count(" made_at_once in ")
    short = re.findall(r"process \d+: \d+ frames \((?!snapshot).*", errors)
    if status or named != (3, 1) or short:
        raise Failure(f"expected 3 and 1 whole stacks, seen {status}, {named}: {errors}")
