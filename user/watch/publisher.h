/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * publisher: the files that the agent writes for Prometheus: the metrics, and beside them
 * the stacks behind their site ids; and profiles. Puts together prometheus.h, stacks_file.h,
 * textfile.h and profiles.h, and counts what became of the files. Does not log what becomes of
 * the first two.
 */
#ifndef SOCKLEAK_PUBLISHER_H
#define SOCKLEAK_PUBLISHER_H

#include "options/options.h"
#include "watch/watch.h"

struct publisher;

/* NULL: no memory. Free with publisher__free(); NULL is allowed there. */
struct publisher *publisher__new(const struct options *options);
void publisher__free(struct publisher *publisher);

/*
 * Continue with the sites that an earlier run has left beside this textfile. On -errno,
 * with one line in ret_error, it begins without them.
 */
int publisher__recall(struct publisher *publisher, const char *path, const struct summary *summary,
		      struct text *ret_error);

/* A sweep is complete: the heartbeat of the metrics. */
void publisher__swept(struct publisher *publisher, __u64 now_ns);

/*
 * Write both files, with the names and limits of the options; `log_lost` is for the
 * metrics. 0, or -errno with one line in ret_error about the first that failed and the
 * remedy. The old file is then whole.
 */
int publisher__write(struct publisher *publisher, const struct options *options,
		     struct watch *watch, __u64 log_lost, struct text *ret_error);

/* Is a profile of --pprof-dir due, or is there such an option and one is asked for? */
bool publisher__profile_due(struct publisher *publisher, const struct options *options,
			    const struct watch *watch, bool asked);
/* Write the profiles: that of --pprof-dir, and if they are `asked` for the other files too. */
void publisher__write_profiles(struct publisher *publisher, const struct options *options,
			       struct watch *watch, bool asked);

/* The next write updates the stacks too: somebody asks for them, or it is the last write. */
void publisher__want_stacks(struct publisher *publisher);

/* The options name another textfile now; each may be NULL. The old file is removed. */
void publisher__move(struct publisher *publisher, const char *before, const char *now);

/*
 * Before the first write: remove what killed agents have left. After the last: remove the
 * file, so that no metrics are stale.
 */
void publisher__clean(const char *path);
void publisher__remove(const char *path);

#endif /* SOCKLEAK_PUBLISHER_H */
