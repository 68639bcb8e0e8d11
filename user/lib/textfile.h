/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * textfile: a file that is replaced as a whole, for node_exporter's textfile collector,
 * for the stacks file beside it, and for profiles. A reader sees the old content or the new, never
 * a part. If anything fails, the old file is unchanged.
 *
 * The new content is written into NAME.PID.tmp in the same directory, a name that the
 * collector does not read (it reads *.prom, and .*.prom too). The file gets its mode, 0644 unless
 * the user chose another (--textfile-mode), whatever the umask is, because the collector is
 * another user, and is then renamed.
 *
 * A symbolic link in the place of the file is replaced, not followed: the directory may be
 * another user's, and the agent has rights that this user does not have. A pipe, a socket and
 * a device are never replaced, because others use them: output_file.h writes to some of these.
 *
 * There is no fsync. After a loss of power the state of the sockets before it is worthless,
 * and a flush of the disk at every write costs the other users of the host. Errors that a
 * file system reports only at close() are checked before the rename.
 */
#ifndef SOCKLEAK_TEXTFILE_H
#define SOCKLEAK_TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct text;

#define TEXTFILE_SUFFIX ".prom"
/* Where Debian's node_exporter reads. */
#define TEXTFILE_DEFAULT "/var/lib/prometheus/node-exporter/sockleak.prom"
/* What is said if its directory does not exist. */
#define TEXTFILE_DEFAULT_LACKS \
	"its directory does not exist yet (the service makes it when it starts)"

/*
 * Replace the file. 0 or -errno: -ENOSPC or -EDQUOT, -EROFS, -ENOENT (no such
 * directory), -EACCES, -EISDIR (a directory is in its place), -EINVAL (something else that is not
 * a file), -ENAMETOOLONG ...
 */
int textfile_write(const char *path, const void *data, size_t len, mode_t mode);

/* The same for a file that is not for the collector: its mode is 0666 less the umask. */
int textfile_write_by_umask(const char *path, const void *data, size_t len);

/*
 * Would a write to it work, as far as that can be seen? 0 or -errno, likewise; -EINVAL also for a
 * symbolic link to a device.
 */
int textfile_check(const char *path);

/*
 * The remedy for an error, also of output_file.h, to be put in parentheses after the cause; NULL =
 * no advice.
 */
const char *textfile_remedy(int err);

/*
 * Remove what agents that were killed while writing this file have left: temporary
 * files of processes that do not run, or that are older than an hour. 0 or -errno.
 */
int textfile_clean(const char *path);

/*
 * At a clean end: remove the file, so that no metrics are stale. 0, even if there is no
 * file; or -errno.
 */
int textfile_remove(const char *path);

/* Would the collector read a file of this name? It ends in .prom, with something before it. */
bool textfile_is_read(const char *path);

/* Add the path of the stacks file beside it: .stacks.json replaces .prom. */
void textfile_add_stacks_path(struct text *text, const char *path);

#endif /* SOCKLEAK_TEXTFILE_H */
