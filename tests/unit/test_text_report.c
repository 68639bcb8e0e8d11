/* SPDX-License-Identifier: BSD-2-Clause */
/* text_report: the table, and how a screen bounds it. */
#include <signal.h>

#include "report_fixture.h"

static void a_small_screen_keeps_the_losses(void **state)
{
	struct text_layout layout = { .top = 10, .stacks = 3, .columns = 80, .rows = 9 };
	struct summary summary = { 0 };
	char *report;

	(void)state;
	summary.counters[COUNTER_MAP_FULL] = 12;
	report = report_on(4, "ruby", a_stack("f"), &layout, &summary);
	assert_non_null(strstr(report, "leaks sockets: 4 open"));
	assert_non_null(strstr(report, "Lost: map_full 12"));
	free(report);
}

static void all_holders_are_named(void **state)
{
	struct event events[] = {
		{ .kind = EVENT_HELD, .tgid = 4242, .fd = 5, .comm = "ruby" },
		{ .kind = EVENT_HELD, .tgid = 4300, .fd = 5, .comm = "child\033[2J" },
		{ .kind = EVENT_HELD, .tgid = 4301, .fd = 5, .comm = "child" },
	};
	struct summary summary = { 0 };
	char *report;

	(void)state;
	for (int i = 0; i < 3; i++)
		events[i].socket = a_event(1, "").socket;
	more = events;
	n_more = 3;
	report = report_on(1, "ruby", NULL, &whole, &summary);
	assert_non_null(strstr(report, "also held by child\\x1b[2J[4300], child[4301]\n"));
	assert_null(strstr(report, "made by process"));
	free(report);

	/* The creator lets it go; who is named as the holder is another. */
	events[0].kind = EVENT_CHANGED;
	events[0].class = CLASS_PROBED;
	events[0].tgid = 4300;
	events[1].kind = EVENT_LEFT;
	events[1].tgid = 4242;
	n_more = 2;
	report = report_on(1, "ruby", NULL, &whole, &summary);
	assert_non_null(
		strstr(report, "created by creator[4242], which has exited or closed it\n"));
	assert_null(strstr(report, "also held by"));
	free(report);
	n_more = 0;
}

/* Not by the words of strsignal(3): "was ended by Killed". */
static void the_signal_that_ended_a_run_has_its_name(void **state)
{
	static const struct {
		int signal;
		const char *line;
	} ends[] = { { SIGKILL, "; make was ended by SIGKILL\n" },
		     { SIGINT, "; make was ended by SIGINT\n" },
		     { 40, "; make was ended by signal 40\n" } };

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		const struct run_summary run = { .program = "make", .signal = ends[i].signal };
		struct summary summary = { .run = &run };
		char *report = report_on(1, "ruby", NULL, &whole, &summary);

		assert_non_null(strstr(report, ends[i].line));
		free(report);
	}
}

static void losses_are_named_with_a_remedy(void **state)
{
	struct summary summary = { 0 };
	char *report;

	(void)state;
	summary.counters[COUNTER_MAP_FULL] = 12;
	report = report_on(1, "ruby", NULL, &whole, &summary);
	assert_non_null(strstr(report, "Lost: map_full 12 (open sockets that are no longer tracked"
				       ": raise --max-sockets)\n"));
	assert_null(strstr(report, "Nothing was lost."));
	free(report);

	summary.counters[COUNTER_MAP_FULL] = 0;
	summary.counters[COUNTER_RING_FULL] = 3;
	report = report_on(1, "ruby", NULL, &whole, &summary);
	assert_non_null(strstr(report, "\nLate, but not lost: ring_full 3 (events sent a sweep "
				       "late: raise --ring-size)\n"));
	assert_null(strstr(report, "Nothing was lost."));
	free(report);
}

static void hostile_names_do_not_reach_the_terminal(void **state)
{
	struct summary summary = { 0 };
	char *report = report_on(1, "a\033[2Jb\nc\xff", a_stack("f\033]0;x\007"), &whole, &summary);

	(void)state;
	assert_null(strchr(report, '\033'));
	assert_null(strchr(report, '\007'));
	assert_null(strchr(report, '\xff'));
	assert_non_null(strstr(report, "a\\x1b[2Jb\\x0ac"));
	free(report);
}

