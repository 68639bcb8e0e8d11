/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_offsets: where CPython has what sockleak reads, by version. Made by
 * tools/python_offsets.sh from headers of CPython; do not edit. Offsets are bytes, of 64-bit
 * builds.
 */
#ifndef SOCKLEAK_PYTHON_OFFSETS_H
#define SOCKLEAK_PYTHON_OFFSETS_H

#include <linux/types.h>

struct python_offsets {
	__s16 minor; /* of the version: 3.minor */
	/* _PyRuntimeState, PyInterpreterState, PyThreadState */
	__s16 runtime_interpreters, interpreter_next, interpreter_threads;
	__s16 thread_next, thread_id, thread_frame;
	__s16 cframe_frame; /* thread_frame leads to a _PyCFrame, which has the frame; -1: to the
			       frame */
	/* _PyInterpreterFrame; before 3.11 PyFrameObject, where frame_instruction is an int. */
	__s16 frame_code, frame_previous, frame_instruction;
	/* A byte that has this value, or one above it, where C has called the interpreter; -1: it
	 * has for each frame.
	 */
	__s16 frame_entry, frame_entry_value;
	/* PyCodeObject: `code_units` is the first instruction; 0: the instruction is a number. */
	__s16 code_first_line, code_filename, code_name, code_lines, code_units;
	/* PyASCIIObject, PyCompactUnicodeObject: their sizes */
	__s16 ascii_size, compact_size;
};

static const struct python_offsets python_offsets[] = {
	/* CPython 3.8.18 */
	{ 8, 32, 0, 8, 8, 176, 24, -1, 32, 24, 104, 104, -1, 40, 104, 112, 120, 0, 48, 72 },
	/* CPython 3.9.18 */
	{ 9, 32, 0, 8, 8, 176, 24, -1, 32, 24, 104, 104, -1, 40, 104, 112, 120, 0, 48, 72 },
	/* CPython 3.10.13 */
	{ 10, 32, 0, 8, 8, 176, 24, -1, 32, 24, 96, 96, -1, 40, 104, 112, 120, 0, 48, 72 },
	/* libpython3.11-dev 3.11.2-6+deb12u6 */
	{ 11, 40, 0, 16, 8, 152, 56, 8, 32, 48, 56, 68, 1, 72, 112, 128, 136, 184, 48, 72 },
	/* CPython 3.12.1 */
	{ 12, 40, 0, 72, 8, 136, 56, 0, 0, 8, 56, 70, 3, 68, 112, 128, 136, 192, 40, 56 },
	/* CPython 3.13.0 */
	{ 13, 632, 7264, 7344, 8, 152, 72, -1, 0, 8, 56, 70, 3, 68, 112, 128, 136, 200, 40, 56 },
	/* libpython3.14-dev 3.14.10-1 */
	{ 14, 808, 7272, 7344, 8, 152, 72, -1, 0, 8, 56, 74, 3, 68, 112, 128, 136, 208, 40, 56 },
};

#endif /* SOCKLEAK_PYTHON_OFFSETS_H */
