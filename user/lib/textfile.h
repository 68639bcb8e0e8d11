/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * textfile: a file that is replaced as a whole, for node_exporter's textfile
 * collector and for what stands beside it. Whoever reads it sees the old content or
 * the new, never a part; when anything fails the old file is as it was.
 *
 * The new content is written into NAME.PID.tmp in the same directory, a name that
 * the collector does not read (it reads *.prom, and .*.prom too), given mode 0644
 * whatever the umask is, since the collector is another user, and renamed.
 *
 * A symbolic link in the place of the file is replaced, not followed: the directory
 * may be another user's, and the agent has rights that this user has not.
 *
 * There is no fsync: what a host that lost its power had to say of its sockets is
 * worth nothing after it, and a flush of the disk at every write costs its other
 * users. What a file system tells only at close() is looked at before the rename.
 */
#ifndef SOCKLEAK_TEXTFILE_H
#define SOCKLEAK_TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>

struct text;

#define TEXTFILE_SUFFIX ".prom"
/* Where Debian's node_exporter reads. */
#define TEXTFILE_DEFAULT "/var/lib/prometheus/node-exporter/sockleak.prom"

/*
 * Replace the file. 0 or -errno: -ENOSPC or -EDQUOT, -EROFS, -ENOENT (no such
 * directory), -EACCES, -EISDIR (a directory is in its place), -ENAMETOOLONG ...
 */
int textfile_write(const char *path, const void *data, size_t len);

/* The remedy for an error, to be put in parentheses after the cause; NULL = no advice. */
const char *textfile_remedy(int err);

/*
 * Remove what agents that were killed while writing this file have left: temporary
 * files of processes that do not run, or that are older than an hour. 0 or -errno.
 */
int textfile_clean(const char *path);

/* At a clean end: no file, no stale metrics. 0, even if there is no file; or -errno. */
int textfile_remove(const char *path);

/* Would the collector read a file of this name? It ends in .prom, with something before it. */
bool textfile_is_read(const char *path);

/* Add the path of the stacks file that is beside it: .stacks.json in the place of .prom. */
void textfile_add_stacks_path(struct text *text, const char *path);

#endif /* SOCKLEAK_TEXTFILE_H */
