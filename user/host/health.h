/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * health: what the agent itself costs, and whether its files are written. Plain data, and
 * the reading of /proc for this process and its children. bpf_stats.h fills in what the
 * kernel knows of the BPF side, and the writers of files count them.
 *
 * One object lives as long as the agent, and its counters never decrease.
 */
#ifndef SOCKLEAK_HEALTH_H
#define SOCKLEAK_HEALTH_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#define HEALTH_MAX_PROGRAMS 48
#define HEALTH_MAX_MAPS 48

/* A BPF program that is loaded. */
struct health_program {
	const char *name; /* the tracer's own */
	__u64 run_ns;	  /* 0 while kernel.bpf_stats_enabled is 0 */
	__u64 runs;
};

/* A BPF map. */
struct health_map {
	const char *name; /* the tracer's own */
	__u64 max_entries;
	__u64 entries;
	bool counted; /* are entries known? The kernel counts only some kinds of maps */
};

struct health {
	__u64 started_ns; /* when the agent was started, CLOCK_BOOTTIME; 0 = not known */
	__u64 swept_ns;	  /* when the last complete scan ended; 0 = none yet */
	__u64 user_ns;	  /* processor time of the agent and all its children, ended or not */
	__u64 system_ns;
	__u64 rss_bytes; /* resident memory of the agent; 0 = not known */
	/* of its children; 0 = it does not run */
	__u64 resolver_rss_bytes, opener_rss_bytes;
	/* By bpf_stats.h: */
	bool bpf_stats_enabled; /* kernel.bpf_stats_enabled: run_ns and runs are counted */
	__u64 bpf_bytes;	/* kernel memory of all maps that the agent holds */
	unsigned int n_programs, n_maps;
	struct health_program programs[HEALTH_MAX_PROGRAMS];
	struct health_map maps[HEALTH_MAX_MAPS];
	/* By the caller: */
	__u64 textfile_written, textfile_failed;
	__u64 stacks_written, stacks_failed;
	__u64 profiles_written, profiles_failed;
	__u64 stacks_dropped; /* sites that left that file early, for want of room */
	__u64 log_lost;	      /* lines */
};

/*
 * Read again what /proc and the kernel say of this process and of its children: the resolver, then
 * the opener; 0 = it does not run. A value that cannot be read stays as it was.
 */
#define HEALTH_CHILDREN 2
void health_update(struct health *health, const pid_t children[HEALTH_CHILDREN]);

/*
 * For the tests: the process's own processor time from a text in the format of
 * /proc/PID/stat (`ticks` of them are a second). False: the text has another form.
 */
bool health_parse_times(const char *stat, long ticks, __u64 *ret_user_ns, __u64 *ret_system_ns);

#endif /* SOCKLEAK_HEALTH_H */
