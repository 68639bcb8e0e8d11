#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Print a row of user/stacks/scripts/python_offsets.h for the headers of one CPython (3.11, 3.12):
#   tools/python_offsets.sh /usr/include/python3.11 "libpython3.11-dev 3.11.2-6+deb12u6"
# Builds with threads and the GIL alone: Py_GIL_DISABLED has other objects.
set -eu
include=$1 source=$2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cat > "$work/offsets.c" <<'C'
#define Py_BUILD_CORE 1
#include <Python.h>
#include <internal/pycore_runtime.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_frame.h>
#include <stddef.h>
#include <stdio.h>

#define AT(type, member) ((int)offsetof(type, member))
#if PY_VERSION_HEX < 0x030c0000 /* C's call of the interpreter is marked in the frame that it runs */
#define ENTRY AT(_PyInterpreterFrame, is_entry), 1
#define UNICODE_BITS 2
#else /* it has a frame of its own further out */
#define ENTRY AT(_PyInterpreterFrame, owner), FRAME_OWNED_BY_CSTACK
#define UNICODE_BITS 2
#endif

int main(void)
{
	int begin = AT(_PyInterpreterFrame, f_code) & ~7;

	printf("\t{ %d, %d, %d, %d, ", PY_MINOR_VERSION, AT(_PyRuntimeState, interpreters.head),
	       AT(PyInterpreterState, next), AT(PyInterpreterState, threads.head));
	printf("%d, %d, %d, true, %d, ", AT(PyThreadState, next), AT(PyThreadState, thread_id),
	       AT(PyThreadState, cframe), AT(_PyCFrame, current_frame));
	printf("%d, %d, %d, %d, %d, ", begin, AT(_PyInterpreterFrame, localsplus) + 7 - begin & ~7,
	       AT(_PyInterpreterFrame, f_code), AT(_PyInterpreterFrame, previous),
	       AT(_PyInterpreterFrame, prev_instr));
	printf("%d, %d, %d, %d, %d, %d, %d, ", ENTRY, AT(PyCodeObject, co_firstlineno),
	       AT(PyCodeObject, co_filename), AT(PyCodeObject, co_qualname),
	       AT(PyCodeObject, co_linetable), AT(PyCodeObject, co_code_adaptive));
	printf("%d, %d, %d },\n", (int)sizeof(PyASCIIObject), (int)sizeof(PyCompactUnicodeObject),
	       UNICODE_BITS);
}
C
cc -w -I"$include" -o "$work/offsets" "$work/offsets.c"
printf '\t/* %s */\n' "$source"
"$work/offsets"
