#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds a package of this source tree as it is now, and prints the names of the files.
#
#   packaging/build.sh deb|rpm VERSION DIRECTORY
#
# DIRECTORY is emptied; the package is built in it, from a copy, and stays there. The copy has
# VERSION in it, so the program prints it, and a source package builds the same again.
set -eu
kind=$1 version=$2
case $version in
'' | [!0-9]* | *[!0-9A-Za-z.+~]*)
	echo "sockleak: VERSION=$version: a package's version begins with a digit and has letters," \
		"digits, '.', '+' and '~' alone." >&2
	exit 2
	;;
esac
cd "$(dirname "$0")/.."
rm -rf "$3"
mkdir -p "$3"
directory=$(cd "$3" && pwd)
name=sockleak-$version

# Files that are not source: git's own, build results, and editors' backups.
copy_sources() {
	mkdir -p "$directory/$name"
	tar -c --exclude=./.git --exclude=./.output --exclude=./sockleak --exclude='*.pyc' \
		--exclude=__pycache__ . | tar -x -C "$directory/$name"
	sed "s/^VERSION := .*/VERSION := $version/" Makefile >"$directory/$name/Makefile"
}

# quietly COMMAND...: its output is shown only if it fails, or with V=1.
quietly() {
	if [ "${V:-}" = 1 ]; then
		"$@"
	else
		"$@" >"$directory/log" 2>&1 || {
			tail -n 40 "$directory/log" >&2
			echo "sockleak: the package was not built: see $directory/log" >&2
			exit 1
		}
	fi
}

# The commands that are needed, and their packages.
need() {
	command -v "$1" >/dev/null 2>&1 || {
		echo "sockleak: '$1' is missing: install $2" >&2
		exit 1
	}
}

deb() {
	need dh debhelper
	need dpkg-buildpackage dpkg-dev
	copy_sources
	# In a separate folder, so that an interrupted build leaves no package that looks complete.
	mkdir "$directory/build"
	mv "$directory/$name" "$directory/build/"
	tree=$directory/build/$name
	cp -r packaging/debian "$tree/debian"
	sed "s/@VERSION@/$version/" packaging/debian/changelog.in >"$tree/debian/changelog"
	rm "$tree/debian/changelog.in"
	for part in service sysusers; do
		cp "packaging/systemd/sockleak.$part" "$tree/debian/"
	done
	cd "$tree"
	quietly dpkg-buildpackage -us -uc -b
	rm -rf "$tree"
	mv "$directory/build"/* "$directory"
	rmdir "$directory/build"
}

rpm() {
	need rpmbuild "rpm-build (Debian: rpm)"
	copy_sources
	mkdir -p "$directory/SOURCES"
	tar -czf "$directory/SOURCES/$name.tar.gz" -C "$directory" "$name"
	rm -rf "${directory:?}/$name"
	sed "s/@VERSION@/$version/" packaging/rpm/sockleak.spec >"$directory/sockleak.spec"
	# rpm looks for build dependencies in its own database; a Debian host has them in dpkg's.
	nodeps=
	command -v dpkg >/dev/null 2>&1 && nodeps=--nodeps
	# This also works without the distribution's macros for it.
	quietly rpmbuild -ba $nodeps --define "_topdir $directory" "$directory/sockleak.spec"
	mv "$directory"/RPMS/*/*.rpm "$directory"/SRPMS/*.rpm "$directory"
	rm -rf "$directory/BUILD" "$directory/BUILDROOT" "$directory/RPMS" "$directory/SRPMS" \
		"$directory/SOURCES"
}

echo "  BUILD    sockleak $version, as a $kind (minutes on a slow machine; V=1 shows the commands)"
# These flags were meant for the program in the source tree, not for the one in the package.
unset MAKEFLAGS MFLAGS MAKELEVEL SAN
"$kind"
ls "$directory"/*."$kind"
