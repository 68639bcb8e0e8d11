/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: what it gives, what it refuses and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"
#include "options/options.h"

#define MAX_WORDS 200
#define SECOND 1000000000ULL
#define BIT(class) (1U << (class))

/* `line` split at spaces; a word '' is the empty string. Static: options point into it. */
static int parse(const char *line, struct options *ret, struct text *ret_error)
{
	static char copy[4096];
	static char *argv[MAX_WORDS + 2];
	int argc = 1;
	char *word, *rest = copy;

	snprintf(copy, sizeof(copy), "%s", line);
	argv[0] = (char[]){ "sockleak" };
	while ((word = strsep(&rest, " ")) && argc <= MAX_WORDS)
		if (*word)
			argv[argc++] = strcmp(word, "''") ? word : word + 2;
	argv[argc] = NULL;
	return options_parse(argc, argv, NULL, ret, ret_error);
}

static struct options accept(const char *line)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct options options = { 0 };

	if (parse(line, &options, &error) != OPTIONS_RUN)
		fail_msg("'%s': %s", line, text_str(&error));
	assert_int_equal(error.len, 0);
	return options;
}

static void refuse(const char *line, const char *message)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct options options, before;
	int err;

	memset(&options, 0x5a, sizeof(options));
	memcpy(&before, &options, sizeof(options));
	err = parse(line, &options, &error);
	if (err != -EINVAL || !strstr(text_str(&error), message))
		fail_msg("'%s': %d '%s', not '%s'", line, err, text_str(&error), message);
	assert_null(strchr(text_str(&error), '\n'));
	assert_memory_equal(&options, &before, sizeof(options));
}

static void defaults(void **state)
{
	struct options options = accept("");

	(void)state;
	assert_int_equal(options.older_than_ns, 5 * SECOND);
	assert_int_equal(options.interval_ns, SECOND);
	assert_int_equal(options.duration_ns, 0);
	assert_int_equal(options.pids.count, 0);
	assert_false(options.by_uid);
	assert_null(options.comm);
	assert_int_equal(options.cgroups.count, 0);
	assert_int_equal(options.classes, 0x7e);
	assert_true(options.classes & BIT(CLASS_UNKNOWN_ORIGIN));
	assert_false(options.classes & BIT(CLASS_WAS_CONNECTED));
	assert_null(options.output);
	assert_int_equal(options.top, 10);
	assert_int_equal(options.hooks, HOOKS_AUTO);
	assert_null(options.btf);
	assert_int_equal(options.max_sockets, SOCKLEAK_MAX_SOCKETS);
	assert_int_equal(options.max_stacks, SOCKLEAK_MAX_STACKS);
	assert_int_equal(options.ring_size, SOCKLEAK_RING_SIZE);
	assert_false(options.json || options.verbose || options.quiet);
}

static void every_option(void **state)
{
	struct options options = accept(
		"trace --older-than 250ms --interval 10ms --duration 1.5m --pid 4194304 "
		"--comm ruby "
		"--uid 0 --cgroup /a --cgroup /b --class probed,never_used --json --output x "
		"--top 0 --verbose --hooks raw_tp --btf y --max-sockets 1 --max-stacks 16 "
		"--ring-size 64K --min-growth 9 --min-open 20 "
		"--pin /sys/fs/bpf/sockleak");

	(void)state;
	assert_int_equal(options.older_than_ns, SECOND / 4);
	assert_int_equal(options.min_growth, 9);
	assert_int_equal(options.min_open, 20);
	assert_int_equal(options.interval_ns, SECOND / 100);
	assert_int_equal(options.duration_ns, 90 * SECOND);
	assert_int_equal(options.pids.pids[0], 4194304);
	assert_string_equal(options.comm, "ruby");
	assert_true(options.by_uid);
	assert_int_equal(options.uid, 0);
	assert_int_equal(options.cgroups.count, 2);
	assert_string_equal(options.cgroups.items[0], "/a");
	assert_string_equal(options.cgroups.items[1], "/b");
	assert_int_equal(options.classes, BIT(CLASS_PROBED) | BIT(CLASS_NEVER_USED));
	assert_true(options.json);
	assert_string_equal(options.output, "x");
	assert_int_equal(options.top, 0);
	assert_true(options.verbose);
	assert_int_equal(options.hooks, HOOKS_RAW_TP);
	assert_string_equal(options.btf, "y");
	assert_string_equal(options.pin, "/sys/fs/bpf/sockleak");
	assert_int_equal(options.max_sockets, 1);
	assert_int_equal(options.max_stacks, 16);
	assert_int_equal(options.ring_size, 65536);
}

