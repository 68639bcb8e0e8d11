#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Fetches Debian's cloud kernels, out of their packages, from the mirrors that apt is configured
# with. Nothing is installed, and none of apt's own lists is touched.
#
#   tests/vm/kernels.sh DIRECTORY SUITE/SERIES...
#
# SERIES is 6.1, or `newest` for whichever that is. Leaves DIRECTORY/SUITE/SERIES/vmlinuz, and
# beside it `release` ("6.1.0-49-cloud-amd64"). A kernel that is still the series' newest is not
# fetched again. Of a suite that cannot be reached the one fetched before is used, and that is
# said; where there is none, this is said, and the script fails after the others.
#
# apt does what must be right: it checks the suite's signature, by that the list's checksum, and
# by the list the package's SHA256. It has a directory of its own here, since a kernel of another
# release is nothing that this host should know of.
set -eu
directory=$1
shift
keys=/usr/share/keyrings/debian-archive-keyring.gpg
error() {
	echo "sockleak: $*" >&2
}

if ! command -v apt-get >/dev/null 2>&1 || [ ! -e $keys ]; then
	error "tests/vm boots Debian's kernels: apt-get or $keys is missing (run it on Debian)."
	exit 1
fi
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)

# mirror LABEL: where this host has the packages from that Debian labels so.
mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' \
		'Origin: Debian' |
		awk -v label="$1" '$2 == label { print $1; exit }'
}

# own_apt SUITE COMMAND ARGUMENT...: an apt that knows that suite alone, and no installed package.
own_apt() {
	apt=$directory/$1/.apt command=$2
	shift 2
	"$command" -qq -o Dir::Etc::SourceList="$apt/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$apt" -o Dir::State::Status=/dev/null -o Dir::Cache="$apt" \
		-o APT::Sandbox::User=root -o APT::Architecture=amd64 -o APT::Architectures=amd64 \
		-o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

# update SUITE: its list, and that of its security suite: point releases stay nowhere for long.
update() {
	apt=$directory/$1/.apt main=$(mirror Debian) security=$(mirror Debian-Security)
	if [ -z "$main" ]; then
		error "apt has no list of a mirror of Debian's (run apt-get update)."
		return 1
	fi
	mkdir -p "$apt/lists/partial" "$apt/archives/partial"
	echo "deb [signed-by=$keys] $main $1 main" >"$apt/sources.list"
	case $1 in
	*-* | sid) ;;
	*)
		[ -z "$security" ] ||
			echo "deb [signed-by=$keys] $security $1-security main" \
				>>"$apt/sources.list"
		;;
	esac
	own_apt "$1" apt-get -o APT::Update::Error-Mode=any update
}

# newest SUITE SERIES: the package that has its newest kernel. Since 6.19 linux-image-... is empty
# and leads on to linux-binary-..., which sorts before it at the same version.
newest() {
	[ "$2" = newest ] && series='[0-9]+\.[0-9]+' || series=$(echo "$2" | sed 's/\./\\./g')
	own_apt "$1" apt-cache pkgnames linux- |
		grep -E "^linux-(binary|image)-$series\..*-cloud-amd64$" |
		sed -E 's/^linux-(binary|image)-(.*)/\2 \1/' | sort -k1,1Vr -k2,2 |
		sed -E 's/(.*) (.*)/linux-\2-\1/; q'
}

# unpack SUITE SERIES PACKAGE
unpack() {
	to=$directory/$1/$2 work=$directory/$1/.apt/work
	rm -rf "$work"
	mkdir -p "$work" "$to"
	(cd "$work" && own_apt "$1" apt-get download "$3") || return 1
	dpkg-deb -x "$work"/*.deb "$work/root" || return 1
	kernel=$(find "$work/root/boot" "$work/root/usr/lib/modules" -name 'vmlinuz*' 2>/dev/null)
	if [ ! -f "$kernel" ]; then
		error "$3: expected one vmlinuz in it, seen: '$kernel'."
		return 1
	fi
	rm -f "$to/package"
	echo "${3%%=*}" | sed -E 's/^linux-(binary|image)-//' >"$to/release"
	mv "$kernel" "$to/vmlinuz"
	rm -r "$work"
}

# fetch SUITE SERIES
fetch() {
	package=$(newest "$1" "$2")
	if [ -z "$package" ]; then
		error "$1 has no cloud kernel of $2 any more."
		return 1
	fi
	version=$(own_apt "$1" apt-cache show --no-all-versions "$package" |
		sed -n 's/^Version: //p')
	have=$(cat "$directory/$1/$2/package" 2>/dev/null || true)
	[ "$package=$version" != "$have" ] || return 0
	echo "  FETCH    $package ($1)"
	unpack "$1" "$2" "$package=$version" || return 1
	echo "$package=$version" >"$directory/$1/$2/package" # last: what is there by now is whole
}

status=0 updated=
for kernel; do
	suite=${kernel%/*} series=${kernel#*/}
	case " $updated " in
	*" $suite "*) ;;
	*) update "$suite" && updated="$updated $suite" ;;
	esac || true
	case " $updated " in
	*" $suite "*) fetch "$suite" "$series" && continue ;;
	esac
	if [ -e "$directory/$kernel/package" ]; then
		have=$(cat "$directory/$kernel/package")
		error "$kernel: not reached; used as fetched before: $have"
	else
		error "$kernel: this kernel could not be had from apt's mirrors."
		status=1
	fi
done
exit $status
