/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/growth/climbs.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The account of any process. */
struct counted {
	struct process_descriptors process; /* as of the last count */
	__u32 generation;		    /* of the count that has met it last */
	struct climb climb;
	struct climber *follower; /* NULL = it is not followed */
	UT_hash_handle hh;
};

struct climbs {
	struct counted *by_tgid; /* a uthash table */
	struct climber **followed;
	unsigned int count, room; /* of these */
	unsigned int most;
	__u32 generation;
	__u64 now_ns;
	__u64 left_out; /* that are not followed */
};

struct climbs *climbs__new(unsigned int most)
{
	struct climbs *climbs = calloc(1, sizeof(*climbs));

	if (climbs)
		climbs->most = most;
	return climbs;
}

void climbs__limit(struct climbs *climbs, unsigned int most)
{
	climbs->most = most;
}

static struct counted *find_counted(const struct climbs *climbs, __u32 tgid)
{
	struct counted *counted;

	HASH_FIND(hh, climbs->by_tgid, &tgid, sizeof(tgid), counted);
	return counted;
}

/* The one at this place; the last one takes it. */
static void unfollow(struct climbs *climbs, unsigned int at)
{
	struct climber *climber = climbs->followed[at];
	struct counted *counted = find_counted(climbs, climber->process.tgid);

	if (counted)
		counted->follower = NULL;
	climbs->followed[at] = climbs->followed[--climbs->count];
	owner_unref(climber->owner);
	for (unsigned int i = 0; i < climber->n_makers; i++)
		stack_unref(climber->makers[i].stack);
	free(climber);
}

void climbs__free(struct climbs *climbs)
{
	struct counted *counted, *next;

	if (!climbs)
		return;
	while (climbs->count)
		unfollow(climbs, 0);
	HASH_ITER(hh, climbs->by_tgid, counted, next) {
		HASH_DEL(climbs->by_tgid, counted);
		free(counted);
	}
	free(climbs->followed);
	free(climbs);
}

/* ---- A count ---- */

void climbs__begin(struct climbs *climbs, __u64 now_ns)
{
	climbs->generation++;
	climbs->now_ns = now_ns;
}

static struct counted *add_counted(struct climbs *climbs, __u32 tgid)
{
	struct counted *counted = calloc(1, sizeof(*counted));

	if (!counted)
		return NULL;
	counted->process.tgid = tgid;
	HASH_ADD(hh, climbs->by_tgid, process.tgid, sizeof(tgid), counted);
	return counted;
}

int climbs__count(struct climbs *climbs, const struct process_descriptors *process)
{
	struct counted *counted =
		find_counted(climbs, process->tgid) ?: add_counted(climbs, process->tgid);
	struct climber *climber;

	if (!counted)
		return -ENOMEM;
	if (counted->process.start_ns != process->start_ns)
		counted->climb = (struct climb){ 0 }; /* the number is another process's now */
	counted->process = *process;
	counted->generation = climbs->generation;
	climb_note(&counted->climb, process->count, climbs->now_ns);
	climber = counted->follower;
	if (climber && climber->process.start_ns == process->start_ns)
		climber->process = *process;
	return 0;
}

/* ---- Who is followed ---- */

/* Is `a` rather to be followed than `b`? */
static bool is_worse(const struct climb *a, const struct climb *b, __u64 now_ns)
{
	bool a_climbs = climb_goes_on(a, now_ns), b_climbs = climb_goes_on(b, now_ns);

	return a_climbs != b_climbs ? a_climbs : climb_growth(a) > climb_growth(b);
}

/*
 * Has `a` so much more growth that it takes the place of `b`? Otherwise processes that climb at one
 * pace would push each other out at every count, and what is known of the one that goes is lost.
 */
static bool takes_place_of(const struct climb *a, const struct climb *b, __u64 now_ns)
{
	__u32 growth = climb_growth(b);

	return is_worse(a, b, now_ns) && (climb_goes_on(a, now_ns) != climb_goes_on(b, now_ns) ||
					  climb_growth(a) > growth + growth / 4 + CLIMB_LEAST);
}

/* Those that have ended, or do not climb any more. */
static void unfollow_idle(struct climbs *climbs)
{
	for (unsigned int i = climbs->count; i-- > 0;) {
		const struct climber *climber = climbs->followed[i];
		const struct counted *counted = find_counted(climbs, climber->process.tgid);

		if (!counted || counted->process.start_ns != climber->process.start_ns ||
		    !climb_may_come(&counted->climb, climbs->now_ns))
			unfollow(climbs, i);
	}
}

/* The one with the least growth. */
static unsigned int least_of(const struct climbs *climbs)
{
	unsigned int least = 0;

	for (unsigned int i = 1; i < climbs->count; i++)
		if (is_worse(&climbs->followed[least]->climb, &climbs->followed[i]->climb,
			     climbs->now_ns))
			least = i;
	return least;
}

static bool make_room_for(struct climbs *climbs, const struct climb *climb)
{
	unsigned int most = 2 * climbs->most, least;
	struct climber **bigger;

	if (climbs->count && climbs->count >= most) {
		least = least_of(climbs);
		if (!takes_place_of(climb, &climbs->followed[least]->climb, climbs->now_ns))
			return false;
		unfollow(climbs, least);
	}
	if (climbs->count >= most)
		return false;
	if (climbs->room >= most)
		return true;
	bigger = realloc(climbs->followed, most * sizeof(struct climber *));
	if (!bigger)
		return false;
	climbs->followed = bigger;
	climbs->room = most;
	return true;
}

static void follow_climber(struct climbs *climbs, struct counted *counted)
{
	struct climber *climber;

	if (!make_room_for(climbs, &counted->climb))
		return;
	climber = calloc(1, sizeof(*climber));
	if (!climber)
		return;
	climber->process = counted->process;
	climber->climb = counted->climb;
	climbs->followed[climbs->count++] = climber;
	counted->follower = climber;
}

