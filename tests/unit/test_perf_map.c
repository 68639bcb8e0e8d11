/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps of JIT code: the format, maps that are traps, and a stack with JIT code in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stacks/files/perf_map.h"
#include "stacks/symbols.h"

static struct perf_map *parse(const char *text)
{
	struct perf_map *map = NULL;

	assert_int_equal(perf_map__parse(text, strlen(text), &map), 0);
	return map;
}

static void check(const struct perf_map *map, __u64 address, const char *wanted)
{
	const char *name = perf_map__find(map, address);

	if (wanted && name)
		assert_string_equal(name, wanted);
	else if (wanted || name)
		fail_msg("%llx: %s, not %s", address, name ?: "none", wanted ?: "none");
}

static void format(void **state)
{
	struct perf_map *map = parse("2000 10 LazyCompile:*leak /srv/app.js:12:3\n"
				     "1000 20 py::work:/srv/app.py\n"
				     "0x3000 0x8 Lcom/example/App;::run\r\n"
				     "4000 8 \tblanks around  \n"
				     "5000 8 being wri");

	(void)state;
	check(map, 0xfff, NULL);
	check(map, 0x1000, "py::work:/srv/app.py");
	check(map, 0x101f, "py::work:/srv/app.py");
	check(map, 0x1020, NULL);
	check(map, 0x2001, "LazyCompile:*leak /srv/app.js:12:3");
	check(map, 0x3007, "Lcom/example/App;::run");
	check(map, 0x4000, "blanks around");
	check(map, 0x5000, NULL); /* without a newline it is not whole yet */
	perf_map__free(map);
}

/* Memory is used again: what was said last is true. */
static void overlaps(void **state)
{
	struct perf_map *map = parse("1000 100 old\n1040 10 newer\n1040 10 newest\n1050 10 tail\n"
				     "1000 8 front\n2000 1000 wide\n2800 10 within\n"
				     "2000 1000 over\n");

	(void)state;
	check(map, 0x1000, "front");
	check(map, 0x1008, "old");
	check(map, 0x1045, "newest");
	check(map, 0x1055, "tail");
	check(map, 0x1060, "old");
	check(map, 0x2805, "over");
	check(map, 0x2fff, "over");
	perf_map__free(map);
}

static void nonsense(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		" \n",
		"1000\n",
		"1000 \n",
		"1000 10\n",
		"1000 10 \n",
		"xyz 10 name\n",
		"1000 10 \r\n",
		"0 10 \r\t\r\n",
		"1000 name\n",
		"1000 0 empty\n",
		"ffffffffffffffff 10 round\n",
		"11112222333344445 10 long\n",
		"-1000 10 minus\n",
		"0x 10 name\n",
		"1000,10,name\n",
	};
	struct perf_map *map;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		map = parse(texts[i]);
		check(map, 0x1000, NULL);
		check(map, 0, NULL);
		check(map, UINT64_MAX, NULL);
		perf_map__free(map);
	}
	assert_int_equal(perf_map__parse("1000 8 a\0b\x1b[31m\n2000 8 c\n", 26, &map), 0);
	check(map, 0x1000, "a?b?[31m");
	perf_map__free(map);
}

static void large(void **state)
{
	size_t size = 40 * 1024 * 1024, len = 0, i;
	char *text = malloc(size);
	struct perf_map *map;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < 1100 * 1000; i++) /* a million and more, each wider than the next */
		len += (size_t)sprintf(text + len, "%zx ffffffff n%zu\n", 0x10000 + i, i);
	assert_int_equal(perf_map__parse(text, len, &map), 0);
	alarm(120);
	for (i = 0; i < 100000; i++) /* finds, and does not look at a million lines each time */
		assert_non_null(perf_map__find(map, 0x10000 + 999999 + i));
	alarm(0);
	assert_true(perf_map__memory(map) < 70 * 1024 * 1024);
	perf_map__free(map);

	memset(text, 'x', size); /* one line without an end */
	memcpy(text, "1000 8 ", 7);
	text[1000] = '\n';
	assert_int_equal(perf_map__parse(text, size, &map), 0);
	assert_int_equal(strlen(perf_map__find(map, 0x1000)), 512);
	assert_true(perf_map__memory(map) < 33 * 1024 * 1024);
	perf_map__free(map);
	free(text);
}

/* ---- The file ---- */

static char *path_of(pid_t pid)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", pid);
	return path;
}

