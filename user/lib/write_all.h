/* SPDX-License-Identifier: BSD-2-Clause */
/* write_all: write(2) until all is written, however slow the reader is. */
#ifndef SOCKLEAK_WRITE_ALL_H
#define SOCKLEAK_WRITE_ALL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * 0 or -errno. `stops` is called when a signal interrupted it: true ends it, with -EINTR.
 * With NULL no signal ends it.
 */
int write_all(int fd, const void *data, size_t len, bool (*stops)(void));

#endif /* SOCKLEAK_WRITE_ALL_H */
