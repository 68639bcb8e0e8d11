# SPDX-License-Identifier: BSD-2-Clause
"""figures: medians, their spread, and comparisons of configurations round by round.

A round times every configuration once, so what drifts over minutes (clock, heat, a
neighbour) is in all figures of the round and falls out of a comparison within it. How sure
a comparison is, is found by drawing rounds at random with replacement, over and over
(Efron's bootstrap): the interval holds the middle 90% of what comes out. It knows of noise
from round to round, and nothing of what is wrong in all of them alike.
"""

import random
import statistics

DRAWS = 1000
TAIL = 0.05


def median(values):
    return statistics.median(values) if values else None


def spread(values):
    """Median absolute deviation: half of the rounds are within this of the median."""
    if not values:
        return None
    middle = statistics.median(values)
    return statistics.median(abs(value - middle) for value in values)


def common(*columns):
    """The rounds in which all of them were measured, as tuples."""
    return [row for row in zip(*columns) if None not in row]


def _interval(rows, question):
    """(what it is, lower end, upper end), or None where it cannot be reported."""
    point = question(rows) if len(rows) >= 3 else None
    if point is None:
        return None
    draw = random.Random(len(rows))  # the same answer for the same rounds
    drawn = [question(draw.choices(rows, k=len(rows))) for _ in range(DRAWS)]
    drawn = sorted(value for value in drawn if value is not None)
    if len(drawn) < DRAWS * (1 - TAIL):
        return (point, None, None)
    return (point, drawn[int(len(drawn) * TAIL)], drawn[int(len(drawn) * (1 - TAIL))])


def times(column, base):
    """How many times as long as `base`."""
    return _interval(common(column, base),
                     lambda rows: statistics.median(row[0] / row[1] for row in rows))


def added_times(column, floor, base):
    """How many times of what `floor` adds to `base` this adds to it."""

    def question(rows):
        by_floor = statistics.median(row[1] - row[2] for row in rows)
        by_column = statistics.median(row[0] - row[2] for row in rows)
        # A floor that adds nothing is no measure.
        return by_column / by_floor if by_floor > 0 else None

    return _interval(common(column, floor, base), question)


def added(column, base):
    """How many ns more than `base`."""
    return _interval(common(column, base),
                     lambda rows: statistics.median(row[0] - row[1] for row in rows))
