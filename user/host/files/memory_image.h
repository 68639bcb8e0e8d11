/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory_image: what a process has mapped of a file that cannot be opened: one on a FUSE of another
 * user, or on NFS with root_squash. Parses nothing but lines of maps.
 */
#ifndef SOCKLEAK_MEMORY_IMAGE_H
#define SOCKLEAK_MEMORY_IMAGE_H

#include <sys/types.h>

#include "host/files/mapping.h"

/*
 * A copy of the parts of a mapping's file that the process has mapped and cannot write to, each
 * where it stands in the file, 32 MiB at most, as a file in memory: *ret_fd, to be closed by the
 * caller. -EINVAL: the file itself can be opened, or is too large; other memory is nobody's
 * business. -ESRCH, -EACCES, -EPERM and the errors of mapping_open().
 */
int process_copy_image(pid_t tgid, const struct mapping *mapping, int *ret_fd);

#endif /* SOCKLEAK_MEMORY_IMAGE_H */
