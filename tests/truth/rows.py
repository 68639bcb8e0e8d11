# SPDX-License-Identifier: BSD-2-Clause
"""rows: all of docs/truth.md, in its order."""

from truth import managed, native

ROWS = native.ROWS + managed.ROWS