static void a_layout_cuts_columns_and_rows(void **state)
{
	struct text_layout layout = { .top = 10, .stacks = 3, .columns = 40, .rows = 5 };
	struct summary summary = { 0 };
	char *report = report_on(4, "ruby", a_stack("f"), &layout, &summary), *line, *rest;
	int lines = 0;

	(void)state;
	for (line = strtok_r(report, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		assert_true(strlen(line) <= 40);
		lines++;
	}
	assert_true(lines <= 5);
	free(report);
}

/* What the run saw comes after the table: on a screen with little room, not at all. */
static void a_low_screen_has_the_table_before_the_statistics(void **state)
{
	struct text_layout layout = { .top = 10, .stacks = 3, .columns = 80, .rows = 9 };
	struct summary summary = { 0 };
	char *report = report_on(4, "ruby", a_stack("f"), &layout, &summary);

	(void)state;
	assert_non_null(strstr(report, "\nleaking"));
	assert_null(strstr(report, "System calls"));
	assert_non_null(strstr(report, "\n... cut here; the report at the end has all\n"));
	free(report);
	layout.rows = 50;
	report = report_on(4, "ruby", a_stack("f"), &layout, &summary);
	assert_non_null(strstr(report, "System calls"));
	assert_null(strstr(report, "cut here"));
	free(report);
}

/* What is cut off is what is looked for: who it was from, and the line. */
static void a_narrow_screen_wraps_at_words(void **state)
{
	struct text_layout layout = { .top = 10, .stacks = 3, .columns = 60, .rows = 50 };
	struct summary summary = { .counters[COUNTER_CLOSE_ENTER] = 1 };
	char *report = report_on(4, "ruby", a_stack("Ssl::SslSocket::SslSocket(Context const&)"),
				 &layout, &summary);
	const char *answer = "ruby[4242] leaks sockets: 4 open, +6.0/min, oldest 1m05s\n"
			     "in Ssl::SslSocket::SslSocket(Context const&)\n"
			     "  (libtransport.so.2)\n";

	(void)state;
	assert_memory_equal(report, answer, strlen(answer));
	assert_non_null(strstr(report, "OPEN PER MIN OLDEST\n"));
	assert_non_null(strstr(report, "ruby                4    +6.0  1m05s\n"
				       "         only asked for its peer\n"));
	assert_non_null(strstr(report, "         AF_INET SOCK_STREAM: getpeername answered "
				       "ENOTCONN\n           once, after 14us\n"));
	assert_non_null(strstr(report, "\n    (libtransport.so.2) at src/transport.cpp:42\n"));
	assert_non_null(strstr(report, "System calls in 1m40s: 0 socket, 0 connect, "));
	assert_non_null(strstr(report, "...\n")); /* the foot is cut, for the table's sake */
	assert_null(strstr(report, " 1 close\n"));
	free(report);
}

/* Scripts have no names, and the package of what runs them is not to blame for them. */
static void scripts_are_reported_with_what_runs_them(void **state)
{
	struct stack *stack = a_stack("rsock_socket");
	struct summary summary = { 0 };
	char *report;

	(void)state;
	free(stack->frames[1].module);
	stack->frames[1].module = strdup("/usr/lib/libruby-3.1.so.3.1");
	stack->frames[1].kind = FRAME_OF_INTERPRETER;
	stack->package = strdup("libruby3.1 3.1.2");
	report_exe = "/usr/bin/ruby3.1";
	report = report_on(1, "ruby", stack, &whole, &summary);
	assert_non_null(strstr(report, ", in Ruby code run by ruby3.1\n"));
	assert_non_null(strstr(report, "         in Ruby code run by ruby3.1\n"
				       "         run as: ruby worker.rb --all\n"));
	free(report);
	/* A module in C that a script uses. */
	report = report_on(1, "ruby", a_stack("leak"), &whole, &summary);
	assert_non_null(strstr(report, "         run as: ruby worker.rb --all\n"));
	free(report);
	report_exe = NULL;
	report = report_on(1, "ruby", a_stack("leak"), &whole, &summary);
	assert_null(strstr(report, "run as"));
	free(report);
}

static void a_long_package_has_its_own_line(void **state)
{
	struct stack *stack = a_stack("rsock_socket");
	struct summary summary = { 0 };
	char *report;

	(void)state;
	stack->package = strdup("libtransport 3.1.7+really3.1.2-0+deb12u1");
	report = report_on(1, "ruby", stack, &whole, &summary);
	assert_non_null(strstr(
		report, "         in rsock_socket (libtransport.so.2) at src/transport.cpp:42\n"
			"         of package libtransport 3.1.7+really3.1.2-0+deb12u1\n"));
	free(report);
}

/* Sites that leak, each with a stack of its own. */
static char *report_on_sites(unsigned int count, const struct text_layout *layout)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct summary summary = { .now_ns = NOW, .hooks = "tracepoint" };
	struct text out = TEXT_INIT;

	for (__u64 inode = 1; inode <= count; inode++) {
		struct event event = a_event(inode, "ruby");
		struct stack *stack = a_stack("f");

		stack->site = inode;
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
		stack_unref(stack);
	}
	leaks__tick(leaks, NOW);
	text_report(&out, leaks, &summary, layout);
	leaks__free(leaks);
	owner_unref(owner);
	return out.data;
}

