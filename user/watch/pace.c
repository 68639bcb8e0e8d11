/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/pace.h"

#include "lib/time.h"

#define SWEEP_SHARE 5
#define MAX_REST_NS (10 * NSEC_PER_SEC)

__u64 pace_next_ns(__u64 due_ns, __u64 now_ns, __u64 interval_ns, __u64 sweep_ns)
{
	__u64 rest_ns = sweep_ns * (SWEEP_SHARE - 1), next_ns = due_ns;

	if (rest_ns > MAX_REST_NS)
		rest_ns = MAX_REST_NS;
	if (next_ns <= now_ns)
		next_ns += interval_ns;
	if (next_ns > now_ns + interval_ns) /* it was made shorter by a reload */
		next_ns = now_ns + interval_ns;
	return next_ns < now_ns + rest_ns ? now_ns + rest_ns : next_ns;
}
