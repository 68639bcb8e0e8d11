/* SPDX-License-Identifier: BSD-2-Clause */
/* pin_dir: is a directory fit to keep pinned maps in, and what to do when it is not. */
#ifndef SOCKLEAK_PIN_DIR_H
#define SOCKLEAK_PIN_DIR_H

#include "lib/text.h"

/*
 * Open a directory on a bpffs that nobody else can read, and that `path` itself names,
 * not a symbolic link there; made when it is not there and its parent is on one. Returns
 * its descriptor, or -errno with one line in ret_error. No slash at the end of `path`.
 */
int pin_dir_open(const char *path, struct text *ret_error);

/* Would it be? Changes nothing. 0, or -errno with one line in ret_error. */
int pin_dir_check(const char *path, struct text *ret_error);

/* Add "cannot use --pin PATH: WHY", and return err. */
int pin_dir_refuse(const char *path, int err, const char *why, struct text *error);
/* The same, with the cause by err, and the remedy where there is one. */
int pin_dir_refuse_errno(const char *path, int err, struct text *error);

#endif /* SOCKLEAK_PIN_DIR_H */
