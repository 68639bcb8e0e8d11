/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report: what every output is given. A new output adds a file that reads these, and is
 * called by watch/output.c, or by watch/publisher.c if it is a file that is written anew each time.
 */
#ifndef SOCKLEAK_REPORT_H
#define SOCKLEAK_REPORT_H

#include "kernel/hooks/hook_kinds.h"
#include "kernel/sweeps/sweep_plan.h"
#include "leaks/leaks.h"
#include "descriptors.h"
#include "resolver/resolver_counts.h"

struct climbs;
struct hints;
struct limit_series;
struct refusals;
struct suppressions;

/* What `run` has started. */
struct run_summary {
	const char *program;  /* as it was named */
	int status;	      /* of its end, as a shell shows it: 128 + N for signal N */
	int signal;	      /* that ended it; 0 = it has exited */
	unsigned int running; /* processes that descend from it and go on */
	bool by_growth;	      /* --leak-check growth: only sites that grew count */
};

/* A process that holds many descriptors, and how many of each kind. */
struct most_descriptors {
	struct process_descriptors process;
	__u32 by_kind[DESCRIPTOR_KINDS];
};
#define SUMMARY_MOST 5

/* The state of the run at one moment. Times in CLOCK_BOOTTIME nanoseconds. */
struct summary {
	__u64 now_ns;
	__u64 started_ns;
	__s64 wall_offset_ns; /* CLOCK_REALTIME minus CLOCK_BOOTTIME, to print dates */
	__u64 older_than_ns;
	__u64 sweeps;	/* completed */
	__u64 sweep_ns; /* how long the last one took */
	__u64 sweeps_failed;
	struct sweep_counts sweep_counts; /* how they were made */
	__u64 pending;			  /* sockets in the kernel's map at the last sweep */
	__u64 max_sockets;
	__u64 kernel_bytes; /* memory of the BPF maps, at the last report; 0 = not known */
	struct leaks_totals leaks;
	__u64 counters[COUNTER_COUNT];
	__u64 growth_not_kept;	   /* for the next run (--pin) */
	__u64 hooks_skipped;	   /* see bpf_stats_skipped() */
	__u64 stacks_not_reported; /* to `sockleak scan` */
	__u64 orders_refused;	   /* to the kernel side: see orders.h */
	__u64 leaks_not_accounted; /* events lost in user space: out of memory */
	__u64 cgroups_left_out;	   /* that are in the scope, and not watched */
	__u64 aims_failed;    /* sweeps that could not tell the kernel which cgroups to watch */
	__u64 events_waiting; /* for room in the ring buffer, or for the resolver */
	struct resolver_counts resolver;
	struct fetcher_counts fetcher;
	__u64 left_not_kept; /* of `run`: leaks beyond --max-sockets */
	__u64 stacks_astray; /* snapshots of which the call is left: symbols__unwind(), -ENXIO */
	__u64 scripts_not_looked;	    /* programs, see script_looks.h */
	__u64 scripts_faulted, scripts_cut; /* leaks that lack outer functions: enum script_cut */
	__u64 map_records_lost;		    /* of `run`: see recall.h */
	const struct run_summary *run;	    /* NULL = no program was started */
	bool is_scan;			    /* one look: what takes time to tell is not known */
	__u32 history_tgid; /* of a scan: the sockleak that ages and stacks are from; 0 = none */
	__u64 history_begun_ns;
	bool history_is_partial; /* it watches some processes, and not the host */
	__u64 uncertain;	 /* of a scan: sockets shown that may be in use */
	__u64 shown, recalled;	 /* of a scan: sockets shown; those whose making that one saw */
	/* No cgroup of --unit and the like so far; of a scan: no process that was asked for. */
	bool nothing_watched;
	bool pin_refused; /* --pin was asked for and cannot be used: nothing outlives the run */
	bool fetches;	  /* debug files are fetched: --debuginfod */
	__u32 max_ways;	  /* of a site that JSON has: ways.h */
	__u32 unwanted;	  /* a bit (1 << enum leak_class) for each class that is not reported */
	const struct suppressions *suppressions; /* NULL = without --suppress */
	const struct refusals *refusals; /* who is at the limit of descriptors; NULL = of a scan */
	struct most_descriptors most[SUMMARY_MOST]; /* of a scan with --verbose, */
	unsigned int n_most;			    /* that holds most first */
	const struct climbs *climbs;		 /* whose descriptors climb; NULL = not counted */
	__u64 climbing_left_out;		 /* processes that climb, beyond --max-climbing */
	__u64 counts_failed;			 /* of descriptors */
	const struct limit_series *limit_series; /* the same, by workload; may be NULL too */
	const struct hints *hints; /* how to get missing debug information; NULL = not asked */
	const char *hooks;	   /* their kind (hook_kinds.h); NULL = of a scan */
	const struct kind_refusal *hooks_why; /* why they are not of a better kind: hooks__why() */
	unsigned int n_hooks_why;
};

#endif /* SOCKLEAK_REPORT_H */
