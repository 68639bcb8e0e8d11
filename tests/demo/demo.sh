#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The story that sockleak comes from, in 20 seconds: a worker leaks a socket for
# each message that it sends, deep inside a library; another one does not. Library
# and worker are stripped; when their debug files are put in place, the same
# sockleak shows the lines. The report is shown as soon as it calls the worker leaking.
# A worker in Ruby that uses the same library leaks, too, and has its line from the beginning
# (where Ruby is installed).
#
#   tests/demo/demo.sh SOCKLEAK DIRECTORY
#
# DIRECTORY holds broker, healthy, delayed_job and libtransport.so, and debuginfo/
# the debug files. Exits 0 when sockleak blamed the one and not the other, said
# what to install, and reported the line when it was.
set -u
sockleak=$1
bin=$2
demo=$(cd "$(dirname "$0")" && pwd)
called_at=$(awk '/@send\.call/ { print NR }' "$demo/notify.rb")
older_than=2s # sooner than the default, for a demo is waited for
report_within=60 # seconds, of a machine with much else to do; 7 of one without
lines_within=60
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
	rm -rf "$scratch" "$bin/.debug"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
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

# ask_until SECONDS FILE PATTERN...: asks the shown sockleak for reports, until one has all the
# patterns. That report is then in FILE.
ask_until() {
	local end=$((SECONDS + $1)) file=$2 size pattern whole
	shift 2
	while ((SECONDS < end)); do
		size=$(stat -c %s "$scratch/report")
		kill -USR1 "$shown" || return 1
		until tail -c "+$((size + 1))" "$scratch/report" | grep -q '^Nothing was lost\.\|^Lost:'; do
			kill -0 "$shown" 2>/dev/null || return 1
			((SECONDS < end)) || return 1
			sleep 0.05
		done
		sleep 0.05 # its last line may have an end
		tail -c "+$((size + 1))" "$scratch/report" >"$file"
		whole=yes
		for pattern; do
			grep -q "$pattern" "$file" || whole=
		done
		[[ -z $whole ]] || return 0
		sleep 0.2
	done
	return 1
}

# Leaks that the second sockleak reported, whose line has all these patterns.
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
echo "      healthy does not, and is ten times as busy. notify.rb leaks by the same library."
echo "      Watching the whole host:"
echo "      sockleak --older-than $older_than"
echo
rm -rf "$bin/.debug"

# The one whose report is shown, and one whose lines are checked at the end.
"$sockleak" --older-than $older_than --output "$scratch/report" 2>"$scratch/shown.err" &
shown=$!
started+=("$shown")
"$sockleak" --older-than $older_than --json --output "$scratch/leaks.jsonl" 2>"$scratch/checked.err" &
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

in_ruby=()
if ruby -rfiddle -e '' 2>/dev/null; then
	ruby "$demo/notify.rb" "$bin/libtransport.so" "$port" &
	notify=$!
	started+=("$notify")
	in_ruby=("^leaking  *$notify ruby " "called from send_message ([a-z/]*notify\.rb:$called_at)")
else
	echo "demo: without Ruby (package ruby): it is not installed, or lacks fiddle"
	notify=
fi

ask_until "$report_within" "$scratch/before" "^leaking  *$worker delayed_job  *[0-9]*  *+[0-9]" \
	"debuginfod-find.*libtransport" "${in_ruby[@]}" || {
	cat "$scratch/before"
	fail "within $report_within s no report called delayed_job leaking, with its rate and with
      the command for libtransport's debug information, and notify.rb with its line:
      $(cat "$scratch/shown.err")"
}
cat "$scratch/before"

echo
echo "demo: now their debug files are installed. The same sockleak, without a restart:"
echo
cp -r "$bin/debuginfo" "$bin/.debug"
ask_until "$lines_within" "$scratch/after" 'SslTransport.* at .*libtransport\.cpp:[0-9]' ||
	fail "no line of libtransport.cpp was shown once the debug file was there"
sed -n '/^Where delayed_job/,/^$/p' "$scratch/after"

kill -0 "$worker" 2>/dev/null || fail "delayed_job ended by itself"
kill "$healthy" 2>/dev/null || fail "healthy ended by itself"
wait "$healthy" || fail "healthy ended with status $?"
kill "$shown" "$checked"
wait "$shown" || fail "sockleak ended with status $?: $(cat "$scratch/shown.err")"
wait "$checked" || fail "sockleak ended with status $?: $(cat "$scratch/checked.err")"

leaks=$(count_leaks "\"pid\": *${worker}[,}]" '"class": *"probed"')
named=$(count_leaks "\"pid\": *${worker}[,}]" 'messaging::amqp::Ssl[^"]*".*libtransport')
blamed=$(count_leaks "\"pid\": *${healthy}[,}]")
((leaks > 0)) || fail "no leak found at delayed_job (pid $worker)"
((named > 0)) || fail "the leak at delayed_job (pid $worker) was not traced to libtransport"
((blamed == 0)) || fail "the healthy worker (pid $healthy) was blamed, $blamed times"
grep -q 'libtransport\.cpp:[0-9]' "$scratch/before" && fail "lines were shown before they could be"
grep -q "debuginfod-find.*libtransport" "$scratch/after" &&
	fail "the debug information of libtransport was still asked for when it was there"
if [[ -n $notify ]]; then
	scripts=$(count_leaks "\"pid\": *${notify}[,}]" '"function": *"send_message"' "\"line\": *$called_at")
	((scripts > 0)) || fail "the leak of notify.rb (pid $notify) was not traced to its line $called_at"
	echo "demo: passed: $scripts leaks of notify.rb (pid $notify) were traced to its line $called_at;"
fi
echo "demo: passed: $leaks leaks of delayed_job (pid $worker) were traced into libtransport.so;"
echo "      healthy (pid $healthy) made $(cat "$scratch/healthy") connections and was not blamed."
