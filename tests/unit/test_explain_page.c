/* SPDX-License-Identifier: BSD-2-Clause */
/* explain_page: what explain says of a site in a file, and of a file that is none. */
#include "stacks_file_fixture.h"

static void a_site_reads_back(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	char *bytes;

	(void)state;
	leak_at(0xeea983d044a886c5, "worker", "app.service", 5);
	bytes = content();
	assert_int_equal(explained(bytes, "eea983d044a886c5", false, &out, &error), 0);
	expect(text_str(&out), "worker leaks sockets: 5 open\n"
			       "in messaging::Transport::Transport(int) (libtransport.so.2)\n"
			       "at src/transport.cpp:42\nof the package transport 1.2-3\n");
	expect(text_str(&out), "  Site       eea983d044a886c5\n");
	expect(text_str(&out), "5 only asked for its peer (probed)\n");
	expect(text_str(&out), "  Since      2023-11-14T22:29:00.000Z, ");
	expect(text_str(&out), "  Last seen  2023-11-14T22:30:00.000Z, ");
	expect(text_str(&out), "  Held by    worker[1151895237]: 5 open, oldest ");
	expect(text_str(&out), ", unit app.service\n");
	expect(text_str(&out), "\nWhere they are created, stack by fp:\n  #0  socket (libc.so.6)\n"
			       "  #1  messaging::Transport::Transport(int) (libtransport.so.2) at "
			       "src/transport.cpp:42\n");
	expect(text_str(&out), "\n[site eea983d044a886c5]\n"
			       "# in messaging::Transport::Transport(int) (libtransport.so.2)\n"
			       "comm = worker\nsite = eea983d044a886c5\n");
	/* By its beginning, in capitals; and as it is in the file. */
	assert_int_equal(explained(bytes, "EEA9", true, &out, &error), 0);
	expect(text_str(&out), "{\"site\":\"eea983d044a886c5\",\"function\":");
	assert_int_equal(out.data[out.len - 1], '\n');
	free(bytes);
}

static void a_recursion_is_one_line_more(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT, deep = TEXT_INIT;
	const char *frame = "\"socket (libc.so.6)\",", *at;
	char *bytes;

	(void)state;
	leak_at(0xeea983d044a886c5, "worker", "app.service", 5);
	bytes = content();
	at = strstr(bytes, frame);
	assert_non_null(at);
	text_addf(&deep, "%.*s%s%s%s%s%s", (int)(at - bytes), bytes, frame, frame, frame, frame,
		  at);
	assert_int_equal(explained(text_str(&deep), "eea9", false, &out, &error), 0);
	expect(text_str(&out), "  #0  socket (libc.so.6)\n  ... the same 4 times more, to #4\n"
			       "  #5  messaging::");
	free(bytes);
}

/* It is the call of the whole stack: one line, and no way of its own. */
static void a_call_alone_takes_one_line(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	struct owner *owner = owner_new(strdup("/usr/bin/worker"), NULL, NULL);
	char *bytes;

	(void)state;
	for (int by_call = 0; by_call < 2; by_call++) {
		struct event event = a_event(next_inode++, "worker");
		struct stack *stack = a_stack("open_session");

		assert_true(stack_reserve(&stack, 3));
		stack->site = 0xeea983d044a886c5;
		if (by_call) {
			stack->source = STACK_CALL;
			stack_set_end(stack, STACK_END_NOT_KEPT);
		} else {
			stack->count = 3;
			stack->frames[2].module = strdup("/usr/bin/worker");
			stack->frames[2].function = strdup("main");
		}
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
		stack_unref(stack);
	}
	leaks__tick(leaks, NOW);
	bytes = content();
	assert_int_equal(explained(bytes, "eea9", false, &out, &error), 0);
	expect(text_str(&out), "Where they are created:\n 1 of 2, stack by fp:\n  #0");
	expect(text_str(&out), "main (worker)\n 1 of 2 by the same call; further out: not kept\n");
	free(bytes);
	owner_unref(owner);
}