static void update_climber(const struct climbs *climbs, struct counted *counted)
{
	struct climber *climber = counted->follower;
	bool climbed = climber->climbs;

	climber->climb = counted->climb;
	climb_rate_note(&climber->rate, &climber->climb, climbs->now_ns);
	climber->climbs = climb_goes_on(&climber->climb, climbs->now_ns);
	if (climber->climbs && !climbed)
		climber->due_ns = 0; /* which kinds have grown until now? */
}

void climbs__end(struct climbs *climbs)
{
	struct counted *counted, *next;

	HASH_ITER(hh, climbs->by_tgid, counted, next) {
		if (counted->generation == climbs->generation)
			continue;
		HASH_DEL(climbs->by_tgid, counted);
		free(counted);
	}
	unfollow_idle(climbs);
	climbs->left_out = 0;
	HASH_ITER(hh, climbs->by_tgid, counted, next)
		if (counted->follower)
			update_climber(climbs, counted);
	HASH_ITER(hh, climbs->by_tgid, counted, next) {
		if (counted->follower || !climb_may_come(&counted->climb, climbs->now_ns))
			continue;
		follow_climber(climbs, counted);
		if (counted->follower)
			update_climber(climbs, counted);
	}
	if (climbs->count < 2 * climbs->most)
		return;
	HASH_ITER(hh, climbs->by_tgid, counted, next)
		climbs->left_out +=
			!counted->follower && climb_goes_on(&counted->climb, climbs->now_ns);
}

unsigned int climbs__followed(const struct climbs *climbs)
{
	return climbs->count;
}

struct climber *climbs__get(const struct climbs *climbs, unsigned int number)
{
	return climbs->followed[number];
}

/* ---- Their kinds ---- */

static bool kinds_are_due(const struct climber *climber, bool all, __u64 now_ns)
{
	if (!climber->looked_ns)
		return true;
	if (all && now_ns >= climber->looked_ns + KINDS_FRESH_NS)
		return climber->climbs;
	return climber->climbs && now_ns >= climber->due_ns;
}

unsigned int climbs__due(struct climbs *climbs, bool all, __u64 now_ns, unsigned int most,
			 struct climber **ret_climbers)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < climbs->count && count < most; i++)
		if (kinds_are_due(climbs->followed[i], all, now_ns))
			ret_climbers[count++] = climbs->followed[i];
	return count;
}

/* ---- Who makes them ---- */

static enum descriptor_kind kind_of_socket(const struct pending *socket)
{
	switch (socket->family) {
	case AF_INET:
	case AF_INET6:
		return socket->protocol == IPPROTO_TCP ? DESCRIPTOR_TCP :
		       socket->protocol == IPPROTO_UDP ? DESCRIPTOR_UDP :
							 DESCRIPTOR_INET_OTHER;
	case AF_UNIX:
		return DESCRIPTOR_UNIX;
	case AF_NETLINK:
		return DESCRIPTOR_NETLINK;
	case AF_PACKET:
		return DESCRIPTOR_PACKET;
	case AF_VSOCK:
		return DESCRIPTOR_VSOCK;
	}
	return DESCRIPTOR_SOCKET_OTHER;
}

static struct climber *climber_of(const struct climbs *climbs, __u32 tgid)
{
	const struct counted *counted = find_counted(climbs, tgid);

	return counted ? counted->follower : NULL;
}

bool climbs__note_used(struct climbs *climbs, const struct pending *socket)
{
	struct climber *climber = climber_of(climbs, socket->tgid);

	for (unsigned int i = 0; climber && i < climber->n_makers; i++) {
		struct climb_maker *maker = &climber->makers[i];

		if (maker->call_site != socket->call_site || maker->kind != kind_of_socket(socket))
			continue;
		maker->made++;
		return true;
	}
	return !climber || !socket->call_site || climber->n_makers == CLIMB_MAKERS;
}

void climbs__note_maker(struct climbs *climbs, const struct pending *socket, struct stack *stack)
{
	struct climber *climber = climber_of(climbs, socket->tgid);

	if (!climber || climber->n_makers == CLIMB_MAKERS)
		return;
	climber->makers[climber->n_makers++] =
		(struct climb_maker){ .call_site = socket->call_site,
				      .stack = stack ? stack_ref(stack) : NULL,
				      .kind = kind_of_socket(socket),
				      .made = 1 };
}

/* ---- Reports ---- */

static bool is_to_be_listed(const struct climber *climber)
{
	return climber->climbs && !climber_is_finding(climber);
}

size_t climbs__list(const struct climbs *climbs, size_t most, const struct climber **ret_list)
{
	size_t kept = 0, at;

	if (climbs && most > climbs->most)
		most = climbs->most;
	for (unsigned int i = 0; climbs && i < climbs->count; i++) {
		const struct climber *climber = climbs->followed[i];

		if (!is_to_be_listed(climber))
			continue;
		at = kept;
		while (at > 0 &&
		       climb_growth(&climber->climb) > climb_growth(&ret_list[at - 1]->climb))
			at--;
		if (at >= most)
			continue;
		kept += kept < most;
		memmove(ret_list + at + 1, ret_list + at, (kept - at - 1) * sizeof(*ret_list));
		ret_list[at] = climber;
	}
	return kept;
}

__u64 climbs__left_out(const struct climbs *climbs)
{
	__u64 count = 0;

	for (unsigned int i = 0; climbs && i < climbs->count; i++)
		count += is_to_be_listed(climbs->followed[i]);
	if (!climbs)
		return 0;
	return climbs->left_out + (count > climbs->most ? count - climbs->most : 0);
}