static void stacks_that_are_not_shown_are_counted(void **state)
{
	const struct text_layout none = { .top = 10 };
	char *report = report_on_sites(3, &whole);

	(void)state;
	assert_null(strstr(report, "... and the stack"));
	free(report);
	report = report_on_sites(4, &whole);
	assert_non_null(strstr(report, "\n... and the stack of 1 more site (-v shows "
				       "all)\n"));
	free(report);
	report = report_on_sites(9, &whole);
	assert_non_null(strstr(report, "\n... and the stacks of 6 more sites (-v "));
	free(report);
	report = report_on_sites(9, &none);
	assert_null(strstr(report, "... and the stack"));
	free(report);
}

/* JIT code alone: no place to name, and the line says so. */
static void code_in_no_file_is_reported(void **state)
{
	struct stack *stack = stack_new(1);
	struct summary summary = { 0 };
	char *report;

	(void)state;
	assert_non_null(stack);
	stack->source = STACK_SNAPSHOT;
	stack->frames[0].pc = 0x7ff6909455da;
	report = report_on(1, "node", stack, &whole, &summary);
	assert_non_null(strstr(report, "         in 0x7ff6909455da, which is in no mapped file: "
				       "JIT code or unloaded\n"
				       "         run as: ruby worker.rb --all\n"));
	free(report);
}

static char *report_on_one(const struct event *event)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct summary summary = { 0 };

	assert_int_equal(leaks__apply(leaks, event, owner, NULL), 0);
	owner_unref(owner);
	leaks__tick(leaks, NOW);
	return report_of(leaks, &summary);
}

static void a_socket_of_io_uring_without_a_stack_says_so(void **state)
{
	struct event event = a_event(1, "server");
	char *report;

	(void)state;
	event.socket.flags = PENDING_URING;
	report = report_on_one(&event);
	assert_non_null(strstr(report, "         made by io_uring, in no call of the program's: "
				       "there is no stack\n"));
	free(report);
}

/* A sweep that finds a socket does not know how often its maker had called exec. */
static void an_exec_is_reported_only_of_what_was_seen_made(void **state)
{
	struct event event = a_event(1, "ruby");
	char *report;

	(void)state;
	event.execed = true;
	report = report_on_one(&event);
	assert_non_null(strstr(report, "created before exec and inherited"));
	free(report);
	event.socket.flags = PENDING_ORIGIN_UNKNOWN;
	event.class = CLASS_UNKNOWN_ORIGIN;
	report = report_on_one(&event);
	assert_non_null(strstr(report, "origin not seen"));
	assert_null(strstr(report, "exec"));
	free(report);
}

