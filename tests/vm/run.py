#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boot other kernels under qemu, and run sockleak and the test programs in them.

    tests/vm/run.py --initramfs FILE --kernels DIR --output DIR --sockleak FILE [--only NAME]...
                    [-v] [--append WORDS] [--two] SUITE/SERIES...

Each kernel is booted twice, one after the other. In the first machine run all plain programs of
tests/programs at once, under an agent for each kind of hooks that the kernel has, in two groups;
what they say is judged here, by the judge of tests/run.py. Its clock counts instructions, so that
the host's other work ends nobody's patience in it. --two gives it two processors and the host's
clock, for a quiet host. Of a kind that misses calls on such a kernel, as its agent says at the
start, a check that fails is skipped: doctor must show that `auto` takes another. In the second
machine, which has two processors, hooks are preempted: preempted.py.

"ok KERNEL NAME" or "FAIL KERNEL NAME: WHY" for each check, "N passed, N failed" at the end; exit 0
when none failed. SUITE/SERIES! is a kernel too old for sockleak, of which only a decent refusal is
expected, in one machine. "note" lines are no verdicts: how often the kernel did not run a program
of ours, since another run of it was under way there.
"""

import argparse
import contextlib
import json
import pathlib
import platform
import re
import sys
import traceback

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))
sys.path.insert(0, str(TESTS / "vm"))
sys.dont_write_bytecode = True

import preempted  # noqa: E402
from cases.programs import expect_no_losses, plain_programs  # noqa: E402
from guest import STEADY, TWO_PROCESSORS, Guest  # noqa: E402
from lib import agent, guard, session  # noqa: E402
from lib.hook_kinds import hook_kinds  # noqa: E402
from lib.outcome import Failure, Skip  # noqa: E402
from lib.program import Program  # noqa: E402
from lib.registry import matches  # noqa: E402
from lib.session import Session, run_sessions  # noqa: E402
from lib.tally import Tally  # noqa: E402

# Not all at once: from Linux 7.2 on, what is preempted in a program of a tracepoint keeps those of
# kprobes and of raw_syscalls on that processor from running, whoever's they are.
GROUPS = (("kprobe.multi", "raw_syscalls"), ("fentry", "tracepoint", "raw_tp"))
# What kernels of the matrix lack. All others must be had: that one is refused is a failure.
ABSENT = {"6.1": {"kprobe.multi"}}
MISSES = "hooks of this kind miss calls on this kernel"
SOCKLEAK = "/bin/sockleak"
BPFTOOL = "/bin/bpftool"
SHORT_RUN_S = 120
# The first full sweep, the last one, and one each FULL_SWEEP_S; a program lasts for some 7 s.
DIRECT_FULL_SWEEPS = 5
FULL_SWEEP_S = 10
# Some ten times as slow as a host, and niced: late is not wrong.
PATIENCE_S = 400
# What is only said when the kernel itself is in trouble.
TROUBLE = re.compile(r"BUG:|WARNING:|Oops|Call Trace|rcu.*(stall|detected)|soft lockup|panic")


class GuestProgram(Program):
    """Whether its next phase has come is asked for longer than on a host."""

    def at_last_phase(self, patience=20.0):
        return super().at_last_phase(patience)


class Kernel:
    """One kernel, and the checks in it."""

    def __init__(self, options, directory, tally):
        self.options = options
        self.directory = directory
        self.release = (directory / "release").read_text().strip()
        self.name = ".".join(self.release.split(".")[:2])
        self._tally = tally
        self.guest = None
        self.misses = set()  # names of agents whose hooks miss calls here

    def _report(self, name, outcome):
        if isinstance(outcome, Failure) and name[name.find("@"):] in self.misses:
            print(f"note {self.name} {name}: {outcome}", flush=True)
            outcome = Skip(MISSES)
        self._tally.add(name, outcome, f"{self.name} ")

    def wants(self, name):
        return matches(name, self.options.only)

    def check(self, name, function, *args):
        if not self.wants(name):
            return
        try:
            function(*args)
            self._report(name, None)
        except (Failure, Skip) as outcome:
            self._report(name, outcome)
        except Exception:  # a bug of the check, or output of another form
            self._report(name, Failure("the check broke\n" + traceback.format_exc()))

    def boot(self, name, append, machine):
        console = self.options.output / f"console-{self.name}{name}"
        self.guest = Guest(self.directory / "vmlinuz", self.options.initramfs, console,
                           f"{self.options.append} {append}", machine)
        self.guest.wait_ready()
        if self.guest.release != self.release:
            raise Failure(f"expected {self.release}, seen: {self.guest.release}")

    def run(self, refused):
        """All the checks, in a machine or two."""
        if refused:
            self.machine("", "", STEADY,
                         lambda: self.check("refused", check_refusal, self.guest))
            return
        kinds = preempted.names([kind for kind in self.options.kinds
                                 if kind not in ABSENT.get(self.name, ())])
        if not self.options.only or any(not name.startswith("preempted") for name in
                                        self.options.only):
            self.machine("", "", TWO_PROCESSORS if self.options.two else STEADY, self.watch)
        if any(self.wants(name) for name in kinds):
            self.machine("@preempted", preempted.APPEND, TWO_PROCESSORS,
                         lambda: self.preempt(kinds))

    def machine(self, name, append, machine, checks):
        """One boot. A machine that ends too early fails those that it did not come to."""
        self.guest = None
        try:
            self.boot(name, append, machine)
            self._report("boot" + name, None)
            checks()
        except Failure as failure:
            booted = self.guest and self.guest.release
            self._report(("run" if booted else "boot") + name, failure)
        if self.guest:
            try:
                self.guest.off()
                self._report("end" + name, None)
            except Failure as failure:
                self._report("end" + name, failure)
            self.check("console" + name, check_console, self.guest)

    def preempt(self, kinds):
        for name, kind in kinds.items():
            self.check(name, self.preempt_one, name, kind)

    def preempt_one(self, name, kind):
        figures = preempted.check(self.guest, SOCKLEAK, kind, PATIENCE_S)
        print(f"note {self.name} {name}: {figures}", flush=True)

    def watch(self):
        self.check("doctor", check_doctor, self.guest)
        self.check("comm", check_comm, self.guest)
        for kind in ("fentry", "kprobe.multi"):
            if kind not in ABSENT.get(self.name, ()):
                self.check(f"direct@{kind}", check_direct, self.guest, kind)
        for kinds in GROUPS:
            self.watch_by([kind for kind in kinds if kind not in ABSENT.get(self.name, ())])

    def watch_by(self, kinds):
        """All programs at once, under an agent for each of these kinds of hooks."""
        agents = [agent.Agent(self.guest, SOCKLEAK, ["--hooks", kind], f"@{kind}")
                  for kind in kinds]
        for one in agents:
            self.check("load" + one.name, one.wait_ready, PATIENCE_S)
            if not self.wants("load" + one.name):  # no program begins before it watches
                with contextlib.suppress(Failure):
                    one.wait_ready(PATIENCE_S)
        agents = [one for one in agents if one.process.poll() is None]
        self.misses |= {one.name for one in agents if any("hooks miss calls on this kernel" in line
                                                          for line in one.errors)}
        if not agents:
            raise Failure("expected a sockleak that runs, seen: none")
        self.check("scan" + agents[0].name, check_scan, self.guest, agents)
        for one in agents:  # before the crowd, which makes the resolver late
            self.check("at_limit" + one.name, check_at_limit, self.guest, one)
        self.programs(agents)
        self.note_skipped()
        for one in agents:
            self.check("stack" + one.name, check_stack, one)
        for one in agents:
            self.check("summary" + one.name, check_summary, one)
            events = self.options.output / f"events-{self.name}{one.name}"
            events.write_text("".join(one.lines))

    def note_skipped(self):
        """Those of all agents together, by the kernel's own count."""
        status, out, errors = self.guest.run([BPFTOOL, "--json", "prog", "show"], SHORT_RUN_S)
        if status:
            raise Failure(f"expected a list of programs, seen: {status} {errors}")
        skipped = {}
        for program in json.loads(out):
            name, misses = program.get("name"), program.get("recursion_misses", 0)
            if misses:
                skipped[name] = skipped.get(name, 0) + misses
        if skipped:
            reported = ", ".join(f"{name} {count}" for name, count in sorted(skipped.items()))
            print(f"note {self.name} programs that the kernel did not run: {reported}", flush=True)

    def programs(self, agents):
        names = [n for n in plain_programs() if any(self.wants(n + a.name) for a in agents)]
        sessions = []
        for name in names:
            program = GuestProgram(self.guest, name, [f"/programs/{name}"], agents)
            sessions.append(Session(program, agents))
        for one in run_sessions(sessions):
            for watcher, outcome in one.outcomes.items():
                self._report(one.program.name + watcher.name, outcome)


