/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of options.h, and the commands that take them. */
#include <stdint.h>
#include <string.h>

#include "lib/text.h"
#include "lib/time.h"
#include "options/defaults.h"
#include "options/option_values.h"
#include "options/options.h"

#define DAY_NS (86400 * NSEC_PER_SEC)
#define TRACE (1U << COMMAND_TRACE)
#define SCAN (1U << COMMAND_SCAN)
#define AGENT (1U << COMMAND_AGENT)
#define EXPLAIN (1U << COMMAND_EXPLAIN)
#define DOCTOR (1U << COMMAND_DOCTOR)
#define WATCHES (TRACE | AGENT) /* goes on */
#define LOOKS (WATCHES | SCAN)	/* has the kernel asked at all */
#define AT(member) .offset = offsetof(struct options, member)

static const char *const hooks_choices[] = { "auto",	   "fentry",	   "kprobe.multi",
					     "tracepoint", "raw_syscalls", "raw_tp",
					     NULL };
static const char *const log_choices[] = { "auto", "journald", "plain", NULL };

static const struct option_spec table[] = {
	{ .name = "older-than",
	  .argument = "TIME",
	  .type = OPTION_DURATION,
	  .commands = LOOKS,
	  .group = GROUP_WHAT,
	  AT(older_than_ns),
	  .max = 365 * DAY_NS,
	  .help = "how long a socket may stay unconnected before it counts as leaked" },
	{ .name = "class",
	  .reloads = true,
	  .argument = "LIST",
	  .type = OPTION_CLASSES,
	  .commands = LOOKS,
	  .group = GROUP_WHAT,
	  AT(classes),
	  .help = "the classes of leak to report, separated by commas" },
	{ .name = "min-growth",
	  .reloads = true,
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = WATCHES,
	  .group = GROUP_WHAT,
	  AT(min_growth),
	  .min = 1,
	  .max = 1000000,
	  .help = "call a place leaking once the sockets that one process keeps of it have "
		  "passed their peak so many times; 1 holds back nothing, not even what may be in "
		  "use" },
	{ .name = "min-open",
	  .reloads = true,
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = WATCHES,
	  .group = GROUP_WHAT,
	  AT(min_open),
	  .min = 1,
	  .max = 1000000,
	  .help = "and only while that process has at least so many of them open" },
	{ .name = "interval",
	  .reloads = true,
	  .argument = "TIME",
	  .type = OPTION_DURATION,
	  .commands = WATCHES,
	  .group = GROUP_WHAT,
	  AT(interval_ns),
	  .min = 10 * NSEC_PER_MSEC,
	  .max = DAY_NS,
	  .help = "time from one look at the descriptor tables to the next" },
	{ .name = "full-sweep-interval",
	  .argument = "TIME",
	  .type = OPTION_DURATION,
	  .commands = WATCHES,
	  .group = GROUP_WHAT,
	  AT(full_sweep_interval_ns),
	  .max = DAY_NS,
	  .help = "time from one look at all descriptor tables to the next: it finds sockets "
		  "that no hook saw and who else holds one; 0 makes every look one" },
	{ .name = "duration",
	  .argument = "TIME",
	  .type = OPTION_DURATION,
	  .commands = TRACE,
	  .group = GROUP_WHAT,
	  AT(duration_ns),
	  .max = 365 * DAY_NS,
	  .help = "stop after this time; 0, the default, is until interrupted" },
	{ .name = "history",
	  .argument = "PID",
	  .type = OPTION_NUMBER,
	  .commands = SCAN,
	  .group = GROUP_WHAT,
	  AT(history),
	  .min = 1,
	  .max = 4194304,
	  .help = "take ages and stacks from this running sockleak; else from the one that has "
		  "run longest, of those that watch the whole host" },
	{ .name = "error-exitcode",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = SCAN,
	  .group = GROUP_WHAT,
	  AT(error_exitcode),
	  .min = 1,
	  .max = 255,
	  .help = "exit with this status when there is such a socket; 1 to 3 are failures, too, "
		  "and 2 says that what --unit and the like name is not there" },
	{ .name = "pid",
	  .letter = 'p',
	  .argument = "PID",
	  .type = OPTION_NUMBER,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(tgid),
	  .min = 1,
	  .max = 4194304,
	  .help = "watch only this process, all its threads" },
	{ .name = "comm",
	  .argument = "NAME",
	  .type = OPTION_COMM,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(comm),
	  .min = 1,
	  .max = SOCKLEAK_COMM_LEN - 1,
	  .help = "watch only processes with this comm (see ps -o comm), or whose executable has "
		  "this name (its first 15 bytes)" },
	{ .name = "uid",
	  .argument = "USER",
	  .type = OPTION_USER,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(uid),
	  .max = UINT32_MAX - 1ULL,
	  .help = "watch only processes of this user, a number or a name" },
	{ .name = "cgroup",
	  .reloads = true,
	  .argument = "PATH",
	  .type = OPTION_LIST,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(cgroups),
	  .help = "watch only this cgroup (v2) and those below it; may be repeated" },
	{ .name = "unit",
	  .reloads = true,
	  .argument = "NAME",
	  .type = OPTION_LIST,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(units),
	  .help = "watch only this systemd unit, also when it is started later; may be repeated" },
	{ .name = "container",
	  .reloads = true,
	  .argument = "ID",
	  .type = OPTION_LIST,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(containers),
	  .help = "watch only the container whose id begins so; may be repeated" },
	{ .name = "pod",
	  .reloads = true,
	  .argument = "UID",
	  .type = OPTION_LIST,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(pods),
	  .help = "watch only the containers of this Kubernetes pod; may be repeated" },
	{ .name = "exclude-cgroup",
	  .reloads = true,
	  .argument = "PATH",
	  .type = OPTION_LIST,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(excluded_cgroups),
	  .help = "do not watch this cgroup (v2) nor those below it, also when it is made later; "
		  "may be repeated" },
	{ .name = "json",
	  .letter = 'j',
	  .type = OPTION_FLAG,
	  .commands = TRACE | SCAN | EXPLAIN | DOCTOR,
	  .group = GROUP_OUTPUT,
	  AT(json),
	  .help = "print JSON Lines, one object for each leak, see sockleak-json(7)" },
	{ .name = "output",
	  .argument = "FILE",
	  .type = OPTION_PATH,
	  .commands = TRACE | SCAN,
	  .group = GROUP_OUTPUT,
	  AT(output),
	  .help = "write the report to FILE instead of standard output" },
	{ .name = "textfile",
	  .reloads = true,
	  .argument = "FILE",
	  .type = OPTION_PATH,
	  .commands = AGENT | EXPLAIN | DOCTOR,
	  .group = GROUP_OUTPUT,
	  AT(textfile),
	  .help = "the Prometheus textfile, in the directory that node_exporter reads; its name "
		  "ends in .prom, and the stacks stand beside it in .stacks.json" },
	{ .name = "write-interval",
	  .reloads = true,
	  .argument = "TIME",
	  .type = OPTION_DURATION,
	  .commands = AGENT,
	  .group = GROUP_OUTPUT,
	  AT(write_interval_ns),
	  .min = 10 * NSEC_PER_MSEC,
	  .max = DAY_NS,
	  .help = "time from one writing of the textfile to the next" },
	{ .name = "max-workloads",
	  .reloads = true,
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = AGENT,
	  .group = GROUP_OUTPUT,
	  AT(max_workloads),
	  .min = 1,
	  .max = 10000,
	  .help = "how many workloads have series of their own in the textfile; the others are "
		  "'other'" },
	{ .name = "max-sites",
	  .reloads = true,
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = AGENT,
	  .group = GROUP_OUTPUT,
	  AT(max_sites),
	  .min = 1,
	  .max = 10000,
	  .help = "the same for sites, the places in the code" },
	{ .name = "top",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = TRACE | SCAN,
	  .group = GROUP_OUTPUT,
	  AT(top),
	  .max = 10000,
	  .help = "how many of the worst sites to show" },
	{ .name = "suppress",
	  .reloads = true,
	  .argument = "FILE",
	  .type = OPTION_PATH,
	  .commands = LOOKS,
	  .group = GROUP_OUTPUT,
	  AT(suppress),
	  .help = "do not report what FILE lists, see docs/suppressions.md; -v prints the "
		  "entry for each site" },
	{ .name = "debuginfod",
	  .type = OPTION_FLAG,
	  .commands = LOOKS,
	  .group = GROUP_OUTPUT,
	  AT(debuginfod),
	  .help = "fetch missing debug files from the servers of DEBUGINFOD_URLS or "
		  "/etc/debuginfod" },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPTION_FLAG,
	  .commands = TRACE | SCAN,
	  .group = GROUP_OUTPUT,
	  AT(verbose),
	  .help = "show the stacks of all sites listed, with addresses" },
	{ .name = "quiet",
	  .letter = 'q',
	  .reloads = true,
	  .type = OPTION_FLAG,
	  .commands = LOOKS,
	  .group = GROUP_OUTPUT,
	  AT(quiet),
	  .help = "say nothing but the report and errors" },
	{ .name = "log",
	  .reloads = true,
	  .argument = "FORMAT",
	  .type = OPTION_CHOICE,
	  .commands = AGENT,
	  .group = GROUP_OUTPUT,
	  AT(log),
	  .choices = log_choices,
	  .help = "how messages on stderr look: with journald's priorities, or plain; auto finds "
		  "out whether stderr is the journal" },
	{ .name = "hooks",
	  .argument = "KIND",
	  .type = OPTION_CHOICE,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(hooks),
	  .choices = hooks_choices,
	  .help = "how to see the system calls; auto takes the best kind that works here, see "
		  "docs/kernels.md" },
	{ .name = "watch-close",
	  .type = OPTION_FLAG,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(watch_close),
	  .help = "also see each close(), so that what a process closed before it exited has not "
		  "ended with it; every close of any file costs a little more" },
	{ .name = "btf",
	  .argument = "FILE",
	  .type = OPTION_PATH,
	  .commands = LOOKS | DOCTOR,
	  .group = GROUP_KERNEL,
	  AT(btf),
	  .help = "the kernel's type information, where the kernel has none itself" },
	{ .name = "pin",
	  .argument = "DIR",
	  .type = OPTION_PATH,
	  .commands = WATCHES | DOCTOR,
	  .group = GROUP_KERNEL,
	  AT(pin),
	  .help = "keep what is known in DIR, on a bpffs, so that the next sockleak with this "
		  "option goes on from it; rm -r DIR forgets it" },
	{ .name = "max-sockets",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(max_sockets),
	  .min = 1,
	  .max = 1 << 24,
	  .help = "how many unconnected sockets to keep track of at once" },
	{ .name = "max-stacks",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(max_stacks),
	  .min = 1,
	  .max = 1 << 20,
	  .help = "how many different stacks to keep, 1 KiB of kernel memory each" },
	{ .name = "stack-size",
	  .argument = "BYTES",
	  .type = OPTION_SIZE,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(stack_size),
	  .min = 0,
	  .max = SOCKLEAK_STACK_SIZE_MAX,
	  .help = "how much of the stack to copy, to unwind code without frame pointers; "
		  "0 follows frame pointers alone" },
	{ .name = "snapshots",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(snapshots),
	  .min = 1,
	  .max = 1 << 16,
	  .help = "how many such copies to hold at once" },
	{ .name = "sample-after",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(sample_after),
	  .min = 0,
	  .max = 1 << 20,
	  .help = "copy few stacks more from where so many sockets in a row were connected or "
		  "closed in time; 0 copies every one" },
	{ .name = "ring-size",
	  .argument = "BYTES",
	  .type = OPTION_SIZE,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(ring_size),
	  .min = 4096,
	  .max = 1 << 30,
	  .help = "size of the buffer in which the kernel hands over its findings" },
	{ .name = "config",
	  .argument = "FILE",
	  .type = OPTION_PATH,
	  .commands = AGENT | EXPLAIN | DOCTOR,
	  .group = GROUP_OTHER,
	  AT(config),
	  .help = "read options from FILE, a line 'NAME = VALUE' for each, by their long names; "
		  "what the command line says counts more" },
	{ .name = "check-config",
	  .type = OPTION_FLAG,
	  .commands = AGENT,
	  .group = GROUP_OTHER,
	  AT(check_config),
	  .help = "say whether options and files are right, and exit" },
	{ .name = "service",
	  .type = OPTION_FLAG,
	  .commands = DOCTOR,
	  .group = GROUP_OTHER,
	  AT(service),
	  .help = "answer for the installed service alone, with the rights of its unit" },
	{ .name = "help",
	  .letter = 'h',
	  .type = OPTION_HELP_TEXT,
	  .group = GROUP_OTHER,
	  .help = "print this text" },
	{ .name = "version",
	  .letter = 'V',
	  .type = OPTION_VERSION_TEXT,
	  .group = GROUP_OTHER,
	  .help = "print the version" },
};

