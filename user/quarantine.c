/* SPDX-License-Identifier: BSD-2-Clause */
#include "quarantine.h"

#include <stddef.h>

static bool is_current(const struct quarantine_place *place, __u64 now_ns)
{
	return place->last_ns && now_ns - place->last_ns < QUARANTINE_NS;
}

static void strike(struct quarantine *quarantine, __u32 id, bool is_user, __u64 now_ns)
{
	struct quarantine_place *place, *oldest = quarantine->places;

	for (size_t i = 0; i < QUARANTINE_PLACES; i++) {
		place = &quarantine->places[i];
		if (is_current(place, now_ns) && place->id == id && place->is_user == is_user) {
			place->strikes++;
			place->last_ns = now_ns;
			return;
		}
		if (place->last_ns < oldest->last_ns)
			oldest = place;
	}
	*oldest = (struct quarantine_place){ now_ns, id, is_user, 1 };
}

void quarantine_strike(struct quarantine *quarantine, pid_t tgid, uid_t uid, __u64 now_ns)
{
	strike(quarantine, (__u32)tgid, false, now_ns);
	strike(quarantine, uid, true, now_ns);
}

bool quarantine_holds(const struct quarantine *quarantine, pid_t tgid, uid_t uid, __u64 now_ns)
{
	for (size_t i = 0; i < QUARANTINE_PLACES; i++) {
		const struct quarantine_place *place = &quarantine->places[i];

		if (!is_current(place, now_ns))
			continue;
		if (place->is_user ? place->id == uid && place->strikes >= QUARANTINE_USER_STRIKES :
				     place->id == (__u32)tgid)
			return true;
	}
	return false;
}
