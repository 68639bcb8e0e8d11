/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tracer: the kernel's side, as user space sees it. Loads the BPF programs,
 * attaches them, runs the sweeps and hands over the events. Which other files know a
 * skeleton is for user/kernel/ alone to know.
 */
#ifndef SOCKLEAK_TRACER_H
#define SOCKLEAK_TRACER_H

#include "kernel/history.h"
#include "kernel/hooks/hooks.h"
#include "kernel/maps/stack_evidence.h"
#include "kernel/sweeps/sweep_plan.h"
#include "lib/text.h"
#include "options/options.h"
#include "control.h"
#include "sockleak.h"

struct descriptor_counter;
struct pins;
struct tracer;

/* Called for every record of the ring buffer, within tracer__sweep(). */
typedef void (*tracer_event_fn)(const struct event *event, void *ctx);

/*
 * Open what hooks may hang on: all for which a kernel may ask for CAP_SYS_ADMIN (hooks.h).
 * Nothing is loaded yet. Returns 0 or -errno with one line in ret_error: object, cause,
 * remedy. Free with tracer__free(); NULL is allowed there.
 */
int tracer__open(const struct options *options, tracer_event_fn on_event, void *ctx,
		 struct tracer **ret_tracer, struct text *ret_error);
/*
 * Called now and then, within tracer__load() and tracer__sweep(), while long work goes on
 * and gets on. Not called: there was none.
 */
void tracer__on_progress(struct tracer *tracer, void (*on_progress)(void *ctx), void *ctx);
/*
 * Watch only this process and those that descend from it from then on, and report what is open when
 * one ends, as EVENT_LEAK: it does not end any more. Before tracer__load(), with COMMAND_RUN.
 */
void tracer__follow(struct tracer *tracer, __u32 tgid);
/* How many of them have not ended. */
unsigned int tracer__followed(const struct tracer *tracer);
/* Has one of them ended that --comm and --uid mean? */
bool tracer__met_at_exit(const struct tracer *tracer);
/*
 * Choose the hooks and load the programs, set up for `options`, which must outlive the call
 * only. An agent whose --pin cannot be used goes on without it: tracer__pins_refused(). Errors
 * as above.
 */
int tracer__load(struct tracer *tracer, const struct options *options, struct text *ret_error);
/*
 * Attach the hooks. From now on evidence is collected. When they do not see calls that they
 * must, or are refused, others are loaded in their place. Errors as above.
 */
int tracer__attach(struct tracer *tracer, const struct options *options, struct text *ret_error);
void tracer__free(struct tracer *tracer);

/*
 * From now on these cgroups have a rule (SOCKLEAK_MAX_RULED at most), each with all
 * below it; without meaning unless the options have rules. 0 or -errno.
 */
int tracer__rule_cgroups(struct tracer *tracer, const struct ruled_cgroup *ruled, size_t count);

/* The state that it goes on from (--pin); NULL = none. The tracer owns it. */
const struct pins *tracer__pins(const struct tracer *tracer);
/* Why nothing is kept, although --pin asked for it: one line; NULL: it is, or nobody asked. */
const char *tracer__pins_refused(const struct tracer *tracer);

/* How the system calls are seen; the tracer's own. */
const struct hooks *tracer__hooks(const struct tracer *tracer);

/*
 * Run one sweep (sweeper.h) and hand over its events; one that goes `to_the_last` is
 * a full sweep. When the ring buffer could not take
 * all of them it is repeated for the others: some times, or, `to_the_last`, until
 * none waits. *ret_ns is how long the sweep took, without repeats. Returns 0, or
 * -errno when the fd tables could not be read to their end; no entry is judged
 * gone then.
 */
int tracer__sweep(struct tracer *tracer, bool to_the_last, __u64 *ret_ns);

/* The next sweep reports at most so many new leaks; the others wait for one that may. */
void tracer__limit_leaks(struct tracer *tracer, __u32 most);
/* From the next sweep on, a socket that is pending for longer is a leak; UINT64_MAX: none is. */
void tracer__judge_older(struct tracer *tracer, __u64 age_ns);
/* Events that come between the sweeps: readable when there are any; hand them over. */
int tracer__events_fd(const struct tracer *tracer);
void tracer__drain(struct tracer *tracer);

/* How the sweeps were made so far. */
struct sweep_counts tracer__sweeps(const struct tracer *tracer);

/* Events that still wait for room in the ring buffer. */
__u64 tracer__waiting(const struct tracer *tracer);

/* Entries in the map of pending sockets at the last sweep, and what that map holds at most. */
__u64 tracer__pending(const struct tracer *tracer, __u64 *ret_max);

/* The evidence of its sockets' stacks; valid as long as the tracer. */
struct stack_evidence tracer__stack_evidence(struct tracer *tracer);

/*
 * The processes whose calls of socket() failed for want of a descriptor, into arrays of
 * SOCKLEAK_MAX_REFUSALS. Returns their number.
 */
unsigned int tracer__refusals(struct tracer *tracer, struct refusal_key *ret_keys,
			      struct refusal *ret_refusals);
/* The next call of that process that fails begins a new one. */
void tracer__forget_refusal(struct tracer *tracer, const struct refusal_key *key);

/* Counts descriptors; the tracer's own. */
struct descriptor_counter *tracer__descriptors(struct tracer *tracer);

/* Where `sockleak scan` finds the leaks; the tracer's own. */
struct history *tracer__history(struct tracer *tracer);
/* The next sweep reports every open leak (EVENT_CHANGED), known or not. */
void tracer__retell(struct tracer *tracer);

/* The programs and maps that are loaded, for bpf_stats.c; the tracer's own. */
struct bpf_object;
const struct bpf_object *tracer__object(const struct tracer *tracer);

/* The counters, summed over the processors: read in mapped memory, without a system call. */
void tracer__counters(const struct tracer *tracer, __u64 ret_counters[COUNTER_COUNT]);

#endif /* SOCKLEAK_TRACER_H */
