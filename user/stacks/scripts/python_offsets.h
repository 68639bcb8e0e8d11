/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_offsets: where CPython has what sockleak reads, by version. Made by
 * tools/python_offsets.sh from headers of CPython; do not edit. Offsets are bytes, of 64-bit
 * builds.
 */
#ifndef SOCKLEAK_PYTHON_OFFSETS_H
#define SOCKLEAK_PYTHON_OFFSETS_H

#include <linux/types.h>
#include <stdbool.h>

struct python_offsets {
	__u16 minor; /* of the version: 3.minor */
	/* _PyRuntimeState, PyInterpreterState, PyThreadState, _PyCFrame */
	__u16 runtime_interpreters, interpreter_next, interpreter_threads;
	__u16 thread_next, thread_id, thread_frame;
	bool has_cframe; /* thread_frame leads to a _PyCFrame */
	__u16 cframe_frame;
	/* _PyInterpreterFrame: what is kept of it begins at frame_begin. */
	__u16 frame_begin, frame_len, frame_code, frame_previous, frame_instruction;
	__u16 frame_entry, frame_entry_value; /* a byte, and its value where C has called */
	/* PyCodeObject: `code_units` is the first instruction. */
	__u16 code_first_line, code_filename, code_name, code_linetable, code_units;
	/* PyASCIIObject, PyCompactUnicodeObject: their sizes; bits of its state before `kind` */
	__u16 ascii_size, compact_size, interned_bits;
};

static const struct python_offsets python_offsets[] = {
	/* libpython3.11-dev 3.11.2-6+deb12u6 */
	{ 11, 40, 0,  16, 8,  152, 56,	true, 8,   32, 40, 32,
	  48, 56, 68, 1,  72, 112, 128, 136,  184, 48, 72, 2 },
};

#endif /* SOCKLEAK_PYTHON_OFFSETS_H */
