# SPDX-License-Identifier: BSD-2-Clause
"""Names of other languages that only debug information has: functions that are inlined."""

import re
import subprocess

from lib.outcome import Failure
from lib.registry import BUILDS, case

# As GNAT has it: the name of a function is the linker's, in debug information too.
SOURCE = """
#include <sys/socket.h>
#include <unistd.h>
static inline __attribute__((always_inline)) int net_pool__keep(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	__asm__ volatile("" ::"r"(fd));
	return fd;
}
__attribute__((noinline)) int net_pool__open_it(void)
{
	int fd = net_pool__keep();

	__asm__ volatile("" ::"r"(fd));
	return fd;
}
int main(void)
{
	return net_pool__open_it() < 0 || pause();
}
int runtime __asm__("__gnat_initialize");
"""
ADA_95 = "0xd"


def compile_as_ada(directory):
    """A program of C whose debug information calls it Ada."""
    assembly = directory / "adalike.s"
    (directory / "adalike.c").write_text(SOURCE)
    subprocess.run(["gcc", "-O1", "-g", "-dA", "-S", "-o", assembly, directory / "adalike.c"],
                   check=True)
    text, count = re.subn(r"0x[0-9a-f]+(\t+# DW_AT_language)", ADA_95 + r"\1", assembly.read_text())
    if count != 1:
        raise Failure(f"expected one DW_AT_language of gcc, seen: {count}")
    assembly.write_text(text)
    program = directory / "adalike"
    subprocess.run(["gcc", "-o", program, assembly], check=True)
    return program


@case(stage=BUILDS)
def languages_inlined_ada(bench):
    """An inlined function of Ada is named once, as it is written."""
    agent = bench.agent("--comm", "adalike", "--older-than", "500ms", "--interval", "100ms")
    process = bench.processes.start([str(compile_as_ada(bench.directory))])
    agent.wait_for(lambda a: a.of("leak", pid=process.pid), "its leak")
    names = [frame["function"] for frame in agent.of("leak", pid=process.pid)[0]["stack"]]
    wanted = ["net_pool.keep", "net_pool.open_it", "main"]
    if names[1:4] != wanted:
        raise Failure(f"expected {wanted} behind the call, seen: {names}")
    agent.stop()
