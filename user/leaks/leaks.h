/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks: which sockets are leaked now, and at which sites. Takes events in,
 * holds the accounts, answers questions. Pure: no I/O, no clock, no libbpf;
 * every time comes in with the caller.
 *
 * A *site* is the place in the code that creates sockets: one stable site id,
 * or, where no stack is known, one process. A site *grows*, and is called
 * leaking, when one process keeps more and more sockets of it open: see
 * growth.h. Where the kernel cannot tell use from
 * non-use (event.maybe_in_use) a socket is held back, in no account that is
 * shown, until its site has grown within one process.
 */
#ifndef SOCKLEAK_LEAKS_H
#define SOCKLEAK_LEAKS_H

#include <stdbool.h>
#include <stddef.h>
#include <uthash.h>

#include "host/workloads/owner.h"
#include "leaks/growth/forecast.h"
#include "leaks/growth/growth.h"
#include "leaks/growth/rate.h"
#include "leaks/holders.h"
#include "leaks/tried.h"
#include "sockleak.h"
#include "stacks/culprit.h"
#include "stacks/stack.h"

struct site;
struct site_process;
struct partial_call;

/* One leaked socket. */
struct leak {
	struct event event;  /* the last one; its evidence is the newest known */
	struct owner *owner; /* never NULL */
	struct stack *stack; /* NULL = no stack */
	struct tried tried;  /* the last call on it that failed, where its stack is known */
	struct site *site;
	struct holders holders; /* that of the event, and all others */
	bool held_back;		/* maybe_in_use, and its site has not grown: not shown */
	/* private: */
	bool reported;	     /* are its known holders reported? */
	__u64 shown_holders; /* holders_hash() of those that were */
	/* Does it replace one of before the watch? Looked for once: leaks_accounts.c. */
	bool is_counted, is_renewal;
	struct leak_key {
		__u64 inode;
		__u64 since_ns;
	} key;
	struct site_process *process;
	struct leak *prev, *next;	 /* at the site */
	struct partial_call *partial_of; /* partial_stacks.h; NULL = it is none */
	struct leak *prev_partial, *next_partial;
	UT_hash_handle hh;
};

/* The sockets of one site in one process, and whether they grow. */
struct site_process {
	__u64 start_ns; /* for struct growth_memory; 0 = nothing is kept */
	__u32 tgid;
	unsigned int open;	  /* leaks now, those held back included */
	struct growth growth;	  /* of that number */
	struct rate rate;	  /* likewise */
	struct forecast forecast; /* filled by who can look at the process */
	/* private: */
	bool ended; /* a leak of it has ended with it */
	UT_hash_handle hh;
};

/* How sockets ended with their processes, which exited or crashed with them. */
struct site_end {
	__u64 ns;		/* when the last one did: when that was noticed */
	__u64 sockets;		/* so many; 0 = not a site of leaks__ended() */
	unsigned int processes; /* of so many processes */
	__u32 tgid;		/* the last of these */
	bool grew;		/* the site had grown in one of them: it leaked */
};

struct site {
	__u64 id; /* the site id; 0 = not known, and the site stands for one process */
	char comm[SOCKLEAK_COMM_LEN];	/* of its first leak's process */
	char name[SOCKLEAK_COMM_LEN];	/* what reports call that: owner_name() */
	struct owner *owner;		/* of its first leak */
	struct stack *stack;		/* that of its leaks with most lines and frames, or NULL */
	struct leak *leaks;		/* open ones, the newest first (leak.next) */
	struct site_process *processes; /* a uthash table; those that hold an open leak */
	unsigned int open;		/* leaks open now and shown */
	unsigned int held_back;
	__u64 total; /* ever shown */
	__u64 resolved[END_COUNT];
	__u64 oldest_ns;   /* birth (or first sight) of its oldest open leak; 0 = none open */
	bool leaking;	   /* it grows: see growth.h */
	bool is_new;	   /* it has not grown yet, and may: just seen, or more than there were */
	bool maybe_in_use; /* grouped by process: its sockets may be in use */
	unsigned int process_open; /* what its process holds of such: leaks__add_up() */
	struct rate rate;      /* without sockets of unknown origin, whose births are not known */
	enum leak_class class; /* of most of its open leaks */
	unsigned int by_class[CLASS_COUNT]; /* open and shown */
	struct site_end ended;		    /* of a site of leaks__ended() alone: see ended.h */
	/* private: */
	__u64 key;
	__u64 empty_since_ns;
	__u64 seen_ns; /* the first tick with an open leak */
	UT_hash_handle hh;
};

