/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile_reader: reads a profile that this program has written (profile.h) back into samples.
 * Profiles of other programs are understood as far as they have a value of the name
 * sockets_open. The bytes are untrusted: sizes and numbers are bounded, and every index is checked.
 */
#ifndef SOCKLEAK_PROFILE_READER_H
#define SOCKLEAK_PROFILE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/text.h"
#include "report/pprof/profile.h"

/* Bytes once it is inflated: four times what PROFILE_MAX_SAMPLES samples take. */
#define PROFILE_READ_BYTES (128 * 1024 * 1024)
/* Entries of each table of a profile, and samples: ten times as many as are written. */
#define PROFILE_READ_ENTRIES 1000000
/*
 * More open sockets in one sample are an error, as negative values are, so that a sum over all
 * samples cannot overflow.
 */
#define PROFILE_READ_OPEN (1LL << 40)

/* Part of the profile, not clean and without a NUL at its end; NULL = there is none. */
struct profile_string {
	const char *bytes;
	size_t len;
};

struct profile_sample {
	__s64 values[PROFILE_VALUES]; /* 0 = the profile has no such value */
	struct profile_string site, comm, culprit;
	/* These are of the frame that is the culprit, else of the innermost one. */
	struct profile_string function, file, module;
	__u64 line;
};

/* Called for each sample, in the order of the file. Anything but 0 ends the reading. */
typedef int (*profile_sample_fn)(const struct profile_sample *sample, void *ctx);

/* Is it compressed by gzip, as each profile is? */
bool profile_is_gzip(const void *bytes, size_t len);

/*
 * 0; what the function returned; -ENOMEM, or -EPROTO or -EFBIG with one line in ret_error.
 */
int profile_read(const void *bytes, size_t len, profile_sample_fn on_sample, void *ctx,
		 struct text *ret_error);

#endif /* SOCKLEAK_PROFILE_READER_H */
