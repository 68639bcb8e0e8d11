#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs fuzz targets that are built with libFuzzer, one after the other, and ends
# with the line "N passed, N failed".
#
#   tests/fuzz/run.sh BUILD SECONDS NAME...
#
# Each begins with a copy of tests/fuzz/corpus/NAME in BUILD/corpus/NAME, where
# what it finds is added, for the next run, too. What makes it fail is kept in
# BUILD/artifacts/NAME, what libFuzzer says in BUILD/log/NAME.
set -u
build=$1
seconds=$2
shift 2
here=$(dirname "$0")
passed=0 failed=0
TMPDIR=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) || exit 1
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
mkdir -p "$build/log"

# What stands in a report of ASan is named by a tool that not every clang comes with.
symbolizer=$(command -v llvm-symbolizer || ${CLANG:-clang} -print-prog-name=llvm-symbolizer)
export ASAN_OPTIONS=allow_addr2line=1:${ASAN_OPTIONS:-}
[[ -x $symbolizer ]] && export ASAN_SYMBOLIZER_PATH=$symbolizer

# What one input may take at most; some 1000 times what they take.
limits=(-timeout=25 -rss_limit_mb=2048 -max_total_time="$seconds" -print_final_stats=1
	-use_value_profile=1)

failure() {
	echo "FAIL $1: $2"
	failed=$((failed + 1))
}

success() {
	echo "ok $1: $2"
	passed=$((passed + 1))
}

copy_corpus() {
	mkdir -p "$build/corpus/$1" "$build/artifacts/$1"
	cp "$here/corpus/$1/"* "$build/corpus/$1/"
}

# Run a target; what it prints goes to its log. More arguments are libFuzzer's.
fuzz() {
	local name=$1
	shift
	"$build/fuzz_$name" "${limits[@]}" -artifact_prefix="$build/artifacts/$name/" "$@" \
		"$build/corpus/$name" >"$build/log/$name" 2>&1
}

executions() {
	sed -n 's/^stat::number_of_executed_units: *//p' "$build/log/$1" | tail -n 1
}

run_target() {
	local name=$1 max=4096 status
	[[ $name = function_name ]] && max=16384
	copy_corpus "$name"
	fuzz "$name" -max_len=$max
	status=$?
	if ((status)); then
		failure "$name" "ended with status $status: $build/log/$name"
		grep -E -m 1 'broken:|runtime error:|ERROR:' "$build/log/$name" | sed 's/^/    /'
		sed -n 's/^.*Test unit written to /    /p' "$build/log/$name"
	elif (($(executions "$name") <= $(ls "$here/corpus/$name" | wc -l))); then
		failure "$name" "nothing but the corpus was run: $build/log/$name"
	else
		success "$name" "$(executions "$name") executions"
	fi
}

# ---- elf, where most of the code that runs is libelf's and libdw's ----

# The function and the file of each frame of the first stack in a report, the innermost first.
frames() {
	sed -nE '/^ *#0 /,/^ *$/p' | sed -nE '1,/^ *$/s/^ *#[0-9]+ 0x[0-9a-f]+ *(in )?//p'
}

# Functions and files of the sanitizers, of libFuzzer and of libc, as frames() writes them.
runtime='^(_*(asan|lsan|ubsan|sanitizer|interceptor)|fuzzer::|operator )'
runtime+='|^(__)?(raise|abort|(re|c|m)alloc|free|mem[a-z]+|str[a-z]+|pread(64)?)( |$)'
runtime+='|/libc[.-]|/(sysdeps|nptl|stdlib|string|malloc)/'

# Whose is the failure that an input makes? Its first frame that is not of those.
culprit() {
	"$build/fuzz_elf" "${limits[@]}" "$1" 2>&1 | frames | grep -vE "$runtime" | head -n 1
}

# libFuzzer goes on after a crash here. Of each that it has kept the culprit is asked for.
run_elf() {
	local stamp="$TMPDIR/stamp" file whose ours=0 theirs=0 status count
	copy_corpus elf
	touch "$stamp"
	fuzz elf -max_len=262144 -fork=1 -ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1
	status=$?
	while read -r file; do
		whose=$(culprit "$file")
		if [[ $whose =~ lib(elf|dw)[.-][^/]*$ ]]; then
			theirs=$((theirs + 1))
			echo "    not ours: isolated: $file: $whose"
		else
			ours=$((ours + 1))
			echo "    $file: ${whose:-does not crash alone}"
		fi
	done < <(find "$build/artifacts/elf" -type f -newer "$stamp" | sort)
	count=$(sed -n 's/^#\([0-9]*\):.*/\1/p' "$build/log/elf" | tail -n 1)
	if ((ours)); then
		failure elf "$ours crashes, and $theirs not ours: isolated: $build/artifacts/elf"
	elif ((status && !theirs)); then
		failure elf "ended with status $status: $build/log/elf"
	elif ((${count:-0} <= $(ls "$here/corpus/elf" | wc -l))); then
		failure elf "nothing but the corpus was run: $build/log/elf"
	else
		success elf "$count executions, $theirs crashes not ours: isolated"
	fi
}

for name in "$@"; do
	if [[ $name = elf ]]; then
		run_elf
	else
		run_target "$name"
	fi
done

echo
echo "$passed passed, $failed failed"
((failed == 0))
