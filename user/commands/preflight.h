/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preflight: can this machine, and this user, run sockleak? It is checked before libbpf is
 * asked, which would only say EPERM.
 */
#ifndef SOCKLEAK_PREFLIGHT_H
#define SOCKLEAK_PREFLIGHT_H

#include "lib/text.h"
#include "options/options.h"

/* 0, or -errno with one line, cause and remedy, in ret_error. */
int preflight_check(const struct options *options, struct text *ret_error);

/* One of the checks. */
struct preflight {
	const char *name;
	const char *passed; /* what is true when the check passes */
	int (*check)(const struct options *options, struct text *ret_error); /* as above */
};

/* The check after `previous`; NULL begins, and ends. */
const struct preflight *preflight_next(const struct preflight *previous);

#endif /* SOCKLEAK_PREFLIGHT_H */
