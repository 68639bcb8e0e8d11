/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands/check_names.h"
#include "host/notify.h"
#include "host/textfile_owner.h"
#include "leaks/suppressions.h"
#include "lib/log.h"
#include "lib/signals.h"
#include "lib/text.h"
#include "lib/textfile.h"
#include "lib/time.h"
#include "report/text/text_report.h"
#include "watch/output/profiles.h"
#include "watch/publisher.h"

/*
 * If there are more, only their number is logged: a host where hundreds leak has one cause, and a
 * log has its limits.
 */
#define MAX_REPORTED 20

/* A line of the log about a site that began or ceased to grow. */
struct grown_line {
	struct text text;
	bool is_notice;
};

struct agent {
	const struct input *input; /* in force */
	struct input *reread;	   /* in force once read again; NULL = main's is */
	struct scope *rescoped;
	struct watch *watch;
	struct publisher *publisher;
	__u64 write_ns;	   /* when the files are due */
	bool write_failed; /* the last time */
	__u64 notes_failed;
	struct notify_states states; /* that the manager has not yet taken */
	__u64 progress_ns; /* when the manager last got a sign of progress, CLOCK_MONOTONIC */
	struct grown_line grown[MAX_REPORTED];
	unsigned int n_grown;
	bool has_grown;		      /* a site has begun or ceased to grow in this sweep */
	unsigned int reported;	      /* sites that were logged since the files were written */
	unsigned int limits_reported; /* processes at their limit that were logged since then */
};

/* ---- The log ---- */

static void set_log(const struct options *options)
{
	log_set_quiet(options->quiet);
	log_set_journald(options->log == LOG_JOURNALD ||
			 (options->log == LOG_AUTO && log_is_journal()));
}

static void check_notified(struct agent *agent, int err)
{
	if (err && !agent->notes_failed++)
		log_error(err, "cannot write to NOTIFY_SOCKET: %s (logged once)", strerror(-err));
}

/* A state that the manager waits for, such as READY=1: it is sent again until it arrives. */
static void notify_manager_of_state(struct agent *agent, const char *lines)
{
	check_notified(agent, notify_state(&agent->states, lines));
}

/*
 * Lines that the next sweep replaces by newer ones. If they do not fit into the manager's queue
 * nothing is lost but time: the watchdog allows for several sweeps.
 */
static void notify_manager(struct agent *agent, const char *lines)
{
	int err = notify_kept_states(&agent->states);

	if (!err && !agent->states.count)
		err = notify(lines);
	check_notified(agent, err == -EAGAIN ? 0 : err);
}

/* Kept until the files are written: whoever reads the line finds the site there. */
static void on_growth(const struct site *site, void *ctx)
{
	struct agent *agent = ctx;
	struct grown_line *line = &agent->grown[agent->n_grown];

	agent->has_grown = true;
	if (agent->reported++ >= MAX_REPORTED || agent->n_grown == MAX_REPORTED)
		return;
	line->is_notice = site->leaking;
	if (!site->leaking && site->open)
		text_add(&line->text, "grows no more: ");
	text_leaking(&line->text, site, watch__summary(agent->watch));
	agent->n_grown++;
}

static void log_grown(struct agent *agent)
{
	for (unsigned int i = 0; i < agent->n_grown; i++) {
		struct grown_line *line = &agent->grown[i];

		if (!text_error(&line->text) && line->is_notice)
			log_notice("%s", text_str(&line->text));
		else if (!text_error(&line->text))
			log_note("%s", text_str(&line->text));
		text_free(&line->text);
	}
	agent->n_grown = 0;
	agent->has_grown = false;
}

/* A process or the host is at its limit. Mostly this is the last step of a leak elsewhere. */
static void on_agent_limit(const struct limited *limited, void *ctx)
{
	struct agent *agent = ctx;
	_cleanup_text_ struct text line = TEXT_INIT;

	if (agent->limits_reported++ >= MAX_REPORTED)
		return;
	text_limit(&line, limited, watch__summary(agent->watch));
	if (!text_error(&line))
		log_notice("%s", text_str(&line));
}

static void log_rest(struct agent *agent)
{
	if (agent->limits_reported > MAX_REPORTED)
		log_notice("%u more processes are at their limit of descriptors; see the "
			   "textfile",
			   agent->limits_reported - MAX_REPORTED);
	agent->limits_reported = 0;

	if (agent->reported > MAX_REPORTED)
		log_notice("%u more sites began or ceased to grow; see the textfile",
			   agent->reported - MAX_REPORTED);
	agent->reported = 0;
}

/* One line for `systemctl status`. */
static void notify_status(struct agent *agent)
{
	const struct summary *summary = watch__summary(agent->watch);
	const struct leaks_totals *leaks = &summary->leaks;
	_cleanup_text_ struct text lines = TEXT_INIT;

	text_add(&lines, "STATUS=");
	if (text_limits_now(&lines, summary))
		text_add(&lines, "; ");
	text_addf(&lines, "%zu of %zu sites leak, %u leaked sockets are open; %llu sweeps",
		  leaks->leaking, leaks->sites, leaks->open, (unsigned long long)summary->sweeps);
	if (summary->pin_refused)
		text_add(&lines, "; pin is refused: a restart loses everything known");
	if (!text_error(&lines))
		notify_manager(agent, text_str(&lines));
}

