/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/growth_kept.h"

#include "host/process.h"

static __u64 begin_growth(__u64 account, __u32 tgid, struct growth *ret_growth, void *ctx)
{
	__u64 start_ns;

	if (process_start_time((pid_t)tgid, &start_ns))
		return 0;
	history__growth(ctx, &(struct grown_key){ account, start_ns, tgid, 0 }, ret_growth);
	return start_ns;
}

static void keep_growth(__u64 account, __u32 tgid, __u64 start_ns, const struct growth *growth,
			void *ctx)
{
	history__keep_growth(ctx, &(struct grown_key){ account, start_ns, tgid, 0 }, growth);
}

struct growth_memory growth_kept_in(struct history *history)
{
	return (struct growth_memory){ begin_growth, keep_growth, history };
}
