/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/output/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/signals.h"
#include "lib/text.h"
#include "lib/textfile.h"
#include "lib/write_all.h"

#define BY_NAME (-1) /* a stream that has to be opened */

/* How a path is written to. */
struct output_way {
	bool is_stream; /* otherwise replaced as a file */
	int fd; /* of a stream: the standard descriptor that the path leads to, or BY_NAME */
};

static bool is_same_node(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static bool is_stream(const struct stat *node)
{
	return S_ISFIFO(node->st_mode) || S_ISCHR(node->st_mode);
}

/* Our standard output or standard error, if it is this node; otherwise BY_NAME. */
static int standard_fd(const struct stat *node)
{
	struct stat standard;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &standard) && is_same_node(node, &standard))
			return fd;
	return BY_NAME;
}

/* A link such as /dev/stdout, which may lead to a file or a socket that only we have open. */
static int way_of_link(const char *path, struct output_way *ret_way)
{
	struct stat node;
	int fd;

	if (stat(path, &node))
		return -ELOOP;
	fd = standard_fd(&node);
	if (fd == BY_NAME && !is_stream(&node))
		return S_ISREG(node.st_mode) ? -ELOOP : S_ISDIR(node.st_mode) ? -EISDIR : -EINVAL;
	*ret_way = (struct output_way){ .is_stream = true, .fd = fd };
	return 0;
}

static int output_way_of(const char *path, bool only_files, struct output_way *ret_way)
{
	struct stat node;

	/* textfile.h knows better why a name cannot be used. */
	if (lstat(path, &node) || S_ISREG(node.st_mode) || S_ISDIR(node.st_mode)) {
		*ret_way = (struct output_way){ .is_stream = false };
		return 0;
	}
	if (only_files)
		return S_ISLNK(node.st_mode) ? -ELOOP : -EINVAL;
	if (S_ISLNK(node.st_mode))
		return way_of_link(path, ret_way);
	if (!is_stream(&node))
		return -EINVAL;
	*ret_way = (struct output_way){ .is_stream = true, .fd = BY_NAME };
	return 0;
}

int output_file_check(const char *path, bool only_files)
{
	struct output_way way;
	int err = output_way_of(path, only_files, &way);

	if (err)
		return err;
	if (!way.is_stream)
		return textfile_check(path);
	if (way.fd != BY_NAME)
		return 0;
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) ? -errno : 0;
}

/*
 * O_NONBLOCK: to open a pipe that nobody reads would wait for ever. The file that was opened is
 * looked at again, because another node may have taken the name since.
 */
static int write_stream(const char *path, const void *data, size_t len)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat node;

	if (fd < 0 || fstat(fd, &node))
		return -errno;
	if (!is_stream(&node))
		return -EINVAL;
	if (fcntl(fd, F_SETFL, O_WRONLY))
		return -errno;
	return write_all(fd, data, len, signals_stop_insisted);
}

int output_file_write(const char *path, bool only_files, const void *data, size_t len)
{
	struct output_way way;
	int err = output_way_of(path, only_files, &way);

	if (err)
		return err;
	if (!way.is_stream)
		return textfile_write_by_umask(path, data, len);
	if (way.fd != BY_NAME)
		return write_all(way.fd, data, len, signals_stop_insisted);
	return write_stream(path, data, len);
}

/* ---- Names ---- */

bool output_file_is_stdout(const char *path)
{
	struct stat node, standard;

	return !stat(path, &node) && !fstat(STDOUT_FILENO, &standard) &&
	       is_same_node(&node, &standard) && !S_ISCHR(node.st_mode);
}

static int stat_directory(const char *path, struct stat *ret)
{
	_cleanup_text_ struct text directory = TEXT_INIT;
	const char *slash = strrchr(path, '/');

	if (slash)
		text_add_bytes(&directory, path, (size_t)(slash - path) + 1);
	else
		text_add(&directory, ".");
	return text_error(&directory) ?: stat(text_str(&directory), ret);
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool output_file_is_same(const char *one, const char *other)
{
	struct stat first, second;
	int first_err = stat(one, &first), second_err = stat(other, &second);

	if (!first_err && !second_err)
		return is_same_node(&first, &second) && !S_ISCHR(first.st_mode);
	if (!first_err || !second_err)
		return false;
	if (!strcmp(one, other))
		return true;
	return !strcmp(last_name(one), last_name(other)) && !stat_directory(one, &first) &&
	       !stat_directory(other, &second) && is_same_node(&first, &second);
}
