#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Holds the source to its own rules: who may include what, how long lines and
# files are, that every file has a licence. Prints TAP.
set -u
cd "$(dirname "$0")/.." || exit 1
number=0

# check NAME COMMAND...: the command prints what breaks the rule.
check() {
	name=$1
	shift
	number=$((number + 1))
	found=$("$@")
	if [ -z "$found" ]; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		echo "$found" | sed 's/^/# /'
	fi
}

contract_is_self_contained() {
	grep -Hn '^#include' include/*.h | grep -v '<linux/types.h>'
}

few_know_libbpf() {
	grep -HnE '^#include.*(<bpf/|skel\.h)' user/* |
		grep -vE '^user/(tracer|hooks|hook_probe|sweeper|census|history|load_error|bpf_stats|pins|pin_layout|takeover|stack_maps|refusal_map)\.c:'
}

kernel_side_includes_down_only() {
	grep -HnE '^#include' bpf/*.h bpf/*.c |
		grep -vE '"vmlinux\.h"|"sockleak\.h"|"[a-z_]+\.bpf\.h"|<bpf/bpf_(helpers|core_read)\.h>'
}

accounts_and_reports_are_pure() {
	grep -HnE '#include ["<](tracer|symbols|process|cgroup|modules)\.h' \
		user/leaks.* user/site.* user/ended.* user/evidence.* user/text_report.* user/json_report.* user/output.*
}

programs_keep_off_maps() {
	grep -HnE 'bpf_(map|ringbuf)_[a-z_]+\(' bpf/sockleak.bpf.c | grep -v 'lookup_elem(&pending, &key)'
}

contract_has_fixed_widths() {
	sed '/^ *\/\*/,/\*\//d' include/sockleak.h |
		grep -nwE 'long|bool|size_t|packed|int [a-z_]+;' | grep -v '^#'
}

lines_are_short() {
	for file in bpf/* user/* tools/* include/* tests/unit/* tests/programs/*.[ch] \
		tests/fuzz/*.[ch] tests/bench/* tests/vm/* tests/fresh/* \
		tests/vm_service/*.* tests/vm_service/*/*; do
		expand -t8 "$file" | awk -v file="$file" 'length($0) > 100 { print file ":" NR }'
	done
}

files_are_small() {
	wc -l user/*.[ch] bpf/*.[ch] tools/* | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }'
}

files_have_a_licence() {
	for file in user/*.[ch] bpf/* include/*.h tests/unit/*.c tests/programs/*.[ch] tests/*.sh \
		tests/*.py tests/*/*.py tests/compat/*.sh tests/compat/*/* tests/vm/* tests/bench/* tests/prometheus/* \
		tests/fuzz/*.[ch] tests/fuzz/*.sh tests/demo/* tools/* docs/man/* \
		packaging/*.sh packaging/systemd/* packaging/kubernetes/* packaging/prometheus/* \
		packaging/rpm/* packaging/debian/rules packaging/debian/sockleak.p* Makefile mk/* \
		tests/fresh/* tests/vm_service/*.sh tests/vm_service/*/*; do
		head -3 "$file" | grep -q 'SPDX-License-Identifier' || echo "$file"
	done
}

fuzz_targets_have_inputs() {
	for target in tests/fuzz/fuzz_*.c; do
		name=$(basename "$target" .c)
		[ -n "$(ls "tests/fuzz/corpus/${name#fuzz_}" 2>/dev/null)" ] || echo "$target"
	done
	for corpus in tests/fuzz/corpus/*; do
		[ -e "tests/fuzz/fuzz_$(basename "$corpus").c" ] || echo "$corpus"
	done
}

modules_do_not_log() {
	grep -lE '#include "log.h"' user/*.c | grep -vE 'user/(main|watch|scan|agent|log)\.c'
}

check "include/ includes linux/types.h alone" contract_is_self_contained
check "only those that load, read and keep BPF objects include libbpf" few_know_libbpf
check "bpf/ includes vmlinux.h, include/ and libbpf's headers alone" kernel_side_includes_down_only
check "accounts and reports know nothing of the kernel or /proc" accounts_and_reports_are_pure
check "programs leave maps to their headers" programs_keep_off_maps
check "the contract has fixed-width members alone" contract_has_fixed_widths
check "only main, watch, scan and agent log" modules_do_not_log
check "lines have at most 100 columns" lines_are_short
check "files have at most 500 lines" files_are_small
check "every file names its licence" files_have_a_licence
check "every fuzz target has a corpus, every corpus a target" fuzz_targets_have_inputs
echo "1..$number"
