/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockleak: finds sockets that were created and never connected, and names the code that
 * leaks them.
 *
 * The order of things: what does the user want (options), can this host do it (preflight),
 * where does the answer go (output); then load the kernel's side (tracer) and watch until a
 * signal ends it (watch), or read the fd tables once (scan). bpf/ decides what is a leak,
 * leaks.c keeps the accounts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/capability.h>

#include "commands/agent.h"
#include "commands/diff.h"
#include "commands/doctor.h"
#include "commands/explain.h"
#include "commands/preflight.h"
#include "commands/run.h"
#include "commands/scan.h"
#include "host/rights.h"
#include "host/target.h"
#include "host/workloads/scope.h"
#include "kernel/libbpf_log.h"
#include "kernel/pins/pins.h"
#include "kernel/tracer.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/proc_file.h"
#include "lib/signals.h"
#include "lib/text.h"
#include "lib/textfile.h"
#include "options/input.h"
#include "options/options.h"
#include "resolver/fetcher.h"
#include "resolver/resolver.h"
#include "watch/output/output.h"
#include "watch/output/profiles.h"
#include "watch/watch.h"

enum exit_code {
	EXIT_RAN = 0,
	EXIT_RUNTIME = 1,     /* it failed while running, such as on a full disk */
	EXIT_USAGE = 2,	      /* the command line is wrong */
	EXIT_ENVIRONMENT = 3, /* this host, or this user's rights, cannot run it */
	EXIT_NOT_RUN = 125,   /* `run`: any of these; the other statuses are the program's */
	EXIT_PIPE = 256,      /* no exit status: SIGPIPE ends it, and a shell shows 141 */
};

DEFINE_CLEANUP(struct agent *, agent__free)
DEFINE_CLEANUP(struct tracer *, tracer__free)
DEFINE_CLEANUP(struct output *, output__free)
DEFINE_CLEANUP(struct watch *, watch__free)
DEFINE_CLEANUP(struct scan *, scan__free)
DEFINE_CLEANUP(struct target *, target__free)

static unsigned int closed_files; /* a bit for each standard descriptor that we found closed */

/* Flush the output: 0, or the exit code if that failed. */
static int flush_stdout(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_RAN;
	if (errno == EPIPE && signals_pipe_ends())
		return EXIT_PIPE;
	return log_error(EXIT_RUNTIME, "cannot write to standard output: %s", strerror(errno));
}

/* The output of --help and --version is data too, so a broken stdout is an error. */
static int print_and_exit(enum options_result what, int argc, char **argv)
{
	enum command subject = options_help_subject(argc, argv);

	if (what == OPTIONS_VERSION)
		puts("sockleak " SOCKLEAK_VERSION);
	else if (subject == COMMAND_COUNT)
		options_usage(stdout);
	else
		options_help(stdout, subject);
	return flush_stdout();
}

/*
 * Without this, the first file that is opened would get the number of a closed standard
 * descriptor, and with it what is meant for that. Writing to stdout still fails.
 */
static int open_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return -1;
		closed_files |= 1U << fd;
	}
	return 0;
}

/* --pid must name a running process, and not one of its threads. */
static int check_pid(__u32 tgid)
{
	char status[512]; /* enough for the field, which is among the first */
	unsigned long leader = 0;
	const char *field;

	if (proc_file_read_of((pid_t)tgid, "status", status, sizeof(status)) < 0)
		return log_error(EXIT_USAGE, "--pid %u: there is no such process", tgid);
	field = proc_file_field(status, "Tgid:");
	if (field)
		leader = strtoul(field, NULL, 10);
	if (leader && leader != tgid)
		return log_error(EXIT_USAGE, "--pid %u is a thread of process %lu: use --pid %lu",
				 tgid, leader, leader);
	return EXIT_RAN;
}

static int check_pids(const struct pid_list *list)
{
	int result = EXIT_RAN;

	for (__u32 i = 0; i < list->count && result == EXIT_RAN; i++)
		result = check_pid(list->pids[i]);
	return result;
}

/*
 * Before Linux 5.11 maps count as locked memory. If this is refused, they must fit into the
 * limit.
 */
static void raise_memlock(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &all);
}

