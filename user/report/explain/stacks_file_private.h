/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state behind stacks_file.h, for its own files: stacks_file.c takes in and writes what is
 * open, stacks_kept.c keeps what was, over the end of processes and of the agent. Times in
 * CLOCK_REALTIME nanoseconds, which an agent's restart does not change.
 */
#ifndef SOCKLEAK_STACKS_FILE_PRIVATE_H
#define SOCKLEAK_STACKS_FILE_PRIVATE_H

#include <uthash.h>

#include "leaks/tries.h"
#include "leaks/ways.h"
#include "lib/text.h"
#include "report/explain/site_holders.h"
#include "report/explain/stacks_file.h"
#include "report/explain/stacks_recall.h"

#define MAX_PROGRAMS 8 /* programs named for one site; an interpreter stack may serve many */
#define MAX_HINTS 16   /* commands */

/* A program that made sockets at the site. */
struct program {
	char comm[SOCKLEAK_COMM_LEN];
	char name[SOCKLEAK_COMM_LEN];
	struct owner *owner;
};

struct known_site {
	__u64 id;
	struct stack *stack;
	struct program programs[MAX_PROGRAMS];
	unsigned int n_programs;
	struct site_holders holders;		/* of its open leaks */
	struct way ways[WAYS_SHOWN];		/* most first; the stacks are references */
	unsigned int n_ways;			/* of these */
	unsigned int more_ways, more_ways_open; /* others */
	struct known_try {
		struct tried tried; /* a reference */
		unsigned int open;
		unsigned int apart; /* tries_frames_apart() */
	} tries[TRIES_SHOWN];
	unsigned int n_tries;
	struct text hints[MAX_HINTS]; /* commands */
	unsigned int n_hints;
	struct text suppression;
	unsigned int open;
	unsigned int by_class[CLASS_COUNT]; /* of those open; at the end, of the last ones */
	bool leaking;
	bool was_leaking;	 /* at the end of the last update */
	bool leaked;		 /* it was leaking at some time */
	__s64 first_ns;		 /* birth of the oldest socket that was known; 0 = not known */
	__s64 seen_ns;		 /* when it last had one open */
	struct known_end end;	 /* how sockets of it ended with their processes */
	struct known_end before; /* the part of that which earlier runs of the agent saw */
	char *recalled; /* what an earlier run wrote, all that is known; NULL = met in this one */
	__u64 round;	/* of the last update that met it */
	UT_hash_handle hh;
};

struct stacks_file {
	struct known_site *sites; /* a uthash table */
	unsigned int max_sites;
	__u64 round;
	__u64 ended_ns; /* CLOCK_BOOTTIME: the newest end that was taken in */
	__u64 written_ns;
	__u64 dropped; /* sites that gave way before their time, or had no room */
	__u64 digest;  /* of what was written last */
	bool has_news; /* to be written whatever it says */
};

static inline __s64 wall_ns(const struct summary *summary, __u64 boot_ns)
{
	return (__s64)(boot_ns + (__u64)summary->wall_offset_ns);
}

/* ---- stacks_file.c ---- */

/* NULL: no memory, or as many are open as have room; the worst come first. */
struct known_site *known_get(struct stacks_file *file, __u64 id);
void known_forget(struct stacks_file *file, struct known_site *known);
/* A site that was met in this run: the programs and the code that create its sockets. */
void known_describe(struct stacks_file *file, struct known_site *known, const struct site *site,
		    const struct summary *summary);

/* ---- stacks_ways.c ---- */

/* The ways of a site of this id, beside those of its other programs; and none. -ENOMEM. */
int known_add_ways(struct known_site *known, const struct site *site);
void known_clear_ways(struct known_site *known);
/* Where calls on the sockets of a site failed. */
void known_add_tries(struct known_site *known, const struct site *site);
/* "tries" of the site's object; `program` is what stands for the code of a script. */
void known_put_tries(struct json *json, const struct known_site *known, const char *program);
/* "ways", "more_ways" and "more_ways_open" of the site's object. */
void known_put_ways(struct json *json, const struct known_site *known);
/* "stack" and its description, in this process (0 = none is known). */
void known_put_stack(struct json *json, const struct stack *stack, pid_t tgid);

/* ---- stacks_kept.c ---- */

/* Take in the sites that leaked and ended with their processes since the last update. */
void known_take_ended(struct stacks_file *file, struct leaks *leaks, const struct summary *summary);
/* Forget what was not open for STACKS_FILE_AGE_NS. */
void known_expire(struct stacks_file *file, const struct summary *summary);

#endif /* SOCKLEAK_STACKS_FILE_PRIVATE_H */