/* Warn if the manager would kill an agent that works. */
static void check_watchdog(const struct options *options)
{
	__u64 limit_ns = notify_watchdog_ns();

	if (limit_ns && options->interval_ns > limit_ns / 2)
		log_error(0,
			  "--interval %llus is more than half of WatchdogSec: the service "
			  "manager may end a healthy agent (lower --interval or raise WatchdogSec)",
			  (unsigned long long)(options->interval_ns / NSEC_PER_SEC));
}

static int check_textfile(const struct options *options, struct text *ret_error)
{
	if (!options->textfile || textfile_is_read(options->textfile))
		return 0;
	text_addf(ret_error,
		  "--textfile %s: node_exporter reads only names that end in " TEXTFILE_SUFFIX,
		  options->textfile);
	return -EINVAL;
}

/* Not a part of --check-config, which is asked while the agent of that configuration runs. */
static int check_owner(const struct options *options, struct text *ret_error)
{
	pid_t owner = options->textfile ? textfile_owner_other(options->textfile) : 0;

	if (!owner)
		return 0;
	text_addf(ret_error,
		  "another agent, pid %d, writes --textfile %s (end it, or give this one a file "
		  "of its own)",
		  (int)owner, options->textfile);
	return -EBUSY;
}

int agent_check(const struct input *input, struct text *ret_notes, struct text *ret_error)
{
	const struct options *options = &input->options;
	_cleanup_(suppressions__free) struct suppressions *suppressions = NULL;
	_cleanup_(scope__free) struct scope *scope = NULL;
	int err = check_textfile(options, ret_error);

	if (!err)
		err = check_names(options, ret_notes, ret_error);
	if (!err)
		err = profiles_check(options, ret_error);
	if (err)
		return err;
	err = scope__new(options, &scope, ret_error);
	if (err)
		return err;
	if (!options->suppress)
		return 0;
	return suppressions__load(options->suppress, &suppressions, ret_error);
}

/* ---- Reload ---- */

/* Take over the sites that an earlier run has written there, whichever run that was. */
static void recall_stacks(struct agent *agent, const char *textfile)
{
	_cleanup_text_ struct text error = TEXT_INIT;

	if (publisher__recall(agent->publisher, textfile, watch__summary(agent->watch), &error))
		log_note("%s", text_str(&error));
}

static void take_up(struct agent *agent, struct input *input, struct scope *scope)
{
	const char *before = agent->input->options.textfile, *now = input->options.textfile;

	if (strcmp(before ?: "", now ?: "")) {
		publisher__move(agent->publisher, before, now);
		if (now)
			recall_stacks(agent, now);
	}
	scope__free(agent->rescoped);
	input__free(agent->reread);
	agent->input = agent->reread = input;
	agent->rescoped = scope;
	agent->write_ns = 0;
	set_log(&input->options);
	check_watchdog(&input->options);
}

static int try_reload(struct agent *agent, struct text *kept, struct text *ret_error)
{
	_cleanup_(input__free) struct input *input = NULL;
	_cleanup_(scope__free) struct scope *scope = NULL;
	int err;

	err = input__read(agent->input->argc, agent->input->argv, &input, ret_error);
	if (err)
		return err;
	err = input__keep_fixed(input, agent->input, kept);
	if (err)
		return err;
	err = check_textfile(&input->options, ret_error);
	if (!err)
		err = check_owner(&input->options, ret_error);
	if (!err)
		err = profiles_check(&input->options, ret_error);
	if (err)
		return err;
	err = scope__new(&input->options, &scope, ret_error);
	if (err)
		return err;
	err = watch__reload(agent->watch, &input->options, scope, ret_error);
	if (err)
		return err;
	take_up(agent, TAKE_PTR(input), TAKE_PTR(scope));
	return 0;
}

static void reload(struct agent *agent)
{
	_cleanup_text_ struct text error = TEXT_INIT, kept = TEXT_INIT;
	int err = try_reload(agent, &kept, &error);

	if (err)
		log_error(err, "not reloaded, nothing has changed: %s",
			  error.len ? text_str(&error) : strerror(-err));
	else
		log_note("reloaded%s%s", kept.len ? "; at the next start: " : "", text_str(&kept));
}

static void reload_when_asked(struct agent *agent)
{
	_cleanup_text_ struct text lines = TEXT_INIT;

	if (!signals_reload_asked())
		return;
	signals_reloaded();
	text_addf(&lines, "RELOADING=1\nMONOTONIC_USEC=%llu",
		  (unsigned long long)(clock_now(CLOCK_MONOTONIC) / 1000));
	notify_manager_of_state(agent, text_str(&lines));
	reload(agent);
	notify_manager_of_state(agent, "READY=1");
}

/* ---- The run ---- */

