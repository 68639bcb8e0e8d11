#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What a new user does, on a bare machine: `make demo`, then `make test`, in a clean clone of HEAD
# in a new root of each suite. Ends with "N passed, N failed", where a demo counts as one.
#
#   tests/fresh/run.sh DIRECTORY SUITE...
#
# DIRECTORY keeps the logs (SUITE.demo, SUITE.test), the packages that were downloaded, and the
# root of a suite that failed. TESTFLAGS goes to `make test`.
set -u
directory=$1
shift
mkdir -p "$directory"
directory=$(cd "$directory" && pwd -P)
here=$(cd "$(dirname "$0")" && pwd -P)
source=$(cd "$here/../.." && pwd -P)
passed=0 failed=0 skipped=0 child=

stop() {
	[ -z "$child" ] || { kill -TERM "$child" && wait "$child"; } 2>/dev/null
	exit "$1"
}
trap 'stop 130' INT
trap 'stop 143' TERM

# In the background, to see a signal at once: the shell waits for other commands to end first.
call() {
	"$@" </dev/null &
	child=$!
	wait $child
	status=$?
	child=
	return $status
}

# inside SUITE COMMAND: in the clone, in its root.
inside() {
	call "$here/enter.sh" "$directory/$1" "$directory/archives/$1" \
		sh -c "cd /root/sockleak && $2"
}

seconds() {
	awk '{ print $1 }' /proc/uptime
}

# demo SUITE: from a bare root to the report and its end.
demo() {
	begun=$(seconds)
	if inside "$1" "make demo" >"$directory/$1.demo" 2>&1; then
		passed=$((passed + 1))
		outcome=passed
	else
		failed=$((failed + 1))
		outcome=FAILED
		tail -n 20 "$directory/$1.demo" | sed 's/^/    /'
	fi
	echo "$1: make demo $outcome after $(echo "$begun $(seconds)" | awk '{ print $2 - $1 }') s"
}

# counted NAME LINE: the number before a word in "N passed, N failed"; 0 without it.
counted() {
	number=$(echo "$2" | sed -n "s/.*\b\([0-9][0-9]*\) $1.*/\1/p")
	echo "${number:-0}"
}

test_all() {
	inside "$1" "make test TESTFLAGS='${TESTFLAGS:-}'" >"$directory/$1.test" 2>&1
	status=$?
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$directory/$1.test" | tail -n 1)
	grep -A 12 '^FAIL\|not ok' "$directory/$1.test" | sed 's/^/    /'
	grep '^skip' "$directory/$1.test" | sed 's/^/    /'
	if [ -z "$line" ] || { [ $status != 0 ] && [ "$(counted failed "$line")" = 0 ]; }; then
		tail -n 20 "$directory/$1.test" | sed 's/^/    /'
		failed=$((failed + 1))
		echo "$1: make test ended without a result, status $status"
		return
	fi
	passed=$((passed + $(counted passed "$line")))
	failed=$((failed + $(counted failed "$line")))
	skipped=$((skipped + $(grep -c '^skip ' "$directory/$1.test")))
	echo "$1: make test: $line"
}

changed=$(git -C "$source" status --porcelain --untracked-files=no | wc -l)
[ "$changed" = 0 ] || echo "Tested is HEAD, without the changes in $changed files."
for suite; do
	echo "  ROOT     $suite"
	before=$failed
	if call "$here/make_root.sh" "$directory/$suite" "$suite" "$directory/archives/$suite" &&
		git clone -q "$source" "$directory/$suite/root/sockleak"; then
		demo "$suite"
		test_all "$suite"
	else
		failed=$((failed + 1))
	fi
	if [ $failed = "$before" ]; then
		rm -rf --one-file-system "${directory:?}/$suite"
	else
		echo "Look into it: tests/fresh/enter.sh $directory/$suite" \
			"$directory/archives/$suite bash"
	fi
done
echo
[ $skipped = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
