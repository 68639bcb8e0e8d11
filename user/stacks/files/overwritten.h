/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * overwritten: was a file written to while a process had it mapped? Then the process has stacks of
 * code that is not in the file any more, and names of what is there now would be false ones.
 */
#ifndef SOCKLEAK_OVERWRITTEN_H
#define SOCKLEAK_OVERWRITTEN_H

#include <linux/types.h>
#include <stdbool.h>

/*
 * By the file's times: it is older than the process, which began `start_ns` after boot, and was
 * written to after that. When it was mapped is not known, so a file that was overwritten before a
 * process loaded it late counts, too. A file that was made after the process began does not: so
 * are libraries that programs unpack and load. Where the file system does not say when a file was
 * made, the answer is false. Package managers and linkers replace files, and overwrite none.
 */
bool file_was_overwritten(int fd, __u64 start_ns);

#endif /* SOCKLEAK_OVERWRITTEN_H */
