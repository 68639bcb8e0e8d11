/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <string.h>

#include "duration.h"
#include "growth.h"
#include "option_values.h"
#include "text.h"

#define DAY_NS (86400 * NSEC_PER_SEC)
#define TRACE (1U << COMMAND_TRACE)
#define SCAN (1U << COMMAND_SCAN)
#define AT(member) .offset = offsetof(struct options, member)

static const char *const hooks_choices[] = { "auto", "tracepoint", "raw_tp", NULL };

static const struct option_spec table[] = {
	{ .name = "older-than", .argument = "TIME", .type = OPTION_DURATION, .group = GROUP_WHAT,
	  AT(older_than_ns), .max = 365 * DAY_NS,
	  .help = "how long a socket may stay unconnected before it counts as leaked" },
	{ .name = "class", .argument = "LIST", .type = OPTION_CLASSES, .group = GROUP_WHAT,
	  AT(classes), .help = "the classes of leak to report, separated by commas" },
	{ .name = "min-growth", .argument = "N", .type = OPTION_NUMBER, .group = GROUP_WHAT,
	  .commands = TRACE, AT(min_growth), .min = 1, .max = 1000000,
	  .help = "call a place leaking once the sockets that one process keeps of it have "
		  "passed their peak so many times; 1 holds back nothing, not even what may be in "
		  "use" },
	{ .name = "min-open", .argument = "N", .type = OPTION_NUMBER, .group = GROUP_WHAT,
	  .commands = TRACE, AT(min_open), .min = 1, .max = 1000000,
	  .help = "and only while that process has at least so many of them open" },
	{ .name = "interval", .argument = "TIME", .type = OPTION_DURATION, .group = GROUP_WHAT,
	  .commands = TRACE, AT(interval_ns), .min = 10 * NSEC_PER_MSEC, .max = DAY_NS,
	  .help = "time from one look at the sockets that are known to the next" },
	{ .name = "census-interval", .argument = "TIME", .type = OPTION_DURATION,
	  .group = GROUP_WHAT, .commands = TRACE, AT(census_interval_ns), .max = DAY_NS,
	  .help = "time from one look at all descriptor tables to the next: it finds sockets "
		  "that no hook saw and who else holds one; 0 makes every look one" },
	{ .name = "duration", .argument = "TIME", .type = OPTION_DURATION, .group = GROUP_WHAT,
	  .commands = TRACE, AT(duration_ns), .max = 365 * DAY_NS,
	  .help = "stop after this time; 0, the default, is until interrupted" },

	{ .name = "history", .argument = "PID", .type = OPTION_NUMBER, .group = GROUP_WHAT,
	  .commands = SCAN, AT(history), .min = 1, .max = 4194304,
	  .help = "take ages and stacks from this running sockleak; else from the one that has "
		  "run longest" },
	{ .name = "error-exitcode", .argument = "N", .type = OPTION_NUMBER, .group = GROUP_WHAT,
	  .commands = SCAN, AT(error_exitcode), .min = 1, .max = 255,
	  .help = "exit with this status when there is such a socket" },

	{ .name = "pid", .letter = 'p', .argument = "PID", .type = OPTION_NUMBER,
	  .group = GROUP_WHOSE, AT(tgid), .min = 1, .max = 4194304,
	  .help = "watch only this process, all its threads" },
	{ .name = "comm", .argument = "NAME", .type = OPTION_COMM, .group = GROUP_WHOSE,
	  AT(comm), .min = 1, .max = SOCKLEAK_COMM_LEN - 1,
	  .help = "watch only processes with this comm (see ps -o comm)" },
	{ .name = "uid", .argument = "USER", .type = OPTION_USER, .group = GROUP_WHOSE,
	  AT(uid), .max = UINT32_MAX - 1ULL,
	  .help = "watch only processes of this user, a number or a name" },
	{ .name = "cgroup", .argument = "PATH", .type = OPTION_CGROUP, .group = GROUP_WHOSE,
	  .help = "watch only this cgroup (v2) and those below it; may be repeated" },

	{ .name = "unit", .argument = "NAME", .type = OPTION_LIST, .group = GROUP_WHOSE, AT(units),
	  .help = "watch only this systemd unit, also when it is started later; may be repeated" },
	{ .name = "container", .argument = "ID", .type = OPTION_LIST, .group = GROUP_WHOSE,
	  AT(containers), .help = "watch only the container whose id begins so; may be repeated" },
	{ .name = "pod", .argument = "UID", .type = OPTION_LIST, .group = GROUP_WHOSE, AT(pods),
	  .help = "watch only the containers of this Kubernetes pod; may be repeated" },

	{ .name = "json", .letter = 'j', .type = OPTION_FLAG, .group = GROUP_OUTPUT, AT(json),
	  .help = "print JSON Lines, one object for each leak, as documented in docs/json.md" },
	{ .name = "output", .argument = "FILE", .type = OPTION_PATH, .group = GROUP_OUTPUT,
	  AT(output), .help = "write the report to FILE instead of standard output" },
	{ .name = "top", .argument = "N", .type = OPTION_NUMBER, .group = GROUP_OUTPUT, AT(top),
	  .max = 10000, .help = "how many of the worst sites to show" },
	{ .name = "suppress", .argument = "FILE", .type = OPTION_PATH, .group = GROUP_OUTPUT,
	  AT(suppress),
	  .help = "do not report what FILE lists, see docs/suppressions.md; -v prints the "
		  "entry for each site" },
	{ .name = "debuginfod", .type = OPTION_FLAG, .group = GROUP_OUTPUT, AT(debuginfod),
	  .help = "fetch missing debug files from the servers of DEBUGINFOD_URLS or "
		  "/etc/debuginfod" },
	{ .name = "verbose", .letter = 'v', .type = OPTION_FLAG, .group = GROUP_OUTPUT,
	  AT(verbose), .help = "show the stacks of all sites listed, with addresses" },
	{ .name = "quiet", .letter = 'q', .type = OPTION_FLAG, .group = GROUP_OUTPUT, AT(quiet),
	  .help = "say nothing but the report and errors" },

	{ .name = "hooks", .argument = "KIND", .type = OPTION_CHOICE, .group = GROUP_KERNEL,
	  .commands = TRACE, AT(hooks), .choices = hooks_choices,
	  .help = "how to see the system calls" },
	{ .name = "btf", .argument = "FILE", .type = OPTION_PATH, .group = GROUP_KERNEL, AT(btf),
	  .help = "the kernel's type information, where the kernel has none itself" },
	{ .name = "max-sockets", .argument = "N", .type = OPTION_NUMBER, .group = GROUP_KERNEL,
	  .commands = TRACE, AT(max_sockets), .min = 1, .max = 1 << 24,
	  .help = "how many unconnected sockets to keep track of at once" },
	{ .name = "max-stacks", .argument = "N", .type = OPTION_NUMBER, .group = GROUP_KERNEL,
	  .commands = TRACE, AT(max_stacks), .min = 1, .max = 1 << 20,
	  .help = "how many different stacks to keep, 1 KiB of kernel memory each" },
	{ .name = "stack-size", .argument = "BYTES", .type = OPTION_SIZE, .group = GROUP_KERNEL,
	  .commands = TRACE, AT(stack_size), .min = 0, .max = SOCKLEAK_STACK_SIZE_MAX,
	  .help = "how much of the stack to copy, to unwind code without frame pointers; "
		  "0 follows frame pointers alone" },
	{ .name = "snapshots", .argument = "N", .type = OPTION_NUMBER, .group = GROUP_KERNEL,
	  .commands = TRACE, AT(snapshots), .min = 1, .max = 1 << 16,
	  .help = "how many such copies to hold at once" },
	{ .name = "spare-after", .argument = "N", .type = OPTION_NUMBER, .group = GROUP_KERNEL,
	  .commands = TRACE, AT(spare_after), .min = 0, .max = 1 << 20,
	  .help = "copy few stacks more from where so many sockets in a row were connected or "
		  "closed in time; 0 copies every one" },
	{ .name = "ring-size", .argument = "BYTES", .type = OPTION_SIZE, .group = GROUP_KERNEL,
	  .commands = TRACE, AT(ring_size), .min = 4096, .max = 1 << 30,
	  .help = "size of the buffer in which the kernel hands over its findings" },

	{ .name = "help", .letter = 'h', .type = OPTION_HELP_TEXT, .group = GROUP_OTHER,
	  .help = "print this text" },
	{ .name = "version", .letter = 'V', .type = OPTION_VERSION_TEXT, .group = GROUP_OTHER,
	  .help = "print the version" },
};