def check_refusal(guest):
    """One line that says why, and the status of a host that does not let it run."""
    status, out, errors = guest.run([SOCKLEAK, "--duration", "1s"], SHORT_RUN_S)
    lines = errors.splitlines()
    if status != 3 or out or len(lines) != 1 or not lines[0].startswith("sockleak: "):
        raise Failure(f"expected exit 3 and one line, seen: {status}, {out!r}, {lines}")


def check_doctor(guest):
    status, out, errors = guest.run([SOCKLEAK, "doctor", "--json"], SHORT_RUN_S)
    if status or errors:
        raise Failure(f"expected exit 0, seen: {status}: {out} {errors}")
    found = {finding["name"]: finding for finding in json.loads(out)["findings"]}
    if "loaded and attached" not in found["programs"]["finding"]:
        raise Failure(f"expected the programs to be loaded, seen: {found['programs']}")
    if found["hooks"]["status"] != "ok" or "missed" in found["hooks"]["finding"]:
        raise Failure(f"expected hooks that miss nothing, seen: {found['hooks']}")
    if ("and io_uring" in found["hooks"]["finding"]) != ("32-bit" in found["hooks"]["finding"]):
        raise Failure(f"expected hooks on functions to see io_uring, seen: {found['hooks']}")
    failed = [finding for finding in found.values() if finding["status"] == "failed"]
    if failed:
        raise Failure(f"expected nothing that has failed, seen: {failed}")


