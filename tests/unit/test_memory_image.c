/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unwind: through a library whose file cannot be opened any more, by what the process has of it in
 * its memory. Run as a user without rights: root opens everything.
 */
#include "unwind_fixture.h"

#include <grp.h>
#include <sys/stat.h>

#include "host/files/memory_image.h"
#include "stacks/files/memory_file.h"

#define NOBODY 65534

static const char library[] = "#include <sys/socket.h>\n"
			      "int exported(int type);\n"
			      "__attribute__((noinline)) static int hidden(int type)\n"
			      "{\n"
			      "	return socket(AF_INET, type, 0) + 1;\n"
			      "}\n"
			      "int exported(int type) { return hidden(type) + 1; }\n";

static const char user[] = "int exported(int type);\n"
			   "int main(int argc, char **argv) { return exported(argc) + 1; }\n";

static char *path_of(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void a_file_that_cannot_be_opened(void **state)
{
	static const char *const linkers[] = { "", "-Wl,-z,noseparate-code" };

	(void)state;
	write_file("library.c", library);
	write_file("user.c", user);
	for (size_t i = 0; i < 2; i++) {
		struct snapshot *snapshot;
		struct stack *stack;
		pid_t pid;

		run("gcc -O1 -fomit-frame-pointer -shared -fPIC %s -o libimage.so library.c && "
		    "gcc -O1 -o user user.c -L. -limage -Wl,-rpath,$PWD",
		    linkers[i]);
		pid = start("user", "plain", AF_INET);
		assert_int_equal(chmod(path_of("libimage.so"), 0), 0);
		snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
		stack = unwind(pid, snapshot);
		if (stack->count < 4)
			print(stack);
		assert_true(stack->count >= 4);
		assert_null(stack->frames[1].function); /* it is in .symtab alone */
		assert_int_equal(stack->frames[1].source, FRAME_CFI);
		assert_string_equal(stack->frames[2].function, "exported");
		assert_int_equal(stack->frames[2].source, FRAME_CFI);
		assert_non_null(strstr(stack->frames[2].module, "libimage.so"));
		assert_string_equal(stack->frames[3].function, "main");
		expect_outermost(stack);
		stack_unref(stack);
		free(snapshot);
		stop_process(pid);
		assert_int_equal(chmod(path_of("libimage.so"), 0700), 0);
	}
}

/* Nobody's memory is copied where the file can be had. */
static void a_file_that_can_be_opened(void **state)
{
	pid_t pid = start("user", "plain", AF_INET);
	struct modules *modules = NULL;
	int fd = -1;

	(void)state;
	assert_int_equal(modules__read(pid, &modules), 0);
	for (size_t i = 0; i < modules__count(modules); i++)
		if (mapping_is_file(modules__get(modules, i)))
			assert_int_equal(process_copy_image(pid, modules__get(modules, i), &fd),
					 -EINVAL);
	assert_int_equal(fd, -1);
	modules__free(modules);
	stop_process(pid);
}

/* Whatever a process has as its headers, nothing is written outside (ASan). */
static void hostile_headers(void **state)
{
	unsigned char page[4096];
	FILE *file = fopen("/proc/self/exe", "re");

	(void)state;
	assert_non_null(file);
	assert_int_equal(fread(page, 1, sizeof(page), file), sizeof(page));
	fclose(file);
	srand(11);
	for (int i = 0; i < 2000; i++) {
		size_t len = (size_t)rand() % sizeof(page);
		unsigned char *bytes = malloc(len + 1);

		assert_non_null(bytes);
		memcpy(bytes, page, len);
		for (int n = 0; n < 8 && len > 64; n++)
			bytes[24 + (size_t)rand() % (len - 24)] = (unsigned char)rand();
		memory_file_restore(bytes, len, (__u64)rand() << 20);
		free(bytes);
	}
	assert_false(memory_file_restore(page, 10, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_cannot_be_opened),
		cmocka_unit_test(a_file_that_can_be_opened),
		cmocka_unit_test(hostile_headers),
	};

	if (!geteuid() && (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
			   setresuid(NOBODY, NOBODY, NOBODY)))
		return 1;
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
