#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: a libdw that cannot decompress the debug sections of a file fails to open its DWARF, or
#          at least gives an error, as it does for a file that has none.
# So:      Debian 12's binutils 2.40 writes sections that are compressed with zstd, and Debian 12's
#          elfutils 0.188 cannot read them. Its dwarf_begin() and dwfl_module_getdwarf() succeed all
#          the same; then there are no units: the first call of dwarf_nextcu() answers 1, the end
#          of the list, and no error is set. eu-addr2line prints ??:0 and exits with 0. A tool that
#          tells its user whether debug information is there has to look at the sections' headers
#          (ELFCOMPRESS_ZSTD) itself.
#
# Needs apt, gcc and the network; unpacks Debian 12's elfutils 0.188 and binutils 2.40 into a
# temporary folder.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
machine=$(uname -m | tr _ -)
apt-get download elfutils=0.188-2.1 libdw-dev=0.188-2.1 libdw1=0.188-2.1 libelf1=0.188-2.1 \
	libelf-dev=0.188-2.1 "binutils-$machine-linux-gnu=2.40-2" libbinutils=2.40-2 >/dev/null 2>&1 ||
	{ echo "elfutils 0.188-2.1 and binutils 2.40-2 cannot be had from apt here"; exit 1; }
for deb in ./*.deb; do dpkg-deb -x "$deb" root; done
libs=$(echo root/usr/lib/*-linux-gnu*)
bin=root/usr/bin/$(gcc -dumpmachine)

cat >program.c <<'C'
int inner(int n) { return n * 3; }
int main(int argc, char **argv) { (void)argv; return inner(argc) - 3; }
C
cat >ask.c <<'C'
#include <elfutils/libdwfl.h>
#include <elfutils/version.h>
#include <fcntl.h>
#include <stdio.h>

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

/* What libdw says of the file. */
static void ask_libdw(const char *path)
{
	Dwarf *dwarf = dwarf_begin(open(path, O_RDONLY), DWARF_C_READ);
	Dwarf_Off next;
	size_t header;
	int answer;

	printf("dwarf_begin: %s (%s)", dwarf ? "opened" : "NULL", dwarf_errmsg(-1));
	if (dwarf) {
		answer = dwarf_nextcu(dwarf, 0, &next, &header, NULL, NULL, NULL);
		printf("; dwarf_nextcu: %d (%s)", answer, dwarf_errmsg(-1));
	}
	putchar('\n');
	dwarf_end(dwarf);
}

/* What libdwfl says of it. */
static void ask_libdwfl(const char *path)
{
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *module = dwfl_report_offline(dwfl, "", path, -1);
	Dwarf_Addr bias;
	Dwarf *dwarf;

	dwfl_report_end(dwfl, NULL, NULL);
	dwarf = dwfl_module_getdwarf(module, &bias);
	printf("dwfl_module_getdwarf: %s (%s)", dwarf ? "opened" : "NULL", dwfl_errmsg(-1));
	if (dwarf) {
		const char *unit = dwfl_module_nextcu(module, NULL, &bias) ? "a unit" : "NULL";

		printf("; dwfl_module_nextcu: %s (%s)", unit, dwfl_errmsg(-1));
	}
	putchar('\n');
	dwfl_end(dwfl);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	ask_libdw(argv[1]);
	ask_libdwfl(argv[1]);
	return 0;
}
C
gcc -g -O1 -no-pie -fno-inline program.c -o plain
gcc -Iroot/usr/include ask.c -o ask "$libs/libdw.so" "$libs/libelf.so"
LD_LIBRARY_PATH=$dir/$libs
export LD_LIBRARY_PATH
"$bin-objcopy" --version | head -n 1
root/usr/bin/eu-addr2line --version | head -n 1
for kind in zlib zstd; do "$bin-objcopy" --compress-debug-sections=$kind plain $kind; done
"$bin-objcopy" --strip-debug plain none

address=0x$("$bin-nm" plain | awk '$3 == "inner" { print $1 }')
for kind in plain zlib zstd none; do
	echo "$kind:"
	./ask $kind >$kind.answers
	status=0
	root/usr/bin/eu-addr2line -e $kind "$address" >line 2>&1 || status=$?
	echo "eu-addr2line: $(sed "s,$dir/,," line), exit status $status" >>$kind.answers
	sed 's/^/    /' $kind.answers
done

cat >as_plain <<'T'
dwarf_begin: opened (no error); dwarf_nextcu: 0 (no error)
dwfl_module_getdwarf: opened (no error); dwfl_module_nextcu: a unit (no error)
eu-addr2line: program.c:1:29, exit status 0
T
cat >as_zstd <<'T'
dwarf_begin: opened (no error); dwarf_nextcu: 1 (no error)
dwfl_module_getdwarf: opened (no error); dwfl_module_nextcu: NULL (no error)
eu-addr2line: ??:0, exit status 0
T
cat >as_none <<'T'
dwarf_begin: NULL (no DWARF information)
dwfl_module_getdwarf: NULL (No DWARF information found)
eu-addr2line: ??:0, exit status 0
T
if cmp as_plain plain.answers && cmp as_plain zlib.answers && cmp as_zstd zstd.answers &&
	cmp as_none none.answers; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
