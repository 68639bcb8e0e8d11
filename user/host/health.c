/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/health.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host/process.h"
#include "lib/proc_file.h"
#include "lib/time.h"

/* statm's second number: resident pages. */
static void update_rss(pid_t pid, __u64 *rss_bytes)
{
	unsigned long long all, resident;
	char text[256];

	if (proc_file_read_of(pid, "statm", text, sizeof(text)) > 0 &&
	    sscanf(text, "%llu %llu", &all, &resident) == 2)
		*rss_bytes = resident * (unsigned long long)sysconf(_SC_PAGESIZE);
}

/* utime and stime are the fields 14 and 15, the 12th and 13th behind the name: proc(5). */
bool health_parse_times(const char *stat, long ticks, __u64 *ret_user_ns, __u64 *ret_system_ns)
{
	const char *at = strrchr(stat, ')'); /* a name may hold anything, brackets too */
	unsigned long long user, kernel;

	if (!at || ticks <= 0 ||
	    sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
		   &kernel) != 2)
		return false;
	*ret_user_ns = user * (NSEC_PER_SEC / (unsigned long)ticks);
	*ret_system_ns = kernel * (NSEC_PER_SEC / (unsigned long)ticks);
	return true;
}

static __u64 ns_of(const struct timeval *time)
{
	return (__u64)time->tv_sec * NSEC_PER_SEC + (__u64)time->tv_usec * 1000;
}

static void raise_to(__u64 *counter, __u64 value)
{
	if (value > *counter)
		*counter = value;
}

/*
 * The time of this process, of its children that have ended, and of those that run. The
 * kernel gives the latter in ticks, and exactly once it has ended: the sum must not
 * decrease.
 */
static void update_times(struct health *health, const pid_t *children)
{
	__u64 user_ns = 0, system_ns = 0, its_user_ns, its_system_ns;
	struct rusage self, ended;
	char text[1024];

	if (getrusage(RUSAGE_SELF, &self) || getrusage(RUSAGE_CHILDREN, &ended))
		return;
	for (int i = 0; i < HEALTH_CHILDREN; i++) {
		if (!children[i] ||
		    proc_file_read_of(children[i], "stat", text, sizeof(text)) <= 0 ||
		    !health_parse_times(text, sysconf(_SC_CLK_TCK), &its_user_ns, &its_system_ns))
			continue;
		user_ns += its_user_ns;
		system_ns += its_system_ns;
	}
	raise_to(&health->user_ns, ns_of(&self.ru_utime) + ns_of(&ended.ru_utime) + user_ns);
	raise_to(&health->system_ns, ns_of(&self.ru_stime) + ns_of(&ended.ru_stime) + system_ns);
}

void health_update(struct health *health, const pid_t children[HEALTH_CHILDREN])
{
	if (!health->started_ns)
		process_start_time(getpid(), &health->started_ns);
	update_times(health, children);
	update_rss(getpid(), &health->rss_bytes);
	health->resolver_rss_bytes = health->opener_rss_bytes = 0;
	if (children[0])
		update_rss(children[0], &health->resolver_rss_bytes);
	if (children[1])
		update_rss(children[1], &health->opener_rss_bytes);
}
