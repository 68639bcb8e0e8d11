/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state behind attribution.h, for its own files: attribution.c finds who holds a socket and
 * which code created it, attribution_tries.c where calls on it failed.
 */
#ifndef SOCKLEAK_ATTRIBUTION_PRIVATE_H
#define SOCKLEAK_ATTRIBUTION_PRIVATE_H

#include <uthash.h>

#include "host/files/opener.h"
#include "host/workloads/owners.h"
#include "packages/hints.h"
#include "resolver/fetcher.h"
#include "resolver/resolver.h"
#include "stacks/call_sites.h"
#include "watch/attribution/attribution.h"
#include "watch/attribution/turns.h"

/* A process whose modules are known, should it end before its leak is reported. */
struct looked {
	__u32 tgid;
	__u64 start_ns; /* the start time distinguishes it from another process with this number */
	UT_hash_handle hh;
};

/* Stacks that were reported before and named in this sweep: thousands of leaks share a few. */
struct named {
	struct named_key {
		__u64 stack; /* as find_key() of struct stack_evidence gives it */
		__u64 tgid;  /* in whose code it was looked up */
	} key;
	struct stack *stack;
	UT_hash_handle hh;
};

/* A stack that was named before its socket was a leak. */
struct early {
	struct early_key {
		__u64 inode, since_ns;
	} key;
	struct stack *stack;
	UT_hash_handle hh;
};

struct attribution {
	struct opener *opener;
	struct owners *owners;
	struct resolver *resolver;
	struct fetcher *fetcher; /* NULL = debug files are not fetched */
	struct call_sites *call_sites;
	struct hints *hints;
	struct looked *looked; /* a uthash table, the oldest first */
	struct named *named;   /* a uthash table */
	struct early *early;   /* a uthash table, the oldest first */
	__u64 unanswered;      /* resolver__unanswered() when the present search began */
	/* In this sweep: processes looked at, stacks named early, and snapshots read for that. */
	struct turns looks, early_stacks, early_reads;
	__u64 stacks_astray;		    /* snapshots that were reduced to the call */
	__u64 scripts_faulted, scripts_cut; /* leaks whose stack lacks outer functions of scripts */
};

/* The user whose rights decide which files are opened for a process; nobody if it is gone. */
struct subject subject_of(pid_t tgid);
/* Were the modules of the process read that had this number when the socket was created? */
bool has_looked(struct attribution *attribution, __u32 tgid, __u64 since_ns);
/* Did the process run when the socket was created? (A younger process may have its pid now.) */
bool was_there(__u32 tgid, __u64 since_ns);
/* A search for what there is to know of a socket begins. */
void begin_search(struct attribution *attribution);
/*
 * Has the resolver not answered a question of the search that began last? Then what was found is
 * not all that there is.
 */
bool lacks_answers(const struct attribution *attribution);
/* Forget what was found: the search goes on later, from the beginning. -EINPROGRESS. */
int put_off(struct attributed *attributed);
/* Where the last call failed. True: its snapshot was read, to be given back with drop_try(). */
bool search_try(struct attribution *attribution, const struct stack_evidence *evidence,
		struct attributed *attributed);
void drop_try(const struct stack_evidence *evidence, const struct event *event);
/* The process in whose code the stack of a socket is looked up; number 0: it is not there. */
struct subject code_of(struct attribution *attribution, const struct event *event);

/*
 * Name the stack of a socket that may become a leak, if it has functions of scripts. Their names
 * are in the memory of the process, which may free them, or end.
 */
void early_name(struct attribution *attribution, const struct stack_evidence *evidence,
		const struct event *event);
/* A sweep begins: it has so many turns for that, shared among users. */
void early_begin_sweep(struct attribution *attribution);
/* The stack that was kept for a socket, one reference, and not kept any longer; NULL = none. */
struct stack *early_take(struct attribution *attribution, const struct pending *socket);
/* It is kept again, because the search goes on later. Without memory it is named later. */
void early_put_back(struct attribution *attribution, const struct pending *socket,
		    struct stack *stack);
/*
 * Count what is missing of the functions of scripts in the copy of a leak that is reported; NULL =
 * there is none. Nobody misses those of a socket that has come clean.
 */
void early_count_cut(struct attribution *attribution, const struct snapshot *snapshot);
/* Nothing is kept any longer. */
void early_clear(struct attribution *attribution);

#endif /* SOCKLEAK_ATTRIBUTION_PRIVATE_H */
