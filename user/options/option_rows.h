/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * option_rows: the rows of the table of options.h, a file for each part of it, in the order of
 * --help. Only the options' own files include this.
 */
#ifndef SOCKLEAK_OPTION_ROWS_H
#define SOCKLEAK_OPTION_ROWS_H

#include <stddef.h>

#include "options/options.h"

#define TRACE (1U << COMMAND_TRACE)
#define SCAN (1U << COMMAND_SCAN)
#define AGENT (1U << COMMAND_AGENT)
#define EXPLAIN (1U << COMMAND_EXPLAIN)
#define DOCTOR (1U << COMMAND_DOCTOR)
#define DIFF (1U << COMMAND_DIFF)
#define RUN (1U << COMMAND_RUN)
#define WATCHES (TRACE | AGENT | RUN) /* goes on */
#define LOOKS (WATCHES | SCAN)	      /* reads the kernel's fd tables */
#define CHOOSES (LOOKS & ~RUN)	      /* watches what is there already */

#define DAY_NS (86400 * NSEC_PER_SEC)
#define AT(member) .offset = offsetof(struct options, member)

/* A row without a name ends each. */
extern const struct option_spec options_what[], options_output[], options_kernel[];

#define ASSERT_PART_FITS(part)                                                   \
	_Static_assert(sizeof(part) / sizeof((part)[0]) <= OPTIONS_PART_MAX + 1, \
		       "raise OPTIONS_PART_MAX")

#endif /* SOCKLEAK_OPTION_ROWS_H */
