# SPDX-License-Identifier: BSD-2-Clause
"""victim: an honest program that leaks a socket now and then. Whatever else goes on, every agent
must report each, and as one site where its name is asked for."""

import threading

from cases.never_waits import Leaker, programs_in
from lib.agent import brief
from lib.outcome import Failure
from stage import VICTIM_UID, as_user

FUNCTION = "leak_a"
PATIENCE_S = 120


class Victim:
    def __init__(self, stage):
        self._stage = stage
        _, enter = stage.part("victim")
        command = programs_in(stage.bench, stage.bench.directory / "victim", "victim")
        self._leaker = Leaker(stage.bench, None, *enter(as_user(VICTIM_UID)(command)))
        self.leaks = 0
        self.pause = threading.Lock()  # held while an agent restarts, which would miss the call

    def leak(self):
        with self.pause:
            self._leaker.leak(FUNCTION)
            self.leaks += 1

    def expect_reported(self, agent, named):
        """By this agent, all that it has leaked so far, as one site."""
        wanted, pid = self.leaks, self._leaker.process.pid

        def seen(agent):
            found = [leak for leak in agent.open_leaks().values() if leak["pid"] == pid]
            return len(found) >= wanted and found

        found = agent.wait_for(seen, f"{wanted} leaks of the victim", PATIENCE_S)
        strange = [leak for leak in found if leak["class"] != "never_used"]
        if strange:
            raise Failure(f"expected leaks of the victim never used, seen: {len(strange)}, the first "
                          f"{strange[0]['created']}, {brief(strange[0])}; lost {agent.losses()}")
        names = {(leak["culprit"] or {}).get("function") for leak in found}
        if named and (names != {FUNCTION} or len({leak["site"] for leak in found}) != 1):
            raise Failure(f"expected one site, {FUNCTION}, of the victim, seen: {names}")

    def expect_in_metrics(self, production):
        """As many in the textfile, with the name of the function."""
        wanted, service, textfile = self.leaks, production.service, production.textfile

        def seen(_):
            sites = {labels["site"] for _, labels, _ in service.metrics(
                textfile, "sockleak_site_info", function=FUNCTION)}
            leaked = sum(value for site in sites for _, labels, value in service.metrics(
                textfile, "sockleak_site_leaked_sockets", site=site)
                if labels.get("comm", "victim") == "victim")
            return leaked >= wanted

        service.wait_for(seen, f"{wanted} leaks of {FUNCTION} in the textfile", PATIENCE_S)
