/* SPDX-License-Identifier: BSD-2-Clause */
/* One process that is followed, and what is known about it. */
#include <stdlib.h>
#include <string.h>

#include "leaks/growth/climbs.h"

/* Counting by kind may use a hundredth of a processor. */
#define KINDS_SHARE 100
#define PART_OF_GROWTH 4 /* a kind of less than one in so many is not named */

void climber_note_kinds(struct climber *climber, const __u32 by_kind[DESCRIPTOR_KINDS],
			__u64 now_ns, __u64 took_ns)
{
	__u64 pause_ns = took_ns * KINDS_SHARE;

	memcpy(climber->by_kind, by_kind, sizeof(climber->by_kind));
	climber->looked_ns = now_ns;
	climber->due_ns = now_ns + (pause_ns > KINDS_PAUSE_NS ? pause_ns : KINDS_PAUSE_NS);
	if (climber->first_ns)
		return;
	climber->first_ns = now_ns;
	memcpy(climber->first_by_kind, by_kind, sizeof(climber->first_by_kind));
}

/* TCP of whatever state is one kind here: it changes while the socket is open. */
static enum descriptor_kind kind_made(enum descriptor_kind kind)
{
	return kind == DESCRIPTOR_TCP_HALF_CLOSED || kind == DESCRIPTOR_TCP_CLOSED ||
			       kind == DESCRIPTOR_TCP_LISTENING || kind == DESCRIPTOR_TCP_OTHER ?
		       DESCRIPTOR_TCP :
		       kind;
}

/* How many sockets of a kind were made at the site of a maker: several calls may be of one site. */
static __u32 made_at_site(const struct climber *climber, const struct climb_maker *maker)
{
	__u32 made = 0;

	for (unsigned int i = 0; i < climber->n_makers; i++) {
		const struct climb_maker *other = &climber->makers[i];

		if (other->kind == maker->kind && other->stack &&
		    (other == maker ||
		     (maker->stack->site && other->stack->site == maker->stack->site)))
			made += other->made;
	}
	return made;
}

const struct stack *climber_stack(const struct climber *climber)
{
	struct kind_growth grown[KINDS_GROWN];
	const struct stack *most = NULL;
	__u32 made, best = 0;
	bool sure;

	if (!climber_kinds(climber, grown, &sure) || !sure)
		return NULL;
	for (unsigned int i = 0; i < climber->n_makers; i++) {
		const struct climb_maker *maker = &climber->makers[i];

		if (!maker->stack || maker->kind != kind_made(grown[0].kind))
			continue;
		made = made_at_site(climber, maker);
		if (made <= best)
			continue;
		best = made;
		most = maker->stack;
	}
	return 2 * best >= grown[0].more ? most : NULL;
}

static int by_growth(const void *a, const void *b)
{
	const struct kind_growth *x = a, *y = b;

	if (x->more != y->more)
		return x->more < y->more ? 1 : -1;
	return x->count < y->count ? 1 : x->count > y->count ? -1 : (int)x->kind - (int)y->kind;
}

unsigned int climber_kinds(const struct climber *climber, struct kind_growth ret_kinds[KINDS_GROWN],
			   bool *ret_sure)
{
	struct kind_growth kinds[DESCRIPTOR_KINDS];
	unsigned int known = 0;
	__u32 more = 0;

	for (int kind = 0; kind < DESCRIPTOR_KINDS; kind++) {
		__u32 before = climber->first_by_kind[kind], now = climber->by_kind[kind];

		kinds[kind] = (struct kind_growth){ kind, now, now > before ? now - before : 0 };
		more += kinds[kind].more;
	}
	qsort(kinds, DESCRIPTOR_KINDS, sizeof(kinds[0]), by_growth);
	*ret_sure = more;
	if (!more && kinds[0].count)
		ret_kinds[known++] = kinds[0];
	while (more && known < KINDS_GROWN && kinds[known].more * PART_OF_GROWTH >= more) {
		ret_kinds[known] = kinds[known];
		known++;
	}
	return known;
}

bool climber_is_finding(const struct climber *climber)
{
	struct kind_growth grown[KINDS_GROWN];
	bool sure;

	if (2 * climber->leaked >= climb_growth(&climber->climb))
		return true;
	return climber_kinds(climber, grown, &sure) && grown[0].kind == DESCRIPTOR_UNCONNECTED;
}

const char *climber_name(const struct climber *climber)
{
	return climber->owner ? owner_name(climber->owner, climber->process.comm) :
				climber->process.comm;
}

bool climber_per_minute(const struct climber *climber, __u64 now_ns, double *ret_per_minute)
{
	return climb_per_minute(&climber->rate, &climber->climb, now_ns, ret_per_minute);
}

const char *descriptor_kind_name(enum descriptor_kind kind)
{
	static const char *const names[] = {
#define D(id, name, phrase) [DESCRIPTOR_##id] = name,
		SOCKLEAK_DESCRIPTOR_KINDS(D)
#undef D
	};

	return names[kind];
}

const char *descriptor_kind_phrase(enum descriptor_kind kind)
{
	static const char *const phrases[] = {
#define D(id, name, phrase) [DESCRIPTOR_##id] = phrase,
		SOCKLEAK_DESCRIPTOR_KINDS(D)
#undef D
	};

	return phrases[kind];
}
