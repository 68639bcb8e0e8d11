/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/watch_private.h"

#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/bpf_stats.h"
#include "kernel/maps/kernel_memory.h"
#include "lib/log.h"
#include "lib/signals.h"
#include "lib/time.h"
#include "watch/debug_log.h"
#include "watch/descriptors.h"
#include "watch/growth_kept.h"
#include "watch/pace.h"

/* While it works, it is looked at so often whether it is stuck. */
#define LOOK_AT_RESOLVER_NS (NSEC_PER_SEC / 10)

static void update_clock(struct summary *summary)
{
	__s64 offset_ns = clock_wall_offset();

	summary->now_ns = clock_now(CLOCK_BOOTTIME);
	/* Only if the clock was set: a time that was reported must not change by a millisecond. */
	if (llabs(offset_ns - summary->wall_offset_ns) > (__s64)NSEC_PER_SEC)
		summary->wall_offset_ns = offset_ns;
}

static void on_change(const struct leak *leak, enum leaks_change change, void *ctx)
{
	struct watch *watch = ctx;

	watch->has_moved |= change == LEAKS_MOVED;
	/* A scan is to know what is reported, though it may be in use. */
	if (change == LEAKS_MOVED || (change == LEAKS_OPENED && leak->event.maybe_in_use))
		history__add(tracer__history(watch->tracer), &leak->event.socket, leak->stack,
			     !leak->held_back);
	if (watch->late && change == LEAKS_RESOLVED && leak->event.reason == END_CLOSED &&
	    !late_ends__note(watch->late, leak, watch->options->min_growth, watch->summary.now_ns))
		watch->summary.left_not_kept++;
	if (watch->output && !leak->held_back)
		output__leak(watch->output, leak, change, &watch->summary);
}

static void tune(struct leaks *leaks, const struct options *options)
{
	leaks__tune(leaks, options->min_growth, options->min_open);
	leaks__time(leaks, options->older_than_ns, options->interval_ns);
}

static void on_limit(const struct limited *limited, void *ctx)
{
	struct watch *watch = ctx;

	output__limit(watch->output, limited, &watch->summary);
}

/* Options that may be mistyped, and then the end of the watch must not look like good news. */
static bool may_match_nothing(const struct options *options)
{
	bool is_counted = options->max_climbing || options->command == COMMAND_RUN;

	return options_limit_cgroups(options) || (is_counted && (options->by_uid || options->comm));
}

int watch__new(const struct options *options, struct output *output, struct scope *scope,
	       struct watch **ret_watch, struct text *ret_error)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	watch->options = options;
	watch->output = output;
	watch->aim = (struct aim){ .options = options, .scope = scope };
	watch->leaks = leaks__new(options_classes(options), options->interval_ns, on_change, watch);
	err = attribution__new(options->debuginfod, &watch->attribution, ret_error);
	if (watch->leaks)
		tune(watch->leaks, options);
	watch->climbs = climb_watch__new(watch->attribution, options->max_climbing);
	watch->limits = fd_limits__new(watch->attribution, options->interval_ns);
	if (watch->limits && output)
		fd_limits__on_begin(watch->limits, on_limit, watch);
	watch->postponed = postponed__new();
	if (options->command == COMMAND_RUN && options->leak_check == LEAK_CHECK_GROWTH)
		watch->late = late_ends__new(options->max_sockets, options->interval_ns);
	watch->summary.older_than_ns = options->older_than_ns;
	watch->summary.max_ways = options->max_ways;
	watch->summary.unwanted = ~options_classes(options);
	watch->summary.nothing_watched = may_match_nothing(options); /* until something does */
	if (!err && (!watch->leaks || !watch->limits || !watch->climbs || !watch->postponed))
		err = -ENOMEM;
	if (!err && options->suppress)
		err = suppressions__load(options->suppress, &watch->suppressions, ret_error);
	watch->summary.suppressions = watch->suppressions;
	if (err) {
		watch__free(watch);
		return err;
	}
	*ret_watch = watch;
	return 0;
}