static void other_ways_to_say_it(void **state)
{
	(void)state;
	assert_int_equal(accept("-p 7").pids.pids[0], 7);
	assert_int_equal(accept("-p7").pids.pids[0], 7);
	assert_int_equal(accept("--pid=7").pids.pids[0], 7);
	assert_int_equal(accept("-p 7 trace").pids.pids[0], 7);
	assert_int_equal(accept("trace -p 7 --").pids.pids[0], 7);
	assert_int_equal(accept("-p 7 --pid=7").pids.pids[0], 7);
	assert_int_equal(accept("--top 3 --top 5").top, 5); /* the last one counts */
	assert_true(accept("-jq").quiet);
	assert_int_equal(accept("--uid root").uid, 0);
	assert_true(accept("--uid root").by_uid);
	assert_int_equal(accept("--uid 4294967294").uid, 4294967294U);
	assert_int_equal(accept("--class all").classes, 0x1fe);
	assert_int_equal(accept("--class was_connected").classes, BIT(CLASS_WAS_CONNECTED));
	assert_int_equal(accept("--also half_closed").also, BIT(CLASS_HALF_CLOSED));
	assert_int_equal(accept("--also half_closed").classes, OPTIONS_DEFAULT_CLASSES);
	assert_int_equal(accept("--older-than 0").older_than_ns, 0);
	assert_int_equal(accept("--duration 0").duration_ns, 0);
	assert_int_equal(accept("--ring-size 4096").ring_size, 4096);
	assert_int_equal(accept("--ring-size 2m").ring_size, 2 << 20);
	assert_int_equal(accept("--ring-size 1G").ring_size, 1 << 30);
	assert_string_equal(accept("--comm 123456789012345").comm, "123456789012345");
	assert_int_equal(accept("--hooks tracepoint").hooks, HOOKS_TRACEPOINT);
	assert_int_equal(accept("--hooks kprobe.multi").hooks, HOOKS_KPROBE_MULTI);
	assert_false(accept("--top 1").watch_close);
	assert_true(accept("--watch-close").watch_close);
}

static void order_of_words_is_free(void **state)
{
	(void)state;
	setenv("POSIXLY_CORRECT", "1", 1);
	assert_int_equal(accept("trace -p 7").pids.pids[0], 7);
	unsetenv("POSIXLY_CORRECT");
}

static void bad_numbers(void **state)
{
	(void)state;
	refuse("--pid 0", "--pid '0' is out of range; allowed: 1 to 4194304");
	refuse("--pid 4194305", "out of range");
	refuse("--pid -5", "--pid '-5' is negative");
	refuse("--pid=-5", "is negative");
	refuse("--pid 1x", "not a whole number");
	refuse("--pid 1.5", "not a whole number");
	refuse("--pid +1", "not a whole number");
	refuse("--pid 0x10", "not a whole number");
	refuse("--pid ''", "empty");
	refuse("--pid 4294967297", "out of range"); /* 1 in 32 bits */
	refuse("--pid 99999999999999999999999", "out of range");
	refuse("--top 10001", "--top '10001' is out of range; allowed: 0 to 10000");
	refuse("--uid -1", "negative");
	refuse("--uid 4294967295", "out of range");
	refuse("--uid no-such-user", "'no-such-user' is not a user of this host");
	refuse("--uid ''", "empty");
	refuse("--max-sockets 0", "out of range");
	refuse("--min-growth 0", "out of range");
	refuse("--min-open 0", "out of range");
	refuse("--max-stacks 0", "out of range");
	refuse("--ring-size 4095", "out of range; allowed: a power of two, 4K to 1G");
	refuse("--ring-size 2K", "out of range");
	refuse("--ring-size 12K", "not a power of two");
	refuse("--ring-size 2G", "out of range");
	refuse("--ring-size 18014398509481988K", "out of range"); /* 4K in 64 bits */
	refuse("--ring-size 64KB", "not a number of bytes");
	refuse("--ring-size 64T", "not a number of bytes");
	refuse("--ring-size K", "not a whole number");
}

