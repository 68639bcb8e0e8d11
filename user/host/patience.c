/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/patience.h"

/* After a stop was asked for: the end of this program is worth more than a name. */
#define STUCK_AT_STOP_NS (150 * NSEC_PER_MSEC)

/* The kernel accounts for a wait when it is over, so the one that goes on is measured here. */
static bool still_waits(const struct child_sight *before, const struct child_sight *now)
{
	return before->is_runnable && now->is_runnable && before->ran_ns == now->ran_ns &&
	       before->waited_ns == now->waited_ns;
}

/* How long it has waited for a processor since the last look; less than 0 takes some back. */
static __s64 take_wait(struct child_record *record, const struct child_sight *sight, __u64 now_ns)
{
	__u64 before_ns = record->waited_ns;

	if (!still_waits(&record->last, sight))
		record->queued_ns = sight->is_runnable ? now_ns : 0;
	record->waited_ns = sight->waited_ns;
	if (record->queued_ns && (sight->ran_ns || sight->waited_ns))
		record->waited_ns += now_ns - record->queued_ns;
	record->last = *sight;
	return (__s64)(record->waited_ns - before_ns);
}

/* Neither can it run, nor did it begin or end any wait. */
static bool child_is_still(const struct child_record *record, const struct child_sight *sight)
{
	return !sight->is_runnable && sight->switches == record->last.switches;
}

void patience_begin(struct patience *patience, __u64 now_ns,
		    const struct child_sight sights[PATIENCE_CHILDREN])
{
	patience->begun_ns = patience->looked_ns = now_ns;
	for (unsigned int i = 0; i < PATIENCE_CHILDREN; i++)
		take_wait(&patience->records[i], &sights[i], now_ns);
}

/* Is there no more patience with them? */
static bool ran_out(const struct patience *patience)
{
	__u64 stuck_ns = patience->stuck_ns;

	if (patience->stop_ns && patience->at_stop_ns &&
	    patience->looked_ns - patience->stop_ns > patience->at_stop_ns)
		return true;
	if (patience->stop_ns && stuck_ns > STUCK_AT_STOP_NS)
		stuck_ns = STUCK_AT_STOP_NS;
	return patience->still_ns > stuck_ns || patience_used(patience) >= patience->limit_ns;
}

void patience_look(struct patience *patience, __u64 now_ns, bool stop_asked,
		   const struct child_sight sights[PATIENCE_CHILDREN])
{
	__u64 passed_ns = now_ns - patience->looked_ns;
	__u64 counted_ns = passed_ns < PATIENCE_LOOK_NS ? passed_ns : PATIENCE_LOOK_NS;
	__s64 late_ns = (__s64)(passed_ns - counted_ns), waited_ns = 0;
	bool are_still = true;

	for (unsigned int i = 0; i < PATIENCE_CHILDREN; i++) {
		struct child_record *record = &patience->records[i];

		if (!patience->children[i])
			continue;
		are_still = are_still && child_is_still(record, &sights[i]);
		waited_ns += take_wait(record, &sights[i], now_ns);
	}
	patience->looked_ns = now_ns;
	patience->counted_ns += counted_ns;
	patience->still_ns = are_still ? patience->still_ns + counted_ns : 0;
	/* They may have waited in the time that is not counted. */
	if (waited_ns > 0)
		waited_ns = waited_ns > late_ns ? waited_ns - late_ns : 0;
	patience->worked_ns += (__s64)counted_ns - waited_ns;
	if (stop_asked && !patience->stop_ns)
		patience->stop_ns = now_ns;
	patience->is_over = ran_out(patience);
}

__u64 patience_used(const struct patience *patience)
{
	__s64 least_ns = (__s64)(patience->counted_ns / PATIENCE_LEAST_PART);

	return (__u64)(patience->worked_ns > least_ns ? patience->worked_ns : least_ns);
}
