#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Print a row of user/stacks/scripts/python_offsets.h for the headers of one CPython, 3.8 to 3.14:
#   tools/python_offsets.sh /usr/include/python3.11 "libpython3.11-dev 3.11.2-6+deb12u6"
# Builds with the GIL alone: Py_GIL_DISABLED has other objects.
set -eu
include=$1 source=$2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cat > "$work/offsets.c" <<'C'
#define Py_BUILD_CORE 1
#include <Python.h>
#include <frameobject.h>
#if PY_VERSION_HEX >= 0x03090000
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#else
#include <internal/pycore_pystate.h>
#endif
#include <stddef.h>
#include <stdio.h>

#define AT(type, member) ((int)offsetof(type, member))

#if PY_VERSION_HEX >= 0x030b0000
#if PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_interpframe.h>
#else
#include <internal/pycore_frame.h>
#endif
#define FRAME(member) AT(_PyInterpreterFrame, member)
#define NAME co_qualname
#define LINES co_linetable
#define CODE AT(PyCodeObject, co_code_adaptive)
#define THREADS threads.head
#else
#include <code.h>
#define FRAME(member) AT(PyFrameObject, member)
#define NAME co_name
#define CODE 0
#define THREADS tstate_head
#if PY_VERSION_HEX >= 0x030a0000
#define LINES co_linetable
#else
#define LINES co_lnotab
#endif
#endif

#if PY_VERSION_HEX >= 0x030d0000
#define FRAMES AT(PyThreadState, current_frame), -1
#define PARTS FRAME(f_executable), FRAME(previous), FRAME(instr_ptr)
#if PY_VERSION_HEX >= 0x030e0000
#define ENTRY FRAME(owner), FRAME_OWNED_BY_INTERPRETER
#else
#define ENTRY FRAME(owner), FRAME_OWNED_BY_CSTACK
#endif
#elif PY_VERSION_HEX >= 0x030b0000
#define FRAMES AT(PyThreadState, cframe), AT(_PyCFrame, current_frame)
#define PARTS FRAME(f_code), FRAME(previous), FRAME(prev_instr)
#if PY_VERSION_HEX >= 0x030c0000
#define ENTRY FRAME(owner), FRAME_OWNED_BY_CSTACK
#else
#define ENTRY FRAME(is_entry), 1
#endif
#else
#define FRAMES AT(PyThreadState, frame), -1
#define PARTS FRAME(f_code), FRAME(f_back), FRAME(f_lasti)
#define ENTRY FRAME(f_lasti), -1
#endif

#define FOUR(a, b, c, d) printf("%d, %d, %d, %d, ", a, b, c, d)
#define PAIR(...) printf("%d, %d, ", __VA_ARGS__)
#define TRIPLE(...) printf("%d, %d, %d, ", __VA_ARGS__)

int main(void)
{
	printf("\t{ ");
	FOUR(PY_MINOR_VERSION, AT(_PyRuntimeState, interpreters.head),
	     AT(PyInterpreterState, next), AT(PyInterpreterState, THREADS));
	PAIR(AT(PyThreadState, next), AT(PyThreadState, thread_id));
	PAIR(FRAMES);
	TRIPLE(PARTS);
	PAIR(ENTRY);
	FOUR(AT(PyCodeObject, co_firstlineno), AT(PyCodeObject, co_filename),
	     AT(PyCodeObject, NAME), AT(PyCodeObject, LINES));
	printf("%d, %d, %d },\n", CODE, (int)sizeof(PyASCIIObject),
	       (int)sizeof(PyCompactUnicodeObject));
}
C
cc -w -I"$include/.." -I"$include" -I"$include/internal" -o "$work/offsets" "$work/offsets.c"
printf '\t/* %s */\n' "$source"
"$work/offsets"
