# SPDX-License-Identifier: BSD-2-Clause
"""rows: all of docs/truth.md, in its order."""

from truth import managed, native, trixie

ROWS = native.ROWS + managed.ROWS + trixie.ROWS