/* Log why a module could not be created, and return the exit code for that. */
static int cannot_start(int err, const struct text *error)
{
	if (err == -ENOMEM && !error->len)
		return log_error(EXIT_RUNTIME, "out of memory");
	return log_error(err == -EINVAL ? EXIT_USAGE :
			 err == -EBUSY	? EXIT_RUNTIME : /* a service manager may try again */
					  EXIT_ENVIRONMENT,
			 "%s", text_str(error));
}

/* It has failed and logged why, or has run; `missed`: not on what the options name. */
static int ended(int err, bool missed)
{
	if (!err)
		return missed ? EXIT_USAGE : EXIT_RAN;
	return err == -EPIPE && signals_pipe_ends() ? EXIT_PIPE : EXIT_RUNTIME;
}

/* The messages of libbpf and of the kernel's verifier, with --verbose; after success too. */
static void show_libbpf_log(const struct options *options)
{
	_cleanup_text_ struct text lines = TEXT_INIT;

	if (!options->verbose && !options->debug)
		return;
	libbpf_log_take(&lines);
	log_note_lines(text_str(&lines));
}

static int scan(const struct options *options, struct output *output, struct scope *scope)
{
	_cleanup_(scan__free) struct scan *scan = NULL;
	_cleanup_text_ struct text error = TEXT_INIT;
	unsigned int matches = 0;
	int err = scan__new(options, output, scope, &scan, &error);

	show_libbpf_log(options);
	if (err)
		return cannot_start(err, &error);
	err = scan__run(scan, &matches);
	if (err || !matches || !options->error_exitcode)
		return ended(err, scan__missed(scan));
	return (int)options->error_exitcode;
}

/* Report whether the state of an earlier run was restored, and whether this run's is kept. */
static void log_pins(const struct tracer *tracer)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	if (tracer__pins_refused(tracer))
		log_notice("%s; running without it, so a restart loses everything known",
			   tracer__pins_refused(tracer));
	if (!tracer__pins(tracer))
		return;
	if (pins__tell(tracer__pins(tracer), &text))
		log_error(0, "%s", text_str(&text));
	else if (text.len)
		log_note("%s", text_str(&text));
}

/*
 * An agent runs for months, and needs this right only to open the tracepoints. At a
 * terminal the user keeps the rights that the shell gave. A service that cannot give it up
 * must not use it to read anything of another process; root has it in any case.
 */
static int give_up_rights(bool *ret_had)
{
	int err = rights_give_up(CAP_SYS_ADMIN, ret_had);

	if (err)
		log_error(0,
			  "cannot give up CAP_SYS_ADMIN: %s (let SystemCallFilter= or seccomp "
			  "allow capset, or take it out of AmbientCapabilities=)",
			  strerror(-err));
	return err && geteuid() ? EXIT_ENVIRONMENT : EXIT_RAN;
}

/* Report the cost for other calls and which calls are missed, and why. */
static void log_hooks(const struct hooks *hooks)
{
	const struct hook_kind *kind = hooks__kind(hooks);
	const char *misses = hooks__misses(hooks);
	_cleanup_text_ struct text why = TEXT_INIT;
	unsigned int count;
	const struct kind_refusal *refusals = hooks__why(hooks, &count);

	kind_refusals_add(&why, refusals, count, /* with_remedies= */ true);
	if (kind->is_everywhere && count)
		log_notice("%s hooks cost every system call 20 to 40 ns each: %s", kind->name,
			   text_str(&why));
	if (misses)
		log_notice("%s hooks miss calls on this kernel: %s (hooks_skipped counts them, "
			   "if the kernel does)",
			   kind->name, misses);
}

/* Load and attach the kernel side, which follows a process unless that is 0. */
static int open_tracer(const struct options *options, struct watch *watch, pid_t followed,
		       void (*on_progress)(void *ctx), void *ctx, struct tracer **ret_tracer)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	int err = tracer__open(options, watch__event, watch, ret_tracer, &error);
	bool had = false;

	if (!err) {
		if (options->command == COMMAND_AGENT && give_up_rights(&had))
			return EXIT_ENVIRONMENT;
		if (had)
			log_note("CAP_SYS_ADMIN is given up: only opening tracepoints needs it");
		tracer__on_progress(*ret_tracer, on_progress, ctx);
		tracer__follow(*ret_tracer, (__u32)followed);
		signals_hold_questions(true);
		err = tracer__load(*ret_tracer, options, &error);
		signals_hold_questions(false);
	}
	if (!err) {
		watch__aim(watch, *ret_tracer); /* before the first socket is seen */
		err = tracer__attach(*ret_tracer, options, &error);
	}
	show_libbpf_log(options);
	if (err)
		return log_error(EXIT_ENVIRONMENT, "%s",
				 error.len ? text_str(&error) : strerror(-err));
	log_hooks(tracer__hooks(*ret_tracer));
	log_pins(*ret_tracer);
	return EXIT_RAN;
}

