#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: a profiler finds the state of any CRuby since 3.0 by two symbols that libruby exports,
#          ruby_current_vm_ptr and, in thread-local storage, ruby_current_ec.
# So:      Debian's libruby 3.1 exports both and its 3.3 neither, nor any other ruby_current_ symbol.
#          The execution context is still in thread-local storage there: rb_errinfo(), which both
#          export, reads it. As Debian's library comes without a symbol table, only debug symbols
#          or the code of such a function lead to it. ruby_version is exported by both, so the
#          release is known all the same.
#
# Needs x86-64, apt with Debian 12's lists, binutils and the network; unpacks Ruby 3.1 of Debian 12
# and Ruby 3.3 of Debian 13, with the C library of the latter, into a temporary folder.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
mkdir -p old new lists/partial cache/archives/partial
old=3.1.2-7+deb12u1 new=3.3.8-2

# fetch FOLDER PACKAGE...: unpack them there.
fetch() {
	folder=$1
	shift
	(cd "$folder" && apt-get download "$@" >/dev/null 2>&1) ||
		{ echo "cannot be had from apt here: $*"; exit 1; }
	for deb in "$folder"/*.deb; do dpkg-deb -x "$deb" "$folder/root"; done
}

fetch old "ruby3.1=$old" "libruby3.1=$old"

# Debian 13's lists, of the same mirror, in a folder of their own: the host's stay as they are.
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
	'Label: Debian' | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >sources
cat >apt.conf <<T
Dir::Etc::sourcelist "$dir/sources";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$dir/lists";
Dir::Cache "$dir/cache";
T
export APT_CONFIG="$dir/apt.conf"
apt-get -qq update
fetch new "ruby3.3=$new" "libruby3.3=$new" libc6 libcrypt1 libgmp10 zlib1g

# look LIBRARY: which of the symbols it exports, and what rb_errinfo() calls.
look() {
	for name in ruby_version rb_errinfo ruby_current_vm_ptr ruby_current_ec; do
		type=$(readelf -W --dyn-syms "$1" |
			awk -v name="$name" '$8 == name && $7 != "UND" { print $4, $5 }')
		echo "  $name: ${type:-not exported}"
	done
	echo "  symbols with ruby_current: $(readelf -W --dyn-syms "$1" | grep -c ruby_current || true)"
	echo "  symbol table: $(readelf -WS "$1" | grep -qF ' .symtab ' && echo yes || echo none)"
	echo "  rb_errinfo calls $(objdump -d --disassemble=rb_errinfo "$1" |
		sed -n 's/.*call .*<\(.*\)>$/\1/p')"
}

libs=old/root/usr/lib/x86_64-linux-gnu
{
	LD_LIBRARY_PATH=$libs old/root/usr/bin/ruby3.1 --disable-gems -e 'puts RUBY_VERSION'
	look $libs/libruby-3.1.so.3.1
	libs=new/root/usr/lib/x86_64-linux-gnu
	new/root/usr/lib64/ld-linux-x86-64.so.2 --library-path $libs new/root/usr/bin/ruby3.3 \
		--disable-gems -e 'puts RUBY_VERSION'
	look $libs/libruby-3.3.so.3.3
} | tee seen
cat >expected <<'T'
3.1.2
  ruby_version: OBJECT GLOBAL
  rb_errinfo: FUNC GLOBAL
  ruby_current_vm_ptr: OBJECT GLOBAL
  ruby_current_ec: TLS GLOBAL
  symbols with ruby_current: 2
  symbol table: none
  rb_errinfo calls __tls_get_addr@plt
3.3.8
  ruby_version: OBJECT GLOBAL
  rb_errinfo: FUNC GLOBAL
  ruby_current_vm_ptr: not exported
  ruby_current_ec: not exported
  symbols with ruby_current: 0
  symbol table: none
  rb_errinfo calls __tls_get_addr@plt
T
if cmp expected seen; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
