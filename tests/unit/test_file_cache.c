/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache of files: what is shared, what makes a file another, and its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "stacks/files/file_cache.h"
#include "stacks/names/function_name.h"

static char directory[] = "/tmp/sockleak-files-XXXXXX";

static void run(const char *command)
{
	char script[2048];

	snprintf(script, sizeof(script), "cd %s && { %s; }", directory, command);
	if (system(script))
		fail_msg("%s", command);
}

static int open_file(const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	return fd;
}

static struct module_symbols *get(struct file_cache *cache, const char *name, __u64 mount_ns)
{
	struct module_symbols *file = file_cache__get(cache, open_file(name), mount_ns);

	assert_non_null(file);
	return file;
}

static void sharing(void **state)
{
	struct file_cache *cache = file_cache__new(10, 1 << 24);
	struct module_symbols *first = get(cache, "one", 1), *other;
	int before = open_file("one"), after;

	(void)state;
	close(before);
	assert_ptr_equal(get(cache, "one", 1), first);
	assert_ptr_equal(get(cache, "link", 1), first); /* the same by another name */
	assert_ptr_not_equal(get(cache, "two", 1), first);
	assert_int_equal(file_cache__files(cache), 2);
	/* seen in another mount namespace, debug files found there are not for all */
	other = get(cache, "one", 2);
	assert_ptr_not_equal(other, first);
	run("touch one"); /* may have been changed */
	assert_ptr_not_equal(get(cache, "one", 1), first);
	after = open_file("one");
	close(after);
	assert_int_equal(before, after); /* none of them holds a descriptor */
	file_cache__free(cache);
	file_cache__free(NULL);
}

static void bytes(void **state)
{
	const void *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);
	struct file_cache *cache = file_cache__new(10, 1 << 24);
	struct module_symbols *file = file_cache__get_bytes(cache, vdso, 4096);

	(void)state;
	assert_non_null(file);
	assert_non_null(module_symbols_file(file)->elf);
	assert_ptr_equal(file_cache__get_bytes(cache, vdso, 4096), file);
	assert_ptr_not_equal(file_cache__get_bytes(cache, directory, 8), file);
	assert_int_equal(file_cache__files(cache), 2);
	file_cache__free(cache);
}

static void too_many_files(void **state)
{
	struct file_cache *cache = file_cache__new(2, 1 << 24);
	struct module_symbols *one = get(cache, "one", 1), *two = get(cache, "two", 1), *three;

	(void)state;
	assert_true(file_cache__trim(cache, NULL));
	three = get(cache, "three", 1);
	assert_false(file_cache__trim(cache, NULL)); /* all are in use */
	assert_int_equal(file_cache__files(cache), 3);
	file_cache__put(cache, one);
	file_cache__put(cache, two);
	file_cache__touch(cache, one);
	assert_true(file_cache__trim(cache, NULL)); /* two goes: it was used longest ago */
	assert_int_equal(file_cache__files(cache), 2);
	assert_ptr_equal(get(cache, "one", 1), one);
	assert_ptr_equal(get(cache, "three", 1), three);
	file_cache__free(cache);
}

/* "debug" has compressed debug information in a debug file of its own. */
static void too_many_bytes(void **state)
{
	struct file_cache *cache = file_cache__new(10, 200 * 1024);
	struct module_symbols *debug = get(cache, "debug", 1), *one;
	const struct code *code;
	char path[PATH_MAX];
	size_t closed;

	(void)state;
	snprintf(path, sizeof(path), "%s/debug", directory);
	module_symbols_seen_in(debug, getpid(), path);
	assert_true(file_cache__trim(cache, NULL));
	closed = file_cache__bytes(cache);
	code = module_symbols_name(debug, 1);
	assert_non_null(code);
	assert_true(module_symbols_is_open(debug));
	assert_true(module_symbols_has_debug(debug));
	assert_true(file_cache__bytes(cache) > closed + 200 * 1024);
	assert_true(file_cache__trim(cache, debug) == false); /* it is in use right now */
	assert_true(module_symbols_is_open(debug));
	one = get(cache, "one", 1);
	assert_true(file_cache__trim(cache, one));
	assert_false(module_symbols_is_open(debug)); /* the file itself stays */
	assert_int_equal(file_cache__files(cache), 2);
	assert_ptr_equal(module_symbols_name(debug, 1), code); /* names that were made too */
	assert_non_null(module_symbols_name(debug, 2));
	assert_true(module_symbols_is_open(debug));
	file_cache__free(cache);
}

/* A file says what its functions are called: 100 KB each here. */
static void long_names(void **state)
{
	struct module_symbols *file = module_symbols_open(open_file("long"));
	size_t before = module_symbols_memory(file), i;
	const struct code *code;
	GElf_Ehdr ehdr;

	(void)state;
	assert_non_null(gelf_getehdr(module_symbols_file(file)->elf, &ehdr));
	for (i = 0; i < 1000; i++) { /* more than are kept */
		code = module_symbols_name(file, ehdr.e_entry + i);
		assert_non_null(code);
		assert_int_equal(strlen(code->names[0].function), FUNCTION_NAME_MAX - 1);
	}
	module_symbols_shed(file);
	assert_true(module_symbols_memory(file) > before + 512 * (FUNCTION_NAME_MAX - 1));
	assert_true(module_symbols_memory(file) < before + 512 * (FUNCTION_NAME_MAX + 2048));
	module_symbols_free(file);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	run("cp /bin/true one; ln one link; cp /bin/true two; cp /bin/true three; "
	    "(for i in $(seq 3000); do echo \"int some_function_$i(void) { return $i; }\"; done; "
	    "echo 'int main(void) { return 0; }') > debug.c && gcc -g -gz -o debug debug.c && "
	    "objcopy --only-keep-debug debug debug.debug && strip debug && "
	    "objcopy --add-gnu-debuglink=debug.debug debug && "
	    "n=$(printf %0100000d 0 | tr 0 n) && "
	    "printf '.globl %s\\n.type %s, @function\\n%s: .skip 1000\\n.size %s, 1000\\n' "
	    "$n $n $n $n > long.s && gcc -nostdlib -static -Wl,-Ttext=0x401000,-e,0x401000 "
	    "-o long long.s");
	return 0;
}

static int tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sharing),	  cmocka_unit_test(bytes),
		cmocka_unit_test(too_many_files), cmocka_unit_test(too_many_bytes),
		cmocka_unit_test(long_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