static int trace(const struct options *options, struct output *output, struct scope *scope)
{
	_cleanup_(watch__free) struct watch *watch = NULL;
	_cleanup_(tracer__free) struct tracer *tracer = NULL;
	_cleanup_text_ struct text error = TEXT_INIT;
	int err = watch__new(options, output, scope, &watch, &error), exit_code;

	if (err)
		return cannot_start(err, &error);
	exit_code = open_tracer(options, watch, 0, NULL, NULL, &tracer);
	if (exit_code)
		return exit_code;
	err = watch__run(watch, tracer);
	return ended(err, !err && watch__missed(watch));
}

/* The program is held. Watch it; *ret_status is the exit status then. */
static int watch_target(const struct options *options, struct output *output, struct scope *scope,
			struct target *target, int *ret_status)
{
	_cleanup_(watch__free) struct watch *watch = NULL;
	_cleanup_(tracer__free) struct tracer *tracer = NULL;
	_cleanup_text_ struct text error = TEXT_INIT;
	int err = watch__new(options, output, scope, &watch, &error), exit_code;

	if (err)
		return cannot_start(err, &error);
	exit_code = open_tracer(options, watch, target__pid(target), NULL, NULL, &tracer);
	if (exit_code)
		return exit_code;
	err = run__watch(options, watch, tracer, target, ret_status);
	return ended(err, /* missed= */ false);
}

static int agent(const struct input *input, struct scope *scope)
{
	_cleanup_(agent__free) struct agent *agent = NULL;
	_cleanup_(tracer__free) struct tracer *tracer = NULL;
	_cleanup_text_ struct text error = TEXT_INIT;
	int err = agent__new(input, scope, &agent, &error), exit_code;

	if (err)
		return cannot_start(err, &error);
	exit_code = open_tracer(&input->options, agent__watch(agent), 0, agent__progress, agent,
				&tracer);
	if (exit_code)
		return exit_code;
	agent__run(agent, tracer);
	return EXIT_RAN;
}

static int run_explain(const struct options *options)
{
	_cleanup_text_ struct text path = TEXT_INIT, error = TEXT_INIT;
	int err;

	textfile_add_stacks_path(&path, options->textfile ?: TEXTFILE_DEFAULT);
	err = explain_site(text_str(&path), options, stdout, &error);
	if (error.len)
		return log_error(err == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME, "%s",
				 text_str(&error));
	return err ? log_error(EXIT_RUNTIME, "cannot explain the site: %s", strerror(-err)) :
		     flush_stdout();
}

static int run_diff(const struct options *options)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	unsigned int worse = 0;
	int result;

	if (diff_files(options->before, options->after, options->json, stdout, &worse, &error))
		return log_error(EXIT_RUNTIME, "%s", text_str(&error));
	result = flush_stdout();
	return result || !worse ? result : (int)options->error_exitcode;
}

static int run_doctor(const struct options *options)
{
	enum finding_status worst;
	int result;

	raise_memlock();
	worst = doctor(options, stdout);
	result = flush_stdout();
	if (result)
		return result;
	return worst == FINDING_FAILED ? EXIT_ENVIRONMENT : EXIT_RAN;
}

static int check_config(const struct input *input)
{
	_cleanup_text_ struct text notes = TEXT_INIT, error = TEXT_INIT;
	int err;

	if (give_up_rights(NULL)) /* the unit grants it for the agent's start alone */
		return EXIT_ENVIRONMENT;
	err = agent_check(input, &notes, &error);
	log_notice_lines(text_str(&notes));
	if (err)
		return log_error(EXIT_USAGE, "%s", error.len ? text_str(&error) : strerror(-err));
	log_note("configuration OK");
	return EXIT_RAN;
}

