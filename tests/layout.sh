#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Holds the source to its own rules: who may include what, how long lines and
# files are, that every file has a licence, the words of the prose. Prints TAP.
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
	grep -Hn '^#include' include/*.h | grep -vE '<linux/types.h>|"(descriptors|sockleak).h"'
}

only_kernel_knows_libbpf() {
	grep -rHnE '^#include.*(<bpf/|skel\.h)' user | grep -v '^user/kernel/'
}

# The folders of user/, from top to bottom: a file includes its own folder, and those below.
folders="
commands
watch
watch/output
watch/attribution
report/explain
report/metrics
report/json
report/pprof
report/text
report
kernel
kernel/pins
kernel/hooks
kernel/maps
kernel/sweeps
leaks
leaks/growth
resolver
packages
stacks
stacks/scripts/javascript
stacks/scripts
stacks/steps
stacks/files
stacks/names
host/workloads
host/files
host
options
lib
"

user_includes_run_one_way() {
	grep -rnE '^#include "[a-z_/]+/[a-z_]+\.h"' user | awk -v folders="$folders" '
		BEGIN { count = split(folders, names); for (i = 1; i <= count; i++) rank[names[i]] = i }
		{
			split($0, part, ":")
			from = part[1]; sub("^user/", "", from)
			if (!sub("/[a-z_]+\\.[ch]$", "", from)) next # main.c
			to = $0; sub("[^\"]*\"", "", to); sub("/[a-z_]+\\.h\".*", "", to)
			if (!(from in rank)) print part[1] ": its folder is not in the list"
			else if (!(to in rank) || rank[to] < rank[from]) print
		}'
	grep -rnE '^#include "[a-z_]+\.h"' user | grep -vE '"(sockleak|control|descriptors|pinned|scripts|[a-z_]+\.skel)\.h"'
}

# Within a folder, too, no header includes itself through others.
headers_have_no_circles() {
	grep -rE '^#include "[a-z_/]+\.h"' --include=*.h user | sed 's|^user/||; s|:#include "| |; s|"||' |
		awk '{ print $2, $1 }' | tsort 2>&1 >/dev/null | grep -v 'input contains a loop'
}

folders_are_small() {
	for folder in $folders; do
		number=$(find "user/$folder" -maxdepth 1 -type f | wc -l)
		[ "$number" -ge 5 ] && [ "$number" -le 30 ] || echo "user/$folder: $number files"
	done
}

kernel_side_includes_down_only() {
	grep -HnE '^#include' bpf/*.h bpf/*.c |
		grep -vE '"vmlinux\.h"|"(sockleak|control|descriptors|pinned|scripts)\.h"|"[a-z_]+\.bpf\.h"|<bpf/bpf_(helpers|core_read|tracing)\.h>'
}

accounts_and_reports_do_no_io() {
	grep -rnE '#include <(fcntl|unistd|dirent|poll|spawn|sys/(stat|mman|wait|ioctl|epoll))\.h>' \
		user/leaks user/report
	grep -rnE '\<(f?open|fopen|openat|opendir|popen|system|fork|clock_gettime|time|getenv)\(' \
		--include=*.c user/leaks user/report
}

programs_keep_off_maps() {
	grep -HnE 'bpf_(map|ringbuf)_[a-z_]+\(' bpf/sockleak.bpf.c | grep -v 'lookup_elem(&pending, &key)'
}

contract_has_fixed_widths() {
	sed '/^ *\/\*/,/\*\//d' include/*.h |
		grep -nwE 'long|bool|size_t|packed|int [a-z_]+;' | grep -v '^#'
}

sources() {
	git ls-files --cached --others --exclude-standard -- "$@" 2>/dev/null | grep . ||
		find "$@" -type f # not a checkout: an unpacked archive
}

lines_are_short() {
	sources bpf user tools include mk tests | grep -E '\.([ch]|cpp|awk|mk)$' | xargs awk '
		{
			columns = 0
			count = split($0, parts, "\t")
			for (i = 1; i < count; i++)
				columns += length(parts[i]) + 8 - (columns + length(parts[i])) % 8
			if (columns + length(parts[count]) > 100) print FILENAME ":" FNR
		}'
}

