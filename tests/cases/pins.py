# SPDX-License-Identifier: BSD-2-Clause
"""--pin: what is known of the sockets that are pending outlives a sockleak, and its hooks do not."""

import contextlib
import datetime
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

from lib.agent import OLDER_THAN_S
from lib.outcome import Failure
from lib.registry import case, cases
from lib.service import Service, preloaded
from lib.session import expect_all

# What the next run tells of a leak as the one before did.
LASTING = (
    "inode", "pid", "creator_pid", "tid", "comm", "thread", "uid", "fd", "family", "socket_type",
    "class", "site", "culprit", "package", "stack", "stack_source", "stack_truncated",
    "evidence", "cgroup_id",
)
LEAKS = 15  # fewer than --sample-after: of each its stack is copied
MANY = 2000


@contextlib.contextmanager
def bpffs(bench):
    """A bpffs of the case's own; the directory for --pin on it."""
    directory = tempfile.mkdtemp(prefix="bpffs-", dir=bench.directory)
    mounted = subprocess.run(
        ["mount", "-t", "bpf", "bpf", directory], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        raise Failure(f"expected that a bpffs can be mounted, seen: {mounted.stderr.strip()}")
    try:
        yield pathlib.Path(directory) / "sockleak"
    finally:
        subprocess.run(["umount", "-l", directory], check=False)


def end(agent, how):
    """Stop it, politely or not. Its summary when there is one."""
    if how != signal.SIGKILL:
        return agent.stop(how)
    agent.process.kill()
    agent.process.wait(20)
    return None


def leak(program, agent, more=()):
    """Begin its next phase, and return its leaks by inode once the agent has reported them."""
    program.next_phase()
    trouble = program.wait_ready()
    if trouble:
        raise Failure(trouble)
    wanted = set(program.phase.leaks) | set(more)
    if agent:
        agent.wait_for(lambda a: wanted <= set(a.open_leaks()), f"{len(wanted)} leaks")
    return agent.open_leaks() if agent else wanted


def said(agent, *words):
    """The lines on stderr with all these words."""
    return [line for line in agent.errors if all(word in line for word in words)]


def made(event):
    return datetime.datetime.fromisoformat(event["created"].replace("Z", "+00:00"))


def expect_same(before, after):
    for inode, event in before.items():
        # the clock that is reported may be set; the one that counts is the kernel's
        moved = abs((made(after[inode]) - made(event)).total_seconds())
        if moved > 0.5:
            raise Failure(f"expected it made at {event['created']}, seen: {moved:.3f} s off")
        for field in LASTING:
            if after[inode].get(field) != event.get(field):
                raise Failure(
                    f"expected {field} of {inode} as before the restart: {event.get(field)}, "
                    f"seen: {after[inode].get(field)}"
                )


def pending_after_sweeps(agent):
    """How many sockets are pending when some more sweeps are done."""
    agent.wait_quiet(240)
    return agent.summaries[-1][1]["pending"]


@cases(names=["pins_sigterm", "pins_sigkill"])
def restarted(bench):
    """Leaks are reported again with all that was known of them; a new one is counted once."""
    for name, how in (("pins_sigterm", signal.SIGTERM), ("pins_sigkill", signal.SIGKILL)):
        if bench.wants(name):
            try:
                restart(bench, name, how)
                yield name, None
            except Failure as failure:
                yield name, failure


def restart(bench, comm, how):
    with bpffs(bench) as pin:
        first = bench.agent("--comm", comm, "--pin", pin)
        program = bench.program(str(bench.copy("many", comm)), LEAKS, agents=[first])
        before = leak(program, first)
        end(first, how)
        second = bench.agent("--comm", comm, "--pin", pin)
        second.wait_for(lambda a: set(before) <= set(a.open_leaks()), "the leaks of before")
        expect_same(before, second.open_leaks())
        if not said(second, "restored", f"{LEAKS} sockets"):
            raise Failure(f"expected that it says so, seen: {second.errors}")
        program.next_phase()  # closes all
        program.wait_ready()
        second.wait_for(lambda a: not a.open_leaks(), "all leaks resolved")
        leak(program, second)  # one more
        program.end()
        summary = second.stop()
        seen = {key: summary["counters"][key] for key in ("socket", "tracked")}
        if set(seen.values()) != {1}:
            raise Failure(f"expected one socket() to be counted once, seen: {seen}")
        if summary["resolved"]["closed"] != LEAKS:
            raise Failure(f"expected {LEAKS} closed, seen: {summary['resolved']}")


@case
def pins_unreported(bench):
    """Killed before the threshold: the snapshots are unwound by the next run."""
    killed_before(bench, "unreported", "--older-than", "20s")


@case
def pins_young(bench):
    """Killed before any sweep has met the sockets: the next run knows them all the same."""
    killed_before(bench, "young", "--older-than", "20s", "--interval", "60s",
                  "--full-sweep-interval", "60s")


def killed_before(bench, comm, *more):
    with bpffs(bench) as pin:
        first = bench.agent("--comm", comm, "--pin", pin, *more)
        program = bench.program(str(bench.copy("many", comm)), LEAKS, agents=[first])
        wanted = leak(program, None)
        end(first, signal.SIGKILL)
        if first.open_leaks():
            raise Failure("expected no leak within 20 s")
        made_before = datetime.datetime.now(datetime.timezone.utc)
        second = bench.agent("--comm", comm, "--pin", pin)
        second.wait_for(lambda a: wanted <= set(a.open_leaks()), f"{LEAKS} leaks")
        for event in second.open_leaks().values():
            frames = [frame["function"] for frame in event["stack"] or []]
            if event["stack_source"] != "snapshot" or "make_socket" not in frames:
                raise Failure(f"expected a stack by its snapshot, seen: {event}")
            if event["class"] != "never_used" or made(event) > made_before:
                raise Failure(f"expected it to be older than the restart, seen: {event}")
        program.end()
        second.stop()


@case
def pins_gap(bench):
    """Sockets made while no agent ran are of unknown origin; those closed then are not reported."""
    with bpffs(bench) as pin:
        options = ("--comm", "gap", "--pin", pin)
        first = bench.agent(*options)
        path = str(bench.copy("many", "gap"))
        closes = bench.program(path, LEAKS, agents=[first])
        makes = bench.program(path, LEAKS, agents=[first])
        before = leak(closes, first)
        end(first, signal.SIGKILL)
        closes.next_phase()  # closes all
        closes.wait_ready()
        new = leak(makes, None)
        second = bench.agent(*options)
        second.wait_for(lambda a: new <= set(a.open_leaks()), "the leaks of the gap")
        strange = {event["class"] for event in second.of("leak")} - {"unknown_origin"}
        if strange or set(second.open_leaks()) != new:
            raise Failure(f"expected {LEAKS} of unknown origin alone, seen: {strange}")
        pending = pending_after_sweeps(second)
        if pending != LEAKS or second.of("resolved"):
            raise Failure(f"expected {LEAKS} pending and none resolved, seen: {pending}")
        if set(before) & {event["inode"] for event in second.of("leak")}:
            raise Failure("expected nothing of what was closed")
        closes.end()
        makes.end()
        second.stop()


@case
def pins_growth(bench):
    """A place that was leaking is so after a restart, and no other one."""
    with bpffs(bench) as pin:
        options = ("--comm", "growth", "--pin", pin)
        first = bench.agent(*options)
        program = bench.program(str(bench.copy("leak_by_leak", "growth")), 6, agents=[first])
        link = bench.directory / "once" / "growth"  # by its name the same, by its module not
        link.parent.mkdir()
        link.symlink_to(bench.copy("many", "growth_once"))
        once = bench.program(str(link), LEAKS, agents=[first])
        reported = set()
        for _ in range(4):  # one is reported, some sweeps later, before the next is made
            reported |= set(leak(program, first, reported))
        reported |= set(leak(once, first, reported))
        summary = first.stop(signal.SIGTERM)
        # To this run their births are but two moments: it has to know how they came.
        second = bench.agent(*options, "--interval", "4s")
        second.wait_for(lambda a: reported <= set(a.open_leaks()), "all leaks again")
        again = second.stop(signal.SIGTERM)
        seen = [[site["open"] for site in reported["leaking"]] for reported in (summary, again)]
        if seen != [[4], [4]] or again["sites"] != 2:
            raise Failure(f"expected one leaking site with 4 open, twice, seen: {seen}")
        program.end()
        once.end()


@case
def pins_connecting(bench):
    """A thread that waits in connect over the restart is no leak; its end is noted."""
    with bpffs(bench) as pin:
        options = ("--comm", "waits", "--pin", pin)
        first = bench.agent(*options)
        path = str(bench.copy("connecting_unix_fails", "waits"))
        program = bench.program(path, agents=[first])
        end(first, signal.SIGKILL)
        second = bench.agent(*options)
        program._agents = [second]  # noqa: SLF001
        program.phase.marks = {second: 0}
        second.wait_quiet()
        expect_all(program, [second])
        second.stop()


@case
def pins_connect_ended(bench):
    """A connect that failed while none ran does not hide its socket for ever."""
    with bpffs(bench) as pin:
        options = ("--comm", "failed", "--pin", pin)
        first = bench.agent(*options)
        program = bench.program(str(bench.copy("connecting_unix_fails", "failed")), agents=[first])
        end(first, signal.SIGKILL)
        wanted = leak(program, None)
        second = bench.agent(*options)
        second.wait_for(lambda a: wanted <= set(a.open_leaks()), "the leak")
        classes = {second.open_leaks()[inode]["class"] for inode in wanted}
        if classes != {"connect_failed"}:
            raise Failure(f"expected the try to count, its end not seen, seen: {classes}")
        program.end()
        second.stop()


@case
def pins_resized(bench):
    """Other sizes: what was known is forgotten, which is said once, and kept from then on."""
    with bpffs(bench) as pin:
        first = bench.agent("--comm", "resized", "--pin", pin)
        program = bench.program(str(bench.copy("many", "resized")), LEAKS, agents=[first])
        before = set(leak(program, first))
        end(first, signal.SIGTERM)
        changes = [
            ("--max-sockets", 1000), ("--stack-size", "8K"), ("--snapshots", 64),
            ("--max-stacks", 512),
        ]
        given = []
        for option, value in changes:
            given += [option, value]
            agent = bench.agent("--comm", "resized", "--pin", pin, *given)
            agent.wait_for(lambda a: before <= set(a.open_leaks()), "the leaks")
            classes = {event["class"] for event in agent.of("leak")}
            if len(said(agent, str(pin), option, "discarded")) != 1:
                raise Failure(f"expected one line on {option}, seen: {agent.errors}")
            if classes != {"unknown_origin"}:
                raise Failure(f"expected nothing to be known after {option}, seen: {classes}")
            agent.stop()
        agent = bench.agent("--comm", "resized", "--pin", pin, *given)
        if said(agent, "discarded") or not said(agent, "restored"):
            raise Failure(f"expected it to go on, seen: {agent.errors}")
        agent.stop()
        program.end()


@case
def pins_broken(bench):
    """Half of the maps, other maps, another version: all are removed, and it begins anew."""
    def lose(pin):
        (pin / "slots").unlink()

    def swap(pin):
        (pin / "reported").unlink()
        (pin / "growths").rename(pin / "reported")

    def age(pin):
        subprocess.run(
            ["bpftool", "map", "update", "pinned", str(pin / "layout"), "key", "0", "0", "0", "0",
             "value"] + ["7"] * 24, check=True,
        )

    def unfinished(pin):
        (pin / "layout").unlink()

    with bpffs(bench) as pin:
        for damage in (lose, swap, age, unfinished):
            bench.agent("--comm", "broken", "--pin", pin).stop()
            whole = sorted(os.listdir(pin))
            damage(pin)
            agent = bench.agent("--comm", "broken", "--pin", pin)
            lines = said(agent, "discarded", str(pin))
            agent.stop()
            if len(lines) != (damage is not unfinished):
                raise Failure(f"expected a line after {damage.__name__}, seen: {agent.errors}")
            if sorted(os.listdir(pin)) != whole:
                raise Failure(f"expected {whole} to be pinned, seen: {sorted(os.listdir(pin))}")
        subprocess.run(["rm", "-r", str(pin)], check=True)
        agent = bench.agent("--comm", "broken", "--pin", pin)
        if len(agent.errors) != 1:
            raise Failure(f"expected it to begin without a word, seen: {agent.errors}")
        agent.stop()


def refused(bench, pin, *words):
    status, out, errors = bench.run("trace", "--pin", pin, "--duration", "1s")
    lines = errors.splitlines()
    if status != 3 or out or len(lines) != 1 or not all(word in errors for word in words):
        raise Failure(
            f"expected exit 3 and one line with {words}, seen: exit {status}, stdout {out!r}, "
            f"stderr {errors!r}"
        )


@case
def pins_refused(bench):
    """Where nothing can be pinned, or should not: one line with the remedy, exit 3."""
    with bpffs(bench) as pin:
        refused(bench, bench.directory / "nowhere", "mount -t bpf")
        refused(bench, bench.directory, "mount -t bpf")
        refused(bench, pin / "deeper" / "still", "parent")
        first = bench.agent("--comm", "refused", "--pin", pin)
        refused(bench, pin, f"process {first.pid}", "another sockleak")
        first.stop()
        if pin.stat().st_mode & 0o7777 != 0o700:
            raise Failure(f"expected mode 700, seen: {pin.stat().st_mode:o}")
        link = bench.directory / "link-to-pins"
        link.symlink_to(pin)
        refused(bench, link, "symbolic link")
        refused(bench, f"{link}/", "symbolic link")
        pin.chmod(0o750)
        refused(bench, pin, "chmod 700")
        pin.chmod(0o700)
        os.chown(pin, 65534, 65534)
        refused(bench, pin, "another user")
        os.chown(pin, 0, 0)
        bench.agent("--comm", "refused", "--pin", f"{pin}/").stop()


def unusable(bench, pin, *words):
    """An agent goes on without: one line with the cause, and a metric. It ends as any other."""
    textfile = bench.directory / f"unusable-{os.getpid()}.prom"
    service = Service.start(bench, "--comm", "nosuchcomm", "--pin", pin, "--textfile", textfile)
    refused_metric = service.value(textfile, "sockleak_pin_refused")
    service.stop()
    lines = [line for line in service.lines if "cannot use --pin" in line]
    if len(lines) != 1 or not all(word in lines[0] for word in words) or refused_metric != 1:
        raise Failure(f"expected a line with {words} and a metric of 1, seen: {service.lines}, "
                      f"{refused_metric}")
    if not any("pin is refused" in datagram for datagram in service.notified):
        raise Failure(f"expected it in the status, seen: {service.notified}")


@case
def pins_unusable(bench):
    """Pins that an agent cannot use are a warning and a metric, not its end."""
    with bpffs(bench) as pin:
        unusable(bench, bench.directory, "mount -t bpf")
        unusable(bench, pin / "deeper" / "still", "parent", "create it")
        pin.mkdir(mode=0o700)
        os.chown(pin, 65534, 65534)
        unusable(bench, pin, "another user", "chown")
        os.chown(pin, 0, 0)
        for command in (["--bind", pin, pin], ["-o", "remount,bind,ro", pin]):
            subprocess.run(["mount", *command], check=True)
        unusable(bench, pin, "Read-only", "ReadWritePaths=")
        subprocess.run(["umount", pin], check=True)
        first = Service.start(bench, "--comm", "nosuchcomm", "--pin", pin)
        unusable(bench, pin, "another sockleak", f"process {first.pid}")
        first.stop()


@case
def pins_many(bench):
    """After a restart all leaks come in one full sweep: its walk is not repeated for a small ring."""
    with bpffs(bench) as pin:
        options = ("--comm", "pinsmany", "--pin", pin)
        first = bench.agent(*options)
        program = bench.program(str(bench.copy("many", "pinsmany")), MANY, agents=[first])
        before = set(leak(program, first))
        end(first, signal.SIGTERM)
        second = bench.agent(*options, "--ring-size", "16K")
        second.wait_for(lambda a: before <= set(a.open_leaks()), f"{MANY} leaks")
        names = {event["culprit"]["function"] for event in second.open_leaks().values()}
        summary = second.stop()
        program.end()
        if summary["dropped"]["ring_full"] or names != {"make_socket"}:
            raise Failure(f"expected no verdict to wait, and all stacks named, seen: {summary}")


@case(slow=True)
def pins_slow_start(bench):
    """A start with much to take up asks the service manager for time while it gets on."""
    slow = pathlib.Path(bench.options.programs).parent / "library/libslow_maps.so"
    with bpffs(bench) as pin:
        first = bench.agent("--comm", "slowstart", "--pin", pin)
        program = bench.program(str(bench.copy("many", "slowstart")), MANY, agents=[first])
        leak(program, first)
        end(first, signal.SIGTERM)
        second = Service(bench, ("--comm", "slowstart", "--pin", pin),
                         environment=preloaded(slow))
        second.wait_for(lambda s: s.was_notified("READY=1"), "READY=1", timeout=120)
        reported = [line for datagram in second.notified for line in datagram.split("\n")]
        asked = [i for i, line in enumerate(reported) if line.startswith("EXTEND_TIMEOUT_USEC=")]
        if not asked or asked[0] > reported.index("READY=1"):
            raise Failure(f"expected it to ask for time before it was ready, seen: {reported}")
        second.process.kill()
        second.process.wait(20)
        program.end()


def kernel_bytes(pin):
    """Kernel memory of what is pinned, by map: (id, bytes)."""
    found = {}
    for name in os.listdir(pin):
        shown = subprocess.run(
            ["bpftool", "-j", "map", "show", "pinned", str(pin / name)],
            capture_output=True, check=True,
        )
        of_map = json.loads(shown.stdout)
        found[name] = (of_map["id"], of_map["bytes_memlock"])
    return found


@case(slow=True)
def pins_churn(bench):
    """Killed 12 times while sockets come and go: no slot is lost, no memory is left over."""
    with bpffs(bench) as pin:
        options = ("--comm", "pinchurn", "--pin", pin, "--snapshots", 64, "--sample-after", 0)
        end(bench.agent(*options), signal.SIGTERM)
        empty = kernel_bytes(pin)
        churn = [bench.program(str(bench.copy("churn", "pinchurn"))) for _ in range(2)]
        for turn in range(12):
            agent = bench.agent(*options)
            if said(agent, "discarded"):
                raise Failure(f"expected it to go on, seen: {agent.errors}")
            # somewhere between its first sweep and the first leaks that it tells
            time.sleep(OLDER_THAN_S * turn / 9)
            end(agent, signal.SIGKILL)
        agent = bench.agent(*options)
        agent.wait_for(lambda a: a.open_leaks(), "some leaks of the last run")
        for program in churn:  # killed, with their leaks open
            program.process.kill()
            program.end()
        agent.wait_for(lambda a: not pending_after_sweeps(a), "an end of all that is pending", 240)
        # What stood of a growth that no later run has met goes with its process, at a start.
        end(agent, signal.SIGTERM)
        agent = bench.agent(*options)
        left = kernel_bytes(pin)
        if left != empty:
            raise Failure(f"expected the same maps, as empty as before: {empty}, seen: {left}")
        # Of 16 users: one alone may not have all slots.
        program = bench.program(str(bench.copy("hoarders", "pinchurn")), 16, 4, 54321, 1)
        agent.wait_for(lambda a: len(a.open_leaks()) == 64, "64 leaks")
        strange = {leak["stack_source"] for leak in agent.open_leaks().values()} - {"snapshot"}
        program.end()
        dropped = agent.stop()["dropped"]
        if strange or dropped["no_slot"] or dropped["no_slot_share"]:
            raise Failure(f"expected 64 snapshots, one in each slot, seen: {strange}, {dropped}")