/* A million marks that take no column: cutting such a line must not look back for each. */
static void a_line_of_marks_is_cut_in_time(void **state)
{
	const struct text_layout layout = { .columns = 80, .top = 10, .stacks = 3 };
	struct summary summary = { 0 };
	size_t len = 0, marks = 1 << 20;
	char *name = malloc(2 * marks + 101), *report, *line, *rest;
	struct stack *stack;
	unsigned int cut = 0;

	(void)state;
	assert_non_null(name);
	for (; marks; marks--, len += 2)
		memcpy(name + len, "\u0301", 2);
	memset(name + len, 'a', 100);
	name[len + 100] = '\0';
	alarm(60);
	stack = a_stack("make");
	free(stack->frames[1].file);
	stack->frames[1].file = strdup(name);
	report = report_on(1, "ruby", stack, &layout, &summary);
	alarm(0);
	for (line = strtok_r(report, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		assert_true(text_width(line) <= 80);
		cut += strlen(line) > len && text_width(line) == 80;
	}
	assert_true(cut > 0);
	free(name);
	free(report);
}

/* Every row has the descriptors of its fullest process, whether it leaks or not. */
static void a_row_has_its_descriptors(void **state)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct stack *stack = a_stack("f");
	struct summary summary = { 0 };
	struct site_process *process;
	struct site *const *sites;
	char *report;

	(void)state;
	for (__u32 i = 0; i < 3; i++) {
		struct event event = a_event(i + 1, "ruby");

		event.tgid = event.socket.tgid = 4242 + i;
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	}
	leaks__tick(leaks, NOW);
	assert_int_equal(leaks__sites(leaks, &sites), 1);
	assert_false(sites[0]->leaking);
	for (process = sites[0]->processes; process; process = process->hh.next)
		process->forecast = (struct forecast){
			.looked_ns = process->tgid == 4244 ? 0 : NOW, /* that one is not known */
			.fds_open = process->tgid == 4243 ? 57 : 200,
			.fds_limit = process->tgid == 4243 ? 64 : 1024,
		};
	report = report_of(leaks, &summary);
	assert_non_null(strstr(report, "\n         4243: 57 of 64 descriptors open\n"));
	free(report);
	stack_unref(stack);
	owner_unref(owner);
}

/* At the foot the causes; the remedies, in parentheses, are doctor's. */
static void why_not_better_hooks(void **state)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	const struct kind_refusal why[] = { { "fentry", "refused by this kernel", "" },
					    { "tracepoint", "paranoid is 3", "add it; or x=2" },
					    { "raw_syscalls", "the same", "" } };
	struct summary summary = { .hooks_why = why, .n_hooks_why = 3 };
	char *report = report_of(leaks, &summary);

	(void)state;
	assert_non_null(strstr(report, "\nHooks by tracepoint\nNot used: fentry: refused by this "
				       "kernel; tracepoint: paranoid is 3; raw_syscalls: "
				       "the same\n"));
	free(report);
	summary.n_hooks_why = 0;
	report = report_of(leaks__new(~0U, SECOND, ignore, NULL), &summary);
	assert_null(strstr(report, "Not used"));
	free(report);
}

static void a_row_without_a_limit(void **state)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct event event = a_event(1, "ruby");
	struct summary summary = { 0 };
	struct site *const *sites;
	char *report;

	(void)state;
	assert_int_equal(leaks__apply(leaks, &event, owner, NULL), 0);
	leaks__tick(leaks, NOW);
	assert_int_equal(leaks__sites(leaks, &sites), 1);
	sites[0]->processes->forecast =
		(struct forecast){ .looked_ns = NOW, .fds_open = 57, .fds_limit = FDS_UNLIMITED };
	report = report_of(leaks, &summary);
	assert_non_null(strstr(report, "\n         57 descriptors open\n"));
	free(report);
	owner_unref(owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_screen_keeps_the_losses),
		cmocka_unit_test(all_holders_are_named),
		cmocka_unit_test(the_signal_that_ended_a_run_has_its_name),
		cmocka_unit_test(losses_are_named_with_a_remedy),
		cmocka_unit_test(hostile_names_do_not_reach_the_terminal),
		cmocka_unit_test(a_layout_cuts_columns_and_rows),
		cmocka_unit_test(a_low_screen_has_the_table_before_the_statistics),
		cmocka_unit_test(a_narrow_screen_wraps_at_words),
		cmocka_unit_test(scripts_are_reported_with_what_runs_them),
		cmocka_unit_test(a_long_package_has_its_own_line),
		cmocka_unit_test(stacks_that_are_not_shown_are_counted),
		cmocka_unit_test(code_in_no_file_is_reported),
		cmocka_unit_test(a_socket_of_io_uring_without_a_stack_says_so),
		cmocka_unit_test(an_exec_is_reported_only_of_what_was_seen_made),
		cmocka_unit_test(a_line_of_marks_is_cut_in_time),
		cmocka_unit_test(a_row_has_its_descriptors),
		cmocka_unit_test(a_row_without_a_limit),
		cmocka_unit_test(why_not_better_hooks),
	};

	return cmocka_run_group_tests_name("text_report", tests, NULL, NULL);
}
