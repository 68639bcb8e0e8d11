/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output_file: a file that a user names for a result, such as --pprof FILE. A regular
 * file is replaced as a whole (textfile.h). A pipe and a character device, also behind a symbolic
 * link as /dev/stdout is, are written to and never replaced: rename(2) would put a file in the
 * place of /dev/null for the whole host.
 *
 * Every other node is refused, and so is a symbolic link to a file: whoever may plant one would
 * choose which file is replaced. With only_files pipes and devices are refused too: an agent's
 * directory may be another user's, who must not choose a device for it either.
 */
#ifndef SOCKLEAK_OUTPUT_FILE_H
#define SOCKLEAK_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Would a write work, as far as that can be seen? 0; -ELOOP: a symbolic link to a file, or to
 * nothing; -EINVAL: a socket, a block device, or what only_files excludes; or an error of
 * textfile_check() or access(2). textfile_remedy() has the remedies.
 */
int output_file_check(const char *path, bool only_files);

/*
 * Write it, a new file with mode 0666 less the umask. 0 or -errno: those of output_file_check(),
 * textfile_write() and write(2); -ENXIO: nobody reads the pipe; -EINTR: it is not read, and a
 * second signal asked to stop. Nothing waits for a reader that is not there.
 */
int output_file_write(const char *path, bool only_files, const void *data, size_t len);

/* Is it our standard output, and a file or a pipe, in which a report would stand before it? */
bool output_file_is_stdout(const char *path);

/*
 * Would two outputs of these names lose one of both? True of one file under two names, and of files
 * that are not there yet; false of a character device, which keeps nothing anyway.
 */
bool output_file_is_same(const char *one, const char *other);

#endif /* SOCKLEAK_OUTPUT_FILE_H */
