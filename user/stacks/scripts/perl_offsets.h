/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * perl_offsets: where Perl has what sockleak reads, by version. Made by tools/perl_offsets.sh from
 * the headers that a version installs, where it says a package; no runtime of the others was at
 * hand. Offsets are bytes, of 64-bit builds for threads (usethreads).
 */
#ifndef SOCKLEAK_PERL_OFFSETS_H
#define SOCKLEAK_PERL_OFFSETS_H

#include <linux/types.h>

struct perl_offsets {
	__u8 minor; /* of version 5 */
	/* struct interpreter */
	__u16 current_cop, stack_info;
	/* A hash's body: what it has beside its table; 0 = that is behind the table. */
	__u16 hash_more;
	/* opcodes */
	__u16 nextstate, dbstate, entereval;
};

static const struct perl_offsets perl_offsets[] = {
	/* libperl-dev 5.32.1-4+deb11u3 */
	{ 32, 224, 240, 0, 195, 196, 345 },
	/* 5.34: by hand, from intrpvar.h, cop.h, hv.h and opnames.h of v5.34.3 */
	{ 34, 208, 224, 0, 195, 196, 345 },
	/* libperl-dev 5.36.0-7+deb12u4 */
	{ 36, 208, 224, 32, 195, 196, 345 },
	/* 5.38: by hand, from intrpvar.h, cop.h, hv.h and opnames.h of v5.38.2 */
	{ 38, 208, 224, 32, 198, 199, 348 },
	/* libperl-dev 5.40.1-6+deb13u1 */
	{ 40, 208, 224, 32, 198, 199, 348 },
};

#endif /* SOCKLEAK_PERL_OFFSETS_H */
