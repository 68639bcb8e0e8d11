# SPDX-License-Identifier: BSD-2-Clause
"""steps: what is done on the machine, in this order. Each step is a check of its own."""

from steps import alert, host, install, leaks, life, removal

ALL = [step for module in (host, install, leaks, alert, life, removal) for step in module.STEPS]