static void bad_durations(void **state)
{
	(void)state;
	refuse("--interval 9ms", "--interval '9ms' is out of range; allowed: 10ms to 1d");
	refuse("--interval 0", "out of range");
	refuse("--interval 25h", "out of range");
	refuse("--older-than -1s", "--older-than '-1s' is negative");
	refuse("--older-than 5x", "unknown unit");
	refuse("--older-than ''", "empty");
	refuse("--older-than 366d", "out of range");
	refuse("--duration soon", "--duration 'soon' is not a number");
	refuse("--duration 99999999999999999999h", "too long");
}

static void bad_words(void **state)
{
	(void)state;
	refuse("--comm 1234567890123456", "longer than the kernel keeps a comm; allowed: 1 to 15");
	refuse("--comm ''", "empty");
	refuse("--output ''", "--output '' is empty");
	refuse("--btf ''", "empty");
	refuse("--cgroup ''", "--cgroup '' is empty (an unset variable?); the argument is "
			      "PATH");
	refuse("--unit ''", "--unit '' is empty (an unset variable?); the argument is NAME");
	refuse("--hooks kprobe", "'kprobe' is not known; allowed: auto, fentry, kprobe.multi, "
				 "tracepoint, raw_syscalls, raw_tp");
	refuse("--hooks ''", "not known");
	refuse("--class leaky", "unknown class; allowed: never_used, probed,");
	refuse("--class none", "unknown class");
	refuse("--class ''", "--class '' is empty (an unset variable?); allowed: never_used,");
	refuse("--class probed,", "--class 'probed,' has an empty name beside a comma; allowed:");
	refuse("--class ,probed", "empty name");
	refuse("--class probed,,bind_failed", "empty name");
	refuse("--class probed,bad", "'probed,bad' has an unknown class; allowed: never_used, ");
	refuse("--class probed,never-used", "unknown class (did you mean 'never_used'?); allowed");
	refuse("--hooks tracepoints", "is not known (did you mean 'tracepoint'?); allowed: auto,");
	refuse("-v -q", "--verbose and --quiet exclude each other");
}

/* What is left out silently would be missed; what may be repeated is not. */
static void given_twice(void **state)
{
	(void)state;
	refuse("--comm a --comm b", "--comm is given twice, as 'a' and 'b'");
	refuse("--uid 0 --uid 1", "--uid is given twice");
	refuse("--output a --output b", "--output is given twice");
	refuse("--class probed --class bound_only",
	       "as 'probed' and 'bound_only'; put commas between classes");
	refuse("--comm a --comm \x1b[2J", "'\\x1b[2J'");
	assert_int_equal(accept("--cgroup /a --cgroup /b").cgroups.count, 2);
	assert_int_equal(accept("--unit a --unit b").units.count, 2);
	assert_true(accept("-v -v").verbose);
}

static void several_processes(void **state)
{
	struct options options = accept("-p 7 --pid 8,9 -p 7 -p 4194304");
	const __u32 wanted[] = { 7, 8, 9, 4194304 };

	(void)state;
	assert_int_equal(options.pids.count, 4);
	assert_memory_equal(options.pids.pids, wanted, sizeof(wanted));
	assert_int_equal(accept("-p 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16").pids.count,
			 SOCKLEAK_MAX_PIDS);
	assert_int_equal(accept("-p 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 -p 3").pids.count,
			 SOCKLEAK_MAX_PIDS);
	refuse("-p 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
	       "--pid 17 is one too many: 16 at most; --cgroup, --unit and --comm watch more");
	refuse("-p 7,", "--pid '' is empty");
	refuse("-p 7,,8", "--pid '' is empty");
	refuse("-p 7,x", "--pid 'x' is not a whole number");
	refuse("-p 0", "--pid '0' is out of range; allowed: 1 to 4194304");
	refuse("-p 7,99999999999999999999999999999999999999999", "is out of range");
}