files_are_small() {
	wc -l $(sources user bpf tools) | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }'
}

# A module is a header with a .c of the same name beside it.
modules_have_tests() {
	for header in $(find user/leaks user/report user/options user/host -name '*.h'); do
		name=$(basename "$header" .h)
		[ ! -e "${header%.h}.c" ] || [ -e "tests/unit/test_$name.c" ] || echo "$header"
	done
}

tests_are_small() {
	wc -l $(sources tests | grep -E '\.(c|h|cpp|py|sh)$') |
		awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }'
}

# Tables, and what is meant to be copied, are as wide as they must be. A byte that goes on with a
# character has no column.
documents_are_narrow() {
	sources docs tests findings README.md CONTRIBUTING.md CHANGELOG.md | grep '\.md$' |
		LC_ALL=C xargs awk '
		FNR == 1 { copied = 0 }
		/^ *```/ { copied = !copied; next }
		copied || /^ *\|/ || /^    / { next }
		{ gsub("[\200-\277]", "") }
		length > 100 { print FILENAME ":" FNR }'
}

readme_is_short() {
	[ "$(wc -l <README.md)" -le 130 ] || echo "README.md: $(wc -l <README.md) lines"
}

design_has_the_folders() {
	documented=$(sed -n '/^| folder of `user\/`/,/^$/s/^| `\([a-z/]*\)` |.*/\1/p' docs/design.md)
	for folder in $folders; do
		[ "$folder" = "${documented%%[!a-z/]*}" ] || { echo "docs/design.md: $folder"; return; }
		documented=${documented#"$folder"}
		documented=${documented#?}
	done
	[ -z "$documented" ] || echo "docs/design.md: $documented"
}

# Only what is certain without a reader: words that have a better one in docs/classes.md or
# CONTRIBUTING.md, and sentences that begin with "Of".
prose() {
	sources bpf user include tools mk docs packaging Makefile README.md CONTRIBUTING.md CHANGELOG.md |
		grep -vE '\.(json|svg|xz|gz)$'
}

prose_has_the_words_of_the_field() {
	prose | xargs grep -nwE 'glance|census|takeover|plumbing|unknowable|spared|told|strays?|homes'
	prose | xargs grep -nE '[a-z,] is no [a-z]' |
		grep -vE '([Tt]here|where) is no|is no (longer|more|less)'
}

sentences_begin_with_their_subject() {
	prose | xargs grep -nE '(^|[^"A-Za-z])Of [a-z]'
}

# "name: what it is", right behind the licence; a private header names the module whose state it has.
headers_say_what_they_are() {
	sources user bpf | grep '\.h$' | xargs awk '
		FNR == 1 {
			if (opening != "") print file
			file = name = FILENAME; sub(".*/", "", name); sub("(\\.bpf)?\\.h$", "", name)
			if (sub("_private$", "", name)) { opening = name "\\.h"; next }
			gsub("_", "[_ ]", name)
			opening = "^(/\\*| \\*) " name ": |Generated by"
		}
		FNR == 2 || FNR == 3 { if ($0 ~ opening) opening = "" }
		END { if (opening != "") print file }'
}

tests_say_what_they_test() {
	sources tests/unit tests/programs tests/fuzz tests/library tests/cases tests/lib |
		grep -E '\.([ch]|py)$' | xargs awk '
		FNR == 1 { if (file && !opens) print file; file = FILENAME; opens = 0 }
		FNR <= 3 && /^(\/\*|""")/ && !/SPDX/ { opens = 1 }
		END { if (!opens) print file }'
}

# What a person runs is in `make help`; the others only serve these.
help_has_the_targets() {
	for target in $(sed -n 's/^\.PHONY://p' Makefile mk/*.mk); do
		case $target in
		run-* | all | root | no-compiler | FORCE | help) continue ;;
		esac
		sed -n '/^#   make /,/^$/p' Makefile | grep -qE "[ ,;]$target([ ,.;:]|\$)" || echo "$target"
	done
}

files_have_a_licence() {
	sources user bpf include tests tools mk packaging docs/man Makefile |
		grep -vE '\.(json|md|svg|txt|ya?ml|conf|deb|rpm|xz|gz|0|bin|links|lintian-overrides)$|/corpus/|/debian/|\.gitignore$' |
		xargs awk 'FNR == 1 && NR > 1 && !found { print name } FNR == 1 { found = 0; name = FILENAME }
			FNR <= 3 && /SPDX-License-Identifier/ { found = 1 } END { if (!found) print name }'
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
	grep -rl '#include "lib/log.h"' user | grep -vE '^user/(main\.c|lib/log\.c|commands/|watch/)'
}

# A stack or a profile of sockleak shows a function's name and nothing else.
functions_have_one_name_each() {
	sources user | grep '\.c$' | xargs awk '
		/^[a-z].*[ *]([a-z_0-9]+)\(.*[^;]$/ && !/^(static inline|typedef|extern)/ {
			name = $0; sub("\\(.*", "", name); sub(".*[ *]", "", name)
			if (name in file && file[name] != FILENAME) print name ": " file[name] " " FILENAME
			file[name] = FILENAME
		}'
}

structs_have_one_name_each() {
	sources user bpf include | sort -u | grep '\.[ch]$' | xargs grep -hE '^struct [a-z_0-9]+ \{' | sort | uniq -d
}

# Each version formats differently; Debian 12's version decides.
FORMATTER=$(command -v clang-format-14 || command -v clang-format || echo missing)

code_is_formatted() {
	"$FORMATTER" --dry-run -Werror $(sources user bpf include tools tests | grep '\.[ch]$') 2>&1 |
		sed -n 's/: error: code should be clang-formatted.*//p'
}

check "include/ includes linux/types.h alone" contract_is_self_contained
check "only user/kernel/ includes libbpf or a skeleton" only_kernel_knows_libbpf
check "includes of user/ run one way, from folder to folder" user_includes_run_one_way
check "no headers include each other" headers_have_no_circles
check "a folder of user/ has 5 to 30 files" folders_are_small
check "bpf/ includes vmlinux.h, include/ and libbpf's headers alone" kernel_side_includes_down_only
check "leaks/ and report/ open no files and ask no clock" accounts_and_reports_do_no_io
check "programs leave maps to their headers" programs_keep_off_maps
check "the contract has fixed-width members alone" contract_has_fixed_widths
check "only main, commands/ and watch/ log" modules_do_not_log
check "lines have at most 100 columns" lines_are_short
check "files have at most 500 lines" files_are_small
check "a module of leaks/, report/, options/ and host/ has a unit test" modules_have_tests
check "files of tests/ have at most 500 lines" tests_are_small
check "lines of documents have at most 100 columns" documents_are_narrow
check "README.md has at most 130 lines" readme_is_short
check "docs/design.md has the folders of user/, in their order" design_has_the_folders
check "prose has the words of the field" prose_has_the_words_of_the_field
check "no sentence begins with 'Of'" sentences_begin_with_their_subject
check "a header opens with its name and what it is" headers_say_what_they_are
check "a test opens with what it tests" tests_say_what_they_test
check "make help has the targets of a person" help_has_the_targets
check "every file names its licence" files_have_a_licence
check "a function's name is of one function" functions_have_one_name_each
check "a struct's name is of one struct" structs_have_one_name_each
check "every fuzz target has a corpus, every corpus a target" fuzz_targets_have_inputs
case $("$FORMATTER" --version 2>/dev/null) in
*"version 14."*)
	check "code is as clang-format 14 has it" code_is_formatted
	;;
*)
	number=$((number + 1))
	echo "ok $number - code is as clang-format 14 has it # SKIP it is not installed"
	;;
esac
echo "1..$number"
