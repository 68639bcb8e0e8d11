/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of options.h, and the commands that take them. */
#include <stdint.h>
#include <string.h>

#include "lib/text.h"
#include "lib/time.h"
#include "options/option_values.h"
#include "options/options.h"

#define DAY_NS (86400 * NSEC_PER_SEC)
#define TRACE (1U << COMMAND_TRACE)
#define SCAN (1U << COMMAND_SCAN)
#define AGENT (1U << COMMAND_AGENT)
#define EXPLAIN (1U << COMMAND_EXPLAIN)
#define DOCTOR (1U << COMMAND_DOCTOR)
#define WATCHES (TRACE | AGENT) /* goes on */
#define LOOKS (WATCHES | SCAN)	/* reads the kernel's fd tables */
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
	  .help = "how long a socket may stay unconnected before it is reported" },
	{ .name = "class",
	  .reloads = true,
	  .argument = "LIST",
	  .type = OPTION_CLASSES,
	  .commands = LOOKS,
	  .group = GROUP_WHAT,
	  AT(classes),
	  .help = "report only these classes of leak, separated by commas" },
	{ .name = "min-growth",
	  .reloads = true,
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = WATCHES,
	  .group = GROUP_WHAT,
	  AT(min_growth),
	  .min = 1,
	  .max = 1000000,
	  .help = "report a site as leaking once the number of its sockets open in one "
		  "process has exceeded its previous maximum N times; 1 also reports "
		  "sockets that are maybe in use" },
	{ .name = "min-open",
	  .reloads = true,
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = WATCHES,
	  .group = GROUP_WHAT,
	  AT(min_open),
	  .min = 1,
	  .max = 1000000,
	  .help = "report a site as leaking only while one process has at least N of its "
		  "sockets open" },
	{ .name = "interval",
	  .reloads = true,
	  .argument = "TIME",
	  .type = OPTION_DURATION,
	  .commands = WATCHES,
	  .group = GROUP_WHAT,
	  AT(interval_ns),
	  .min = 10 * NSEC_PER_MSEC,
	  .max = DAY_NS,
	  .help = "time between two sweeps" },
	{ .name = "full-sweep-interval",
	  .argument = "TIME",
	  .type = OPTION_DURATION,
	  .commands = WATCHES,
	  .group = GROUP_WHAT,
	  AT(full_sweep_interval_ns),
	  .max = DAY_NS,
	  .help = "time between two sweeps over all fd tables, which find sockets that no "
		  "hook saw and all holders of a leak; 0: read every fd table each time" },
	{ .name = "duration",
	  .argument = "TIME",
	  .type = OPTION_DURATION,
	  .commands = TRACE,
	  .group = GROUP_WHAT,
	  AT(duration_ns),
	  .max = 365 * DAY_NS,
	  .help = "stop after this time; 0, the default, runs until interrupted" },
	{ .name = "history",
	  .argument = "PID",
	  .type = OPTION_NUMBER,
	  .commands = SCAN,
	  .group = GROUP_WHAT,
	  AT(history),
	  .min = 1,
	  .max = 4194304,
	  .help = "take ages and stacks from this running sockleak; without it, from the "
		  "one that has watched the whole host for longest" },
	{ .name = "error-exitcode",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = SCAN,
	  .group = GROUP_WHAT,
	  AT(error_exitcode),
	  .min = 1,
	  .max = 255,
	  .help = "exit with this status if an unconnected socket is found; 1 to 3 also "
		  "mean failures, and 2 also means that nothing matches --unit and the like" },
	{ .name = "pid",
	  .letter = 'p',
	  .argument = "PID",
	  .type = OPTION_NUMBER,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(tgid),
	  .min = 1,
	  .max = 4194304,
	  .help = "watch only this process and all its threads" },
	{ .name = "comm",
	  .argument = "NAME",
	  .type = OPTION_COMM,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(comm),
	  .min = 1,
	  .max = SOCKLEAK_COMM_LEN - 1,
	  .help = "watch only processes with this comm (see ps -o comm), or with an "
		  "executable of this name (its first 15 bytes)" },
	{ .name = "uid",
	  .argument = "USER",
	  .type = OPTION_USER,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(uid),
	  .max = UINT32_MAX - 1ULL,
	  .help = "watch only processes of this user (a number or a name)" },
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
	  .help = "watch only this systemd unit of the host, even if it starts later; may be "
		  "repeated" },
	{ .name = "machine",
	  .reloads = true,
	  .argument = "NAME",
	  .type = OPTION_LIST,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(machines),
	  .help = "watch only this guest, of LXC or systemd-nspawn; may be repeated" },
	{ .name = "container",
	  .reloads = true,
	  .argument = "ID",
	  .type = OPTION_LIST,
	  .commands = LOOKS,
	  .group = GROUP_WHOSE,
	  AT(containers),
	  .help = "watch only the container whose id begins with this; may be repeated" },
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
	  .help = "do not watch this cgroup (v2) and those below it, even if created later; "
		  "may be repeated" },
	{ .name = "json",
	  .letter = 'j',
	  .type = OPTION_FLAG,
	  .commands = TRACE | SCAN | EXPLAIN | DOCTOR,
	  .group = GROUP_OUTPUT,
	  AT(json),
	  .help = "print JSON Lines, one object for each leak; see sockleak-json(7)" },
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
	  .help = "the Prometheus textfile, in the directory that node_exporter reads; its "
		  "name ends in .prom, and the stacks are beside it in .stacks.json" },
	{ .name = "write-interval",
	  .reloads = true,
	  .argument = "TIME",
	  .type = OPTION_DURATION,
	  .commands = AGENT,
	  .group = GROUP_OUTPUT,
	  AT(write_interval_ns),
	  .min = 10 * NSEC_PER_MSEC,
	  .max = DAY_NS,
	  .help = "time between two writes of the textfile" },
	{ .name = "max-workloads",
	  .reloads = true,
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = AGENT,
	  .group = GROUP_OUTPUT,
	  AT(max_workloads),
	  .min = 1,
	  .max = 10000,
	  .help = "how many workloads have their own series in the textfile; the rest is "
		  "summed up as 'other'" },
	{ .name = "max-sites",
	  .reloads = true,
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = AGENT,
	  .group = GROUP_OUTPUT,
	  AT(max_sites),
	  .min = 1,
	  .max = 10000,
	  .help = "how many sites have their own series; the rest is summed up as 'other'" },
	{ .name = "top",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = TRACE | SCAN,
	  .group = GROUP_OUTPUT,
	  AT(top),
	  .max = 10000,
	  .help = "how many of the worst sites to show" },
	{ .name = "max-ways",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = TRACE | SCAN,
	  .group = GROUP_OUTPUT,
	  AT(max_ways),
	  .min = 1,
	  .max = 10000,
	  .help = "with --json: how many of the stacks that lead to a site the summary has, "
		  "the most frequent first; the rest is counted" },
	{ .name = "suppress",
	  .reloads = true,
	  .argument = "FILE",
	  .type = OPTION_PATH,
	  .commands = LOOKS,
	  .group = GROUP_OUTPUT,
	  AT(suppress),
	  .help = "do not report the leaks that FILE lists (docs/suppressions.md); -v "
		  "prints the entry for each site" },
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
	  .help = "show the stacks of all listed sites, with addresses, and what libbpf and the "
		  "kernel's verifier say" },
	{ .name = "debug",
	  .reloads = true,
	  .type = OPTION_FLAG,
	  .commands = WATCHES,
	  .group = GROUP_OUTPUT,
	  AT(debug),
	  .help = "log what each sweep did, and for each new leak how its stack was taken and "
		  "where unwinding stopped" },
	{ .name = "quiet",
	  .letter = 'q',
	  .reloads = true,
	  .type = OPTION_FLAG,
	  .commands = LOOKS,
	  .group = GROUP_OUTPUT,
	  AT(quiet),
	  .help = "print only the report and errors" },
	{ .name = "log",
	  .reloads = true,
	  .argument = "FORMAT",
	  .type = OPTION_CHOICE,
	  .commands = AGENT,
	  .group = GROUP_OUTPUT,
	  AT(log),
	  .choices = log_choices,
	  .help = "format of messages on stderr: with journald's priorities, or plain; auto "
		  "checks whether stderr is the journal" },
	{ .name = "hooks",
	  .argument = "KIND",
	  .type = OPTION_CHOICE,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(hooks),
	  .choices = hooks_choices,
	  .help = "how to see system calls; auto takes the best kind that works on this "
		  "host, see docs/kernels.md" },
	{ .name = "watch-close",
	  .type = OPTION_FLAG,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(watch_close),
	  .help = "also see each close(), to know that a process closed its sockets before "
		  "it exited; every close of any file costs a little more" },
	{ .name = "btf",
	  .argument = "FILE",
	  .type = OPTION_PATH,
	  .commands = LOOKS | DOCTOR,
	  .group = GROUP_KERNEL,
	  AT(btf),
	  .help = "the kernel's type information, for a kernel that has none itself" },
	{ .name = "pin",
	  .argument = "DIR",
	  .type = OPTION_PATH,
	  .commands = WATCHES | DOCTOR,
	  .group = GROUP_KERNEL,
	  AT(pin),
	  .help = "keep what is known in DIR on a bpffs, for the next sockleak with this "
		  "option; rm -r DIR removes it" },
	{ .name = "max-sockets",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(max_sockets),
	  .min = 1,
	  .max = 1 << 24,
	  .help = "how many unconnected sockets to track at once" },
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
	  .help = "how much of the stack to copy, so that code without frame pointers can "
		  "be unwound; 0: follow frame pointers only" },
	{ .name = "snapshots",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(snapshots),
	  .min = 1,
	  .max = 1 << 16,
	  .help = "how many such copies to keep at once" },
	{ .name = "sample-after",
	  .argument = "N",
	  .type = OPTION_NUMBER,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(sample_after),
	  .min = 0,
	  .max = 1 << 20,
	  .help = "copy few further stacks of a call once this many of its sockets in a row "
		  "were connected or closed in time; 0 copies every stack" },
	{ .name = "ring-size",
	  .argument = "BYTES",
	  .type = OPTION_SIZE,
	  .commands = WATCHES,
	  .group = GROUP_KERNEL,
	  AT(ring_size),
	  .min = 4096,
	  .max = 1 << 30,
	  .help = "size of the buffer between the kernel and sockleak" },
	{ .name = "config",
	  .argument = "FILE",
	  .type = OPTION_PATH,
	  .commands = AGENT | EXPLAIN | DOCTOR,
	  .group = GROUP_OTHER,
	  AT(config),
	  .help = "read options from FILE, one 'NAME = VALUE' a line, by their long names; "
		  "the command line overrides it" },
	{ .name = "check-config",
	  .type = OPTION_FLAG,
	  .commands = AGENT,
	  .group = GROUP_OTHER,
	  AT(check_config),
	  .help = "check options and files, and exit" },
	{ .name = "service",
	  .type = OPTION_FLAG,
	  .commands = DOCTOR,
	  .group = GROUP_OTHER,
	  AT(service),
	  .help = "check only the installed service, with the rights of its unit" },
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
	[COMMAND_TRACE] = { "trace", "watch, and report sockets that stay unconnected" },
	[COMMAND_SCAN] = { "scan", "list what is unconnected right now, and exit" },
	[COMMAND_AGENT] = { "agent", "watch as a service, for Prometheus and the journal" },
	[COMMAND_EXPLAIN] = { "explain", "print the stack behind the site id of an alert" },
	[COMMAND_DOCTOR] = { "doctor", "check whether sockleak can run here, and if not, why" },
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
