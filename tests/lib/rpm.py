# SPDX-License-Identifier: BSD-2-Clause
"""rpm: the command line that works on this host."""

import functools
import subprocess


@functools.cache
def rpm():
    """Debian's rpm did not install without --force-debian; from Debian 13 on it has no such option."""
    known = subprocess.run(
        ["rpm", "--force-debian", "--version"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
    ).returncode == 0  # fmt: skip
    return ["rpm", "--force-debian"] if known else ["rpm"]