#define N_OPTIONS (sizeof(table) / sizeof(table[0]))
#define LONG_ONLY 256 /* getopt's value of table[i] is this + i, beyond any letter */
#define TRY_HELP "; try 'sockleak --help'"

struct options options_defaults(enum command command)
{
	bool scan = command == COMMAND_SCAN;

	return (struct options){
		.command = command,
		.older_than_ns = scan ? 0 : 5 * NSEC_PER_SEC,
		.interval_ns = NSEC_PER_SEC,
		.census_interval_ns = 60 * NSEC_PER_SEC,
		.classes = OPTIONS_ALL_CLASSES & ~(1U << CLASS_WAS_CONNECTED),
		.min_growth = MIN_STEPS,
		.min_open = 1,
		.top = scan ? 10000 : 10,
		.max_sockets = SOCKLEAK_MAX_SOCKETS,
		.max_stacks = SOCKLEAK_MAX_STACKS,
		.stack_size = SOCKLEAK_STACK_SIZE,
		.snapshots = SOCKLEAK_SNAPSHOTS,
		.spare_after = SOCKLEAK_SPARE_AFTER,
		.ring_size = SOCKLEAK_RING_SIZE,
		.hooks = HOOKS_AUTO,
	};
}

bool options_limit_cgroups(const struct options *options)
{
	return options->cgroup_count || options->units.count || options->containers.count ||
	       options->pods.count;
}

