/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fetcher: debug files from debuginfod servers (--debuginfod). Nothing waits for
 * them: a build id that is asked for is put in a queue, elfutils' debuginfod-find
 * is run for one at a time, as a child without capabilities, and a later question
 * finds the file. The files stay in debuginfod's own cache.
 *
 * Servers are those of DEBUGINFOD_URLS, else of /etc/debuginfod/ *.urls, as debuginfod-find(1) and
 * its profile script have it. A file may take 2 minutes and 512 MiB (DEBUGINFOD_MAXTIME and
 * DEBUGINFOD_MAXSIZE set other limits for the download, not for these). A file that could not be
 * fetched is not asked for again for an hour.
 */
#ifndef SOCKLEAK_FETCHER_H
#define SOCKLEAK_FETCHER_H

#include <linux/types.h>

#include "lib/text.h"
#include "resolver/resolver_counts.h"

/* argv[1] of the child; main() calls fetcher_main(argv[2]) then, before anything else. */
#define FETCHER_ARGUMENT "--fetch"

struct fetcher;

/*
 * -ENOENT: no server is known, or there is no debuginfod-find, with one line in
 * ret_error that says so and what to do. -ENOMEM.
 */
int fetcher__new(struct fetcher **ret_fetcher, struct text *ret_error);
/* A download that runs is ended. NULL is allowed. */
void fetcher__free(struct fetcher *fetcher);

/*
 * Open the debug file of a build id (lower-case hex) if it was fetched, in *ret_fd;
 * -ENOENT if not, and then it is put in the queue, unless it could not be had.
 * -EINVAL: not a build id.
 */
int fetcher__ask(struct fetcher *fetcher, const char *build_id, int *ret_fd);

/* See how the download that runs does, and begin the next one. Never waits. */
void fetcher__step(struct fetcher *fetcher);

const struct fetcher_counts *fetcher__counts(const struct fetcher *fetcher);

/* The child: gives up its capabilities and becomes debuginfod-find. Returns on failure. */
int fetcher_main(const char *build_id);

#endif /* SOCKLEAK_FETCHER_H */
