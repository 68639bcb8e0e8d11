/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/doubt.h"

void doubt_note(struct doubt *doubt, __u64 skipped, __u64 now_ns)
{
	if (skipped > doubt->skipped)
		doubt->until_ns = now_ns;
	doubt->skipped = skipped;
}

bool doubt_has(const struct doubt *doubt, const struct event *event)
{
	return event->class == CLASS_NEVER_USED && event->socket.since_ns <= doubt->until_ns;
}
