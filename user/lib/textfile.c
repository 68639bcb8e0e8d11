/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/textfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "lib/write_all.h"

#define TEMPORARY ".tmp"
#define OLD_S 3600 /* no write takes this long; the pid may be another process's by then */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/*
 * Held open, so that every step is done in one and the same directory. O_PATH, because
 * writing there does not require the right to list it.
 */
static int open_directory(const char *path, int flags)
{
	_cleanup_text_ struct text directory = TEXT_INIT;
	const char *base = base_name(path);
	int fd;

	if (!*base)
		return -EISDIR;
	if (base == path)
		text_add(&directory, ".");
	else
		text_add_bytes(&directory, path, (size_t)(base - path));
	if (text_error(&directory))
		return -ENOMEM;
	fd = open(text_str(&directory), flags | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A new file of this name, whole and closed; mode 0: 0666 less the umask. */
static int write_new(int directory, const char *name, const void *data, size_t len, mode_t mode)
{
	int fd, err;

	/* The file has our pid, so an earlier process with that pid has left it. */
	if (unlinkat(directory, name, 0) && errno != ENOENT)
		return -errno;
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    mode ? 0600 : 0666);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len, /* stops= */ NULL);
	if (!err && mode && fchmod(fd, mode))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

/*
 * A pipe or a device in the place of the file is not replaced: others use it. A directory makes
 * the rename fail.
 */
static int refuse_node(int directory, const char *name)
{
	struct stat node;

	if (fstatat(directory, name, &node, AT_SYMLINK_NOFOLLOW) || S_ISREG(node.st_mode) ||
	    S_ISLNK(node.st_mode) || S_ISDIR(node.st_mode))
		return 0;
	return -EINVAL;
}

static int replace_file(const char *path, const void *data, size_t len, mode_t mode)
{
	_cleanup_close_ int directory = open_directory(path, O_PATH);
	_cleanup_text_ struct text name = TEXT_INIT;
	int err;

	if (directory < 0)
		return directory;
	text_addf(&name, "%s.%d" TEMPORARY, base_name(path), (int)getpid());
	if (text_error(&name))
		return -ENOMEM;
	err = write_new(directory, text_str(&name), data, len, mode);
	if (!err)
		err = refuse_node(directory, base_name(path));
	if (!err && renameat(directory, text_str(&name), directory, base_name(path)))
		err = -errno;
	if (err)
		unlinkat(directory, text_str(&name), 0);
	return err;
}

int textfile_write(const char *path, const void *data, size_t len, mode_t mode)
{
	return replace_file(path, data, len, mode);
}

int textfile_write_by_umask(const char *path, const void *data, size_t len)
{
	return replace_file(path, data, len, /* mode= */ 0);
}

int textfile_check(const char *path)
{
	_cleanup_close_ int directory = open_directory(path, O_PATH);
	struct stat stat;

	if (directory < 0)
		return directory;
	if (!fstatat(directory, base_name(path), &stat, 0) && !S_ISREG(stat.st_mode))
		return S_ISDIR(stat.st_mode) ? -EISDIR : -EINVAL;
	return faccessat(directory, ".", W_OK | X_OK, AT_EACCESS) ? -errno : 0;
}

const char *textfile_remedy(int err)
{
	switch (-err) {
	case ENOENT:
	case ENOTDIR:
		return "create its directory";
	case EACCES:
	case EPERM:
		return "let the agent's user write to its directory";
	case EROFS:
		return "its file system is read-only: remount it, or choose another directory";
	case ENOSPC:
	case EDQUOT:
		return "free some room there";
	case EISDIR:
		return "a directory is in its place: name a file";
	case EINVAL:
		return "what is in its place is not a regular file: name one";
	case ELOOP:
		return "a symbolic link is in its place: name the file itself";
	case ENXIO:
		return "nobody reads the pipe: start its reader first";
	case ENAMETOOLONG:
		return "choose a shorter name";
	default:
		return NULL;
	}
}

/* ---- What killed agents have left ---- */

/* The pid in the name of a temporary file of the file; 0: another name. */
static pid_t pid_in(const char *name, const char *base)
{
	size_t len = strlen(base);
	unsigned long pid;
	char *end;

	if (strncmp(name, base, len) != 0 || name[len] != '.')
		return 0;
	name += len + 1;
	if (*name < '1' || *name > '9')
		return 0;
	errno = 0;
	pid = strtoul(name, &end, 10);
	return errno || pid > 0x7fffffff || strcmp(end, TEMPORARY) != 0 ? 0 : (pid_t)pid;
}

static bool is_left(int directory, const char *name, pid_t pid)
{
	struct stat stat;

	if (pid == getpid() || (kill(pid, 0) && errno == ESRCH))
		return true;
	return !fstatat(directory, name, &stat, AT_SYMLINK_NOFOLLOW) &&
	       stat.st_mtime + OLD_S < time(NULL);
}

int textfile_clean(const char *path)
{
	int fd = open_directory(path, O_RDONLY), err = 0;
	const struct dirent *entry;
	DIR *directory;
	pid_t pid;

	if (fd < 0)
		return fd;
	directory = fdopendir(fd);
	if (!directory) {
		err = -errno;
		close(fd);
		return err;
	}
	while ((entry = readdir(directory))) {
		pid = pid_in(entry->d_name, base_name(path));
		if (pid && is_left(fd, entry->d_name, pid) && unlinkat(fd, entry->d_name, 0))
			err = -errno;
	}
	closedir(directory);
	return err;
}

int textfile_remove(const char *path)
{
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

/* ---- Names ---- */

static bool ends_in_suffix(const char *base)
{
	size_t len = strlen(base), suffix = strlen(TEXTFILE_SUFFIX);

	return len > suffix && !strcmp(base + len - suffix, TEXTFILE_SUFFIX);
}

bool textfile_is_read(const char *path)
{
	return ends_in_suffix(base_name(path));
}

void textfile_add_stacks_path(struct text *text, const char *path)
{
	size_t len = strlen(path);

	if (textfile_is_read(path))
		len -= strlen(TEXTFILE_SUFFIX);
	text_add_bytes(text, path, len);
	text_add(text, ".stacks.json");
}