void watch__free(struct watch *watch)
{
	if (!watch)
		return;
	leaks__free(watch->leaks);
	fd_limits__free(watch->limits);
	climb_watch__free(watch->climbs);
	script_programs__free(watch->scripts);
	attribution__free(watch->attribution);
	suppressions__free(watch->suppressions);
	postponed__free(watch->postponed);
	late_ends__free(watch->late);
	free(watch);
}

/* ---- Sweeps ---- */

static void note_skipped(struct watch *watch)
{
	__u64 tries;

	watch->summary.hooks_skipped = bpf_stats_skipped(watch->tracer, &tries);
	doubt_note(&watch->doubt, tries, watch->summary.now_ns);
}

static void update_summary(struct watch *watch)
{
	struct summary *summary = &watch->summary;

	update_clock(summary);
	summary->pending = tracer__pending(watch->tracer, &summary->max_sockets);
	summary->leaks = leaks__totals(watch->leaks);
	summary->sweep_counts = tracer__sweeps(watch->tracer);
	summary->events_waiting =
		tracer__waiting(watch->tracer) + postponed__count(watch->postponed);
	summary->growth_not_kept = history__growth_lost(tracer__history(watch->tracer));
	summary->scripts_not_looked = script_programs__not_looked(watch->scripts);
	summary->stacks_not_reported = history__lost(tracer__history(watch->tracer));
	summary->orders_refused = history__orders_refused(tracer__history(watch->tracer));
	tracer__counters(watch->tracer, summary->counters);
	if (summary->counters[COUNTER_SOCKET_EXIT] || summary->leaks.total ||
	    tracer__met_at_exit(watch->tracer))
		summary->nothing_watched = false; /* of a process that came and went */
	attribution__summarize(watch->attribution, summary);
}

void watch__aim(struct watch *watch, struct tracer *tracer)
{
	aim_take(&watch->aim, tracer, &watch->summary);
}

/* Goes through the leaks that are open, and takes what is suppressed now. */
static bool is_suppressed(const struct leak *leak, void *ctx)
{
	struct watch *watch = ctx;

	return suppressions__take(watch->suppressions, &leak->event, leak->owner, leak->stack);
}

/* Those of the first sweep all come at once: they are from before the agent. */
static __u32 most_new_leaks(const struct watch *watch, bool last)
{
	bool is_limited = watch->options->command == COMMAND_AGENT && watch->summary.sweeps;

	return is_limited && !last ? postponed__room(watch->postponed) : UINT32_MAX;
}

int watch__sweep(struct watch *watch, bool last)
{
	struct summary *summary = &watch->summary;
	struct debug_mark before = debug_mark(summary);
	int err;

	update_clock(summary);
	watch__aim(watch, watch->tracer);
	note_skipped(watch); /* before the events */
	attribution__begin_sweep(watch->attribution);
	if (watch->options->command == COMMAND_AGENT)
		attribution__hurry(watch->attribution, !last);
	take_postponed(watch);
	tracer__limit_leaks(watch->tracer, most_new_leaks(watch, last));
	err = tracer__sweep(watch->tracer, last, &summary->sweep_ns);
	summary->sweeps++;
	if (err && !summary->sweeps_failed++)
		log_error(err, "cannot read all fd tables: %s (sweeps_failed counts; logged once)",
			  strerror(-err));
	script_programs__look(watch->scripts);
	update_summary(watch);
	if (watch->options->debug)
		debug_log_sweep(summary, &before);
	summary->leaks_not_accounted += fd_limits__sweep(watch->limits, watch->tracer,
							 watch->options->max_workloads, summary);
	if (watch->has_moved && watch->suppressions) /* they may be suppressed where they are now */
		leaks__drop(watch->leaks, is_suppressed, watch);
	watch->has_moved = false;
	if (suppressions__ask_again(watch->suppressions, summary->now_ns))
		tracer__retell(watch->tracer);
	if (watch->late)
		summary->leaks_not_accounted +=
			late_ends__sweep(watch->late, watch->leaks, summary->now_ns);
	leaks__tick(watch->leaks, summary->now_ns);
	climb_watch__sweep(watch->climbs, watch->tracer, last, summary);
	summary->leaks = leaks__totals(watch->leaks); /* including what has grown */
	return err;
}

