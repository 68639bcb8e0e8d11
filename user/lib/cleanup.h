/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cleanup: what a local variable owns is given back when it goes out of scope, on every way out
 * of the function. A variable is set when it is declared, and given away by TAKE_PTR() and
 * TAKE_FD():
 *
 *	_cleanup_close_ int fd = -1;
 *	_cleanup_free_ char *text = NULL;
 *	...
 *	*ret_text = TAKE_PTR(text);
 *
 * An object of a module has its guard from its destructor, which accepts NULL:
 *
 *	DEFINE_CLEANUP(struct tracer *, tracer__free)
 *	_cleanup_(tracer__free) struct tracer *tracer = NULL;
 *
 * errno stays as it is over a guard.
 */
#ifndef SOCKLEAK_CLEANUP_H
#define SOCKLEAK_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(destructor) __attribute__((cleanup(cleanup_##destructor)))
#define DEFINE_CLEANUP(type, destructor)                     \
	static inline void cleanup_##destructor(type *value) \
	{                                                    \
		destructor(*value);                          \
	}

static inline void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void cleanup_fclose(FILE **file)
{
	int saved = errno;

	if (*file)
		fclose(*file);
	errno = saved;
}

#define _cleanup_free_ _cleanup_(free)
#define _cleanup_close_ _cleanup_(close)
#define _cleanup_fclose_ _cleanup_(fclose)
#define _cleanup_closedir_ _cleanup_(closedir)

/* The value, which the variable gives away. */
#define TAKE_PTR(pointer)                               \
	({                                              \
		__typeof__(pointer) _taken = (pointer); \
		(pointer) = NULL;                       \
		_taken;                                 \
	})
#define TAKE_FD(fd)                \
	({                         \
		int _taken = (fd); \
		(fd) = -1;         \
		_taken;            \
	})

#endif /* SOCKLEAK_CLEANUP_H */
