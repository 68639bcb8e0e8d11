/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>

#include "commands/recall.h"
#include "leaks/leaks.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/signals.h"
#include "lib/text.h"
#include "lib/time.h"
#include "lib/write_all.h"
#include "report/text/junit.h"

DEFINE_CLEANUP(struct recall *, recall__free)

/* As a shell has it for a program that it cannot run. */
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

/*
 * In a process that goes on after the program has ended, a socket that is younger may be about to
 * be connected: connect to a near host takes far less.
 */
#define STILL_RUNNING_NS NSEC_PER_SEC

/* Take events as they come, until the next sweep is due, or the program has ended (false). */
static bool take_events(struct watch *watch, const struct tracer *tracer, struct recall *recall,
			int end, __u64 until_ns)
{
	struct pollfd fds[] = { { .fd = end, .events = POLLIN },
				{ .fd = tracer__events_fd(tracer), .events = POLLIN },
				{ .fd = recall ? recall__fd(recall) : -1, .events = POLLIN } };

	while (clock_now(CLOCK_MONOTONIC) < until_ns) {
		if (poll(fds, 3, clock_left_ms(until_ns)) <= 0)
			continue;
		if (fds[2].revents)
			recall__take(recall);
		if (fds[1].revents)
			watch__drain(watch);
		if (fds[0].revents)
			return false;
	}
	return true;
}

/*
 * As long as its process runs. Nothing is a leak by then, unless growth is looked for: what has
 * grown counts, though a runtime that ends normally closes all that is left.
 */
static __u64 leak_age_ns(const struct options *options)
{
	if (options->leak_check == LEAK_CHECK_EXIT)
		return UINT64_MAX;
	return options->older_than_ns ?: STILL_RUNNING_NS;
}

/* Until the program has ended. */
static void follow_target(const struct options *options, struct watch *watch, struct tracer *tracer,
			  struct recall *recall, struct target *target)
{
	__u64 older_ns = options->older_than_ns;
	pid_t ours[HEALTH_CHILDREN];

	while (take_events(watch, tracer, recall, target__fd(target),
			   clock_now(CLOCK_MONOTONIC) + options->interval_ns)) {
		if (recall)
			recall__take(recall);
		watch__sweep(watch, false);
		watch__children(watch, ours);
		target__reap_adopted(target, ours, HEALTH_CHILDREN);
	}
	tracer__judge_older(tracer, older_ns > STILL_RUNNING_NS ? older_ns : STILL_RUNNING_NS);
	watch__sweep(watch, true);
}

/* NULL: it goes without, and short-lived processes lack names. */
static struct recall *begin_recall(struct watch *watch, struct target *target)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct recall *recall;

	if (recall__new(target__pid(target), watch__opener(watch), &recall, &error)) {
		log_notice("%s; stacks of processes that live for less than an interval have no "
			   "names",
			   error.len ? text_str(&error) : "out of memory");
		return NULL;
	}
	watch__know_past(watch, recall__maps, recall);
	return recall;
}

static bool has_leaked(const struct options *options, const struct watch *watch)
{
	const struct leaks_totals *totals = &watch__summary(watch)->leaks;

	return options->leak_check == LEAK_CHECK_GROWTH ? totals->leaking : totals->open;
}

/* Opened before the program runs, so that an error does not cost a test run. */
static int open_junit(const struct options *options, int *ret_fd)
{
	if (!options->junit)
		return 0;
	*ret_fd = open(options->junit, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (*ret_fd >= 0)
		return 0;
	return log_error(-errno, "cannot write to --junit %s: %s", options->junit, strerror(errno));
}

static int write_junit(const struct options *options, struct watch *watch, int fd)
{
	_cleanup_text_ struct text document = TEXT_INIT;
	int err;

	if (fd < 0)
		return 0;
	junit_report(&document, watch__leaks(watch), watch__summary(watch));
	err = text_error(&document);
	if (!err)
		err = write_all(fd, document.data, document.len, signals_stop_insisted);
	return err ? log_error(err, "cannot write to --junit %s: %s", options->junit,
			       strerror(-err)) :
		     0;
}

/*
 * Write what is said about the run: the report, and the document for CI servers. 0 or -errno
 * (logged).
 */
static int report_run(const struct options *options, struct watch *watch,
		      const struct recall *recall, const struct run_summary *run, int junit)
{
	int err, failed;

	watch__set_run(watch, run, recall ? recall__lost(recall) : 0);
	failed = watch__end(watch);
	err = write_junit(options, watch, junit);
	watch__set_run(watch, NULL, 0);
	return failed ?: err;
}

int run__watch(const struct options *options, struct watch *watch, struct tracer *tracer,
	       struct target *target, int *ret_status)
{
	_cleanup_(recall__free) struct recall *recall = NULL;
	struct run_summary run = { .program = options->arguments[0],
				   .by_growth = options->leak_check == LEAK_CHECK_GROWTH };
	_cleanup_text_ struct text error = TEXT_INIT;
	_cleanup_close_ int junit = -1;
	bool is_own = false;
	int err = open_junit(options, &junit);

	if (err)
		return err;
	recall = begin_recall(watch, target);
	tracer__judge_older(tracer, leak_age_ns(options));
	watch__begin(watch, tracer);
	watch__sweep(watch, false);
	err = target__release(target, &is_own, &error);
	if (err && is_own)
		return log_error(err, "%s", text_str(&error));
	if (err) {
		log_error(err, "%s", text_str(&error));
		*ret_status = err == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
		return 0;
	}
	follow_target(options, watch, tracer, recall, target);
	signals_pass_to(0);
	run.running = tracer__followed(tracer);
	run.status = *ret_status = target__wait(target, &run.signal);
	err = report_run(options, watch, recall, &run, junit);
	watch__know_past(watch, NULL, NULL);
	if (options->error_exitcode && has_leaked(options, watch))
		*ret_status = (int)options->error_exitcode;
	else if (watch__missed(watch) && options->error_exitcode && !err)
		err = -ENOENT; /* a wrong name is not a clean run */
	return err;
}
