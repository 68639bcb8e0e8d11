# SPDX-License-Identifier: BSD-2-Clause
"""session: programs go through their phases, side by side, while agents watch them."""

import time

from lib.judge import judge
from lib.outcome import Failure, Skip

READY_TIMEOUT_S = 30
VERDICT_TIMEOUT_S = 30
SHOWN = 6  # problems, and lines of expectation, in a failure's message


class Session:
    """One program. `outcomes` has, when it is done, None or an exception for each agent."""

    def __init__(self, program, agents):
        self.program = program
        self.agents = list(agents)
        self.outcomes = {}
        self.done = False
        self._begun = time.monotonic()
        self._judged = {}  # agent -> (phase, number of events, Judgement)

    def _finish(self, outcome=None):
        for agent in self.agents:
            self.outcomes.setdefault(agent, outcome)
        self.program.end()
        self.done = True

    def _fail(self, agent, problems):
        phase = self.program.phase
        expected = phase.lines[:SHOWN] + ["..."] * (len(phase.lines) > SHOWN)
        seen = problems[:SHOWN] + ["..."] * (len(problems) > SHOWN)
        self.outcomes[agent] = Failure(
            f"phase {phase.number}\n      expected: "
            + "\n                ".join(expected or ["nothing"])
            + "\n      seen:     "
            + "\n                ".join(seen)
            + f"\n      lost:     {agent.losses() or 'nothing'}"
        )

    def step(self):
        """One look at the program and the events; never waits long."""
        now = time.monotonic()
        program, phase = self.program, self.program.phase
        if program.skip is not None:
            return self._finish(Skip(program.skip))
        if phase.ready_at is None:
            trouble = program.trouble()
            if not trouble and now > self._begun + READY_TIMEOUT_S:
                trouble = f"not ready after {READY_TIMEOUT_S} s"
            return self._finish(Failure(trouble)) if trouble else None
        waiting = False
        for agent in self.agents:
            if agent not in self.outcomes:
                waiting |= self._look(agent, phase, now)
        if len(self.outcomes) == len(self.agents):
            return self._finish()
        return None if waiting else self._advance()

    def _judge(self, phase, agent):
        """judge(), again only when something new was reported."""
        reported = len(agent.events)
        known = self._judged.get(agent)
        if not known or known[:2] != (phase, reported):
            known = (phase, reported, judge(phase, self.program, agent))
            self._judged[agent] = known
        return known[2]

    def _look(self, agent, phase, now):
        """Check one agent; True while its outcome for this phase is not complete."""
        result = self._judge(phase, agent)
        if result.violations:
            self._fail(agent, result.violations)
            return False
        if agent.ended():
            self._fail(agent, [agent.ended()])
            return False
        if result.missing and now > phase.ready_at + VERDICT_TIMEOUT_S:
            self._fail(agent, result.missing)
            return False
        return not agent.quiet_since(phase.ready_at) or bool(result.missing)

    def _advance(self):
        self.program.next_phase()
        self._begun = time.monotonic()
        program = self.program
        if not program.at_last_phase():
            return None
        if program.skip is not None:
            return self._finish(Skip(program.skip))
        if program.process.returncode:
            status = program.process.returncode
            return self._finish(Failure(program.broken or f"the program ended with {status}"))
        return self._finish()


def run_sessions(sessions):
    """Run all to their end, and yield each as it finishes."""
    left = list(sessions)
    while left:
        for session in list(left):
            session.step()
            if session.done:
                left.remove(session)
                yield session
        time.sleep(0.05)


def expect_all(program, agents):
    """Run one program to its end, and raise the first outcome of an agent that is no success."""
    session = Session(program, agents)
    for _ in run_sessions([session]):
        pass
    for outcome in session.outcomes.values():
        if outcome:
            raise outcome
