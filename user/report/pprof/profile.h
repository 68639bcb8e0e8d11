/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile: stacks with labels and values in the format that pprof reads and most viewers of
 * profiles import: profile.proto, compressed by gzip. Source of the format:
 * https://github.com/google/pprof/blob/main/proto/profile.proto
 *
 * Knows stacks, and nothing of leaks. Samples of the same stack and labels are one, with the
 * sums of their values. The bytes follow from what was added and its order alone.
 *
 * A process has a file mapped at an address of its own, which changes at every start. So that
 * the same code is the same location in all processes and hosts, addresses are those of no
 * process: each file has a range of 64 GiB, and a location lies at its offset in the file. The
 * offset is kept, which is what symbolizers need: address - memory_start + file_offset. Files
 * of the same build id are one mapping, under the path that came first; pprof itself merges
 * mappings so.
 */
#ifndef SOCKLEAK_PROFILE_H
#define SOCKLEAK_PROFILE_H

#include <linux/types.h>

#include "lib/text.h"
#include "stacks/stack.h"

struct profile;

/*
 * The values of a sample; each may be added up over samples, which viewers do. Viewers that do not
 * know the default of a profile show the last value.
 */
enum profile_value {
	PROFILE_CREATED = 0, /* sockets that are open, and those that have ended */
	PROFILE_AGE_S,	     /* the ages of the open ones together */
	PROFILE_OPEN,	     /* sockets that are open */
	PROFILE_VALUES,
};

/* A number, or a text when it is not NULL. */
struct profile_label {
	const char *key; /* plain ASCII */
	const char *text;
	__s64 number;
};
/* That a sample has at most. */
#define PROFILE_LABELS 16

/*
 * Samples with labels of their own, some 300 bytes each. 100,000 are all sockets that the default
 * --max-sockets allows, three times over. Sockets beyond that have no labels, and are one sample
 * for each stack; a comment in the profile says how many sockets that were.
 */
#define PROFILE_MAX_SAMPLES 100000

/* NULL: no memory. Free with profile__free(); NULL is allowed there. */
struct profile *profile__new(void);
void profile__free(struct profile *profile);
/* For the tests: as PROFILE_MAX_SAMPLES. */
void profile__limit(struct profile *profile, __u64 max_samples);

/*
 * Add a sample. A stack that is NULL or empty is one frame of the name `no_stack`. Without memory
 * profile__add_gzip() fails.
 */
void profile__add(struct profile *profile, const struct stack *stack, const char *no_stack,
		  const struct profile_label *labels, unsigned int n_labels,
		  const __s64 values[PROFILE_VALUES]);
/* A line of free text, shown by `pprof -comments`. */
void profile__comment(struct profile *profile, const char *comment);

/*
 * Add the whole, as it stands in a file. `time_ns`: when it was taken, CLOCK_REALTIME. 0,
 * -ENOMEM, or -EFBIG: it would be more than 2 GiB.
 */
int profile__add_gzip(struct profile *profile, __s64 time_ns, struct text *out);

#endif /* SOCKLEAK_PROFILE_H */
