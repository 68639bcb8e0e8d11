#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Checks that the packages are installed with which sockleak is built and tested. If some are
# missing, it installs them by apt-get or dnf with --install, as root; otherwise it prints the one
# command to run, and fails.
#
#   packaging/deps.sh [--install] build    for building; all modes but fresh and vm-service have it
#   packaging/deps.sh [--install] MODE...  for `make MODE`: demo, check, test, deb, rpm, fuzz, compat,
#                              vm, bench, bench-instructions, truth; fresh, for `make test-fresh`, and
#                              vm-service, which build sockleak in roots of their own
#
# `make test`, compat and vm unpack some more packages without installing them.
set -eu
here=$(dirname "$0")

# The columns are: a tool in the PATH, a header ("a.h|b.h": one of them) or installed:PACKAGE; its
# package in Debian; its package in Fedora; the modes that need it. "-" in the first column:
# the package is always asked for. "-" as a package: there is none, or its name in Fedora is not
# known, and the test that needs it is skipped. Several packages are joined by commas.
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
		curl                     curl                curl                      test
		zsh                      zsh                 zsh                       test
		fish                     fish                fish                      test
		stress-ng                stress-ng           stress-ng                 test
		-                        libseccomp2         libseccomp                test
		-                        python3-yaml        python3-pyyaml            test
		-                        -                   libasan,libubsan,glibc-static,libstdc++-static test
		-                        -                   systemd-rpm-macros        test,rpm
		rustc                    rustc               -                         test
		go                       golang-go           -                         test
		ruby                     ruby                -                         demo,test
		jq                       jq                  jq                        test
		perl                     perl                -                         test
		php                      php-cli             php-cli                   test
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

# The packages of the rows of docs/truth.md, in the same form. tests/truth/packages has them by row.
truth_needs() {
	! is_mode truth || awk '!/^#/ {
		for (i = 2; i <= NF; i++)
			if (!seen[$i]++)
				print "installed:" $i, $i, "-", "truth"
	}' "$here/../tests/truth/packages"
}

# The lines of the table that the wanted modes need.
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

# The state matters, because dpkg also knows packages that were removed or never installed.
is_installed() {
	state=$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) || return 1
	[ "$state" = installed ]
}

# A tool or header counts as present whatever package it came from.
has() {
	case $1 in
	installed:*) is_installed "${1#installed:}" ;;
	*.h) has_header "$1" ;;
	*) command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] ;;
	esac
}

# Does clang have libFuzzer and the sanitizers? Each version has them in a separate package.
has_fuzzer() {
	program=$(mktemp)
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		"${CLANG:-clang}" -fsanitize=fuzzer,address,undefined -x c - -o "$program" 2>/dev/null
	found=$?
	rm -f "$program"
	return $found
}

# Debian's name of that package: for the installed clang, or for the one to be installed. There is
# none where clang itself contains them (Debian 11, Ubuntu 22.04).
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

# The packages of the manager's column, each once.
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
