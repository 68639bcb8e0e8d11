# SPDX-License-Identifier: BSD-2-Clause
"""The suite itself, where ten cases side by side use it."""

import concurrent.futures
import pathlib
import subprocess
import sys

from lib import judge
from lib.agent import Agent
from lib.outcome import Failure
from lib.registry import case

THREADS, COPIES = 8, 25

# Of a run of 30 cases that fail.
SHORT_RUN = """
import sys
sys.path.insert(0, sys.argv[1])
from lib.tally import Tally
tally = Tally(verbose=False)
for number in range(30):
    tally.add(f"case{number}", ValueError("begins\\n" + "x" * 5000 + "\\nits reason"))
tally.add("good", None)
print("the end:", *tally.failures(), tally.summary(), sep="\\n")
"""


@case
def copies_can_be_started(bench):
    """While other cases start programs, too: none is 'text file busy'."""

    def copy_and_start(number):
        path = bench.copy("leaker", f"copy{number}")
        try:
            process = bench.processes.part().start([str(path)], stdout=subprocess.DEVNULL)
        except OSError as error:
            return error
        process.kill()
        return process.wait() and None

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(copy_and_start, range(THREADS * COPIES)))
    errors = [error for error in outcomes if error]
    if errors:
        raise Failure(f"expected {THREADS * COPIES} to start, seen: {len(errors)}, {errors[0]}")


@case
def failures_end_a_log(_):
    """What has failed stands at the end again, in few lines: more may be cut from a long log."""
    tests = pathlib.Path(__file__).parent.parent
    log = subprocess.run([sys.executable, "-c", SHORT_RUN, str(tests)], stdout=subprocess.PIPE,
                         text=True, check=True).stdout
    last = log.partition("the end:\n")[2].splitlines()
    whole = [line for line in last if line.startswith("FAIL case") and line.endswith("its reason")]
    rest = "FAIL " + " ".join(f"case{number}" for number in range(24, 30))
    if len(whole) != 24 or last[24:] != [rest, "1 passed, 30 failed"] or len("".join(last)) > 14000:
        raise Failure(f"expected 24 messages, the other names and the counts, seen: {last}")


class Silent:
    """Processes of an agent that is not started."""

    @staticmethod
    def start(*_, **__):
        return subprocess.Popen(["true"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@case
def lost_copies_excuse_as_many(_):
    """A stack without its function is excused as often as the host's agent has counted, not more."""
    frames = [{"function": "socket"}]
    leaks = [{"inode": inode, "tid": 1, "stack": frames, "stack_source": "call"}
             for inode in (1, 2, 3, 1)]
    for scope, expected in (((), [True, True, False, True]), (("--cgroup", "/a"), [False] * 4)):
        agent = Agent(Silent, "true", scope)
        agent.process.wait()
        agent.summaries.append((0, {"dropped": {"no_slot": 1, "no_slot_share": 1}}))
        seen = [judge.has_function(leak, ["leak"], agent) for leak in leaks]
        if seen != expected:
            raise Failure(f"expected {expected} of {scope}, seen: {seen}")