#define N_OPTIONS (sizeof(table) / sizeof(table[0]))
_Static_assert(N_OPTIONS <= OPTIONS_MAX, "raise OPTIONS_MAX");

static const struct {
	const char *name, *summary;
} commands[COMMAND_COUNT] = {
	[COMMAND_TRACE] = { "trace", "watch, and report what stays unconnected" },
	[COMMAND_SCAN] = { "scan", "what is unconnected now, and exit" },
	[COMMAND_AGENT] = { "agent", "watch for months, for Prometheus and the journal" },
	[COMMAND_EXPLAIN] = { "explain", "the stack behind the site id of an alert" },
	[COMMAND_DOCTOR] = { "doctor", "can sockleak run here, and if not, why" },
};

const char *command_name(enum command command)
{
	return (unsigned int)command < COMMAND_COUNT ? commands[command].name : NULL;
}

const char *command_summary(enum command command)
{
	return (unsigned int)command < COMMAND_COUNT ? commands[command].summary : NULL;
}

int command_from_name(const char *name)
{
	for (int i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(name, commands[i].name))
			return i;
	return -1;
}

struct options options_defaults(enum command command)
{
	bool scan = command == COMMAND_SCAN, agent = command == COMMAND_AGENT;

	return (struct options){
		.command = command,
		.older_than_ns = (scan	? 0 :
				  agent ? 60 :
					  5) *
				 NSEC_PER_SEC,
		.interval_ns = NSEC_PER_SEC,
		.full_sweep_interval_ns = 60 * NSEC_PER_SEC,
		.write_interval_ns = 15 * NSEC_PER_SEC,
		.classes = OPTIONS_DEFAULT_CLASSES,
		.min_growth = MIN_STEPS,
		.min_open = 1,
		.top = scan ? 10000 : 10,
		.max_workloads = SERIES_MAX_WORKLOADS,
		.max_sites = SERIES_MAX_SITES,
		.max_sockets = SOCKLEAK_MAX_SOCKETS,
		.max_stacks = SOCKLEAK_MAX_STACKS,
		.stack_size = SOCKLEAK_STACK_SIZE,
		.snapshots = SOCKLEAK_SNAPSHOTS,
		.sample_after = SOCKLEAK_SAMPLE_AFTER,
		.ring_size = SOCKLEAK_RING_SIZE,
		.hooks = HOOKS_AUTO,
	};
}

const struct option_spec *option_next(const struct option_spec *previous)
{
	if (!previous)
		return table;
	return previous + 1 < table + N_OPTIONS ? previous + 1 : NULL;
}

size_t option_index(const struct option_spec *spec)
{
	return (size_t)(spec - table);
}

bool option_is_of(const struct option_spec *spec, enum command command)
{
	return !spec->commands || spec->commands & 1U << command;
}

void option_add_commands(struct text *text, const struct option_spec *spec)
{
	const char *comma = "";

	for (int i = 0; i < COMMAND_COUNT; i++) {
		if (!option_is_of(spec, (enum command)i))
			continue;
		text_addf(text, "%s%s", comma, commands[i].name);
		comma = ", ";
	}
}

const struct option_spec *option_find(const char *name)
{
	for (size_t i = 0; i < N_OPTIONS; i++)
		if (!strcmp(name, table[i].name))
			return &table[i];
	return NULL;
}