const struct option_spec *option_next(const struct option_spec *previous)
{
	if (!previous)
		return table;
	return previous + 1 < table + N_OPTIONS ? previous + 1 : NULL;
}

static const struct option_spec *spec_of(int value)
{
	size_t i;

	for (i = 0; i < N_OPTIONS; i++)
		if (value == LONG_ONLY + (int)i || (value && value == table[i].letter))
			return &table[i];
	return NULL;
}

/* Levenshtein's distance: letters to change, add or remove to make one of the other. */
static size_t distance(const char *a, size_t a_len, const char *b)
{
	size_t row[32], b_len = strlen(b), i, j, diagonal, above, best;

	if (b_len >= sizeof(row) / sizeof(row[0]))
		return SIZE_MAX;
	for (j = 0; j <= b_len; j++)
		row[j] = j;
	for (i = 1; i <= a_len; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= b_len; j++) {
			above = row[j];
			best = diagonal + (a[i - 1] != b[j - 1]);
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diagonal = above;
		}
	}
	return row[b_len];
}

/* Options that begin so: getopt takes an abbreviation only when there is but one. */
static bool add_ambiguous(struct text *error, const char *name, size_t len)
{
	const struct option_spec *spec;
	size_t matches = 0;

	for (spec = option_next(NULL); spec; spec = option_next(spec))
		matches += !strncmp(spec->name, name, len);
	if (!len || matches < 2)
		return false;
	text_add(error, " is ambiguous: it may be");
	for (spec = option_next(NULL); spec; spec = option_next(spec))
		if (!strncmp(spec->name, name, len))
			text_addf(error, " --%s%s", spec->name, --matches ? "," : "");
	return true;
}

static void add_nearest(struct text *error, const char *name, size_t len)
{
	const struct option_spec *spec, *nearest = NULL;
	size_t least = len / 3 + 2, d; /* farther is another word, not a slip */

	for (spec = option_next(NULL); spec; spec = option_next(spec)) {
		d = distance(name, len, spec->name);
		if (d < least) {
			least = d;
			nearest = spec;
		}
	}
	text_add(error, " is not known");
	if (nearest)
		text_addf(error, "; did you mean '--%s'?", nearest->name);
}

static int unknown_option(const char *word, int letter, struct text *error)
{
	const struct option_spec *spec = spec_of(letter);
	const char *name = word + strspn(word, "-");
	char short_name = (char)letter;
	size_t len = strcspn(name, "=");

	if (spec) {
		text_addf(error, "option '--%s' takes no argument" TRY_HELP, spec->name);
		return -EINVAL;
	}
	text_add(error, letter ? "option '-" : "option '--");
	text_add_clean(error, letter ? &short_name : name, letter ? 1 : len);
	text_add(error, "'");
	if (letter)
		text_add(error, " is not known");
	else if (!add_ambiguous(error, name, len))
		add_nearest(error, name, len);
	text_add(error, TRY_HELP);
	return -EINVAL;
}

static int command_of(const char *word)
{
	return !strcmp(word, "trace") ? COMMAND_TRACE : !strcmp(word, "scan") ? COMMAND_SCAN : -1;
}

/*
 * The command decides the defaults, and may stand behind the options: the first word
 * that names one and is no option's argument. getopt() finds out, without a report.
 */
