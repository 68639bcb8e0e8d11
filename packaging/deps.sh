#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Is there what sockleak is built and tested with? If anything is missing: with --install, as root,
# installs it by apt-get or dnf; otherwise prints the one command to run, and fails.
#
#   packaging/deps.sh [--install] build    what building needs; every other mode needs that, too
#   packaging/deps.sh [--install] MODE...  what `make MODE` needs: demo, check, test, deb, rpm, fuzz, compat,
#                              vm, bench, bench-instructions, truth; fresh, for `make test-fresh`, and
#                              vm-service, which build sockleak in roots of their own
#
# `make test`, compat and vm unpack some more packages without installing them.
set -eu
here=$(dirname "$0")

# What is looked for, where Debian and Fedora have it, and who needs it: a tool in the PATH,
# a header ("a.h|b.h": one of them), or installed:PACKAGE. "-": nothing is looked for, or no
# package has it, or, in dnf's column, its name there has not been tried: the test is skipped.
# One line's packages are joined by commas.
needs() {
	cat <<-'END'
		make                     make                make                      build,vm-service
		stdio.h                  libc6-dev           glibc-devel               build,vm-service
		linux/types.h            linux-libc-dev      kernel-headers            build
		clang                    clang               clang                     build
		bpftool                  bpftool             bpftool                   build
		bpf/libbpf.h             libbpf-dev          libbpf-devel              build
		bpf/bpf_helpers.h        libbpf-dev          libbpf-devel              build
		libelf.h                 libelf-dev          elfutils-libelf-devel     build
		zlib.h                   zlib1g-dev          zlib-devel                build
		elfutils/libdwfl.h       libdw-dev           elfutils-devel            build
		libiberty/demangle.h|demangle.h libiberty-dev binutils-devel           build
		uthash.h                 uthash-dev          uthash-devel              build
		ini.h                    libinih-dev         inih-devel                build
		jansson.h                libjansson-dev      jansson-devel             build
		awk                      mawk                gawk                      build
		gcc                      gcc                 gcc                       check,test,deb,rpm,compat,vm,bench,vm-service,truth
		g++                      g++                 gcc-c++                   check,test
		objcopy                  binutils            binutils                  build
		cmocka.h                 libcmocka-dev       libcmocka-devel           check,test
		gdb                      gdb                 gdb                       test,truth
		clang-format             clang-format        clang-tools-extra         check,test
		strip                    binutils            binutils                  check,test
		readelf                  binutils            binutils                  check,test
		rpmbuild                 rpm                 rpm-build                 check,test,rpm
		xz                       xz-utils            xz                        check,test
		musl-gcc                 musl-tools          -                         test
		unshare                  util-linux          util-linux                check,test,fresh,vm-service
		setpriv                  util-linux          util-linux                test
		python3                  python3             python3                   check,test,fuzz,compat,vm,bench,bench-instructions,vm-service,truth
		debuginfod-find          debuginfod          elfutils-debuginfod-client test
		eu-strip                 elfutils            elfutils                  test,rpm
		mandoc                   mandoc              mandoc                    test
		systemd-analyze          systemd             systemd                   test
		setfacl                  acl                 acl                       test
		zsh                      zsh                 zsh                       test
		fish                     fish                fish                      test
		stress-ng                stress-ng           stress-ng                 test
		-                        libseccomp2         libseccomp                test
		-                        python3-yaml        python3-pyyaml            test
		-                        -                   libasan,libubsan,glibc-static,libstdc++-static test
		-                        -                   systemd-rpm-macros        test,rpm
		rustc                    rustc               -                         test
		go                       golang-go           -                         test
		ruby                     ruby                -                         test
		perl                     perl                -                         test
		node                     nodejs              -                         test
		java                     default-jdk-headless java-latest-openjdk-devel compat
		java                     default-jdk-headless -                        test
		javac                    default-jdk-headless java-latest-openjdk-devel compat
		javac                    default-jdk-headless -                        test
		dh                       debhelper           -                         deb,test
		dpkg-buildpackage        dpkg-dev            -                         deb,test
		fakeroot                 fakeroot            -                         test
		installed:build-essential build-essential    -                         deb,test
		lintian                  lintian             -                         test
		nsenter                  util-linux          util-linux                compat
		mount                    mount               util-linux                compat
		qemu-system-x86_64       qemu-system-x86     -                         vm,bench-instructions,vm-service
		cpio                     cpio                -                         vm,bench-instructions
		bpftrace                 bpftrace            bpftrace                  bench
		perf                     linux-perf          perf                      bench
		strace                   strace              strace                    bench
		gnuplot                  gnuplot-nox         gnuplot-minimal           bench
		debootstrap              debootstrap         -                         fresh,vm-service,truth
		git                      git                 -                         fresh
		mke2fs                   e2fsprogs           -                         vm-service
		dpkg-scanpackages        dpkg-dev            -                         vm-service
		-                        -                   compiler-rt               fuzz
	END
}

