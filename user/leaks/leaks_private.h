/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The accounts of leaks.h, for its own files: leaks.c keeps them, leaks_accounts.c finds the one
 * that is meant, partial_stacks.c moves what was in the wrong one, leaks_view.c reads them.
 */
#ifndef SOCKLEAK_LEAKS_PRIVATE_H
#define SOCKLEAK_LEAKS_PRIVATE_H

#include "leaks/ended.h"
#include "leaks/growth/renewals.h"
#include "leaks/leaks.h"

struct leaks {
	struct leak *by_socket; /* uthash tables */
	struct site *by_key;
	struct partial_call *partial_calls;
	struct call_sites *call_sites; /* of the leaks that had their whole stack taken */
	unsigned int classes;
	__u64 moment_ns;
	__u64 lag_ns;	  /* from a birth until it is counted, unless something hinders it */
	__u64 max_gap_ns; /* between two ticks; more than that was not watched. 0 = no limit */
	__u64 began_ns;	  /* this run */
	__u64 ticked_ns;  /* the last tick; 0 = none yet */
	unsigned int min_steps, min_open;
	bool by_process;
	leaks_announce_fn announce;
	void *announce_ctx;
	leaks_growth_fn on_growth; /* NULL = nobody wants to know */
	void *on_growth_ctx;
	struct growth_memory memory; /* .keep NULL = none */
	struct ended ended;
	struct renewals renewals;
	struct leaks_totals totals; /* of sites: what leaks__totals() cannot count itself */
	struct site **sorted;
	size_t sorted_room;
};

/* The site of a leak with this event and stack, made when there is none. NULL: no memory. */
struct site *account_site(struct leaks *leaks, const struct event *event, struct owner *owner,
			  struct stack *stack);
/* The account of a process at it, likewise, with what is remembered of its growth. */
struct site_process *account_process(struct leaks *leaks, struct site *site,
				     const struct event *event);
/* One leak more, which has its site and process; counted by its event. */
void account_grow(struct leaks *leaks, struct leak *leak);
/* One less, which belongs to another site; -> account_leave(). */
void account_take_back(struct site *site, struct site_process *process, const struct event *event);
/* One less, which is left out from now on, and may come back; -> account_leave(). */
void account_drop(struct site *site, struct site_process *process, const struct event *event);
/* One less, which has ended; -> account_leave(). */
void account_end(struct site *site, struct site_process *process);
/*
 * A socket has ended, shown or not: if it was closed, and is of before the watch, the next one of
 * its process is not growth (renewals.h). After each sweep: forget those of long ago.
 */
void account_renewal(struct leaks *leaks, const struct event *event);
void account_forget_renewals(struct leaks *leaks, __u64 now_ns);
/* One less; the last one frees the process's account. */
void account_leave(struct leaks *leaks, struct site *site, struct site_process *process);
/*
 * The leak belongs to the site of this stack, which is its own from now on. Shown or held back as
 * it was, and announced as LEAKS_MOVED. `with_growth`: all that its process has at the old site
 * goes there, and the first takes along how it has grown. Without memory it stays where it is.
 */
void leak_rehome(struct leaks *leaks, struct leak *leak, struct stack *stack, bool with_growth);
/* After a sweep: growth, rates, and the state. True: the site has begun or ceased to grow. */
bool account_tick(struct leaks *leaks, struct site *site, __u64 now_ns);

#endif /* SOCKLEAK_LEAKS_PRIVATE_H */
