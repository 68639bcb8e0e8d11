/* SPDX-License-Identifier: BSD-2-Clause */
/* suppressions: the file, what matches, what is counted, and the entries that are printed. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "leaks/suppressions.h"

static char path[] = "/tmp/sockleak-suppress-XXXXXX";

static int load(const char *content, struct suppressions **ret, struct text *error)
{
	char name[sizeof(path)];
	int fd, err;

	strcpy(name, path);
	fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
	err = suppressions__load(name, ret, error);
	unlink(name);
	return err;
}

static void refuse(const char *content, const char *line, const char *why)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct suppressions *suppressions;

	assert_int_equal(load(content, &suppressions, &error), -EINVAL);
	if (!strstr(text_str(&error), line) || !strstr(text_str(&error), why))
		fail_msg("expected %s and %s in: %s", line, why, text_str(&error));
}

static void a_bad_file_is_refused(void **state)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct suppressions *suppressions;

	(void)state;
	refuse("comm = ruby\n", "line 1:", "before the first [name]");
	refuse("[a]\n# fine\ncomm = x\nprocess = y\n",
	       "line 4:", "the keys are site, culprit, function, module");
	refuse("[a]\ncomm =\n", "line 2:", "a pattern is empty");
	refuse("[a]\ncomm = x\ncomm = y\n", "line 3:", "given twice");
	refuse("[a]\nnonsense\n", "line 2:", "neither [name] nor");
	assert_int_equal(suppressions__load("/no/such/file", &suppressions, &error), -EINVAL);
	assert_non_null(strstr(text_str(&error), "cannot read --suppress /no/such/file: No such"));
	text_clear(&error);
	assert_int_equal(suppressions__load("/dev/zero", &suppressions, &error), -EINVAL);
	assert_non_null(strstr(text_str(&error), "/dev/zero: not a regular file"));
}

static struct stack *a_stack(void)
{
	struct stack *stack = stack_new(3);

	stack->site = 0xabc;
	stack->frames[0].function = strdup("socket");
	stack->frames[0].module = strdup("/lib/libc.so.6");
	stack->frames[0].kind = FRAME_OF_LIBC;
	stack->frames[1].function = strdup("qpid::Buffer::operator[]");
	stack->frames[1].module = strdup("/usr/lib/libqpid.so.2");
	stack->frames[2].function = strdup("main");
	stack->frames[2].module = strdup("/usr/bin/worker");
	return stack;
}

static bool suppressed(const char *content)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct owner *owner = owner_new(strdup("/usr/bin/ruby3.1 (deleted)"),
					strdup("/system.slice/app.service"), NULL);
	struct event event = { .kind = EVENT_LEAK, .comm = "ruby" };
	struct suppressions *suppressions = NULL;
	struct stack *stack = a_stack();
	bool taken;

	event.socket.inode = 7;
	event.socket.family = AF_INET6;
	assert_int_equal(load(content, &suppressions, &error), 0);
	taken = suppressions__take(suppressions, &event, owner, stack);
	assert_int_equal(suppressions__holds(suppressions, &event.socket), taken);
	assert_int_equal(suppressions__open(suppressions), taken);
	suppressions__free(suppressions);
	owner_unref(owner);
	stack_unref(stack);
	return taken;
}

static void all_keys_must_match(void **state)
{
	(void)state;
	assert_false(suppressed(""));
	assert_true(suppressed("[a]\ncomm = ru*\n"));
	assert_false(suppressed("[a]\ncomm = rub\n"));
	assert_true(suppressed("[a]\ncomm = ruby3.1\n")); /* its executable */
	assert_false(suppressed("[a]\ncomm = ruby3.2\n"));
	assert_true(suppressed("[a]\ncgroup = /system.slice/*\nfamily = AF_INET?\n"));
	assert_false(suppressed("[a]\ncgroup = /system.slice/*\nfamily = AF_INET\n"));
	assert_true(suppressed("[a]\nmodule = libqpid.so*\n"));
	assert_true(suppressed("[a]\nmodule = /usr/lib/*\n"));
	assert_true(suppressed("[a]\nfunction = qpid::*\nmodule = libqpid*\n"));
	assert_true(suppressed("[a]\nfunction = qpid::Buffer::operator\\[]\n"));
	/* function and module are of one frame */
	assert_false(suppressed("[a]\nfunction = main\nmodule = libqpid*\n"));
	assert_true(suppressed("[no]\ncomm = perl\n[yes]\ncomm = ruby\n"));
	assert_true(suppressed("[a]\nsite = 0000000000000abc\n"));
	assert_false(suppressed("[a]\nsite = 0000000000000abd\n"));
	assert_false(suppressed("[a]\nsite = abc\n"));
	assert_true(suppressed("[a]\nsite = *abc\ncomm = ruby\n"));
	assert_false(suppressed("[a]\nsite = *abc\ncomm = perl\n"));
	assert_false(suppressed("[a]\nsite = unknown\ncomm = ruby\n"));
	assert_true(suppressed("[a]\nculprit = qpid::*\n"));
	assert_false(suppressed("[a]\nculprit = main\n")); /* it only led there */
}