static int open_output(const struct options *options, struct output **ret_output)
{
	int err = output__open(options, ret_output);

	if (!err)
		return EXIT_RAN;
	return log_error(err == -ENOMEM ? EXIT_RUNTIME : EXIT_USAGE,
			 "cannot write to --output %s: %s%s", options->output, strerror(-err),
			 err == -ENOENT ? " (does its directory exist?)" : "");
}

static int run_held(const struct options *options, struct target *target, int *ret_status)
{
	_cleanup_(output__free) struct output *output = NULL;
	_cleanup_(scope__free) struct scope *scope = NULL;
	_cleanup_text_ struct text error = TEXT_INIT;
	int err;

	if (preflight_check(options, &error))
		return log_error(EXIT_ENVIRONMENT, "%s", text_str(&error));
	raise_memlock();
	err = scope__new(options, &scope, &error);
	if (err)
		return cannot_start(err, &error);
	err = open_output(options, &output);
	return err ? err : watch_target(options, output, scope, target, ret_status);
}

/*
 * The program is forked before anything is opened or changed that it must not inherit. Where
 * sockleak itself fails, the status is the one of env(1) and timeout(1) for this.
 */
static int run(const struct options *options)
{
	_cleanup_(target__free) struct target *target = NULL;
	_cleanup_text_ struct text error = TEXT_INIT;
	int status;

	if (profiles_check(options, &error) ||
	    target__start(options->arguments, options->user, closed_files, &target, &error))
		return log_error(EXIT_NOT_RUN, "%s", text_str(&error));
	signals_pass_to(target__pid(target));
	return run_held(options, target, &status) ? EXIT_NOT_RUN : status;
}

static int run_command(const struct input *input)
{
	const struct options *options = &input->options;
	_cleanup_(output__free) struct output *output = NULL;
	_cleanup_(scope__free) struct scope *scope = NULL;
	_cleanup_text_ struct text error = TEXT_INIT, absent = TEXT_INIT;
	int err;

	err = scope__new(options, &scope, &error);
	if (err)
		return cannot_start(err, &error);
	scope__add_absent(scope, &absent);
	log_notice_lines(text_str(&absent));
	err = profiles_check(options, &error);
	if (err)
		return cannot_start(err, &error);
	if (options->command == COMMAND_AGENT)
		return agent(input, scope);
	err = open_output(options, &output);
	if (err)
		return err;
	return options->command == COMMAND_SCAN ? scan(options, output, scope) :
						  trace(options, output, scope);
}

static int do_command(int argc, char **argv)
{
	_cleanup_(input__free) struct input *input = NULL;
	_cleanup_text_ struct text error = TEXT_INIT;
	const char *file;
	int result;

	signals_install();
	result = input__read(argc, argv, &input, &error);
	if (result < 0)
		return log_error(options_peek(argc, argv, &file) == COMMAND_RUN ? EXIT_NOT_RUN :
										  EXIT_USAGE,
				 "%s", error.len ? text_str(&error) : strerror(-result));
	if (result != OPTIONS_RUN)
		return print_and_exit((enum options_result)result, argc, argv);
	log_set_quiet(input->options.quiet);
	if (input->options.check_config)
		return check_config(input);
	if (input->options.command == COMMAND_EXPLAIN)
		return run_explain(&input->options);
	if (input->options.command == COMMAND_DIFF)
		return run_diff(&input->options);
	if (input->options.command == COMMAND_DOCTOR)
		return run_doctor(&input->options);
	if (input->options.command == COMMAND_RUN)
		return run(&input->options);
	result = check_pids(&input->options.pids);
	if (result)
		return result;
	if (preflight_check(&input->options, &error))
		return log_error(EXIT_ENVIRONMENT, "%s", text_str(&error));
	raise_memlock();
	return run_command(input);
}

int main(int argc, char **argv)
{
	int exit_code;

	if (open_standard_files())
		return EXIT_RUNTIME;
	if (argc == 3 && !strcmp(argv[1], FETCHER_ARGUMENT))
		return fetcher_main(argv[2]);
	if (argc == 2 && !strcmp(argv[1], RESOLVER_ARGUMENT))
		return resolver_main();
	if (argc == 2 && !strcmp(argv[1], OPENER_ARGUMENT))
		return opener_main();
	exit_code = do_command(argc, argv);
	if (exit_code == EXIT_PIPE)
		signals_end_by_pipe();
	return exit_code;
}
