/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIBTRUTH_H
#define LIBTRUTH_H

#include <setjmp.h>

int lt_connect(const char *peer, int depth); /* through `depth` frames of its own */
void lt_sort(void);			     /* from a callback of libc's */
void lt_noreturn(void);			     /* from a function that never returns */
int lt_alloca(int size);		     /* below a frame of variable size */
int lt_cold(int number);		     /* from a part that was split off */

#endif /* LIBTRUTH_H */
