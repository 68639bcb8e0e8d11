/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain_profile: one site of a stacks file as a profile (profile.h). The file has the frames as
 * they are shown, so that the profile has functions, source files and lines, and neither addresses
 * nor mappings. Values of an unexpected type are left out.
 */
#ifndef SOCKLEAK_EXPLAIN_PROFILE_H
#define SOCKLEAK_EXPLAIN_PROFILE_H

#include <jansson.h>
#include <linux/types.h>

#include "lib/text.h"

/* `time_ns`: of the profile, CLOCK_REALTIME. 0 or -errno, as profile__add_gzip(). */
int explain_profile(const json_t *site, __s64 time_ns, struct text *out);

#endif /* SOCKLEAK_EXPLAIN_PROFILE_H */
