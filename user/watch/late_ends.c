/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/late_ends.h"

#include <stdlib.h>
#include <utlist.h>

#include "host/process.h"

struct late_end {
	struct event event;
	struct owner *owner;
	struct stack *stack;
	__u64 ended_ns;
	bool put_back; /* or its process is gone, and it was not among the last */
	struct late_end *prev, *next;
};

struct late_ends {
	struct late_end *list; /* the oldest first */
	__u32 count, max;
	__u64 interval_ns;
};

struct late_ends *late_ends__new(__u32 max, __u64 interval_ns)
{
	struct late_ends *late = calloc(1, sizeof(*late));

	if (late) {
		late->max = max;
		late->interval_ns = interval_ns;
	}
	return late;
}

static void drop_end(struct late_ends *late, struct late_end *end)
{
	DL_DELETE(late->list, end);
	late->count--;
	owner_unref(end->owner);
	stack_unref(end->stack);
	free(end);
}

void late_ends__free(struct late_ends *late)
{
	if (!late)
		return;
	while (late->list)
		drop_end(late, late->list);
	free(late);
}

bool late_ends__note(struct late_ends *late, const struct leak *leak, unsigned int min_steps,
		     __u64 now_ns)
{
	struct late_end *end;

	if (!growth_began(&leak->process->growth, min_steps))
		return true;
	end = late->count < late->max ? calloc(1, sizeof(*end)) : NULL;
	if (!end)
		return false;
	end->event = leak->event;
	end->event.kind = EVENT_LEAK;
	end->event.reason = END_NONE;
	end->owner = owner_ref(leak->owner);
	end->stack = stack_ref(leak->stack);
	end->ended_ns = now_ns;
	DL_APPEND(late->list, end);
	late->count++;
	return true;
}

/* When the process of this end closed its last one. The list is in the order of time. */
static __u64 last_end_ns(const struct late_ends *late, const struct late_end *of)
{
	const struct late_end *end = late->list->prev; /* the last, as utlist.h has it */

	while (end->event.tgid != of->event.tgid)
		end = end->prev;
	return end->ended_ns;
}

static bool is_among_the_last(const struct late_ends *late, const struct late_end *end)
{
	return last_end_ns(late, end) - end->ended_ns <= 2 * late->interval_ns;
}

unsigned int late_ends__sweep(struct late_ends *late, struct leaks *leaks, __u64 now_ns)
{
	struct late_end *end, *next;
	unsigned int failed = 0;

	/* From the last one on, because the last end of a process decides about the others. */
	for (end = late->list ? late->list->prev : NULL; end; end = next) {
		bool is_gone = !process_alive((pid_t)end->event.tgid);

		next = end == late->list ? NULL : end->prev;
		if (is_gone) {
			if (is_among_the_last(late, end) &&
			    leaks__apply(leaks, &end->event, end->owner, end->stack))
				failed++;
			end->put_back = true;
		} else if (now_ns - end->ended_ns > LATE_END_NS) {
			drop_end(late, end);
		}
	}
	DL_FOREACH_SAFE(late->list, end, next)
	if (end->put_back)
		drop_end(late, end);
	return failed;
}
