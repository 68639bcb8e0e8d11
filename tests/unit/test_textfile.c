/* SPDX-License-Identifier: BSD-2-Clause */
/* textfile: replaced as a whole or not at all, and what a killed agent has left. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/text.h"
#include "lib/textfile.h"

static char directory[64], path[128];

static int begin(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/sockleak-textfile-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/s.prom", directory);
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
	char found[256] = "";
	FILE *file = fopen(name, "r");

	assert_non_null(file);
	found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(found, content);
}

static bool is_there(const char *name)
{
	char whole[256];
	struct stat stat;

	snprintf(whole, sizeof(whole), "%s/%s", directory, name);
	return !lstat(whole, &stat);
}

static unsigned int files(void)
{
	char command[128];
	unsigned int count = 0;
	FILE *list;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", directory);
	list = popen(command, "r");
	assert_int_equal(fscanf(list, "%u", &count), 1);
	pclose(list);
	return count;
}

static void make_file(const char *name)
{
	char whole[256];
	int fd;

	snprintf(whole, sizeof(whole), "%s/%s", directory, name);
	fd = open(whole, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void all_may_read_it(void **state)
{
	mode_t mask = umask(077);
	struct stat stat;

	(void)state;
	assert_int_equal(textfile_write(path, "one\n", 4, 0644), 0);
	assert_int_equal(textfile_write(path, "two\n", 4, 0644), 0);
	umask(mask);
	expect_content(path, "two\n");
	assert_int_equal(lstat(path, &stat), 0);
	assert_int_equal(stat.st_mode & 07777, 0644);
	assert_int_equal(files(), 1);
	assert_int_equal(textfile_remove(path), 0);
	assert_int_equal(textfile_remove(path), 0);
	assert_int_equal(files(), 0);
}

/* All of one letter, and of the size that goes with it? */
static bool is_whole(void)
{
	static char found[40000];
	int fd = open(path, O_RDONLY);
	ssize_t len, i;

	if (fd < 0)
		return false;
	len = read(fd, found, sizeof(found));
	close(fd);
	for (i = 1; i < len && found[i] == found[0]; i++)
		;
	return i == len && len == (found[0] - 'a' + 1) * 1000;
}

static void a_reader_sees_the_old_or_the_new(void **state)
{
	static char content[40000];
	int status;
	pid_t child;

	(void)state;
	memset(content, 'a', 1000);
	assert_int_equal(textfile_write(path, content, 1000, 0644), 0);
	child = fork();
	if (!child) {
		for (int i = 0; i < 1000; i++) {
			int letter = i % 26;

			memset(content, 'a' + letter, sizeof(content));
			if (textfile_write(path, content, (size_t)(letter + 1) * 1000, 0644))
				_exit(1);
		}
		_exit(0);
	}
	while (!waitpid(child, &status, WNOHANG))
		assert_true(is_whole());
	assert_int_equal(status, 0);
	assert_int_equal(files(), 1);
}

static void a_name_alone_is_in_the_working_directory(void **state)
{
	char before[4096];

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(textfile_write("s.prom", "x", 1, 0644), 0);
	assert_int_equal(chdir(before), 0);
	expect_content(path, "x");
}

static void a_link_is_replaced(void **state)
{
	char target[128];
	struct stat stat;

	(void)state;
	snprintf(target, sizeof(target), "%s/shadow", directory);
	make_file("shadow");
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(textfile_write(path, "x", 1, 0644), 0);
	expect_content(target, "");
	assert_int_equal(lstat(path, &stat), 0);
	assert_true(S_ISREG(stat.st_mode));
}

