/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/growth/renewals.h"

#include <stdlib.h>
#include <uthash.h>

struct renewal {
	__u32 tgid;
	unsigned int ended; /* and have paid for none yet */
	__u64 last_ns;	    /* when the last one was found to have ended */
	UT_hash_handle hh;
};

static struct renewal *find_renewal(const struct renewals *renewals, __u32 tgid)
{
	struct renewal *renewal;

	HASH_FIND(hh, renewals->by_process, &tgid, sizeof(tgid), renewal);
	return renewal;
}

static void forget_renewal(struct renewals *renewals, struct renewal *renewal)
{
	HASH_DEL(renewals->by_process, renewal);
	free(renewal);
}

void renewals_end(struct renewals *renewals, __u32 tgid, __u64 now_ns)
{
	struct renewal *renewal = find_renewal(renewals, tgid);

	if (!renewal) {
		renewal = calloc(1, sizeof(*renewal));
		if (!renewal)
			return;
		renewal->tgid = tgid;
		HASH_ADD(hh, renewals->by_process, tgid, sizeof(renewal->tgid), renewal);
		if (!renewal->hh.tbl) {
			free(renewal);
			return;
		}
	}
	renewal->ended++;
	renewal->last_ns = now_ns;
}

bool renewals_take(struct renewals *renewals, __u32 tgid, __u64 born_ns, __u64 window_ns)
{
	struct renewal *renewal = find_renewal(renewals, tgid);

	if (!renewal)
		return false;
	if (born_ns > renewal->last_ns + window_ns) {
		forget_renewal(renewals, renewal);
		return false;
	}
	if (!--renewal->ended)
		forget_renewal(renewals, renewal);
	return true;
}

void renewals_forget(struct renewals *renewals, __u64 before_ns)
{
	struct renewal *renewal, *next;

	HASH_ITER(hh, renewals->by_process, renewal, next)
		if (renewal->last_ns < before_ns)
			forget_renewal(renewals, renewal);
}

void renewals_clear(struct renewals *renewals)
{
	renewals_forget(renewals, ~0ULL);
}
