/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff_input: takes the open sockets out of one of the two files of `sockleak diff`: what
 * `sockleak --json` or `sockleak scan --json` printed (docs/json.md), or a profile of --pprof.
 *
 * The file is not trusted. Of JSON a line at a time is in memory, parsed by libjansson; values of
 * another type count as not known, but a leak has its inode. The last line of a trace that was
 * killed, or still runs, may be cut: it is left out. profile_reader.h reads profiles.
 */
#ifndef SOCKLEAK_DIFF_INPUT_H
#define SOCKLEAK_DIFF_INPUT_H

#include <stdio.h>

#include "commands/diff_sites.h"

struct text;

/* Bytes of a line: a socket that a hundred processes hold, with a long stack, has 64 KiB. */
#define DIFF_MAX_LINE (4 * 1024 * 1024)
/* Sockets that are open at once in the JSON of a trace; as many as --max-sockets at its most. */
#define DIFF_MAX_SOCKETS (1U << 24)
/* Bytes of a profile as it is stored. */
#define DIFF_MAX_PROFILE (64 * 1024 * 1024)

/*
 * Add the sockets to their sites. 0; -ENOMEM; the errors of read(2); or -EPROTO or -EFBIG with one
 * line in ret_error.
 */
int diff_read(FILE *file, enum diff_side side, struct diff_sites *sites, struct text *ret_error);

#endif /* SOCKLEAK_DIFF_INPUT_H */
