/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stacks_file: the file beside the metrics that says what a site id stands for: its
 * stack, its package, what to install, how to suppress it. An alert carries an id;
 * `sockleak explain` (explain.h) and people look it up here. Format: docs/metrics.md.
 *
 * It holds the sites that leak, or have open sockets, and those that had within a day, in
 * this run of the agent or the one before: an alert is looked at hours after it came, and then
 * its process was restarted. How many is bounded, and one that never leaked and was seen
 * the longest ago gives way, counted; what was not seen for STACKS_FILE_AGE_NS is left
 * out. Command lines are not in it: the file may be read by all, and there are passwords
 * in them.
 */
#ifndef SOCKLEAK_STACKS_FILE_H
#define SOCKLEAK_STACKS_FILE_H

#include "report/report.h"

struct stacks_file;
struct text;

/* The head of the file. A reader of this version may misread another one. */
#define STACKS_FILE_FORMAT "sockleak stacks"
#define STACKS_FILE_VERSION 1

/* More than have series of their own (series.h); some 5 KiB of the file each. */
#define STACKS_FILE_SITES 256
#define STACKS_FILE_AGE_NS (86400ULL * 1000000000)
/* Sites of long stacks, beyond that: a reader may hold it all in memory. */
#define STACKS_FILE_BYTES (8 * 1024 * 1024)
/* The least time between two writes if nothing has changed but when sites were last seen. */
#define STACKS_FILE_PAUSE_NS (60ULL * 1000000000)

/*
 * For at most `max_sites`, 1 or more. NULL: no memory. Free with stacks_file__free();
 * NULL is allowed there.
 */
struct stacks_file *stacks_file__new(unsigned int max_sites);
void stacks_file__free(struct stacks_file *file);

/*
 * Go on with the sites that an earlier run has written to `path` (stacks_recall.h), before
 * anything is taken in. 0, also when there is no such file; -errno: without them.
 */
int stacks_file__recall(struct stacks_file *file, const char *path, const struct summary *summary);

/*
 * Take in what is known now. summary->hints, when they are not NULL, are those of
 * these sites. -ENOMEM: some sites are not as they are now.
 */
int stacks_file__update(struct stacks_file *file, struct leaks *leaks,
			const struct summary *summary);

/*
 * Write it to `path`, with this mode, as textfile_write(), if it would say anything else of a site
 * than the last time, or after a pause: it agrees with the metrics and the log at any moment. Until
 * a first site was met nothing is written, so that what the last run has left can be looked up.
 * *ret_written: was it written? 0 or -errno, and it is tried again by the next call.
 */
int stacks_file__write(struct stacks_file *file, const char *path, const struct summary *summary,
		       unsigned int mode, bool *ret_written);

/* Sites that gave way before their day was over, or had no room, those each time anew. */
__u64 stacks_file__dropped(const struct stacks_file *file);

/* The next write has news, whatever is known: its file is another one. */
void stacks_file__want(struct stacks_file *file);

/* For the tests: add what would be written. */
void stacks_file__add_json(struct stacks_file *file, const struct summary *summary,
			   struct text *out);

#endif /* SOCKLEAK_STACKS_FILE_H */
