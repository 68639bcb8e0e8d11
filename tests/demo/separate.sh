#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Does to a program or library what a distribution's build does: its debug
# information goes to DIRECTORY/debuginfo/NAME.debug, where nobody looks for it
# yet, and it is stripped.
#
#   tests/demo/separate.sh DIRECTORY/NAME
set -eu
debug=$(dirname "$1")/debuginfo/$(basename "$1").debug
mkdir -p "$(dirname "$debug")"
objcopy --only-keep-debug "$1" "$debug"
objcopy --strip-all --add-gnu-debuglink="$debug" "$1"
