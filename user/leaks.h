/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks: which sockets are leaked now, and at which sites. Takes verdicts in,
 * holds the accounts, answers questions. Pure: no I/O, no clock, no libbpf;
 * every time comes in with the caller.
 *
 * A *site* is the place in the code that creates sockets: one stable site id,
 * or, where no stack is known, one process. A site *grows* when sockets of
 * different moments stay open at it. Where the kernel cannot tell use from
 * non-use (verdict.unknowable) a socket is held back, in no account that is
 * shown, until its site has grown within one process.
 */
#ifndef SOCKLEAK_LEAKS_H
#define SOCKLEAK_LEAKS_H

#include <stdbool.h>
#include <stddef.h>

#include "sockleak.h"
#include "stack.h"

/* Whose socket: what /proc told about the process that holds it. Shared by reference count. */
struct owner {
	unsigned int refs;
	char *exe;    /* NULL = not known */
	char *cgroup; /* v2 path from the root of the host's tree, "/" first; NULL = not known */
	char *unit;   /* systemd unit in that path; NULL = none */
};

/* Takes over the strings (malloc'd or NULL), also on failure. One reference; NULL = no memory. */
struct owner *owner_new(char *exe, char *cgroup, char *unit);
struct owner *owner_ref(struct owner *owner);
void owner_unref(struct owner *owner);

struct site;

/* One leaked socket. */
struct leak {
	struct verdict verdict; /* the last one; its evidence is the newest known */
	struct owner *owner;	/* never NULL */
	struct stack *stack;	/* NULL = no stack */
	struct site *site;
	bool held_back; /* unknowable, and its site has not grown: not shown */
	/* private: */
	struct leak *next_at_site, **prev_at_site;
	void *index[8];
};

/* How many sockets of a site one process holds, and whether that grew. */
struct site_process {
	__u32 tgid;
	unsigned int open;	/* leaks now, those held back included */
	unsigned int steps;	/* moments at which it held more than ever before */
	unsigned int peak;	/* the most it ever held */
	__u64 last_step_ns;
	bool grown;
	struct site_process *next;
};

struct site {
	__u64 key;  /* of the account: the site id, or a stand-in without one */
	__u64 id;   /* the site id, 0 = not known */
	char comm[SOCKLEAK_COMM_LEN];
	struct owner *owner; /* of the first leak */
	struct stack *stack; /* of the first leak that had one, or NULL */
	struct leak *leaks;  /* open ones, the newest first (leak.next_at_site) */
	struct site_process *processes;
	unsigned int n_processes; /* that hold an open leak now */
	unsigned int open;	  /* leaks open now and shown */
	unsigned int held_back;
	__u64 total;		  /* ever shown */
	__u64 resolved[END_COUNT];
	__u64 first_ns; /* when its first leak was confirmed */
	__u64 oldest_ns; /* creation of its oldest open leak; 0 = none open */
	bool growing;	/* "leaking": see site_growing() in leaks.c */
	double per_minute; /* open leaks gained a minute, over the last ten minutes at most */
	enum leak_class class; /* of most of its open leaks */
	/* private: */
	unsigned int by_class[CLASS_COUNT];
	struct {
		__u64 ns;
		unsigned int open;
	} history[32];
	unsigned int history_len;
	void *index[8];
	struct site *next;
};

/* What leaks__apply() did with a verdict. */
enum leaks_change {
	LEAKS_NOTHING = 0, /* held back, unknown, or of a class that is not wanted */
	LEAKS_OPENED,	   /* ret_leak is a new leak to show (others of its site may be, too) */
	LEAKS_CHANGED,	   /* ret_leak has another class */
	LEAKS_RESOLVED,	   /* ret_leak has ended; valid until the next leaks__apply() */
};

struct leaks;

/*
 * `classes`: a bit (1 << enum leak_class) for each class that is wanted.
 * NULL when out of memory. Free with leaks__free(); NULL is allowed there.
 */
struct leaks *leaks__new(unsigned int classes);
void leaks__free(struct leaks *leaks);

/*
 * Take in one verdict. owner and stack are referenced, not taken; for
 * VERDICT_ENDED both may be NULL. `announce` is called for every leak that is
 * to be shown from now on because its site has grown (LEAKS_OPENED leaks
 * included), for every changed and every resolved one.
 * Returns 0 or -ENOMEM (the verdict is then not accounted).
 */
typedef void (*leaks_announce_fn)(const struct leak *leak, enum leaks_change change, void *ctx);
int leaks__apply(struct leaks *leaks, const struct verdict *verdict, struct owner *owner,
		 struct stack *stack, leaks_announce_fn announce, void *ctx);

/* Note the state at a time (once a sweep): rates, growth and forgetting of old empty sites. */
void leaks__tick(struct leaks *leaks, __u64 now_ns);

/* All sites that have shown a leak, first to last in the order of a report (worst first). */
size_t leaks__sites(struct leaks *leaks, const struct site *const **ret_sites);

struct leaks_totals {
	size_t sites;	       /* with an open leak */
	size_t growing;	       /* of these, leaking */
	unsigned int open;     /* leaks open now */
	__u64 total;	       /* ever shown */
	__u64 resolved[END_COUNT];
	unsigned int held_back;
};
struct leaks_totals leaks__totals(const struct leaks *leaks);

#endif /* SOCKLEAK_LEAKS_H */