def check_scan(guest, agents):
    """It finds a socket, and has its class and stack from an agent that runs."""
    program = GuestProgram(guest, "held", ["/programs/held"], agents)
    try:
        trouble = program.wait_ready(PATIENCE_S)
        if trouble:
            raise Failure(trouble)
        inode = next(iter(program.phase.leaks))
        for one in agents:
            one.wait_for(lambda a: inode in a.open_leaks(), f"a leak of {inode}", PATIENCE_S)
        status, out, errors = guest.run([SOCKLEAK, "scan", "--json"], SHORT_RUN_S)
        lines = [json.loads(line) for line in out.splitlines()]
        found = [line for line in lines if line.get("inode") == inode]
        if status or len(found) != 1:
            raise Failure(f"expected exit 0 and inode {inode} once, seen: {status} {out} {errors}")
        functions = [frame["function"] for frame in found[0]["stack"] or []]
        if found[0]["class"] != "never_used" or "make_socket" not in functions:
            raise Failure(f"expected class and stack of an agent, seen: {found[0]}")
    finally:
        program.end()


def check_comm(guest):
    """With --comm alone an executable's name is read: by hooks, sweeps and a scan."""
    agents = [agent.Agent(guest, SOCKLEAK, ["--hooks", hooks, "--comm", "renamed"], f"@{hooks}")
              for hooks in ("auto", "raw_syscalls")]
    program = None
    try:
        for one in agents:
            one.wait_ready(PATIENCE_S)
        program = GuestProgram(guest, "renamed", ["/programs/renamed"], agents)
        trouble = program.wait_ready(PATIENCE_S)
        if trouble:
            raise Failure(trouble)
        inode = next(iter(program.phase.leaks))
        for one in agents:
            event = one.wait_for(lambda a: a.of("leak", inode=inode), "a leak", PATIENCE_S)[0]
            seen = (event["class"], event["comm"], event["name"])
            if seen != ("never_used", "AMainThread", "renamed"):
                raise Failure(f"expected both names, and its creation seen, seen: {event}")
        scan = [SOCKLEAK, "scan", "--comm", "renamed", "--json"]
        status, out, errors = guest.run(scan, SHORT_RUN_S)
        if status or f'"inode":{inode},' not in out or errors:
            raise Failure(f"expected inode {inode}, seen: {status} {out} {errors}")
    finally:
        if program:
            program.end()
        for one in agents:
            one.stop()


def check_direct(guest, kind):
    """Sockets without a descriptor, which no fd table has, are no reason for full sweeps."""
    watcher = agent.Agent(guest, SOCKLEAK, [
        "--hooks", kind, "--comm", "io_uring_direct", "--full-sweep-interval", f"{FULL_SWEEP_S}s",
    ])
    program = None
    try:
        watcher.wait_ready(PATIENCE_S)
        program = GuestProgram(guest, "io_uring_direct", ["/programs/io_uring_direct"], [watcher])
        trouble = program.wait_ready(PATIENCE_S)
        if trouble:
            raise Failure(trouble)
        program.next_phase()
        trouble = program.wait_ready(PATIENCE_S)
        if trouble:
            raise Failure(trouble)
    finally:
        if program:
            program.end()
        summary = watcher.stop()
    seen = summary["counters"]["uring_socket"]
    if not seen or summary["full_sweeps"] > DIRECT_FULL_SWEEPS + summary["duration_s"] / FULL_SWEEP_S:
        raise Failure(f"expected few full sweeps for {seen} sockets, seen: "
                      f"{summary['full_sweeps']} of {summary['sweeps']} sweeps")
    print(f"note {guest.release} direct@{kind}: {summary['full_sweeps']} full sweeps of "
          f"{summary['sweeps']} for {seen} sockets", flush=True)