/* Take names that have become known since, for the stacks that a report may show. */
static void update_stacks(struct watch *watch, long most)
{
	struct site *const *sites;
	long count;

	if (attribution__is_busy(watch->attribution))
		return; /* the next report will have them */
	count = leaks__listed(watch->leaks, watch->options->verbose, &sites);

	if (count > most)
		count = most;
	for (long i = 0; i < count; i++)
		attribution__rename(watch->attribution, watch->leaks, sites[i]);
	watch->summary.hints = attribution__hints(watch->attribution, sites, count);
}

void watch__look(struct watch *watch, __u32 most)
{
	update_summary(watch);
	note_skipped(watch);			     /* including those since the sweep began */
	kernel_memory(&watch->summary.kernel_bytes); /* else what it was */
	climb_watch__look(watch->climbs, watch->tracer, watch->leaks, &watch->summary);
	update_stacks(watch, (long)most);
	descriptors_forecast(watch->leaks, (long)most, watch->summary.now_ns);
}

static void report(struct watch *watch)
{
	watch__look(watch, watch->options->top);
	output__report(watch->output, watch->leaks, &watch->summary);
}

static bool is_over(const struct watch *watch)
{
	return signals_stop_asked() || (watch->output && output__error(watch->output));
}

void watch__begin(struct watch *watch, struct tracer *tracer)
{
	struct summary *summary = &watch->summary;
	__u64 duration_ns = watch->options->duration_ns;

	watch->tracer = tracer;
	summary->hooks = hooks__kind(tracer__hooks(tracer))->name;
	summary->hooks_why = hooks__why(tracer__hooks(tracer), &summary->n_hooks_why);
	summary->pin_refused = tracer__pins_refused(tracer);
	if (tracer__pins(tracer))
		leaks__remember(watch->leaks, growth_kept_in(tracer__history(tracer)));
	watch->scripts = script_programs__begin(watch->options, watch->attribution, tracer);
	update_clock(summary);
	summary->started_ns = watch->next_ns = summary->now_ns;
	leaks__begin(watch->leaks, summary->now_ns);
	watch->end_ns = duration_ns ? summary->now_ns + duration_ns : UINT64_MAX;
}

/* Until a signal, a key, or what the resolver has found out. */
static void wait_for_more(struct watch *watch, __u64 ns)
{
	int answers_fd = attribution__answers_fd(watch->attribution);

	if (answers_fd < 0) {
		signals_wait(ns, watch->output ? output__keys_fd(watch->output) : -1);
		return;
	}
	signals_wait(ns < LOOK_AT_RESOLVER_NS ? ns : LOOK_AT_RESOLVER_NS, answers_fd);
	take_postponed(watch);
}

/* True: the one who waits is to answer, because there is no output. */
static bool answer_questions(struct watch *watch)
{
	bool profiles = signals_profiles_asked(), whole = signals_report_asked();

	if (!whole && !profiles)
		return false;
	watch->asked = !watch->output;
	if (watch->asked)
		return true;
	if (whole) {
		report(watch); /* and its profiles */
	} else {
		watch__look(watch, watch->options->top);
		output__profiles(watch->output, watch->leaks, &watch->summary);
	}
	return false;
}

bool watch__wait(struct watch *watch)
{
	struct summary *summary = &watch->summary;
	__u64 until_ns;

	if (aim_is_over(&watch->aim))
		return false;
	update_clock(summary);
	watch->next_ns = pace_next_ns(watch->next_ns, summary->now_ns, watch->options->interval_ns,
				      summary->sweep_ns);
	until_ns = watch->next_ns < watch->end_ns ? watch->next_ns : watch->end_ns;
	for (; summary->now_ns < until_ns && !is_over(watch) && !signals_reload_asked();
	     update_clock(summary)) {
		wait_for_more(watch, until_ns - summary->now_ns);
		if (watch->output)
			output__take_keys(watch->output, watch->leaks, summary);
		if (answer_questions(watch))
			break;
	}
	return !is_over(watch) && summary->now_ns < watch->end_ns;
}

