/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_lines: the tables by which CPython knows the line of an instruction. Pure. Formats:
 * Objects/locations.md of CPython 3.11 and later; Objects/lnotab_notes.txt of 3.10 (PEP 626), and
 * of 3.8 and 3.9.
 */
#ifndef SOCKLEAK_PYTHON_LINES_H
#define SOCKLEAK_PYTHON_LINES_H

#include <linux/types.h>
#include <stddef.h>

/*
 * The line of an instruction by the table of its code, which begins at line `first`, in version
 * 3.minor. `at` is the number of the code unit; up to 3.9 of the byte. 0: it has none.
 */
unsigned int python_line(unsigned int minor, const unsigned char *bytes, size_t len, __s32 first,
			 __u64 at);

#endif /* SOCKLEAK_PYTHON_LINES_H */