/* Where its stack says to look, in the process of its first leak. */
struct culprit site_culprit(const struct site *site);

/* The fate of a leak that is, or is to be, shown. */
enum leaks_change {
	LEAKS_OPENED = 1, /* show it: it is new, or its site has grown */
	LEAKS_CHANGED,	  /* it has another class, or others hold it */
	LEAKS_MOVED,	  /* a whole stack has shown its site; also if it is held back */
	LEAKS_RESOLVED,	  /* it has ended: leak->event.reason says how */
};

/* "opened", "changed", "resolved", of the JSON contract; NULL out of range. */
const char *leaks_change_name(enum leaks_change change);

/* Called by leaks__apply() and leaks__tick() for each such leak; it must not keep the pointer. */
typedef void (*leaks_announce_fn)(const struct leak *leak, enum leaks_change change, void *ctx);

struct leaks;

/*
 * `classes`: a bit (1 << enum leak_class) for each class that is wanted.
 * `moment_ns`: sockets born closer together than this are of one moment.
 * NULL when out of memory. Free with leaks__free(); NULL is allowed there.
 */
struct leaks *leaks__new(unsigned int classes, __u64 moment_ns, leaks_announce_fn announce,
			 void *ctx);
void leaks__free(struct leaks *leaks);

/*
 * The thresholds for leaking: the moments of growth (growth.h; MIN_STEPS by default), and the
 * sockets open in one process (1).
 */
void leaks__tune(struct leaks *leaks, unsigned int min_growth, unsigned int min_open);
/*
 * When a socket is counted: once it is older than this, by one of the sweeps, which are an
 * interval apart. When it is called again, the new times hold from then on. When far more
 * time than that lies between two ticks, the rest was not watched (a suspend), and is not a
 * silence.
 */
void leaks__time(struct leaks *leaks, __u64 older_than_ns, __u64 interval_ns);
/*
 * The run begins. An earlier run may have counted the sockets that are older. Those that are
 * made from now on cannot be counted at first, which is not a silence of their sites.
 */
void leaks__begin(struct leaks *leaks, __u64 now_ns);

/* Other classes are wanted from now on; open leaks of the others are dropped. */
void leaks__want(struct leaks *leaks, unsigned int classes);
/* End the accounts of the leaks for which `drops` says so; they have not been resolved. */
void leaks__drop(struct leaks *leaks, bool (*drops)(const struct leak *leak, void *ctx), void *ctx);
/* Called by leaks__tick() when a site begins to grow, or does not any more. NULL = not. */
typedef void (*leaks_growth_fn)(const struct site *site, void *ctx);
void leaks__on_growth(struct leaks *leaks, leaks_growth_fn on_growth, void *ctx);

/*
 * Where the growth of each process of a site is kept for a later run, which has the
 * same number for the site (`account`). `begin` is asked when a process has its first leak
 * of it: for what was kept, if anything was, and for when the process was started, which
 * distinguishes it from a later one of its pid (0 = it is gone: nothing is kept). `keep` gets
 * each growth, and NULL when the process has no leak of the site any more.
 */
struct growth_memory {
	__u64 (*begin)(__u64 account, __u32 tgid, struct growth *ret_growth, void *ctx);
	void (*keep)(__u64 account, __u32 tgid, __u64 start_ns, const struct growth *growth,
		     void *ctx);
	void *ctx;
};
/* Without this nothing is kept. */
void leaks__remember(struct leaks *leaks, struct growth_memory memory);

/*
 * A site is one process, class and site id from now on, and sockets of which use
 * may be in use are at a site of their own: for a scan, which has no growth.
 */
