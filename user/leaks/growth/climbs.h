/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * climbs: the processes whose number of descriptors climbs, and of which kinds those are. Takes in
 * counts, holds the accounts, and says of whom it wants to know more. Pure: no I/O, every time
 * comes in with the caller.
 *
 * Every process that is watched has a small account (climb.h). A process that may climb is
 * *followed*: its descriptors are counted by kind, once at the beginning and again when it climbs,
 * and the difference says which kinds grow. At most twice `most` are followed, those that climb
 * before those that may come to it, and those with clearly more growth; at most `most` are
 * reported.
 */
#ifndef SOCKLEAK_CLIMBS_H
#define SOCKLEAK_CLIMBS_H

#include <stdbool.h>
#include <stddef.h>
#include <uthash.h>

#include "descriptors.h"
#include "host/workloads/owner.h"
#include "leaks/growth/climb.h"
#include "options/defaults.h"
#include "stacks/stack.h"

/* The descriptors of a process are counted by kind this often, and rarer if that takes long. */
#define KINDS_PAUSE_NS (10ULL * 1000000000)
/* For a report they are counted anew, unless they were less than this ago. */
#define KINDS_FRESH_NS 1000000000ULL

/* Code that creates sockets of a process, as far as events of its sockets in use have come. */
struct climb_maker {
	__u64 call_site;     /* key of the call: pending.call_site */
	struct stack *stack; /* the stack of its first socket */
	enum descriptor_kind kind;
	__u32 made; /* since the process is followed */
};
/* Calls of one process that are kept separately; sockets of further ones are not counted. */
#define CLIMB_MAKERS 8

/* A process that is followed. */
struct climber {
	struct process_descriptors process; /* as of the last count */
	struct climb climb;
	struct owner *owner; /* filled in by the caller; NULL = not asked, or no memory */
	__u32 leaked;	     /* unconnected sockets that reports list; filled in likewise */
	struct climb_rate rate;
	__u64 first_ns, looked_ns; /* when it was counted by kind; 0 = never */
	__u64 due_ns;		   /* when it is due again */
	__u32 first_by_kind[DESCRIPTOR_KINDS], by_kind[DESCRIPTOR_KINDS];
	bool climbs; /* now */
	struct climb_maker makers[CLIMB_MAKERS];
	unsigned int n_makers;
};

struct climbs;

/* NULL: no memory. Free with climbs__free(); NULL is allowed there. */
struct climbs *climbs__new(unsigned int most);
void climbs__free(struct climbs *climbs);
/* --max-climbing may change. */
void climbs__limit(struct climbs *climbs, unsigned int most);

/*
 * A count of all processes: begin, each one, end. A process that was not met has ended. 0 or
 * -ENOMEM: this process is not accounted.
 */
void climbs__begin(struct climbs *climbs, __u64 now_ns);
int climbs__count(struct climbs *climbs, const struct process_descriptors *process);
void climbs__end(struct climbs *climbs);

/*
 * The processes whose descriptors are to be counted by kind now, `most` at most. With `all` these
 * are all that climb, but for those that were counted within KINDS_FRESH_NS. Returns how many.
 */
unsigned int climbs__due(struct climbs *climbs, bool all, __u64 now_ns, unsigned int most,
			 struct climber **ret_climbers);
/* They were counted at now_ns, which took took_ns. All zeros: the process has ended. */
void climber_note_kinds(struct climber *climber, const __u32 by_kind[DESCRIPTOR_KINDS],
			__u64 now_ns, __u64 took_ns);

/*
 * A socket of a process has come into use: count it for the call that created it. False: the call
 * is not known yet, and its stack is needed (climbs__note_maker()). True also if the process is not
 * followed.
 */
bool climbs__note_used(struct climbs *climbs, const struct pending *socket);
/*
 * The same for a call that is not known yet; the stack is referenced, not taken; NULL is allowed.
 */
void climbs__note_maker(struct climbs *climbs, const struct pending *socket, struct stack *stack);

/* The processes that are followed, by number, in no order. */
unsigned int climbs__followed(const struct climbs *climbs);
struct climber *climbs__get(const struct climbs *climbs, unsigned int number);

/* ---- For reports. NULL for `climbs` is allowed: no process climbs. ---- */

/*
 * The processes that climb and whose climb is not a finding, the one with most growth first; `most`
 * at most, and as many as --max-climbing allows. Returns how many it has put into ret_list.
 */
size_t climbs__list(const struct climbs *climbs, size_t most, const struct climber **ret_list);
/* How many climb and are not listed, because of --max-climbing. */
__u64 climbs__left_out(const struct climbs *climbs);

/*
 * Does another line report this climb: are its descriptors unconnected sockets, which are leaks, or
 * will be when they are old enough?
 */
bool climber_is_finding(const struct climber *climber);

/* A kind that grows. */
struct kind_growth {
	enum descriptor_kind kind;
	__u32 count; /* now */
	__u32 more;  /* than when the process was first looked at */
};
#define KINDS_GROWN 3
/*
 * The kinds that make up the climb, the one with most growth first, none with less than a quarter
 * of it. Returns how many. 0: it is not known. *ret_sure is false if the process was looked at only
 * once: then it is the kind of most of its descriptors, and `more` is 0.
 */
unsigned int climber_kinds(const struct climber *climber, struct kind_growth ret_kinds[KINDS_GROWN],
			   bool *ret_sure);

/*
 * The stack of the call that has created most sockets of the kind that grows most. NULL: it is not
 * known, or it created less than half of them.
 */
const struct stack *climber_stack(const struct climber *climber);

/* Its name in reports: SOCKLEAK_COMM_LEN bytes. */
const char *climber_name(const struct climber *climber);
/* More descriptors in a minute. False: not known. */
bool climber_per_minute(const struct climber *climber, __u64 now_ns, double *ret_per_minute);

/* The name of a kind in the JSON contract, such as "eventfd"; and its words in a report. */
const char *descriptor_kind_name(enum descriptor_kind kind);
const char *descriptor_kind_phrase(enum descriptor_kind kind);

#endif /* SOCKLEAK_CLIMBS_H */