/* With the frames down to where the stack above has the others; all of them when it has none. */
static void where_a_call_failed_is_below(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	struct owner *owner = owner_new(strdup("/usr/bin/worker"), NULL, NULL);
	struct tried tried = { a_stack("open_session"), CALL_BIND };
	struct stack *made = a_stack("make");
	struct event event = a_event(next_inode++, "worker");
	char *bytes;

	(void)state;
	made->site = 0xeea983d044a886c5;
	assert_int_equal(leaks__apply_tried(leaks, &event, owner, made, &tried), 0);
	leaks__tick(leaks, NOW);
	bytes = content();
	assert_int_equal(explained(bytes, "eea9", false, &out, &error), 0);
	expect(text_str(&out), " 1 of 1: bind failed in open_session (");
	expect(text_str(&out), "  #0  socket (libc.so.6)\n  #1  open_session (");
	assert_null(strstr(text_str(&out), "as above"));
	free(bytes);
	owner_unref(owner);
	stack_unref(made);
	stack_unref(tried.stack);
}

/* Nobody has written the file for long: what it says of then is not said of now. */
static void what_an_agent_left_is_reported_then(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	char *bytes;

	(void)state;
	leak_at(0xaaaa, "a", "a.service", 6);
	bytes = content();
	assert_int_equal(
		explain_bytes(bytes, strlen(bytes), "0000", false, true, &out, NULL, &error), 0);
	expect(text_str(&out), "a leaked sockets: 6 were open then\n");
	expect_words(text_str(&out), "Written 2023-11-14T22:30:00.000Z, ");
	expect_words(text_str(&out), " ago: this was the state then ");
	free(bytes);

	all_end(1, 6);
	bytes = content();
	text_clear(&out);
	assert_int_equal(
		explain_bytes(bytes, strlen(bytes), "0000", false, true, &out, NULL, &error), 0);
	expect(text_str(&out), "a held sockets that were never connected; none was open then\n");
	free(bytes);
}

static void what_is_no_site_is_said(void **state)
{
	static const struct {
		const char *site;
		int err;
		const char *why;
	} cases[] = {
		{ "abc", -EINVAL, "'abc' is not a site id: give its 16 hex digits" },
		{ "xyzw\033", -EINVAL, "'xyzw\\x1b' is not a site id" },
		{ "00000000000000001", -EINVAL, "is not a site id" },
		{ "other", -EINVAL, "beyond --max-sites" },
		{ "unknown", -EINVAL, "without a stack" },
		{ "ffff", -ENOENT,
		  "none of the 2 known sites begins with ffff (written "
		  "20" },
		{ "0000", -ENOTUNIQ, "2 sites begin with 0000: give more digits" },
	};
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	char *bytes;

	(void)state;
	leak_at(0xaaaa, "a", "a.service", 5);
	leak_at(0xbbbb, "b", "b.service", 5);
	bytes = content();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(explained(bytes, cases[i].site, false, &out, &error),
				 cases[i].err);
		expect(text_str(&error), cases[i].why);
	}
	/* The last one lists them. */
	expect(text_str(&out), "000000000000aaaa  messaging::Transport::Transport(int)");
	expect(text_str(&out), "000000000000bbbb  messaging::");
	free(bytes);
}

static void a_bad_file_is_refused(void **state)
{
	static const char *const files[] = { "",
					     "{",
					     "[]",
					     "{\"sites\":[],\"sites\":[]}",
					     "{\"sites\":{},\"version\":1}",
					     "{\"sites\":[],\"version\":2}",
					     "{\"sites\":[]}" };
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(explained(files[i], "abcd", false, &out, &error), -EPROTO);
		assert_true(error.len > 0);
	}
	/* What is of another type, or missing, is passed over. null is what libjansson makes. */
	assert_int_equal(
		explained("{\"version\":1,\"sites\":[7,null,{\"site\":null},"
			  "{\"site\":\"abcd000000000000\",\"open\":\"x\",\"stack\":[1,null,"
			  "\"f\\u001b\"],\"programs\":{},\"classes\":[],\"install\":[null]}]}",
			  "abcd", false, &out, &error),
		0);
	expect(text_str(&out),
	       "A program held sockets that were never connected; none is open now\n"
	       "in code without a name\n");
	expect(text_str(&out), "  #2  f\\x1b\n");
}

static bool has_no_file(void *ctx, pid_t tgid, const char *path)
{
	(void)ctx, (void)tgid, (void)path;
	return false;
}