/* The agent would take it from everyone who uses it: renamed over, /dev/null is a file. */
static void a_pipe_or_a_device_is_refused(void **state)
{
	char target[128];
	struct stat stat;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(textfile_check(path), -EINVAL);
	assert_int_equal(textfile_write(path, "x", 1, 0644), -EINVAL);
	assert_int_equal(textfile_write_by_umask(path, "x", 1), -EINVAL);
	assert_int_equal(lstat(path, &stat), 0);
	assert_true(S_ISFIFO(stat.st_mode));
	assert_int_equal(files(), 1);
	snprintf(target, sizeof(target), "%s/link", directory);
	assert_int_equal(symlink(path, target), 0);
	assert_int_equal(textfile_check(target), -EINVAL);
	assert_non_null(textfile_remedy(-EINVAL));
}

/* One that waits in the place of the temporary file, too. */
static void a_planted_link_is_not_followed(void **state)
{
	char target[128], temporary[160];

	(void)state;
	snprintf(target, sizeof(target), "%s/shadow", directory);
	snprintf(temporary, sizeof(temporary), "%s.%d.tmp", path, (int)getpid());
	make_file("shadow");
	assert_int_equal(symlink(target, temporary), 0);
	assert_int_equal(textfile_write(path, "x", 1, 0644), 0);
	expect_content(target, "");
	expect_content(path, "x");
	assert_int_equal(files(), 2);
}

static void what_cannot_be_written_is_said(void **state)
{
	char name[400];

	(void)state;
	assert_int_equal(textfile_write("/no/such/directory/s.prom", "x", 1, 0644), -ENOENT);
	assert_int_equal(textfile_write("/tmp/", "x", 1, 0644), -EISDIR);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(textfile_write(path, "x", 1, 0644), -EISDIR);
	assert_int_equal(files(), 1);
	snprintf(name, sizeof(name), "%s/%0255d", directory, 1);
	assert_int_equal(textfile_write(name, "x", 1, 0644), -ENAMETOOLONG);
	snprintf(name, sizeof(name), "%s/s.prom", path);
	assert_int_equal(rmdir(path), 0);
	make_file("s.prom");
	assert_int_equal(textfile_write(name, "x", 1, 0644), -ENOTDIR);
	assert_non_null(textfile_remedy(-ENOSPC));
	assert_non_null(textfile_remedy(-EROFS));
	assert_null(textfile_remedy(-EIO));
}

/* A profile may have addresses in it that are not for all users. */
static void the_umask_holds_if_asked_for(void **state)
{
	mode_t before = umask(077);
	struct stat stat;

	(void)state;
	assert_int_equal(textfile_write_by_umask(path, "x", 1), 0);
	assert_int_equal(lstat(path, &stat), 0);
	assert_int_equal(stat.st_mode & 0777, 0600);
	umask(0);
	assert_int_equal(textfile_write_by_umask(path, "x", 1), 0);
	umask(before);
	assert_int_equal(lstat(path, &stat), 0);
	assert_int_equal(stat.st_mode & 0777, 0666);
}

static void a_check_says_what_a_write_would(void **state)
{
	(void)state;
	assert_int_equal(textfile_check(path), 0);
	assert_int_equal(files(), 0);
	assert_int_equal(textfile_check(directory), -EISDIR);
	assert_int_equal(textfile_check("/no/such/directory/s.prom"), -ENOENT);
	make_file("s.prom");
	assert_int_equal(textfile_check(path), 0);
	expect_content(path, "");
}

