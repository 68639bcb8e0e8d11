/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stacks_recall: reads the stacks file that an earlier run of the agent has left, so that
 * this one can go on with its sites. Only a file that root or this user wrote is taken: it
 * lies in a directory that may be others'. It is parsed by libjansson, what is not as it
 * should be is passed over, and what is too large is left out.
 */
#ifndef SOCKLEAK_STACKS_RECALL_H
#define SOCKLEAK_STACKS_RECALL_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct text;

/* Bounds of the file and of one site in it: ten times the usual size. */
#define RECALL_MAX_BYTES (16 * 1024 * 1024)
#define RECALL_MAX_SITE_BYTES (64 * 1024)

/* How sockets of a site ended with their processes. CLOCK_REALTIME. */
struct known_end {
	__s64 ns;      /* when the last one did; 0 = none has */
	__u64 sockets; /* of sites that leaked: in all */
	__u64 processes;
	__u32 tgid; /* the last one */
};

struct recalled_site {
	__u64 id;
	__s64 first_ns, seen_ns; /* CLOCK_REALTIME; first_ns 0 = not known */
	bool leaked;
	struct known_end end;
	char *json; /* its object on one line; its receiver frees it */
};

/* Takes over site->json. */
typedef void (*recall_fn)(const struct recalled_site *site, void *ctx);

/*
 * Call `take` for each site, in the order of the file. In its object what can be known only of
 * a run is not said any more: whether it is leaking, and, if there were any, how
 * many are open. -ENOENT: there is none; -EPERM: another user's, or no regular file;
 * -EFBIG; -EPROTO: no such file, or one of another version; and what opening it says.
 */
int stacks_recall(const char *path, recall_fn take, void *ctx);

/* For the tests: the same of a file's content. */
int stacks_recall_bytes(const void *bytes, size_t len, recall_fn take, void *ctx);

#endif /* SOCKLEAK_STACKS_RECALL_H */