static void too_many_cgroups(void **state)
{
	char line[MAX_WORDS * 12] = "";
	int i;

	(void)state;
	for (i = 0; i < SOCKLEAK_MAX_CGROUPS; i++)
		strcat(line, "--cgroup /x ");
	assert_int_equal(accept(line).cgroups.count, SOCKLEAK_MAX_CGROUPS);
	strcat(line, "--cgroup /y");
	refuse(line, "--cgroup '/y' is one too many; allowed: at most 64");
}

static void unknown_options(void **state)
{
	(void)state;
	refuse("--oldr-than 5s", "'--oldr-than' is not known (did you mean '--older-than'?)");
	refuse("--oldr-than=5s", "'--oldr-than' is not known (did you mean '--older-than'?)");
	refuse("--cgruop /x", "did you mean '--cgroup'?");
	refuse("--jsn", "(did you mean '--json'?); try 'sockleak --help'");
	refuse("--foo", "option '--foo' is not known; try 'sockleak --help'");
	refuse("--completely-different", "'--completely-different' is not known; try");
	refuse("-x", "option '-x' is not known; try 'sockleak --help'");
	refuse("-jx", "option '-x'");
	refuse("-5", "option '-5'");
	refuse("--max-s 5", "'--max-s' is ambiguous: it may be --max-sites, --max-sockets, "
			    "--max-stacks; try");
	refuse("--json=1", "option '--json' takes no argument; try");
	refuse("--pid", "option '--pid' needs an argument: PID; try");
	refuse("-p", "option '--pid' needs an argument: PID; try");
	refuse("--b\x1b[2Jf", "'--b\\x1b[2Jf'");
	refuse("-\x07", "'-\\x07'");
	refuse("--pid \xff\n", "'\xef\xbf\xbd\\x0a'");
}

static void commands(void **state)
{
	(void)state;
	assert_int_equal(accept("").command, COMMAND_TRACE);
	assert_int_equal(accept("trace").command, COMMAND_TRACE);
	assert_int_equal(accept("scan").command, COMMAND_SCAN);
	assert_int_equal(accept("--comm scan").command, COMMAND_TRACE);
	assert_int_equal(accept("--older-than 3s -p 1 scan -v").command, COMMAND_SCAN);
	assert_int_equal(accept("-v -- scan").command, COMMAND_SCAN);
	refuse("record",
	       "unknown command 'record', there are 'trace', 'scan', 'agent', "
	       "'explain', 'doctor', 'diff', 'run', 'help' and 'version'; try 'sockleak --help'");
	refuse("scna", "unknown command 'scna' (did you mean 'scan'?); try 'sockleak --help'");
	refuse("help scna", "unknown command 'scna' (did you mean 'scan'?)");
	refuse("help scan scan", "unexpected argument 'scan'");
	refuse("help --pid 7", "option '--pid' is not for this command");
	refuse("4242", "unexpected argument '4242'; to watch one process, use --pid 4242");
	refuse("trace 1234", "unexpected argument '1234'; to watch one process, use --pid 1234");
	refuse("trace 12x", "unexpected argument '12x'; try");
	refuse("trace trace", "unexpected argument 'trace'");
	refuse("-- -p", "unknown command '-p'");
	refuse("''", "unknown command ''");
}

static void options_of_one_command(void **state)
{
	(void)state;
	assert_int_equal(accept("scan").older_than_ns, 0);
	assert_int_equal(accept("scan").top, 10000);
	assert_int_equal(accept("scan --older-than 3s").older_than_ns, 3 * SECOND);
	assert_int_equal(accept("--top 3 scan").top, 3);
	assert_int_equal(accept("scan --history 7 --error-exitcode 255").history, 7);
	assert_int_equal(accept("scan --error-exitcode 255").error_exitcode, 255);
	refuse("scan --error-exitcode 256", "out of range");
	refuse("--history 7", "option '--history' is not for this command; it is for: scan; try");
	refuse("scan --interval 1s", "is not for this command; it is for: trace, agent, run; try");
	assert_int_equal(accept("agent").older_than_ns, 60 * SECOND);
	assert_int_equal(accept("agent --textfile /x/y.prom").write_interval_ns, 15 * SECOND);
	assert_int_equal(accept("agent --exclude-cgroup /a").excluded_cgroups.count, 1);
	assert_string_equal(accept("explain eea9").site, "eea9");
	assert_string_equal(accept("explain 4242").site, "4242");
	assert_string_equal(accept("--textfile x.prom explain trace").site, "trace");
	refuse("explain", "which site? Usage: sockleak explain SITE");
	refuse("explain a b", "unexpected argument 'b'");
	assert_string_equal(accept("diff 1 2").before, "1");
	assert_string_equal(accept("--json diff 1 trace").after, "trace");
	refuse("diff a", "which two files? Usage: sockleak diff BEFORE AFTER");
	refuse("diff a b c", "unexpected argument 'c'");
	refuse("diff a b --pid 1", "is not for this command");
	refuse("doctor x", "unexpected argument 'x'");
}