static void without_rights_the_old_one_stays(void **state)
{
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(textfile_write(path, "old", 3, 0644), 0);
	assert_int_equal(chmod(directory, 0555), 0);
	child = fork();
	if (!child) {
		if (!getuid() && setuid(65534))
			_exit(2);
		_exit(textfile_check(path) != -EACCES ||
		      textfile_write(path, "new", 3, 0644) != -EACCES);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_equal(status, 0);
	expect_content(path, "old");
}

/* The kernel's limit on the size of files fails in write(), as a full disk does. */
static void a_file_that_does_not_fit_leaves_the_old_one(void **state)
{
	struct rlimit before, small;
	char large[8192];
	int err;

	(void)state;
	assert_int_equal(textfile_write(path, "old", 3, 0644), 0);
	memset(large, 'x', sizeof(large));
	getrlimit(RLIMIT_FSIZE, &before);
	small = (struct rlimit){ 4096, before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	err = textfile_write(path, large, sizeof(large), 0644);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(err, -EFBIG);
	expect_content(path, "old");
	assert_int_equal(files(), 1);
}

/* A full and then a read-only file system of its own, which only root can mount. */
static void a_full_disk_leaves_the_old_one(void **state)
{
	static char large[256 * 1024];
	int full, sealed;

	(void)state;
	if (mount("none", directory, "tmpfs", 0, "size=64k")) {
		print_message("skipped: only root can mount a small file system\n");
		skip();
	}
	assert_int_equal(textfile_write(path, "old", 3, 0644), 0);
	memset(large, 'x', sizeof(large));
	full = textfile_write(path, large, sizeof(large), 0644);
	expect_content(path, "old");
	assert_int_equal(files(), 1);
	assert_int_equal(mount("none", directory, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=64k"), 0);
	sealed = textfile_write(path, "new", 3, 0644);
	expect_content(path, "old");
	assert_int_equal(umount(directory), 0);
	assert_int_equal(full, -ENOSPC);
	assert_int_equal(sealed, -EROFS);
}

/* Not those of another file, nor of an agent that runs. */
static void leftovers_are_removed(void **state)
{
	char name[64], whole[256];
	struct timespec old[2] = { { .tv_sec = time(NULL) - 7200 },
				   { .tv_sec = time(NULL) - 7200 } };
	pid_t ended = fork();

	(void)state;
	if (!ended)
		_exit(0);
	waitpid(ended, NULL, 0);
	make_file("s.prom.1.tmp");
	make_file("s.prom.x.tmp");
	make_file("s.prom.01.tmp");
	make_file("s.prom.1.tmp.prom");
	make_file("other.prom.1.tmp");
	snprintf(name, sizeof(name), "s.prom.%d.tmp", (int)ended);
	make_file(name);
	assert_int_equal(textfile_clean(path), 0);
	assert_false(is_there(name));
	assert_int_equal(files(), 5);
	snprintf(whole, sizeof(whole), "%s/s.prom.1.tmp", directory);
	assert_int_equal(utimensat(AT_FDCWD, whole, old, 0), 0);
	assert_int_equal(textfile_clean(path), 0);
	assert_false(is_there("s.prom.1.tmp"));
	assert_int_equal(files(), 4);
	assert_int_equal(textfile_clean("/no/such/directory/s.prom"), -ENOENT);
}

static void names(void **state)
{
	_cleanup_text_ struct text stacks = TEXT_INIT, other = TEXT_INIT;

	(void)state;
	assert_true(textfile_is_read("/a/b.prom"));
	assert_false(textfile_is_read("/a/.prom"));
	assert_false(textfile_is_read("/a.prom/b"));
	assert_false(textfile_is_read("/a/b.prom.1.tmp"));
	textfile_add_stacks_path(&stacks, "/a.prom/b.prom");
	assert_string_equal(text_str(&stacks), "/a.prom/b.stacks.json");
	textfile_add_stacks_path(&other, "/a/metrics");
	assert_string_equal(text_str(&other), "/a/metrics.stacks.json");
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(all_may_read_it),
		test(a_reader_sees_the_old_or_the_new),
		test(a_name_alone_is_in_the_working_directory),
		test(a_link_is_replaced),
		test(a_pipe_or_a_device_is_refused),
		test(a_planted_link_is_not_followed),
		test(what_cannot_be_written_is_said),
		test(the_umask_holds_if_asked_for),
		test(a_check_says_what_a_write_would),
		test(without_rights_the_old_one_stays),
		test(a_file_that_does_not_fit_leaves_the_old_one),
		test(a_full_disk_leaves_the_old_one),
		test(leftovers_are_removed),
		test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