static void what_is_not_known_matches_nothing(void **state)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct event event = { .kind = EVENT_LEAK };
	struct suppressions *suppressions = NULL;

	(void)state;
	assert_int_equal(
		load("[a]\ncgroup = *\n[b]\nfunction = *\n[c]\nmodule = *\n[d]\nsite = *\n",
		     &suppressions, &error),
		0);
	assert_false(suppressions__take(suppressions, &event, owner, NULL));
	assert_false(suppressions__take(NULL, &event, owner, NULL));
	assert_int_equal(suppressions__count(suppressions), 4);
	suppressions__free(suppressions);
	owner_unref(owner);
}

static void the_first_entry_counts(void **state)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct event event = { .kind = EVENT_LEAK, .comm = "ruby" };
	struct suppressions *suppressions = NULL;

	(void)state;
	assert_int_equal(load("[a]\ncomm = ruby\n[b]\ncomm = *\n", &suppressions, &error), 0);
	for (event.socket.inode = 1; event.socket.inode <= 3; event.socket.inode++)
		assert_true(suppressions__take(suppressions, &event, owner, NULL));
	event.socket.inode = 2;
	suppressions__forget(suppressions, &event.socket);
	suppressions__forget(suppressions, &event.socket);
	assert_int_equal(suppressions__open(suppressions), 2);
	assert_int_equal(suppressions__get(suppressions, 0).total, 3);
	assert_int_equal(suppressions__get(suppressions, 1).total, 0);
	assert_string_equal(suppressions__get(suppressions, 1).name, "b");
	suppressions__free(suppressions);
	owner_unref(owner);
}

/* A site that comes later is another leak than the unknown one that was suppressed. */
static void an_unknown_site_is_asked_for_again(void **state)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct event event = { .kind = EVENT_LEAK, .socket.inode = 1 };
	struct event without_stack = { .kind = EVENT_LEAK, .socket.inode = 2 };
	struct suppressions *suppressions = NULL;
	struct stack *stack = stack_new(1);

	(void)state;
	assert_int_equal(load("[a]\nsite = unknown\n", &suppressions, &error), 0);
	assert_false(suppressions__ask_again(NULL, 1));
	assert_false(suppressions__ask_again(suppressions, 1));
	assert_true(suppressions__take(suppressions, &event, owner, stack));
	assert_true(suppressions__take(suppressions, &without_stack, owner, NULL));
	assert_false(suppressions__ask_again(suppressions, SUPPRESS_ASK_AGAIN_NS));
	assert_true(suppressions__holds(suppressions, &event.socket));
	assert_true(suppressions__ask_again(suppressions, SUPPRESS_ASK_AGAIN_NS + 1));
	assert_false(suppressions__holds(suppressions, &event.socket));
	assert_true(suppressions__holds(suppressions, &without_stack.socket)); /* none comes */
	assert_int_equal(suppressions__get(suppressions, 0).total, 1);
	/* it is told again: first still without names, then with */
	assert_true(suppressions__take(suppressions, &event, owner, stack));
	assert_int_equal(suppressions__get(suppressions, 0).total, 2);
	assert_true(suppressions__ask_again(suppressions, 2 * SUPPRESS_ASK_AGAIN_NS + 1));
	stack->site = 0xabc;
	assert_false(suppressions__take(suppressions, &event, owner, stack));
	assert_false(suppressions__ask_again(suppressions, 9 * SUPPRESS_ASK_AGAIN_NS));
	stack_unref(stack);
	suppressions__free(suppressions);
	owner_unref(owner);
}

