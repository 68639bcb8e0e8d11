#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Installs the language runtimes whose stacks the truth test compares, where they
# are missing; as root, with apt-get. `make test` does not run this: there a
# runtime that is missing is a skip.
#
#   tests/truth/install.sh         installs
#   tests/truth/install.sh list    prints what is missing
set -eu

# command and Debian package; Rust's is left out where rustup has installed it
runtimes="gdb:gdb rustc:rustc go:golang-go python3:python3 ruby:ruby perl:perl
	node:nodejs java:default-jre-headless javac:default-jdk-headless"

missing=
for runtime in $runtimes; do
	command -v "${runtime%%:*}" >/dev/null 2>&1 || missing="$missing ${runtime#*:}"
done

if [ "${1:-}" = list ] || [ -z "$missing" ]; then
	echo "missing:${missing:- nothing}"
	exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
	echo "install.sh: no apt-get here; install these by their names on this system:$missing" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update >/dev/null
# shellcheck disable=SC2086
apt-get install -y --no-install-recommends $missing
