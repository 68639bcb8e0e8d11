/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suppressions: leaks that the user knows of and does not want to be reported, by
 * --suppress FILE (docs/suppressions.md). Pure but for the reading of that file.
 */
#ifndef SOCKLEAK_SUPPRESSIONS_H
#define SOCKLEAK_SUPPRESSIONS_H

#include "leaks/leaks.h"
#include "lib/cleanup.h"
#include "lib/text.h"

struct suppressions;

/* The pattern of `site` for leaks of which it is not known. */
#define SUPPRESS_UNKNOWN_SITE "unknown"

/*
 * How long `site = unknown` holds a leak whose stack has addresses without names, at most: as long
 * as names are refused to a user whose files have made the resolver fail (resolver/quarantine.h).
 */
#define SUPPRESS_ASK_AGAIN_NS (600ULL * 1000000000ULL)

/* One entry of the file. */
struct suppression {
	const char *name; /* between the brackets; bytes that the user chose */
	__u64 total;	  /* sockets that it has ever suppressed */
};

/*
 * Read the file. -EINVAL with one line in ret_error when it cannot be read or
 * understood; -ENOMEM. Free with suppressions__free(); NULL is allowed there.
 */
int suppressions__load(const char *path, struct suppressions **ret_suppressions,
		       struct text *ret_error);
void suppressions__free(struct suppressions *suppressions);
DEFINE_CLEANUP(struct suppressions *, suppressions__free)

/*
 * Is the leak of this event suppressed? It then stays so until suppressions__forget(), and is
 * counted by the first entry that matches it. A part that is not known (no stack, no cgroup)
 * matches no pattern. NULL suppresses nothing.
 */
bool suppressions__take(struct suppressions *suppressions, const struct event *event,
			const struct owner *owner, const struct stack *stack);
/* Was it taken? */
bool suppressions__holds(const struct suppressions *suppressions, const struct pending *socket);
/* It has ended. */
void suppressions__forget(struct suppressions *suppressions, const struct pending *socket);

/*
 * Called after each sweep. True: some leaks are not suppressed any more because their site may be
 * known by now. They pass the suppressions once more, and are suppressed or reported.
 */
bool suppressions__ask_again(struct suppressions *suppressions, __u64 now_ns);

/* Suppressed sockets that are open now; the entries, in the order of the file. */
unsigned int suppressions__open(const struct suppressions *suppressions);
size_t suppressions__count(const struct suppressions *suppressions);
struct suppression suppressions__get(const struct suppressions *suppressions, size_t index);

/*
 * Add an entry for that file which suppresses what is made at this site, and nothing else. None
 * when nothing is known to tell it by: neither code nor a comm.
 */
void suppressions_add_entry(struct text *text, const struct site *site);
/* The same for sites that are listed together: each entry once, under a name of its own. */
void suppressions_add_entries(struct text *text, struct site *const *sites, long count);

#endif /* SOCKLEAK_SUPPRESSIONS_H */