/* The entry that is printed for a site suppresses that site. */
static void a_printed_entry_works(void **state)
{
	_cleanup_text_ struct text entry = TEXT_INIT;
	struct site site = { .id = 0xabc, .comm = "MainThread", .name = "ruby" };

	(void)state;
	site.stack = a_stack();
	suppressions_add_entry(&entry, &site);
	assert_string_equal(text_str(&entry), "[site 0000000000000abc]\n"
					      "# in qpid::Buffer::operator[] (libqpid.so.2)\n"
					      "comm = ruby\n"
					      "site = 0000000000000abc\n");
	assert_true(suppressed(text_str(&entry)));
	site.id = 0xabd; /* another leak of the process */
	text_clear(&entry);
	suppressions_add_entry(&entry, &site);
	assert_false(suppressed(text_str(&entry)));
	site.id = 0xabc;
	free(site.stack->frames[1].function);
	site.stack->frames[1].function = malloc(5000);
	memset(site.stack->frames[1].function, 'x', 4999);
	site.stack->frames[1].function[4999] = '\0';
	text_clear(&entry);
	suppressions_add_entry(&entry, &site);
	assert_true(suppressed(text_str(&entry))); /* a good file, whatever the name */
	free(site.stack->frames[1].function);
	site.stack->frames[1].function = NULL;
	site.stack->frames[1].offset = 0x11f2;
	text_clear(&entry);
	suppressions_add_entry(&entry, &site);
	assert_non_null(strstr(text_str(&entry), "# in libqpid.so.2+0x11f2\n"));
	free(site.stack->frames[1].module);
	free(site.stack->frames[1].file);
	site.stack->frames[1].module = strdup("[ruby]");
	site.stack->frames[1].function = strdup("send_message");
	site.stack->frames[1].file = strdup("/srv/app/notify.rb");
	site.stack->frames[1].script = SCRIPT_RUBY;
	text_clear(&entry);
	suppressions_add_entry(&entry, &site);
	assert_non_null(strstr(text_str(&entry), "# in send_message (notify.rb)\n"));
	stack_unref(site.stack);
}

static struct stack *script_of(const char *name)
{
	struct stack *stack = a_stack();

	free(stack->frames[1].module);
	free(stack->frames[1].function);
	stack->frames[1].module = strdup(FRAME_JIT);
	stack->frames[1].function = strdup(name);
	return stack;
}

/* An entry for the first of a site's scripts, when these have been seen. */
static char *entry_of_scripts(const char *first, const char *second)
{
	struct text entry = TEXT_INIT;
	struct leak leaks[2] = { { .next = &leaks[1] } };
	struct site site = { .id = 0xabc, .name = "node", .leaks = leaks };

	leaks[0].stack = script_of(first);
	leaks[1].stack = script_of(second);
	site.stack = leaks[0].stack;
	suppressions_add_entry(&entry, &site);
	stack_unref(leaks[0].stack);
	stack_unref(leaks[1].stack);
	return entry.data;
}

/* By an entry, a socket made by this script, which that function called. */
static bool suppressed_script(const char *content, const char *name, const char *caller)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct event event = { .kind = EVENT_LEAK, .comm = "node" };
	struct suppressions *suppressions = NULL;
	struct stack *stack = script_of(name);
	bool taken;

	free(stack->frames[2].function);
	stack->frames[2].function = strdup(caller);
	if (load(content, &suppressions, &error))
		fail_msg("%s in:\n%s", text_str(&error), content);
	taken = suppressions__take(suppressions, &event, owner, stack);
	suppressions__free(suppressions);
	owner_unref(owner);
	stack_unref(stack);
	return taken;
}

/* One site may have two leaks of scripts that a perf map names; one leak has several tiers. */
static void a_script_is_told_from_others(void **state)
{
	char *entry = entry_of_scripts("LazyCompile:*dial /a.js:1", "LazyCompile:~dial /a.js:1");

	(void)state;
	assert_null(strstr(entry, "function"));
	free(entry);
	entry = entry_of_scripts("LazyCompile:*dial /a.js:1", "LazyCompile:~poll /a.js:2");
	assert_non_null(strstr(entry, "\nsite = 0000000000000abc\n"
				      "culprit = *[*~^+]dial /a.js:1\n"));
	assert_false(suppressed_script(entry, "LazyCompile:~poll /a.js:2", "main"));
	assert_true(suppressed_script(entry, "LazyCompile:^dial /a.js:1", "main"));
	assert_false(suppressed_script(entry, "LazyCompile:*redial /a.js:1", "main"));
	/* It called the one that leaks. */
	assert_false(suppressed_script(entry, "JS:~poll /a.js:2", "LazyCompile:*dial /a.js:1"));
	free(entry);
}

/* Functions without a name have their lines at the end of what may be a long path. */
static void scripts_of_a_long_path_are_distinguished(void **state)
{
	char first[400], second[400], *entry;

	(void)state;
	snprintf(first, sizeof(first), "LazyCompile:* /srv/%0200d/[a]*.js:3:12", 0);
	snprintf(second, sizeof(second), "LazyCompile:* /srv/%0200d/[a]*.js:9:1", 0);
	entry = entry_of_scripts(first, second);
	assert_true(suppressed_script(entry, first, "main"));
	assert_false(suppressed_script(entry, second, "main"));
	free(entry);
	memset(first + 20, '*', 300); /* each is two bytes of the pattern */
	first[320] = '\0';
	entry = entry_of_scripts(first, second);
	assert_true(suppressed_script(entry, first, "main"));
	free(entry);
}