static int find_package(void *ctx, pid_t tgid, const char *path, const char *build_id,
			struct package *ret_package)
{
	(void)ctx, (void)tgid;
	*ret_package = (struct package){ .kind = build_id ? PACKAGE_UNKNOWN : PACKAGE_DEB };
	if (build_id)
		return 0;
	strcpy(ret_package->name, "x");
	strcpy(ret_package->debug,
	       strstr(path, "transport") ? "transport-dbgsym" : "elsewhere-dbgsym");
	return 0;
}

/* For the modules of this stack, and no others. */
static void what_to_install_is_reported(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	struct hints *hints;
	char *bytes;

	(void)state;
	assert_int_equal(hints__new(find_package, has_no_file, NULL, &hints), 0);
	hints__begin(hints);
	hints__add(hints, getpid(), "/usr/lib/libtransport.so.2", NULL);
	hints__add(hints, getpid(), "/usr/lib/libelsewhere.so", NULL);
	assert_int_equal(hints__finish(hints), 0);
	assert_int_equal(hints__count(hints), 2);
	summary.hints = hints;
	leak_at(0xaaaa, "a", "a.service", 5);
	bytes = content();
	expect(bytes, "\"install\":[\"apt install transport-dbgsym\"]");
	assert_int_equal(explained(bytes, "0000", false, &out, &error), 0);
	expect(text_str(&out),
	       "install debug information:\n  apt install transport-dbgsym\n\nTo suppress");
	free(bytes);
	hints__free(hints);
}

/* A build id says nothing to a reader: a comment names the module, in one line whatever its name.
 */
static void a_command_by_build_id_names_the_module(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	struct owner *owner = owner_new(strdup("/usr/bin/worker"), NULL, NULL);
	struct event event = a_event(next_inode++, "worker");
	struct stack *stack = a_stack("open_session");
	struct hints *hints;
	char *bytes;

	(void)state;
	free(stack->frames[1].module);
	stack->frames[1].module = strdup("/opt/a\nb.so");
	stack->frames[1].build_id = strdup("8d1f4c");
	assert_int_equal(hints__new(find_package, has_no_file, NULL, &hints), 0);
	hints__begin(hints);
	hints__add(hints, getpid(), "/opt/a\nb.so", "8d1f4c");
	assert_int_equal(hints__finish(hints), 0);
	summary.hints = hints;
	assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	leaks__tick(leaks, NOW);
	bytes = content();
	assert_int_equal(explained(bytes, "0000", false, &out, &error), 0);
	expect(text_str(&out), "\n  debuginfod-find debuginfo 8d1f4c  # /opt/a\\x0ab.so\n");
	free(bytes);
	summary.hints = NULL;
	hints__free(hints);
	stack_unref(stack);
	owner_unref(owner);
}

static void a_file_that_is_none_is_said(void **state)
{
	char path[] = "/tmp/sockleak-stacks-XXXXXX";
	_cleanup_text_ struct text error = TEXT_INIT;

	(void)state;
	assert_int_equal(
		explain_site("/no/such/file", &(struct options){ .site = "abcd" }, stderr, &error),
		-ENOENT);
	expect(text_str(&error),
	       "cannot read /no/such/file: No such file or directory (a 'sockleak "
	       "agent' with --textfile writes it when it finds a leak; other commands have the "
	       "stacks in their own reports)");
	text_clear(&error);
	assert_int_equal(explain_site("/tmp", &(struct options){ .site = "abcd" }, stderr, &error),
			 -EISDIR);
	close(mkstemp(path));
	assert_int_equal(truncate(path, (off_t)EXPLAIN_MAX_BYTES + 1), 0);
	text_clear(&error);
	assert_int_equal(explain_site(path, &(struct options){ .site = "abcd" }, stderr, &error),
			 -EFBIG);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_site_reads_back),
		test(a_recursion_is_one_line_more),
		test(a_call_alone_takes_one_line),
		test(where_a_call_failed_is_below),
		test(what_an_agent_left_is_reported_then),
		test(what_is_no_site_is_said),
		test(a_bad_file_is_refused),
		test(what_to_install_is_reported),
		test(a_command_by_build_id_names_the_module),
		test(a_file_that_is_none_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