void watch__drain(struct watch *watch)
{
	update_clock(&watch->summary);
	tracer__drain(watch->tracer);
}

bool watch__asked(struct watch *watch)
{
	bool asked = watch->asked;

	watch->asked = false;
	return asked;
}

const struct tracer *watch__tracer(const struct watch *watch)
{
	return watch->tracer;
}

struct opener *watch__opener(const struct watch *watch)
{
	return attribution__opener(watch->attribution);
}

void watch__know_past(struct watch *watch, access_past_fn past, void *ctx)
{
	attribution__know_past(watch->attribution, past, ctx);
}

void watch__children(const struct watch *watch, pid_t ret_children[HEALTH_CHILDREN])
{
	attribution__children(watch->attribution, ret_children);
}

void watch__on_limit(struct watch *watch, fd_limits_begin_fn on_begin, void *ctx)
{
	fd_limits__on_begin(watch->limits, on_begin, ctx);
}

void watch__set_run(struct watch *watch, const struct run_summary *run, __u64 map_records_lost)
{
	watch->summary.run = run;
	if (run && run->running && !watch->options->max_climbing)
		watch->summary.nothing_watched = false; /* nobody asked those that go on */
	watch->summary.map_records_lost = map_records_lost;
}

struct leaks *watch__leaks(struct watch *watch)
{
	return watch->leaks;
}

/* Is the report where the log is? That of `run` goes to stderr itself. */
static bool is_report_beside_log(const struct options *options)
{
	if (options->json || options->output)
		return false;
	if (options->command == COMMAND_RUN)
		return !options->quiet;
	return isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

bool watch__missed(const struct watch *watch)
{
	if (watch->summary.nothing_watched)
		aim_log_nothing(&watch->aim, is_report_beside_log(watch->options));
	return watch->summary.nothing_watched;
}

const struct summary *watch__summary(const struct watch *watch)
{
	return &watch->summary;
}

static void sweep_and_show(struct watch *watch, bool last)
{
	watch__sweep(watch, last);
	if (output__is_live(watch->output)) {
		climb_watch__look(watch->climbs, watch->tracer, watch->leaks, &watch->summary);
		descriptors_forecast(watch->leaks, (long)watch->options->top,
				     watch->summary.now_ns);
	}
	output__sweep(watch->output, watch->leaks, &watch->summary);
}

int watch__end(struct watch *watch)
{
	_cleanup_text_ struct text why = TEXT_INIT;
	int err;

	report(watch);
	err = output__close(watch->output);
	if (err && output__add_error(watch->output, &why))
		log_error(err, "%s", text_str(&why));
	return err;
}

int watch__run(struct watch *watch, struct tracer *tracer)
{
	watch__begin(watch, tracer);
	if (watch->options->command == COMMAND_TRACE)
		output__open_keys(watch->output);
	if (!is_over(watch)) {
		sweep_and_show(watch, false);
		log_note("watching by %s: Ctrl-C ends with the report, kill -USR1 %d gives one "
			 "now",
			 watch->summary.hooks, (int)getpid());
		while (watch__wait(watch))
			sweep_and_show(watch, false);
	}
	sweep_and_show(watch, true); /* the report shows this moment, not that of an interval ago */
	return watch__end(watch);
}

/* ---- Other options while it runs ---- */

int watch__reload(struct watch *watch, const struct options *options, struct scope *scope,
		  struct text *ret_error)
{
	struct suppressions *suppressions = NULL;
	int err = options->suppress ?
			  suppressions__load(options->suppress, &suppressions, ret_error) :
			  0;

	if (err)
		return err;
	suppressions__free(watch->suppressions);
	watch->summary.suppressions = watch->suppressions = suppressions;
	watch->options = options;
	watch->aim.options = options;
	watch->aim.scope = scope;
	tune(watch->leaks, options);
	climb_watch__limit(watch->climbs, options->max_climbing);
	leaks__want(watch->leaks, options_classes(options));
	watch->summary.unwanted = ~options_classes(options);
	leaks__drop(watch->leaks, is_suppressed, watch);
	tracer__retell(watch->tracer); /* suppressed or unwanted until now */
	return 0;
}
