/* SPDX-License-Identifier: BSD-2-Clause */
/* output_file: files are replaced, pipes and devices are written to, and all else is refused. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/textfile.h"
#include "watch/output/output_file.h"

static char directory[64], path[128], link_path[128];

static int begin(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/sockleak-output-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/out", directory);
	snprintf(link_path, sizeof(link_path), "%s/link", directory);
	return 0;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static void expect_content(const char *name, const char *content)
{
	char found[64] = "";
	FILE *file = fopen(name, "r");

	assert_non_null(file);
	found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(found, content);
}

static mode_t type_of(const char *name)
{
	struct stat node;

	assert_int_equal(lstat(name, &node), 0);
	return node.st_mode & S_IFMT;
}

static void a_file_is_replaced(void **state)
{
	(void)state;
	assert_int_equal(output_file_check(path, false), 0);
	assert_int_equal(output_file_write(path, false, "old and long", 12), 0);
	assert_int_equal(output_file_check(path, false), 0);
	assert_int_equal(output_file_write(path, false, "new", 3), 0);
	expect_content(path, "new");
	assert_int_equal(output_file_check(directory, false), -EISDIR);
	assert_int_equal(output_file_check("/no/such/directory/out", false), -ENOENT);
}

/* By its name and by a link to it. */
static void a_pipe_is_written_to(void **state)
{
	char found[16] = "";
	int reader;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(output_file_check(path, false), 0);
	assert_int_equal(output_file_write(path, false, "one", 3),
			 -ENXIO); /* and it does not wait */
	assert_non_null(textfile_remedy(-ENXIO));
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	assert_int_equal(output_file_write(path, false, "one", 3), 0);
	assert_int_equal(output_file_check(link_path, false), 0);
	assert_int_equal(output_file_write(link_path, false, "two", 3), 0);
	assert_int_equal(read(reader, found, sizeof(found)), 6);
	close(reader);
	assert_string_equal(found, "onetwo");
	assert_int_equal(type_of(path), S_IFIFO);
	assert_int_equal(type_of(link_path), S_IFLNK);
}

/* A node of our own that is what /dev/null is. */
static void a_device_stays_a_device(void **state)
{
	(void)state;
	if (mknod(path, S_IFCHR | 0600, makedev(1, 3))) {
		print_message("skipped: only root can make a device\n");
		skip();
	}
	assert_int_equal(output_file_check(path, false), 0);
	if (output_file_write(path, false, "one", 3) == -EACCES) {
		print_message("skipped: the temporary directory is mounted with nodev\n");
		skip();
	}
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(output_file_write(link_path, false, "two", 3), 0);
	assert_int_equal(type_of(path), S_IFCHR);
	assert_int_equal(type_of(link_path), S_IFLNK);
	assert_false(output_file_is_same(path, path));
}

/* As /dev/stdout and /dev/stderr are, if these are files: after what was written there before. */
static void a_link_to_a_standard_file_adds_to_it(void **state)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int before = dup(STDERR_FILENO), err;

	(void)state;
	assert_true(before >= 0 && fd >= 0);
	assert_int_equal(write(fd, "report ", 7), 7);
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	err = output_file_check(link_path, false);
	if (!err)
		err = output_file_write(link_path, false, "profile", 7);
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	close(before);
	close(fd);
	assert_int_equal(err, 0);
	expect_content(path, "report profile");
	assert_int_equal(type_of(link_path), S_IFLNK);
}

static void other_links_are_refused(void **state)
{
	(void)state;
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(output_file_check(link_path, false), -ELOOP);
	assert_int_equal(output_file_write(path, false, "old", 3), 0);
	assert_int_equal(output_file_check(link_path, false), -ELOOP);
	assert_int_equal(output_file_write(link_path, false, "new", 3), -ELOOP);
	assert_non_null(textfile_remedy(-ELOOP));
	expect_content(path, "old");
	assert_int_equal(type_of(link_path), S_IFLNK);
}

static void a_socket_is_refused(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(output_file_check(path, false), -EINVAL);
	assert_int_equal(output_file_write(path, false, "x", 1), -EINVAL);
	close(fd);
	assert_int_equal(type_of(path), S_IFSOCK);
}

static void an_agent_has_only_files(void **state)
{
	struct stat out;

	(void)state;
	assert_int_equal(output_file_write(path, true, "x", 1), 0);
	assert_int_equal(output_file_check(path, true), 0);
	assert_int_equal(symlink("/dev/stdout", link_path), 0);
	assert_int_equal(output_file_check(link_path, true), -ELOOP);
	assert_int_equal(output_file_write(link_path, true, "x", 1), -ELOOP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(output_file_check(path, true), -EINVAL);
	assert_int_equal(output_file_write(path, true, "x", 1), -EINVAL);
	assert_int_equal(type_of(path), S_IFIFO);
	assert_int_equal(fstat(STDOUT_FILENO, &out), 0);
	assert_true(output_file_is_stdout(link_path) == !S_ISCHR(out.st_mode));
	assert_false(output_file_is_stdout(path));
}

static void one_file_has_many_names(void **state)
{
	char other[160];

	(void)state;
	snprintf(other, sizeof(other), "%s/../%s/out", directory, directory + strlen("/tmp/"));
	assert_true(output_file_is_same(path, path));
	assert_true(output_file_is_same(path, other));
	assert_false(output_file_is_same(path, link_path));
	assert_int_equal(output_file_write(path, false, "x", 1), 0);
	assert_true(output_file_is_same(path, other));
	assert_false(output_file_is_same(path, link_path));
	assert_int_equal(symlink(path, link_path), 0);
	assert_true(output_file_is_same(path, link_path));
	assert_true(output_file_is_same("out-that-is-not-there", "./out-that-is-not-there"));
	assert_true(output_file_is_same("/no/such/directory/a", "/no/such/directory/a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_replaced, begin, end),
		cmocka_unit_test_setup_teardown(a_pipe_is_written_to, begin, end),
		cmocka_unit_test_setup_teardown(a_device_stays_a_device, begin, end),
		cmocka_unit_test_setup_teardown(a_link_to_a_standard_file_adds_to_it, begin, end),
		cmocka_unit_test_setup_teardown(other_links_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(a_socket_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(an_agent_has_only_files, begin, end),
		cmocka_unit_test_setup_teardown(one_file_has_many_names, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
