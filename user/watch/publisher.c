/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/publisher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/health.h"
#include "host/textfile_owner.h"
#include "kernel/bpf_stats.h"
#include "lib/text.h"
#include "lib/textfile.h"
#include "report/explain/stacks_file.h"
#include "report/metrics/prometheus.h"
#include "watch/output/profiles.h"

struct publisher {
	struct health health;
	struct stacks_file *stacks;
	struct profiles profiles;
};

struct publisher *publisher__new(const struct options *options)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));

	if (!publisher)
		return NULL;
	publisher->stacks = stacks_file__new(
		options->max_sites > STACKS_FILE_SITES ? options->max_sites : STACKS_FILE_SITES);
	if (!publisher->stacks) {
		free(publisher);
		return NULL;
	}
	return publisher;
}

void publisher__free(struct publisher *publisher)
{
	if (!publisher)
		return;
	stacks_file__free(publisher->stacks);
	free(publisher);
}

void publisher__swept(struct publisher *publisher, __u64 now_ns)
{
	publisher->health.swept_ns = now_ns;
}

static int add_failure(int err, const char *path, struct text *ret_error)
{
	const char *remedy = textfile_remedy(err);

	if (!err || ret_error->len)
		return err;
	text_addf(ret_error, "cannot write %s: %s", path, strerror(-err));
	if (remedy)
		text_addf(ret_error, " (%s)", remedy);
	return err;
}

/* Both files name what other users run. */
static mode_t file_mode(const struct options *options)
{
	static const mode_t modes[] = { 0644, 0640, 0600 }; /* in the order of --textfile-mode */

	return modes[options->textfile_mode];
}

static int write_metrics(struct publisher *publisher, const struct options *options,
			 struct watch *watch, struct text *ret_error)
{
	struct series_limits limits = { options->max_workloads, options->max_sites };
	_cleanup_text_ struct text metrics = TEXT_INIT;
	int err;

	textfile_owner_add(&metrics);
	err = prometheus_add(&metrics, watch__leaks(watch), watch__summary(watch),
			     &publisher->health, &limits);
	if (!err)
		err = textfile_write(options->textfile, metrics.data, metrics.len,
				     file_mode(options));
	*(err ? &publisher->health.textfile_failed : &publisher->health.textfile_written) += 1;
	return add_failure(err, options->textfile, ret_error);
}

static int write_stacks(struct publisher *publisher, const struct options *options,
			struct watch *watch, struct text *ret_error)
{
	const struct summary *summary = watch__summary(watch);
	_cleanup_text_ struct text path = TEXT_INIT;
	bool written = false;
	int err = stacks_file__update(publisher->stacks, watch__leaks(watch), summary);

	textfile_add_stacks_path(&path, options->textfile);
	if (!err)
		err = text_error(&path);
	if (!err)
		err = stacks_file__write(publisher->stacks, text_str(&path), summary,
					 file_mode(options), &written);
	publisher->health.stacks_written += written;
	publisher->health.stacks_failed += !!err;
	publisher->health.stacks_dropped = stacks_file__dropped(publisher->stacks);
	/*
	 * The file keeps a site for this long, and a site that was forgotten must not come back to
	 * it.
	 */
	if (summary->now_ns > STACKS_FILE_AGE_NS)
		leaks__forget_ended(watch__leaks(watch), summary->now_ns - STACKS_FILE_AGE_NS);
	return add_failure(err, text_str(&path), ret_error);
}

/*
 * Two agents that were started at once both found no file. The one that writes first goes on, and
 * the other one waits for its end.
 */
static int refuse_others_file(struct publisher *publisher, const char *path, struct text *ret_error)
{
	pid_t other = textfile_owner_other(path);

	if (!other)
		return 0;
	publisher->health.textfile_failed++;
	text_addf(ret_error,
		  "another agent, pid %d, writes %s (end it, or give this one a file of its own)",
		  (int)other, path);
	return -EBUSY;
}

int publisher__write(struct publisher *publisher, const struct options *options,
		     struct watch *watch, __u64 log_lost, struct text *ret_error)
{
	pid_t children[HEALTH_CHILDREN];
	int stacks_err, err = refuse_others_file(publisher, options->textfile, ret_error);

	if (err)
		return err;
	watch__look(watch, options->max_sites);
	publisher->health.log_lost = log_lost;
	watch__children(watch, children);
	health_update(&publisher->health, children);
	bpf_stats_update(&publisher->health, watch__tracer(watch));
	/* The stacks come first, so that a site id that Prometheus has can be looked up. */
	stacks_err = write_stacks(publisher, options, watch, ret_error);
	err = write_metrics(publisher, options, watch, ret_error);
	return stacks_err ? stacks_err : err;
}

int publisher__recall(struct publisher *publisher, const char *path, const struct summary *summary,
		      struct text *ret_error)
{
	_cleanup_text_ struct text stacks = TEXT_INIT;
	int err;

	textfile_add_stacks_path(&stacks, path);
	err = text_error(&stacks);
	if (!err)
		err = stacks_file__recall(publisher->stacks, text_str(&stacks), summary);
	if (!err)
		return 0;
	text_addf(ret_error, "the sites of the last run are lost: %s: ", text_str(&stacks));
	if (err == -EPERM)
		text_add(ret_error, "does not belong to root or to this user");
	else if (err == -EPROTO)
		text_add(ret_error, "is not a stacks file of this version");
	else
		text_add(ret_error, strerror(-err));
	return err;
}

void publisher__clean(const char *path)
{
	_cleanup_text_ struct text stacks = TEXT_INIT;

	textfile_add_stacks_path(&stacks, path);
	textfile_clean(path);
	if (!text_error(&stacks))
		textfile_clean(text_str(&stacks));
}

void publisher__remove(const char *path)
{
	if (!textfile_owner_other(path))
		textfile_remove(path); /* the stacks stay, for an alert that is looked up later */
}

bool publisher__profile_due(struct publisher *publisher, const struct options *options,
			    const struct watch *watch, bool asked)
{
	bool due = profiles_dir_due(&publisher->profiles, options, watch__summary(watch)->now_ns);

	return due || (asked && options->pprof_dir);
}

void publisher__write_profiles(struct publisher *publisher, const struct options *options,
			       struct watch *watch, bool asked)
{
	struct profiles *profiles = &publisher->profiles;

	watch__look(watch, options->max_sites);
	profiles_write_dir(profiles, options, watch__leaks(watch), watch__summary(watch));
	if (asked)
		profiles_write(profiles, options, watch__leaks(watch), watch__summary(watch));
	publisher->health.profiles_written = profiles->written;
	publisher->health.profiles_failed = profiles->failed;
}

void publisher__want_stacks(struct publisher *publisher)
{
	stacks_file__want(publisher->stacks);
}

void publisher__move(struct publisher *publisher, const char *before, const char *now)
{
	if (before)
		publisher__remove(before);
	if (now)
		publisher__clean(now);
	stacks_file__want(publisher->stacks);
}
