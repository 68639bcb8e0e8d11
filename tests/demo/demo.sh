#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The story that sockleak comes from, in 15 seconds: a worker leaks a socket for
# each message that it sends, deep inside a library; another one does not.
#
#   tests/demo/demo.sh SOCKLEAK DIRECTORY
#
# DIRECTORY holds broker, healthy, delayed_job and libtransport.so. Exits 0 when
# sockleak blamed the one and not the other.
set -u
sockleak=$1
bin=$2
seconds=12
scratch=$(mktemp -d)
started=()

# Every process by its pid, whatever ends the demo.
clean_up() {
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${started[@]}"; do
		wait "$pid" 2>/dev/null
	done
	started=()
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
	echo "demo: FAILED: $1" >&2
	exit 1
}

# wait_for_line FILE PATTERN PID: until the process has written such a line.
wait_for_line() {
	until grep -q "$2" "$1" 2>/dev/null; do
		kill -0 "$3" 2>/dev/null || return 1
		sleep 0.1
	done
}

# Leaks that the second sockleak told of, whose line has all these patterns.
count_leaks() {
	local lines
	lines=$(grep '"type": *"leak"' "$scratch/leaks.jsonl")
	for pattern; do
		lines=$(grep -E "$pattern" <<<"$lines")
	done
	grep -c . <<<"$lines"
}

if (($(id -u) != 0)); then
	echo "demo: must be root, sockleak loads BPF programs: sudo make demo" >&2
	exit 3
fi

echo "demo: two workers send messages to a broker: delayed_job leaks a socket each time,"
echo "      healthy does not, and is ten times as busy. Watching the whole host:"
echo "      sockleak --duration ${seconds}s"
echo

# The one whose report is shown, and one whose lines are checked at the end.
"$sockleak" --duration "${seconds}s" 2>"$scratch/shown.err" &
shown=$!
started+=("$shown")
"$sockleak" --duration "${seconds}s" --json --output "$scratch/leaks.jsonl" \
	2>"$scratch/checked.err" &
checked=$!
started+=("$checked")
for agent in "shown $shown" "checked $checked"; do
	wait_for_line "$scratch/${agent% *}.err" '^sockleak: watching' "${agent#* }" ||
		fail "sockleak did not start: $(cat "$scratch/${agent% *}.err")"
done

"$bin/broker" >"$scratch/port" &
started+=($!)
wait_for_line "$scratch/port" '[0-9]' $! || fail "the broker did not start"
port=$(cat "$scratch/port")
"$bin/healthy" "$port" >"$scratch/healthy" &
healthy=$!
started+=("$healthy")
LD_LIBRARY_PATH=$bin "$bin/delayed_job" "$port" &
worker=$!
started+=("$worker")

wait "$shown" || fail "sockleak ended with status $?: $(cat "$scratch/shown.err")"
wait "$checked" || fail "sockleak ended with status $?: $(cat "$scratch/checked.err")"
kill -0 "$worker" 2>/dev/null || fail "delayed_job ended by itself"
kill "$healthy" 2>/dev/null || fail "healthy ended by itself"
wait "$healthy" || fail "healthy ended with status $?"

leaks=$(count_leaks "\"pid\": *${worker}[,}]" '"class": *"probed"')
named=$(count_leaks "\"pid\": *${worker}[,}]" 'messaging::amqp::Ssl[^"]*".*libtransport')
blamed=$(count_leaks "\"pid\": *${healthy}[,}]")
echo
((leaks > 0)) || fail "no leak found at delayed_job (pid $worker)"
((named > 0)) || fail "the leak at delayed_job (pid $worker) was not traced to libtransport"
((blamed == 0)) || fail "the healthy worker (pid $healthy) was blamed, $blamed times"
echo "demo: passed: $leaks leaks of delayed_job (pid $worker) were traced into libtransport.so;"
echo "      healthy (pid $healthy) made $(cat "$scratch/healthy") connections and was not blamed."