def check_at_limit(guest, watcher):
    """Calls of socket() that fail for want of a descriptor: how many, and the stack."""
    tries = 7
    command = ["/programs/at_limit", "files", str(tries)]
    program = GuestProgram(guest, "at_limit", command, [watcher])
    try:
        trouble = program.wait_ready(PATIENCE_S)
        if trouble:
            raise Failure(trouble)
        line = watcher.wait_for(
            lambda a: a.of("at_limit", pid=program.pid), "a line of its limit", PATIENCE_S
        )[0]
        functions = [frame["function"] for frame in line["stack"] or []]
        seen = [line["errno"], line["failures"], line["fds_limit"], line["stack_source"]]
        if seen != ["EMFILE", tries, 64, "snapshot"] or "ask_in_vain" not in functions:
            raise Failure(f"expected {tries} failures in ask_in_vain, seen: {seen}, {functions}")
    finally:
        program.end()


def check_stack(watcher):
    """Of some leak of `held` all of its stack, by a snapshot, from socket() to the start."""
    leaks = [e for e in watcher.of("leak", comm="held") if e["class"] == "never_used"]
    seen = [f"no leak of held among {len(watcher.events)} events"]
    for event in leaks:
        functions = [frame["function"] for frame in event["stack"] or []]
        if (event["stack_source"] == "snapshot" and not event["stack_truncated"]
                and "make_socket" in functions and "main" in functions
                and functions[-1] == "_start"):
            return
        seen = [event["stack_source"], event["stack_truncated"], functions]
    raise Failure(f"expected a snapshot with make_socket, main and _start, seen: {seen}")


def check_summary(watcher):
    """It ends in order, saw by the hooks that it was told to use, and lost nothing."""
    summary = watcher.stop()
    if summary["hooks"] != watcher.name[1:]:
        raise Failure(f"expected hooks {watcher.name[1:]}, seen: {summary['hooks']}")
    expect_no_losses(summary)


def check_console(guest):
    said = guest.console.read_text(errors="replace").splitlines()
    trouble = [line for line in said if TROUBLE.search(line)]
    if trouble:
        raise Failure(f"expected no complaint of the kernel, seen: {trouble[:6]}")


def parse_options():
    parser = argparse.ArgumentParser(description="Run sockleak on other kernels, under qemu.")
    parser.add_argument("--initramfs", type=pathlib.Path, required=True, metavar="FILE")
    parser.add_argument("--kernels", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--output", type=pathlib.Path, required=True, metavar="DIR",
                        help="where the kernels' consoles are kept")
    parser.add_argument("--sockleak", type=pathlib.Path, required=True, metavar="FILE",
                        help="the one in the initramfs, to be asked for its kinds of hooks")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="checks like NAME (may hold *)")
    parser.add_argument("--append", default="", metavar="WORDS",
                        help="more for the kernels' command line, such as preempt=lazy")
    parser.add_argument("--two", action="store_true",
                        help="the first machine has two processors, and the host's clock")
    parser.add_argument("-v", "--verbose", action="store_true", help="print the time of each")
    parser.add_argument("kernel", nargs="+", metavar="SUITE/SERIES[!]")
    return parser.parse_args()


def main():
    options = parse_options()
    if platform.machine() != "x86_64":
        print(f"tests/vm/run.py: {platform.machine()}: its kernels are of x86_64 (run it there)",
              file=sys.stderr)
        return 2
    guard.begin()
    options.output.mkdir(parents=True, exist_ok=True)
    options.kinds = hook_kinds(options.sockleak)
    session.READY_TIMEOUT_S = session.VERDICT_TIMEOUT_S = PATIENCE_S
    tally = Tally(options.verbose)
    done = set()
    for name in options.kernel:
        directory = options.kernels / name.rstrip("!")
        if not (directory / "package").exists():
            tally.add("fetch", Failure("it could not be had: see above"), f"{name} ")
            continue
        kernel = Kernel(options, directory, tally)
        if kernel.release in done:
            continue
        done.add(kernel.release)
        try:
            kernel.run(refused=name.endswith("!"))
        finally:
            if kernel.guest:
                kernel.guest.kill()
    print(tally.summary())
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