void leaks__group_by_process(struct leaks *leaks);

/*
 * For such sites add up what each process holds, with those that may be in use kept separate. From
 * then on leaks__sites() has the sites of a process together, that with most sockets first.
 */
void leaks__add_up(struct leaks *leaks);

/*
 * Take in one event. owner and stack are referenced, not taken; of a leak that
 * is known already both may be NULL, and then stay as they are. Returns 0, or
 * -ENOMEM: not accounted then.
 */
int leaks__apply(struct leaks *leaks, const struct event *event, struct owner *owner,
		 struct stack *stack);

/* The same; `tried` is the last call on it that failed (NULL: none is known, or as before). */
int leaks__apply_tried(struct leaks *leaks, const struct event *event, struct owner *owner,
		       struct stack *stack, const struct tried *tried);

/*
 * The process that the leak of this event is accounted to; 0 when it is not
 * accounted yet (only then its owner and stack need to be looked up).
 */
__u32 leaks__holder(struct leaks *leaks, const struct event *event);

/*
 * Another stack, of the same frames with better names, for the leaks of a site that have this one.
 * If it is of another site, they go there (LEAKS_MOVED).
 */
void leaks__rename(struct leaks *leaks, struct site *site, struct stack *stack,
		   struct stack *renamed);

/* After each sweep: growth, rates, ages; forgets sites that have long been empty. */
void leaks__tick(struct leaks *leaks, __u64 now_ns);

/*
 * The sites that have a leak open and shown, the worst first: leaking before
 * not, then by open leaks, then by age. *ret_sites is the module's own and valid
 * until the next call; it is never NULL. Returns their number, or -ENOMEM.
 */
long leaks__sites(struct leaks *leaks, struct site *const **ret_sites);

/*
 * The same, with the sites behind them that have none open any more and are not forgotten yet,
 * which is ten minutes later.
 */
long leaks__known(struct leaks *leaks, struct site *const **ret_sites);

/*
 * How many sockets more a process has open in a minute, at all its leaking sites whose rate is
 * known. False: no such rate is known.
 */
bool leaks__process_rate(const struct leaks *leaks, __u32 tgid, double *ret_per_minute);

/* How many sockets of a process are open at sites that are shown. */
unsigned int leaks__open_in(const struct leaks *leaks, __u32 tgid);

/*
 * Does the site leak, or has the process ever grown there? Then its sockets are not idle, also
 * while the site makes a pause. The second function asks this for the process of a leak.
 */
bool leaks__has_growth(const struct leaks *leaks, const struct site *site,
		       const struct site_process *process);
bool leaks__is_of_growth(const struct leaks *leaks, const struct leak *leak);

struct leaks_totals {
	size_t sites;	   /* with a leak open and shown */
	size_t leaking;	   /* of these, the ones that grow */
	unsigned int open; /* leaks open and shown */
	__u64 total;	   /* ever shown */
	__u64 resolved[END_COUNT];
	unsigned int held_back;
	size_t ended;	       /* sites that leaked, and whose sockets ended with their process */
	__u64 ended_not_kept;  /* times that one of them gave way to a later one */
	__u64 exited_not_kept; /* the same, of sites that had not grown */
};
struct leaks_totals leaks__totals(const struct leaks *leaks);

/*
 * The sites whose sockets ended with their processes, by number, and how they stood then:
 * those that had grown, so that they leaked; with `all` behind them those that had not. They
 * are kept until leaks__forget_ended(), as many as ended.h says. As leaks__sites() otherwise,
 * also in what is valid until when.
 */
long leaks__ended(struct leaks *leaks, bool all, struct site *const **ret_sites);
/* Forget those that ended before that time. */
void leaks__forget_ended(struct leaks *leaks, __u64 before_ns);

/*
 * Both, in the order of a report: what leaks now, what leaked and has ended, what is open
 * and does not leak; with `all` last what ended and had not grown.
 */
long leaks__listed(struct leaks *leaks, bool all, struct site *const **ret_sites);

#endif /* SOCKLEAK_LEAKS_H */
