# SPDX-License-Identifier: BSD-2-Clause
"""growth: how a cost grows with what causes it: y = a + b * x^k, and k is reported.

Least squares of the relative errors: for each k of a grid a and b follow, neither below 0.
A constant part (a) is fitted and not taken for slow growth, as a straight line through
logarithms would. Few points carry it, and one that noise has moved bends it: so what is
called worse than linear must also be so from the last but one point to the last.
"""

import math

GRID = [step / 20 for step in range(2, 61)]  # 0.1 to 3
# Less than this between the least and the most is noise, and no growth.
FLAT = 1.5
LINEAR = 1.15


def _fit(points, k):
    """(error, a, b) with weights 1/y^2."""
    rows = [(x ** k, y, 1 / (y * y)) for x, y in points]
    total = sum(w for _, _, w in rows)
    mean_z = sum(w * z for z, _, w in rows) / total
    mean_y = sum(w * y for _, y, w in rows) / total
    square = sum(w * (z - mean_z) ** 2 for z, _, w in rows)
    b = sum(w * (z - mean_z) * (y - mean_y) for z, y, w in rows) / square if square else 0
    b = max(b, 0)
    a = mean_y - b * mean_z
    if a < 0:
        a = 0
        b = sum(w * z * y for z, y, w in rows) / sum(w * z * z for z, _, w in rows)
    return sum(w * (a + b * z - y) ** 2 for z, y, w in rows), a, b


def fit(points):
    """{"kind": "flat" | "grows" | "not known"}; of what grows also the exponents, a and b."""
    points = [(x, y) for x, y in points if y is not None and y > 0]
    if len(points) < 3:
        return {"kind": "not known"}
    values = [y for _, y in points]
    if max(values) / min(values) < FLAT:
        return {"kind": "flat"}
    exponent = min(GRID, key=lambda k: _fit(points, k)[0])
    _, a, b = _fit(points, exponent)
    if not b:
        return {"kind": "flat"}
    (x, y), (last_x, last_y) = points[-2:]
    at_the_end = math.log(last_y / y) / math.log(last_x / x)
    return {"kind": "grows", "exponent": exponent, "at_the_end": at_the_end, "constant": a,
            "factor": b, "worse_than_linear": min(exponent, at_the_end) > LINEAR}


def in_words(found):
    if found["kind"] != "grows":
        return "does not grow" if found["kind"] == "flat" else "not known"
    worse = ", **worse than linear**" if found["worse_than_linear"] else ""
    return f"x^{found['exponent']:.2g}, at the end x^{found['at_the_end']:.2g}{worse}"
