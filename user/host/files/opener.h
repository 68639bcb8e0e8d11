/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opener: the child that touches what belongs to other processes, because this process must never
 * wait for anybody. To open or stat a file, or to read a process's memory, can block for as long as
 * a file system's server likes, and nothing ends that. So it is done by a child that has the rights
 * for it (access.h has what is opened), which can be done without (expendable.h).
 *
 * The resolver asks it over a channel of their own: a descriptor of such a file never comes here,
 * where closing it could block as well. This process asks only for plain data.
 *
 * The child is this program again, as OPENER_ARGUMENT: see opener_main().
 */
#ifndef SOCKLEAK_OPENER_H
#define SOCKLEAK_OPENER_H

#include <limits.h>
#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#include "host/expendable.h"
#include "host/files/file_head.h"
#include "host/files/quarantine.h"
#include "host/process.h"

/* argv[1] of the child; main() calls opener_main() then, before anything else. */
#define OPENER_ARGUMENT "--opener"

struct opener;

/* Starts nothing yet. NULL: no memory. */
struct opener *opener__new(void);
/* NULL is allowed. */
void opener__free(struct opener *opener);

/*
 * Start the child unless it runs. -EAGAIN: it could not be started, or too many are stuck.
 * *ret_start counts the starts: another number says that the former child's channel is dead.
 */
int opener__ensure(struct opener *opener, unsigned int *ret_start);

/* A channel for the resolver to ask the child that runs, in *ret_end, to be closed by the caller.
 */
int opener__link(struct opener *opener, int *ret_end);

/* From now on the resolver may have the memory of this process, and of no other; 0 = of none. */
int opener__allow_memory(struct opener *opener, pid_t tgid);

/* It is stuck, or somebody who waited for it was: the next question starts another one. */
void opener__give_up(struct opener *opener, uid_t uid);

/*
 * The resolver is at work with it on a question that nobody waits for: so it is not asked for plain
 * data, which it may not come to answer.
 */
void opener__occupy(struct opener *opener, bool is_occupied);

/*
 * From now on no answer is waited for longer than a twentieth of a second, because the agent has
 * other work. A question that is not answered by then goes on, and its answer is thrown away: it
 * returns -EINPROGRESS, and others return -EBUSY until that one was answered or given up. So a
 * process that keeps its memory locked costs the agent a twentieth of a second, and processes of
 * however many users a tenth of its time.
 */
void opener__hurry(struct opener *opener, bool hurries);
/* The next questions were asked so often before, at most six times: as resolver__be_patient(). */
void opener__be_patient(struct opener *opener, unsigned int attempts);
/*
 * Is it at work on a question that nobody waits for? Takes notice of its answer. In a hurry it
 * never waits; otherwise it waits for that answer, until it is late.
 */
bool opener__is_busy(struct opener *opener);
/* The descriptor that can be read when that answer comes; -1 = none. */
int opener__answers_fd(const struct opener *opener);
/* How many questions were not answered, of -EINPROGRESS and -EBUSY. */
__u64 opener__unanswered(const struct opener *opener);

/* The child's pid; 0 = none runs. */
pid_t opener__pid(const struct opener *opener);

/* How often it was given up over plain data. */
__u64 opener__late(const struct opener *opener);

/*
 * The users whose files are left alone, and the children that did not end. Both are shared with the
 * resolver.
 */
struct quarantine *opener__quarantine(struct opener *opener);
struct expendables *opener__expendables(struct opener *opener);
/* Are the files of a process to be left alone? */
bool opener__refuses(struct opener *opener, pid_t tgid, uid_t uid);

/*
 * As process_command(), whose text is in the memory of the process. -ECHILD: the child was stuck
 * over it, or the process is in quarantine. -EAGAIN: the child could not be started. -EINPROGRESS
 * and -EBUSY: see opener__hurry() and opener__occupy().
 */
int opener__command(struct opener *opener, pid_t tgid, char **ret_command);

/* A program as the kernel's side knows it, and whether its process has loaded an interpreter. */
struct program_file {
	__u64 device, inode, size; /* device as the kernel has it */
	__u64 stat_device;	   /* as stat(2) has it */
	__s64 mtime_ns;
	__u32 has_library; /* a library of an interpreter is mapped */
	__u32 pad;
};
/* The errors of open(2) and as above. `libraries`: also find out has_library. */
int opener__program(struct opener *opener, pid_t tgid, bool libraries,
		    struct program_file *ret_program);

/*
 * Is there a stored file at an absolute path of at most OPENER_MAX_PATH bytes, on this host or as
 * the process sees it? 0: yes. The errors of open(2), and as above.
 */
#define OPENER_MAX_PATH (PATH_MAX - 1)
int opener__has_file(struct opener *opener, pid_t tgid, const char *path);

/* file_head_read(), and the errors as above. */
int opener__head(struct opener *opener, const char *path, struct file_head *ret_head);

/* The child's whole life. Returns its exit status. */
int opener_main(void);

#endif /* SOCKLEAK_OPENER_H */
