/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_name: names that CPython 3.12 and later gives to its trampolines, one for each function
 * (`-X perf`): "py::Pool.open:/srv/app.py", a qualified name and a file. Pure.
 *
 * A process that has them has one for each function from its first call on, so they last, as names
 * of other JIT code do not. Source: CPython's Python/perf_trampoline.c.
 */
#ifndef SOCKLEAK_PYTHON_NAME_H
#define SOCKLEAK_PYTHON_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The parts of a name, which may be NULL: *ret_len bytes at *ret_function, and *ret_file. False: it
 * is none of these names.
 */
bool python_name_split(const char *name, const char **ret_function, size_t *ret_len,
		       const char **ret_file);

#endif /* SOCKLEAK_PYTHON_NAME_H */
