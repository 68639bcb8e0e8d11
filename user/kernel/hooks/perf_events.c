/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hooks/perf_events.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include <bpf/bpf.h>

int perf_event_run(int event, int program)
{
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, program) || ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return 0;
}

/*
 * Whoever closes the last event of a tracepoint waits until no processor can be inside it: 10 to
 * 100 ms for each, one after the other, which is more than all else that sockleak does at its end.
 * The kernel frees a map later, in a worker of its own. If the map has the last reference to an
 * event, it is that worker who waits.
 */
void perf_events_release(const int *events, unsigned int count, bool waits)
{
	int map = count && !waits ? bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "events_given_up",
						   sizeof(__u32), sizeof(__u32), count, NULL) :
				    -1;

	for (__u32 i = 0; i < count; i++) {
		if (events[i] < 0)
			continue;
		if (map >= 0)
			(void)bpf_map_update_elem(map, &i, &events[i], BPF_ANY); /* else we wait */
		close(events[i]);
	}
	if (map >= 0)
		close(map);
}
