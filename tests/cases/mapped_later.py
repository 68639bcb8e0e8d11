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
int main(int argc, char **argv)
{
	int (*make)(void);
	void *library;

	made_at_once();
	usleep(300000);
	library = dlopen("./libmapped_later.so", RTLD_NOW);
	make = library ? (int (*)(void))dlsym(library, "made_later") : 0;
	for (int i = 0; make && i < (argc > 1 ? 1 : 3); i++) {
		make();
		if (argc > 1)
			dlclose(library);
		usleep(argc > 1 ? 400000 : 30000);
	}
	(void)argv;
	return !make;
}
"""


def leaked(bench, *args):
    """(status, stderr) of `run`."""
    directory = bench.directory / "-".join(("mapped_later", *args))
    directory.mkdir()
    for name, source, flags in (
        ("libmapped_later.so", LIBRARY, ("-shared", "-fPIC")), ("mapped_later", PROGRAM, ("-ldl",)),
    ):
        subprocess.run(["gcc", "-g", "-x", "c", "-", "-o", directory / name, "-x", "none",
                        *flags], input=source, text=True, check=True)
    command = " ".join((f"cd {directory} && exec ./mapped_later", *args))
    status, _, errors = bench.run("run", "--debug", "--", "sh", "-c", command, timeout=60)
    return status, errors


@case
def mapped_later(bench):
    """A library that is loaded 0.3 s after the mappings were read is in the stacks of `run`."""
    status, errors = leaked(bench)
    named = errors.count(" made_later in "), errors.count(" made_at_once in ")
    short = re.findall(r"process \d+: \d+ frames \((?!snapshot).*", errors)
    if status or named != (3, 1) or short or "Nothing was lost." not in errors:
        raise Failure(f"expected 3 and 1 whole stacks, seen {status}, {named}: {errors}")


@case
def mapped_for_a_moment(bench):
    """One that is unloaded at once: its stack is whole, or counted as lost."""
    status, errors = leaked(bench, "unload")
    is_lost, is_named = "Lost: stack_astray 1 (" in errors, " made_later in " in errors
    if status or is_lost == is_named:
        raise Failure(f"expected one stack whole or counted as lost, seen {status}: {errors}")
