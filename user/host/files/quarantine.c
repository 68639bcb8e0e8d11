/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/quarantine.h"

#include <stddef.h>

static bool is_current(const struct quarantine_place *place, __u64 now_ns)
{
	return place->last_ns && now_ns - place->last_ns < QUARANTINE_NS;
}

/* The place of a process or user, a new one if need be. */
static struct quarantine_place *place_of(struct quarantine *quarantine, __u32 id, bool is_user,
					 __u64 now_ns)
{
	struct quarantine_place *place, *oldest = quarantine->places;

	for (size_t i = 0; i < QUARANTINE_PLACES; i++) {
		place = &quarantine->places[i];
		if (is_current(place, now_ns) && place->id == id && place->is_user == is_user)
			return place;
		if (place->last_ns < oldest->last_ns)
			oldest = place;
	}
	*oldest = (struct quarantine_place){
		.last_ns = now_ns, .spent_since_ns = now_ns, .id = id, .is_user = is_user
	};
	return oldest;
}

static void strike(struct quarantine *quarantine, __u32 id, bool is_user, __u64 now_ns)
{
	struct quarantine_place *place = place_of(quarantine, id, is_user, now_ns);

	place->strikes++;
	place->last_ns = now_ns;
}

void quarantine_spend(struct quarantine *quarantine, uid_t uid, __u64 spent_ns, __u64 now_ns)
{
	struct quarantine_place *place = place_of(quarantine, uid, true, now_ns);

	if (now_ns - place->spent_since_ns >= QUARANTINE_NS) {
		place->spent_since_ns = now_ns;
		place->spent_ns = 0;
	}
	place->spent_ns += spent_ns;
	if (!place->strikes) /* a strike's time is not to be prolonged by honest work */
		place->last_ns = now_ns;
}

static bool is_out(const struct quarantine_place *place, __u64 now_ns)
{
	return place->strikes >= QUARANTINE_USER_STRIKES ||
	       (place->spent_ns > QUARANTINE_USER_NS &&
		now_ns - place->spent_since_ns < QUARANTINE_NS);
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
		if (place->is_user ? place->id == uid && is_out(place, now_ns) :
				     place->id == (__u32)tgid)
			return true;
	}
	return false;
}
