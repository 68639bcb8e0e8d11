# SPDX-License-Identifier: BSD-2-Clause
"""registry: all cases. Each file in cases/ registers its own by a decorator.

    @case                      one case, named as its function: returns, or raises
    def bound_only(bench): ...                                 Failure or Skip

    @cases(names=[...])        many from one function: a generator that yields
    def table(bench): ...      (name, None | Failure | Skip) for every name

`stage` says beside what a case can run, by STEPS. `slow` cases begin before the others of their
stage, because otherwise the run would wait for them at its end.
"""

import fnmatch
import importlib
import pathlib

# ALONE: measures, or fills the host. COMPILES: makes files and starts no sockleak: what is alone
# waits most of the time, and a compiler with a low priority takes nothing from what it measures.
# SHARED: watches what it has started, whatever else the host does. BUILDS: needs what was compiled,
# and results of its other cases. LONG: takes long. CHAOS: has seeds of chaos in its own cgroup,
# which every agent that watches the host must report. LAST: checks what all others have seen.
ALONE, COMPILES, SHARED, LONG, CHAOS, BUILDS, LAST = range(7)
# A step runs its lanes side by side, and ends when all have ended. A lane runs its stages one after
# the other. Chaos comes late: by then the slow cases that watch the host have ended.
STEPS = (((ALONE,), (COMPILES,)), ((SHARED,), (LONG, CHAOS), (BUILDS,)), ((LAST,),))
WORKERS = {LONG: 2}  # cases side by side; of SHARED --jobs, of any other stage 1


class Case:
    def __init__(self, function, names, stage, many, slow):
        self.function, self.names, self.stage, self.many = function, names, stage, many
        self.slow = slow

    def wanted(self, patterns):
        return [name for name in self.names if matches(name, patterns)]

    def run(self, bench):
        """Yield (name, None or the exception that ended it) for each of its names."""
        if self.many:
            yield from self.function(bench)
        else:
            self.function(bench)
            yield self.names[0], None


_cases = []


def case(function=None, stage=SHARED, slow=False):
    def register(function):
        _cases.append(Case(function, [function.__name__], stage, many=False, slow=slow))
        return function

    return register(function) if function else register


def cases(names, stage=SHARED, slow=False):
    def register(function):
        _cases.append(Case(function, list(names), stage, many=True, slow=slow))
        return function

    return register


def matches(name, patterns):
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def load():
    """Import every module in cases/ and return what they registered, the slow ones first."""
    directory = pathlib.Path(__file__).parent.parent / "cases"
    for path in sorted(directory.glob("*.py")):
        if path.stem != "__init__":
            importlib.import_module("cases." + path.stem)
    return sorted(_cases, key=lambda case: not case.slow)
