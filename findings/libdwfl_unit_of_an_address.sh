#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: dwfl_module_addrdie() ("find the CU containing ADDR") gives the compilation unit that
#          holds an address, and NULL for code that was built without debug information.
# So:      in elfutils 0.188 it gives the unit with the nearest range before the address, whether
#          or not that unit holds it. A function of an object that was linked in without -g is
#          said to belong to its neighbour, and a caller that goes on to ask for the line of
#          "its" unit shows a false file. dwarf_haspc() on the unit tells them apart.
#
# Needs apt, gcc and the network; unpacks Debian 12's libdw 0.188 into a temporary folder.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
apt-get download libdw-dev=0.188-2.1 libdw1=0.188-2.1 libelf1=0.188-2.1 libelf-dev=0.188-2.1 \
	>/dev/null 2>&1 || { echo "elfutils 0.188-2.1 cannot be had from apt here"; exit 1; }
for deb in ./*.deb; do dpkg-deb -x "$deb" root; done
libs=$(echo root/usr/lib/*-linux-gnu*)

cat >with.c <<'C'
int without(int);
int with(int n) { return without(n) + 1; }
int main(void) { return with(0); }
C
cat >without.c <<'C'
int without(int n) { return n * 3; }
C
cat >ask.c <<'C'
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <elfutils/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

/* Is the unit of `name`'s address one that holds it? 1, 0, or -1: there is no unit. */
static int ask(Dwfl_Module *module, const char *name)
{
	int count = dwfl_module_getsymtab(module);

	for (int i = 0; i < count; i++) {
		GElf_Sym sym;
		GElf_Addr address;
		const char *found = dwfl_module_getsym_info(module, i, &sym, &address, NULL, NULL, NULL);
		Dwarf_Addr bias;
		Dwarf_Die *unit;
		int holds;

		if (!found || strcmp(found, name))
			continue;
		unit = dwfl_module_addrdie(module, address, &bias);
		holds = unit ? dwarf_haspc(unit, address - bias) : -1;
		printf("%s(): unit %s, which holds the address: %s\n", name,
		       unit ? dwarf_diename(unit) : "none", holds > 0 ? "yes" : "no");
		return holds;
	}
	exit(2);
}

int main(int argc, char **argv)
{
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *module = argc > 1 ? dwfl_report_offline(dwfl, "", argv[1], -1) : NULL;
	int with, without;

	printf("elfutils %s\n", dwfl_version(dwfl));
	if (!module)
		return 2;
	dwfl_report_end(dwfl, NULL, NULL);
	with = ask(module, "with");
	without = ask(module, "without");
	dwfl_end(dwfl);
	return !(with == 1 && without == 0);
}
C
gcc -g -O1 -no-pie -fno-inline -c with.c
gcc -O1 -no-pie -c without.c
gcc -no-pie with.o without.o -o program
gcc -Iroot/usr/include ask.c -o ask "$libs/libdw.so" "$libs/libelf.so"
if LD_LIBRARY_PATH=$libs ./ask program; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