static void write_map(pid_t pid, const char *mode, const char *text)
{
	FILE *file = fopen(path_of(pid), mode);

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void the_file(void **state)
{
	struct perf_map *map;

	(void)state;
	unlink(path_of(getpid()));
	assert_int_equal(perf_map__read(getpid(), NULL, &map), -ENOENT);
	write_map(getpid(), "w", "1000 8 one\n");
	assert_int_equal(perf_map__read(getpid(), NULL, &map), 0);
	check(map, 0x1000, "one");
	assert_false(perf_map__stale(map, getpid(), NULL));
	write_map(getpid(), "a", "2000 8 two\n");
	assert_true(perf_map__stale(map, getpid(), NULL));
	unlink(path_of(getpid()));
	assert_false(perf_map__stale(map, getpid(), NULL)); /* what was read stays */
	perf_map__free(map);
}

static void traps(void **state)
{
	struct perf_map *map;

	(void)state;
	unlink(path_of(getpid()));
	assert_int_equal(mkfifo(path_of(getpid()), 0600), 0);
	alarm(120);
	assert_int_equal(perf_map__read(getpid(), NULL, &map), -EINVAL);
	alarm(0);
	unlink(path_of(getpid()));
	assert_int_equal(symlink("/dev/zero", path_of(getpid())), 0);
	assert_int_equal(perf_map__read(getpid(), NULL, &map), -EINVAL);
	unlink(path_of(getpid()));
	/* whoever made the link: what it leads to belongs to the right user */
	write_map(-1, "w", "1000 8 elsewhere\n");
	assert_int_equal(symlink("/tmp/perf--1.map", path_of(getpid())), 0);
	assert_int_equal(perf_map__read(getpid(), NULL, &map), -EINVAL);
	unlink(path_of(getpid()));
	assert_int_equal(link("/tmp/perf--1.map", path_of(getpid())), 0);
	assert_int_equal(perf_map__read(getpid(), NULL, &map), -EPERM);
	unlink(path_of(getpid()));
	unlink(path_of(-1));
	assert_int_equal(perf_map__read(1 << 30, NULL, &map), -ESRCH);
	if (geteuid()) {
		print_message("SKIPPED: another user's file needs root\n");
		skip();
	}
	write_map(getpid(), "w", "1000 8 planted\n");
	assert_int_equal(chown(path_of(getpid()), 65534, 65534), 0);
	assert_int_equal(perf_map__read(getpid(), NULL, &map), -EPERM);
	unlink(path_of(getpid()));
}

/* A process in a pid namespace writes the pid that it has there. */
static void pid_namespace(void **state)
{
	struct perf_map *map;
	int ready[2], status;
	pid_t outer, inner;

	(void)state;
	if (geteuid()) {
		print_message("SKIPPED: a pid namespace needs root\n");
		skip();
	}
	assert_int_equal(pipe(ready), 0);
	outer = fork();
	assert_true(outer >= 0);
	if (!outer) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWPID))
			_exit(1);
		inner = fork();
		if (!inner) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			/* in it this is process 1; out of it no one has that name */
			write_map(getpid(), "w", "1000 8 within\n");
			pause();
		}
		usleep(200000);
		if (write(ready[1], &inner, sizeof(inner)) < 0)
			_exit(1);
		waitpid(inner, &status, 0);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &inner, sizeof(inner)), sizeof(inner));
	assert_true(inner > 1);
	assert_int_equal(perf_map__read(inner, NULL, &map), 0);
	check(map, 0x1000, "within");
	perf_map__free(map);
	kill(inner, SIGKILL);
	waitpid(outer, &status, 0);
	unlink(path_of(1));
	close(ready[0]);
	close(ready[1]);
}

/* A process in a chroot writes it to the /tmp that it has there. */
static void in_a_chroot(void **state)
{
	char root[] = "/tmp/sockleak-root-XXXXXX", path[64];
	struct perf_map *map;
	int ready[2], status;
	pid_t pid;

	(void)state;
	if (geteuid()) {
		print_message("SKIPPED: a chroot needs root\n");
		skip();
	}
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/tmp", root);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (chroot(root))
			_exit(1);
		write_map(getpid(), "w", "1000 8 within\n");
		if (write(ready[1], "", 1) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], path, 1), 1);
	assert_int_equal(perf_map__read(pid, NULL, &map), 0);
	check(map, 0x1000, "within");
	perf_map__free(map);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(ready[0]);
	snprintf(path, sizeof(path), "%s%s", root, path_of(pid));
	unlink(path);
	snprintf(path, sizeof(path), "%s/tmp", root);
	rmdir(path);
	rmdir(root);
}

/* ---- A stack with it ---- */

static void in_a_stack(void **state)
{
	struct symbols *symbols = symbols__new();
	unsigned char *code =
		mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u64 pcs[2] = { (uintptr_t)code + 9, (uintptr_t)code + 41 };
	struct stack *stack;
	char text[128];
	__u64 site;

	(void)state;
	assert_true(symbols && code != MAP_FAILED);
	snprintf(text, sizeof(text), "%llx 8 JS:*leak app.js:1\n", (__u64)(uintptr_t)code + 1);
	write_map(getpid(), "w", text);
	assert_int_equal(symbols__resolve(symbols, getpid(), pcs, 2, 0, STACK_FP, &stack), 0);
	assert_int_equal(stack->count, 2);
	assert_string_equal(stack->frames[0].function, "JS:*leak app.js:1");
	assert_string_equal(stack->frames[0].module, FRAME_JIT);
	assert_null(stack->frames[1].function);
	assert_null(stack->frames[1].module);
	site = stack->site;
	stack_unref(stack);

	/* what is compiled later is seen, and the site is the same with and without names */
	snprintf(text, sizeof(text), "%llx 8 JS:*later app.js:2\n", (__u64)(uintptr_t)code + 40);
	write_map(getpid(), "a", text);
	usleep(2100000);
	assert_int_equal(symbols__resolve(symbols, getpid(), pcs, 2, 0, STACK_FP, &stack), 0);
	assert_string_equal(stack->frames[1].function, "JS:*later app.js:2");
	assert_true(stack->site == site);
	stack_unref(stack);
	unlink(path_of(getpid()));
	symbols__free(symbols);
	munmap(code, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format),	 cmocka_unit_test(overlaps),
		cmocka_unit_test(nonsense),	 cmocka_unit_test(large),
		cmocka_unit_test(the_file),	 cmocka_unit_test(traps),
		cmocka_unit_test(pid_namespace), cmocka_unit_test(in_a_chroot),
		cmocka_unit_test(in_a_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
