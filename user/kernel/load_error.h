/* SPDX-License-Identifier: BSD-2-Clause */
/* load_error: why the kernel has not taken the BPF programs, and what to do. */
#ifndef SOCKLEAK_LOAD_ERROR_H
#define SOCKLEAK_LOAD_ERROR_H

#include <errno.h>

#include "lib/text.h"
#include "options/options.h"

/*
 * Explains a load that had no error and yet has mapped no data: libbpf has asked the kernel whether
 * it maps arrays, and takes any error for a no, also one of a moment. Linux 5.5 can.
 */
#define LOADED_UNMAPPED (-ENOMEM)

/* Add the line for a user; err is libbpf's, negative. */
void load_error_add(struct text *text, int err, const struct options *options);

#endif /* SOCKLEAK_LOAD_ERROR_H */