static enum command find_command(int argc, char **argv, const char *shorts,
				 const struct option *longs)
{
	int value;

	optind = 0; /* not 1: that would keep what an earlier call left half read */
	while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		if (value == 1)
			return command_of(optarg) == COMMAND_SCAN ? COMMAND_SCAN : COMMAND_TRACE;
	return optind < argc && command_of(argv[optind]) == COMMAND_SCAN ? COMMAND_SCAN :
									   COMMAND_TRACE;
}

static int read_command(const char *word, bool *seen, struct text *error)
{
	if (!*seen && command_of(word) >= 0) {
		*seen = true;
		return 0;
	}
	if (*word && strspn(word, "0123456789") == strlen(word)) {
		text_addf(error, "unexpected argument '%s'; to watch one process, use --pid %s",
			  word, word);
		return -EINVAL;
	}
	text_add(error, *seen ? "unexpected argument '" : "unknown command '");
	text_add_clean(error, word, strlen(word));
	text_add(error, *seen ? "'" : "', there are 'trace' and 'scan'");
	text_add(error, TRY_HELP);
	return -EINVAL;
}

static void fill_getopt(struct option longs[N_OPTIONS + 1], char shorts[2 * N_OPTIONS + 3])
{
	size_t i;

	/* '-': other words come in order, as option 1; ':': a missing argument is told as such */
	*shorts++ = '-';
	*shorts++ = ':';
	for (i = 0; i < N_OPTIONS; i++) {
		longs[i] = (struct option){ table[i].name, table[i].argument != NULL, NULL,
					    LONG_ONLY + (int)i };
		if (!table[i].letter)
			continue;
		*shorts++ = table[i].letter;
		if (table[i].argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[N_OPTIONS] = (struct option){ 0 };
}

/*
 * Does it say what is watched, or where the report goes, and hold one value? Of
 * other options, such as --top, the last one counts: that is for aliases.
 */
static bool is_single(const struct option_spec *spec)
{
	return (spec->group == GROUP_WHOSE || spec->type == OPTION_CLASSES ||
		spec->type == OPTION_PATH) &&
	       spec->type != OPTION_CGROUP && spec->type != OPTION_LIST;
}

/* `given`: the argument that each entry of the table had before, NULL = none. */
static int read_option(int value, const char *given[N_OPTIONS], struct options *options,
		       struct text *error)
{
	const struct option_spec *spec = spec_of(value);
	const char **before = &given[spec - table];

	if (spec->type == OPTION_HELP_TEXT)
		return OPTIONS_HELP;
	if (spec->type == OPTION_VERSION_TEXT)
		return OPTIONS_VERSION;
	if (spec->commands && !(spec->commands & 1U << options->command)) {
		text_addf(error, "option '--%s' belongs to 'sockleak %s' alone" TRY_HELP,
			  spec->name, spec->commands & TRACE ? "trace" : "scan");
		return -EINVAL;
	}
	if (is_single(spec) && *before && strcmp(*before, optarg)) {
		text_addf(error, "--%s is given twice, as '", spec->name);
		text_add_clean(error, *before, strlen(*before));
		text_add(error, "' and '");
		text_add_clean(error, optarg, strlen(optarg));
		text_add(error, spec->type == OPTION_CLASSES ? "'; put commas between classes" :
							       "'; give it once");
		return -EINVAL;
	}
	*before = optarg;
	return option_read(spec, optarg, options, error);
}

int options_parse(int argc, char **argv, struct options *ret, struct text *ret_error)
{
	struct options options;
	struct option longs[N_OPTIONS + 1];
	char shorts[2 * N_OPTIONS + 3];
	const char *given[N_OPTIONS] = { 0 };
	bool command_seen = false;
	int value, result = 0;

	fill_getopt(longs, shorts);
	opterr = 0;
	options = options_defaults(find_command(argc, argv, shorts, longs));
	optind = 0;
	while (!result && (value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (value == 1) {
			result = read_command(optarg, &command_seen, ret_error);
		} else if (value == '?') {
			result = unknown_option(argv[optind - 1], optopt, ret_error);
		} else if (value == ':') {
			text_addf(ret_error, "option '--%s' needs an argument: %s" TRY_HELP,
				  spec_of(optopt)->name, spec_of(optopt)->argument);
			result = -EINVAL;
		} else {
			result = read_option(value, given, &options, ret_error);
		}
	}
	while (!result && optind < argc)
		result = read_command(argv[optind++], &command_seen, ret_error);
	if (!result && options.verbose && options.quiet) {
		text_add(ret_error, "--verbose and --quiet exclude each other");
		result = -EINVAL;
	}
	if (result == OPTIONS_RUN)
		*ret = options;
	return result;
}