# What the rows of docs/truth.md need, in the same form: tests/truth/packages names them by row.
truth_needs() {
	! is_mode truth || awk '!/^#/ {
		for (i = 2; i <= NF; i++)
			if (!seen[$i]++)
				print "installed:" $i, $i, "-", "truth"
	}' "$here/../tests/truth/packages"
}

# The lines of the table that a mode of ours needs.
wanted() {
	case $modes in fresh | vm-service) base= ;; *) base=build ;; esac
	{ needs && truth_needs; } | awk -v modes="$base $modes" '
		BEGIN { count = split(modes, mode, " ") }
		{
			for (i = 1; i <= count; i++)
				if (index("," $4 ",", "," mode[i] ",")) {
					print
					next
				}
		}'
}

has_header() {
	for name in $(echo "$1" | tr '|' ' '); do
		for directory in /usr/include "/usr/include/$(uname -m)-linux-gnu"; do
			[ -e "$directory/$name" ] && return 0
		done
	done
	return 1
}

# Asks for the state: dpkg knows packages also when they were removed, or never installed.
is_installed() {
	state=$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) || return 1
	[ "$state" = installed ]
}

# What is here is not looked for by its package: it may have come from elsewhere.
has() {
	case $1 in
	installed:*) is_installed "${1#installed:}" ;;
	*.h) has_header "$1" ;;
	*) command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] ;;
	esac
}

# Does clang have libFuzzer and the sanitizers? Each version has its own, in a package apart.
has_fuzzer() {
	program=$(mktemp)
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		"${CLANG:-clang}" -fsanitize=fuzzer,address,undefined -x c - -o "$program" 2>/dev/null
	found=$?
	rm -f "$program"
	return $found
}

# Debian's name for them: of the clang that is here, else of the one that will be. None where
# they come with clang itself (Debian 11, Ubuntu 22.04).
apt_fuzzer() {
	version=$("${CLANG:-clang}" -dumpversion 2>/dev/null | cut -d. -f1)
	for package in "libclang-rt-$version-dev" libclang-rt-dev; do
		if apt-cache show "$package" >/dev/null 2>&1; then
			echo "$package"
			break
		fi
	done
}

is_mode() {
	case " $modes " in *" $1 "*) return 0 ;; esac
	return 1
}

is_missing() {
	wanted | while read -r what apt dnf _; do
		package=$apt
		[ "$manager" != dnf ] || package=$dnf
		[ "$what" = - ] || [ "$package" = - ] || has "$what" || echo "$what"
	done | grep -q . || { is_mode fuzz && ! has_fuzzer; }
}

# The packages, each once, of the manager's column.
packages() {
	[ "$manager" = dnf ] && column=3 || column=2
	wanted | awk -v column="$column" '{ print $column }' | tr ',' '\n' |
		awk '$1 != "-" && !seen[$1]++' | tr '\n' ' '
}

installs=
if [ "${1:-}" = --install ]; then
	installs=1
	shift
fi
modes=${*:-build}
if command -v apt-get >/dev/null 2>&1; then
	manager=apt
elif command -v dnf >/dev/null 2>&1; then
	manager=dnf
else
	manager=
fi
is_missing || exit 0

case $manager in
apt)
	install="apt-get install -y --no-install-recommends $(packages)"
	is_mode fuzz && [ "$(id -u)" != 0 ] && install="$install$(apt_fuzzer)"
	command="apt-get update && $install"
	;;
dnf) command="dnf install -y $(packages)" ;;
*)
	echo "sockleak: packages are missing, and neither apt-get nor dnf is here to install them." >&2
	echo "Debian's names for them: $(packages)" >&2
	exit 1
	;;
esac
if [ "$(id -u)" != 0 ]; then
	echo "sockleak: packages are missing. Run: sudo sh -c '${command% }'" >&2
	exit 1
fi
if [ -z "$installs" ]; then
	echo "sockleak: packages are missing. Run: make deps FOR='$modes', or: ${command% }" >&2
	exit 1
fi
if [ "$manager" = dnf ]; then
	echo "  DEPS     ${command% }"
	$command >/dev/null
	exit
fi

"$here/apt.sh" update
is_mode fuzz && install="$install$(apt_fuzzer)" # apt knows its name after the update
echo "  DEPS     ${install% }"
# shellcheck disable=SC2046
"$here/apt.sh" install $(packages) $(is_mode fuzz && apt_fuzzer)
if is_mode fuzz && ! has_fuzzer; then
	echo "sockleak: ${CLANG:-clang} has no libFuzzer: its compiler-rt is missing." >&2
	exit 1
fi
