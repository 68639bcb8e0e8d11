#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs every test and ends with the line "N passed, N failed". What failed stands above it once
# more, because the middle of a long log may be lost.
#
#   tests/all.sh BUILD                     what needs no root: layout, units, fuzz corpus
#   tests/all.sh BUILD PROGRAMS [FLAG]...  and the cases, as root; flags are run.py's
set -u
build=$1
programs=${2:-}
shift $(($# < 2 ? $# : 2))
here=$(dirname "$0")
passed=0 failed=0 skipped=0
failures=() # of those that need no root: run.py ends with its own
root=$(($(id -u) == 0))

# On a machine where no BPF program can be loaded, print one line instead of a failure a case.
if [[ -n $programs ]] && ((root)); then
	"$here/machine.sh" test "$build/sockleak" || exit
fi

# Programs that need no root run side by side, one for each processor. begin() starts a TAP
# program, and count_all() waits for each, in the order in which they were started.
at_once=$(getconf _NPROCESSORS_ONLN)
outputs=$(mktemp -d)
trap 'rm -rf "$outputs"' EXIT
names=() pids=()

begin() {
	local output=$outputs/${#names[@]}
	names+=("$1")
	shift
	while (($(jobs -rp | wc -l) >= at_once)); do wait -n; done
	# The status is kept in a file: bash may have forgotten it when it is asked for.
	{
		"$@" >"$output" 2>&1
		echo $? >"$output.status"
	} &
	pids+=($!)
}

count_all() {
	local i status
	for i in "${!names[@]}"; do
		wait "${pids[i]}" 2>/dev/null
		status=$(<"$outputs/$i.status")
		tap "${names[i]}" "$status" "$outputs/$i"
	done
}

# Count the result lines of a TAP program that has ended; one that died counts as a failure.
tap() {
	local name=$1 status=$2 output ok not_ok skip left_out
	output=$(<"$3")
	ok=$(grep -cE '^[[:space:]]*ok [0-9]' <<<"$output")
	# cmocka writes a skipped test as one that is not ok. Root has no reason to skip.
	skip=0
	((root)) || skip=$(grep -cE '^[[:space:]]*not ok [0-9]+ # SKIP' <<<"$output")
	left_out=$(grep -cE '^ok [0-9]+ .*# SKIP' <<<"$output")
	((left_out)) && grep -E '^ok [0-9]+ .*# SKIP' <<<"$output" | sed "s|^ok [0-9]* - |SKIP |"
	not_ok=$(($(grep -cE '^[[:space:]]*not ok [0-9]' <<<"$output") - skip))
	if ((status != 0 && not_ok + skip == 0)) || ((ok + not_ok + skip == 0)); then
		not_ok=$((not_ok + 1))
		echo "FAIL $name: ended with status $status"
		failures+=("FAIL $name: ended with status $status")
	fi
	((not_ok > 0)) && mapfile -t -O "${#failures[@]}" failures < <(
		grep -E '^[[:space:]]*not ok [0-9]' <<<"$output" | head -n 3 | cut -c 1-300 |
			sed "s|^[[:space:]]*|FAIL $name: |")
	((not_ok + skip > 0)) && sed "s|^|    $name: |" <<<"$output" | grep -vE ': *ok [0-9]'
	ok=$((ok - left_out))
	echo "$name: $ok passed, $not_ok failed"
	passed=$((passed + ok)) failed=$((failed + not_ok)) skipped=$((skipped + skip + left_out))
}

# What was built of Go's library for one test is there for the next one, and the next run.
GOCACHE=$(realpath "$build/..")/go
export GOCACHE
export CMOCKA_MESSAGE_OUTPUT=TAP

without_root() {
	local unit target name
	begin layout "$here/layout.sh"
	for unit in "$build"/unit/test_*; do
		[[ -x $unit && $unit != *.d ]] && begin "$(basename "$unit")" "$unit"
	done
	for target in "$build"/fuzz/fuzz_*; do
		name=$(basename "$target")
		[[ -x $target && $target != *.d ]] &&
			begin "$name" "$target" "$here/fuzz/corpus/${name#fuzz_}"
	done
	count_all
	echo "$passed $failed $skipped" >"$outputs/counts"
	((${#failures[@]} == 0)) || printf '%s\n' "${failures[@]}" >"$outputs/failures"
}

# Beside them the first cases begin, which wait most of the time; nice, because some of them measure.
if [[ -n $programs ]]; then
	(renice -n 10 "$BASHPID" >/dev/null 2>&1; without_root) &
	units=$!
else
	without_root
fi

if [[ -n $programs ]]; then
	log=$(mktemp)
	if (($(id -u) != 0)); then
		echo "FAIL cases: they need root (run: sudo make test)"
		failed=$((failed + 1))
	else
		python3 "$here/run.py" --sockleak "$build/sockleak" --programs "$programs" "$@" |
			tee "$log"
		counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
		if [[ $counts =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)? ]]; then
			passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
			skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
		else
			echo "FAIL cases: the harness ended without a result"
			failed=$((failed + 1))
		fi
	fi
	rm -f "$log"
	wait "$units"
	read -r ok not_ok skip <"$outputs/counts"
	passed=$((passed + ok)) failed=$((failed + not_ok)) skipped=$((skipped + skip))
	[[ ! -e $outputs/failures ]] || mapfile -t failures <"$outputs/failures"
fi

echo
((${#failures[@]} == 0)) || printf '%s\n' "${failures[@]:0:10}"
((skipped == 0)) || echo "$skipped skipped: each has a line of its own with what it lacks"
echo "$passed passed, $failed failed"
((failed == 0))
