/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * site_holders: the processes that hold sockets of a site, with how many each, for
 * stacks_file.c alone. A socket that several processes hold counts for each of them. Pure.
 */
#ifndef SOCKLEAK_SITE_HOLDERS_H
#define SOCKLEAK_SITE_HOLDERS_H

#include "leaks/leaks.h"
#include "report/report.h"

/* Named in the file, those with most sockets; a server's children may be thousands. */
#define SITE_HOLDERS_MAX 32

struct json;
struct site_holder;

struct site_holders {
	struct site_holder *all; /* a uthash table */
	unsigned int more;	 /* processes that were left out of it, at least */
	unsigned int more_open;	 /* sockets that those hold */
	unsigned int unnamed;	 /* the most that hold one socket without a name in holders.h */
};

/* Those of the open leaks of a site that are shown. -ENOMEM: some are missing. */
int site_holders_add(struct site_holders *holders, const struct site *site);
/* The most first, and no more than SITE_HOLDERS_MAX; the others are counted. */
void site_holders_cut(struct site_holders *holders);
/* The process that holds most, once they are cut; 0 = there is none. */
pid_t site_holders_first(const struct site_holders *holders);
void site_holders_clear(struct site_holders *holders);

/* "processes", "more_processes" and "more_open" of the site's object. */
void site_holders_put(struct json *json, const struct site_holders *holders,
		      const struct summary *summary);

#endif /* SOCKLEAK_SITE_HOLDERS_H */
