/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host_files: the limit of open files that all processes of the host share. At this limit
 * socket() fails with ENFILE.
 */
#ifndef SOCKLEAK_HOST_FILES_H
#define SOCKLEAK_HOST_FILES_H

#include <linux/types.h>

/* How many are open now, and how many may be: fs.file-nr. 0 or -errno. */
int host_files(__u64 *ret_open, __u64 *ret_max);

/* For the tests: from the text of that file (proc_sys_fs(5)). -EPROTO: the text has another form.
 */
int host_files_parse(const char *text, __u64 *ret_open, __u64 *ret_max);

#endif /* SOCKLEAK_HOST_FILES_H */
