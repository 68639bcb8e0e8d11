/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/descriptors.h"

#include "host/process.h"
#include "lib/time.h"

/* Counting descriptors one by one takes time, so it is not done more often than this. */
#define COUNT_PAUSE_NS (10 * NSEC_PER_SEC)

static void look_at_descriptors(struct site_process *process, __u64 now_ns)
{
	struct forecast *forecast = &process->forecast;
	bool counted = false;

	if (forecast->looked_ns && now_ns < forecast->next_ns)
		return;
	forecast->looked_ns = now_ns;
	if (process_fds((pid_t)process->tgid, &forecast->fds_open, &forecast->fds_limit, &counted))
		forecast->looked_ns = 0;
	forecast->next_ns = now_ns + (counted ? COUNT_PAUSE_NS : 0);
}

void descriptors_look(struct site *const *sites, long count, __u64 now_ns)
{
	for (long i = 0; i < count; i++) {
		struct site_process *process = sites[i]->processes;

		for (int n = 0; process && n < DESCRIPTORS_LOOKS; process = process->hh.next, n++)
			look_at_descriptors(process, now_ns);
	}
}

static void forecast_site(const struct leaks *leaks, struct site *site)
{
	struct site_process *process = site->processes;

	for (int n = 0; process && n < DESCRIPTORS_LOOKS; process = process->hh.next, n++)
		process->forecast.rate_known =
			leaks__process_rate(leaks, process->tgid, &process->forecast.per_minute);
}

void descriptors_forecast(struct leaks *leaks, long most, __u64 now_ns)
{
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	if (count > most)
		count = most;
	descriptors_look(sites, count, now_ns);
	for (long i = 0; i < count; i++)
		forecast_site(leaks, sites[i]);
}