static bool suppressed_comm(const char *content, const char *comm)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct event event = { .kind = EVENT_LEAK };
	struct suppressions *suppressions = NULL;
	bool taken;

	strncpy(event.comm, comm, SOCKLEAK_COMM_LEN - 1);
	event.socket.family = AF_INET;
	event.socket.inode = 9;
	if (load(content, &suppressions, &error))
		fail_msg("%s in:\n%s", text_str(&error), content);
	taken = suppressions__take(suppressions, &event, owner, NULL);
	suppressions__free(suppressions);
	owner_unref(owner);
	return taken;
}

/* Whatever a process calls itself. */
static void a_printed_entry_works_for_any_comm(void **state)
{
	static const char *const comms[] = { "a b", " a",    "a ",	 "a ; b",  "a # b",   "[x]",
					     "k=v", ":",     "\\",	 "a\\",	   "*",	      "?",
					     "#",   "\"q\"", "\033[m",	 "a\nb",   "\xff",    " ",
					     ";",   "\t",    "\xc3\xa9", "\u202e", "\xc2\x85" };
	struct leak leak = { .event.socket.family = AF_INET };
	struct site site = { .leaks = &leak };

	(void)state;
	for (size_t i = 0; i < sizeof(comms) / sizeof(*comms); i++) {
		_cleanup_text_ struct text entry = TEXT_INIT;

		strncpy(site.name, comms[i], SOCKLEAK_COMM_LEN - 1);
		suppressions_add_entry(&entry, &site);
		if (!suppressed_comm(text_str(&entry), comms[i]))
			fail_msg("not suppressed by:\n%s", text_str(&entry));
		memset(site.name, 0, sizeof(site.name));
	}
}

/* A comm that is empty, and no stack: an entry would suppress far more than that. */
static void what_nothing_tells_apart_has_no_entry(void **state)
{
	_cleanup_text_ struct text entry = TEXT_INIT;
	struct leak leak = { .event.socket.family = AF_INET };
	struct site site = { .leaks = &leak };

	(void)state;
	suppressions_add_entry(&entry, &site);
	assert_string_equal(text_str(&entry), "");
}

/* All that a report prints is one good file, as it stands there. */
static void printed_entries_are_one_file(void **state)
{
	_cleanup_text_ struct text entries = TEXT_INIT;
	struct leak leak = { .event.socket.family = AF_INET };
	struct site a = { .name = "a", .leaks = &leak }, b = { .name = "b", .leaks = &leak };
	struct site c = { .id = 0xabc, .name = "c" }, d = { .id = 0xabc, .name = "d" };
	struct site *const sites[] = { &a, &a, &b, &a, &c, &c, &d, &b };

	(void)state;
	suppressions_add_entries(&entries, sites, sizeof(sites) / sizeof(*sites));
	assert_string_equal(text_str(&entries),
			    "[known]\ncomm = a\nsite = unknown\nfamily = AF_INET\n"
			    "[known (2)]\ncomm = b\nsite = unknown\nfamily = AF_INET\n"
			    "[site 0000000000000abc]\ncomm = c\n"
			    "site = 0000000000000abc\n"
			    "[site 0000000000000abc (2)]\ncomm = d\n"
			    "site = 0000000000000abc\n");
	assert_true(suppressed_comm(text_str(&entries), "b"));
	assert_false(
		suppressed_comm(text_str(&entries), "d")); /* without a stack it is no site's */
	assert_false(suppressed_comm(text_str(&entries), "e"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_file_is_refused),
		cmocka_unit_test(all_keys_must_match),
		cmocka_unit_test(what_is_not_known_matches_nothing),
		cmocka_unit_test(the_first_entry_counts),
		cmocka_unit_test(an_unknown_site_is_asked_for_again),
		cmocka_unit_test(a_printed_entry_works),
		cmocka_unit_test(a_script_is_told_from_others),
		cmocka_unit_test(scripts_of_a_long_path_are_distinguished),
		cmocka_unit_test(a_printed_entry_works_for_any_comm),
		cmocka_unit_test(what_nothing_tells_apart_has_no_entry),
		cmocka_unit_test(printed_entries_are_one_file),
	};

	return cmocka_run_group_tests_name("suppressions", tests, NULL, NULL);
}