/*
 * How often the manager is notified during long work, and how long it may then wait for the
 * next sign.
 */
#define PROGRESS_PAUSE_NS (5 * NSEC_PER_SEC)
#define PROGRESS_LINES "EXTEND_TIMEOUT_USEC=60000000\nWATCHDOG=1"

void agent__progress(void *ctx)
{
	struct agent *agent = ctx;
	__u64 now_ns = clock_now(CLOCK_MONOTONIC);

	if (!agent->progress_ns)
		agent->progress_ns = now_ns; /* the first second needs no notification */
	if (now_ns - agent->progress_ns < PROGRESS_PAUSE_NS)
		return;
	agent->progress_ns = now_ns;
	notify_manager(agent, PROGRESS_LINES);
}

static void log_begin(const struct agent *agent)
{
	const char *hooks = watch__summary(agent->watch)->hooks;
	const char *textfile = agent->input->options.textfile;

	if (textfile)
		log_note("watching by %s: metrics are in %s", hooks, textfile);
	else
		log_note("watching by %s: leaks are reported only here (for Prometheus: "
			 "--textfile " TEXTFILE_DEFAULT ")",
			 hooks);
}

int agent__new(const struct input *input, struct scope *scope, struct agent **ret_agent,
	       struct text *ret_error)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	int err;

	if (!agent)
		return -ENOMEM;
	agent->input = input;
	signals_reload_by_hangup(); /* a signal that comes early must not end the agent */
	log_set_never_waits();
	agent->publisher = publisher__new(&input->options);
	err = agent->publisher ? check_textfile(&input->options, ret_error) : -ENOMEM;
	if (!err)
		err = check_owner(&input->options, ret_error);
	if (!err)
		err = watch__new(&input->options, NULL, scope, &agent->watch, ret_error);
	if (err) {
		agent__free(agent);
		return err;
	}
	leaks__on_growth(watch__leaks(agent->watch), on_growth, agent);
	watch__on_limit(agent->watch, on_agent_limit, agent);
	set_log(&input->options);
	*ret_agent = agent;
	return 0;
}

void agent__free(struct agent *agent)
{
	if (!agent)
		return;
	log_grown(agent);
	watch__free(agent->watch);
	publisher__free(agent->publisher);
	scope__free(agent->rescoped);
	input__free(agent->reread);
	free(agent);
}

struct watch *agent__watch(struct agent *agent)
{
	return agent->watch;
}

/* A failure is logged once, until writing works again. */
static void write_files(struct agent *agent)
{
	const struct options *options = &agent->input->options;
	_cleanup_text_ struct text error = TEXT_INIT;
	int err = publisher__write(agent->publisher, options, agent->watch, log_lost(), &error);

	if (err && !agent->write_failed)
		log_error(err, "%s; counted, and tried again",
			  error.len ? text_str(&error) : strerror(-err));
	else if (!err && agent->write_failed)
		log_note("can write %s again", options->textfile);
	agent->write_failed = err;
}

/*
 * The names in profiles are looked up again before; the metrics that count them are written
 * afterwards.
 */
static void write_profiles(struct agent *agent, bool asked)
{
	const struct options *options = &agent->input->options;
	bool wants_files = asked && (options->pprof || options->folded);

	if (wants_files || publisher__profile_due(agent->publisher, options, agent->watch, asked))
		publisher__write_profiles(agent->publisher, options, agent->watch, asked);
}

/* A sweep, and what follows from it. Only complete sweeps feed the watchdog. */
static void agent_look(struct agent *agent, bool last)
{
	const struct summary *summary = watch__summary(agent->watch);
	bool asked, due;

	agent->progress_ns = 0;
	if (!watch__sweep(agent->watch, last)) {
		notify_manager(agent, "WATCHDOG=1");
		publisher__swept(agent->publisher, summary->now_ns);
	}
	asked = watch__asked(agent->watch) || last;
	due = asked || summary->now_ns >= agent->write_ns;
	if (asked)
		publisher__want_stacks(agent->publisher);
	write_profiles(agent, asked);
	if ((due || agent->has_grown) && agent->input->options.textfile)
		write_files(agent);
	log_grown(agent);
	if (!due)
		return;
	agent->write_ns = summary->now_ns + agent->input->options.write_interval_ns;
	log_rest(agent);
	notify_status(agent);
}

void agent__run(struct agent *agent, struct tracer *tracer)
{
	check_watchdog(&agent->input->options);
	watch__begin(agent->watch, tracer);
	if (agent->input->options.textfile) {
		publisher__clean(agent->input->options.textfile);
		recall_stacks(agent, agent->input->options.textfile);
	}
	agent_look(agent, false);
	log_begin(agent);
	notify_manager_of_state(agent, "READY=1");
	while (watch__wait(agent->watch)) {
		reload_when_asked(agent);
		agent_look(agent, false);
	}
	notify_manager_of_state(agent, "STOPPING=1");
	agent_look(agent, true);
	if (agent->input->options.textfile)
		publisher__remove(agent->input->options.textfile);
}