static int result(const char *line)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct options options;

	return parse(line, &options, &error);
}

static void help_and_version(void **state)
{
	(void)state;
	assert_int_equal(result("-h"), OPTIONS_HELP);
	assert_int_equal(result("trace --help"), OPTIONS_HELP);
	assert_int_equal(result("-V"), OPTIONS_VERSION);
	assert_int_equal(result("--version --help"), OPTIONS_VERSION);
	assert_int_equal(result("--help --bogus"), OPTIONS_HELP);
	assert_int_equal(result("--bogus --help"), -EINVAL);
	/* a cluster left half read does not leak into the next call */
	assert_int_equal(result("-hj"), OPTIONS_HELP);
	assert_false(accept("").json);
}

/* The line is main's to print. */
static void getopt_is_silent(void **state)
{
	int saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	long printed;

	(void)state;
	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	result("--bogus");
	result("-x");
	result("--pid");
	result("--json=1");
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	printed = lseek(fileno(file), 0, SEEK_END);
	fclose(file);
	assert_int_equal(printed, 0);
}

/* Long names and letters are distinguished by getopt alone. */
static void table_is_sound(void **state)
{
	const struct option_spec *spec, *other;

	(void)state;
	for (spec = option_next(NULL); spec; spec = option_next(spec)) {
		for (other = option_next(spec); other; other = option_next(other)) {
			assert_string_not_equal(spec->name, other->name);
			assert_true(!spec->letter || spec->letter != other->letter);
			assert_true(other->group >= spec->group);
		}
		assert_true(spec->min <= spec->max);
		assert_true(spec->type != OPTION_CHOICE || spec->choices);
	}
}

/* What follows the program's name is the program's, whatever it looks like. */
static void a_program_to_run(void **state)
{
	static const char *const lines[] = { "run -v ls --json -q", "run -v -- ls --json -q",
					     "-v run ls --json -q" };
	struct options options;

	(void)state;
	for (int i = 0; i < 3; i++) {
		options = accept(lines[i]);
		assert_int_equal(options.command, COMMAND_RUN);
		assert_true(options.verbose && !options.json && !options.quiet);
		assert_string_equal(options.arguments[0], "ls");
		assert_string_equal(options.arguments[1], "--json");
		assert_string_equal(options.arguments[2], "-q");
		assert_null(options.arguments[3]);
	}
	assert_string_equal(accept("run -- --help").arguments[0], "--help");
	assert_string_equal(accept("run scan --config x").arguments[0], "scan");
	assert_int_equal(accept("run --leak-check growth x").leak_check, LEAK_CHECK_GROWTH);
	assert_int_equal(accept("run x").older_than_ns, 0);
	refuse("run", "which program?");
	refuse("run --json", "which program?");
	refuse("run --pid 1 x", "option '--pid' is not for this command");
	refuse("trace --junit x", "option '--junit' is not for this command");
	refuse("-- run", "which program?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_option),
		cmocka_unit_test(other_ways_to_say_it),
		cmocka_unit_test(order_of_words_is_free),
		cmocka_unit_test(bad_numbers),
		cmocka_unit_test(bad_durations),
		cmocka_unit_test(bad_words),
		cmocka_unit_test(given_twice),
		cmocka_unit_test(several_processes),
		cmocka_unit_test(too_many_cgroups),
		cmocka_unit_test(unknown_options),
		cmocka_unit_test(commands),
		cmocka_unit_test(a_program_to_run),
		cmocka_unit_test(options_of_one_command),
		cmocka_unit_test(help_and_version),
		cmocka_unit_test(getopt_is_silent),
		cmocka_unit_test(table_is_sound),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
