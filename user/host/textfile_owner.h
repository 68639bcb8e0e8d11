/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * textfile_owner: which agent writes a textfile. Its first line, a comment to Prometheus, names
 * the process. Two agents on one file would replace each other's metrics at every write, and a
 * reader would see counters that go up and down.
 *
 * A lock on the file was rejected: every user who may read the file could hold one, and so keep
 * the agent from starting. The line is believed only if the process that it names could have
 * written it: the process still runs, since the same moment, belongs to the file's user, and has
 * a right that an unprivileged user cannot have.
 */
#ifndef SOCKLEAK_TEXTFILE_OWNER_H
#define SOCKLEAK_TEXTFILE_OWNER_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

struct text;

/* Add the line for this process, with its newline. */
void textfile_owner_add(struct text *text);

/* The other agent that writes this file now; 0: none does, as far as can be seen. */
pid_t textfile_owner_other(const char *path);

/* For the tests: what a textfile that begins so says of its writer. False: nothing. */
bool textfile_owner_parse(const char *text, pid_t *ret_pid, __u64 *ret_start_ns);

#endif /* SOCKLEAK_TEXTFILE_OWNER_H */
