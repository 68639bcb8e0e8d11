/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resolver: stacks and packages, made in a process without privileges. To
 * unwind and to name is to read ELF, DWARF, perf maps and package databases of
 * whoever leaks, and a file that is made for it can crash or hang its reader. So
 * the agent does not read them: it starts a child, which has given up all that it
 * had (sandbox.h), lets the opener (opener.h) open the files that it asks for (access.h), and
 * waits for what it says for a limited time. When the child dies, or is given up for being late
 * or stuck (expendable.h), that costs one stack, which is counted, and its process's files are
 * not opened again for a while (quarantine.h); the next question starts another.
 *
 * The child is this program again, as RESOLVER_ARGUMENT: see resolver_main(). It
 * is started by the first question: that is about a leak, or how the frames of scripts are found.
 */
#ifndef SOCKLEAK_RESOLVER_H
#define SOCKLEAK_RESOLVER_H

#include <sys/types.h>

#include "host/files/access.h"
#include "host/files/opener.h"
#include "packages/package.h"
#include "resolver/resolver_counts.h"
#include "scripts.h"
#include "sockleak.h"
#include "stacks/stack.h"

struct resolver;

/* argv[1] of the child; main() calls resolver_main() then, before anything else. */
#define RESOLVER_ARGUMENT "--resolver"

/* The process whose code it is, and its user, for the quarantine. */
struct subject {
	pid_t tgid;
	uid_t uid;
};

/*
 * The opener is the caller's, who frees it after the resolver. `fetched` is asked for debug files
 * that this machine does not have, see access_fetched(); it may be NULL. NULL: no memory. Free with
 * resolver__free(); NULL is allowed there.
 */
struct resolver *resolver__new(struct opener *opener, access_fetched_fn fetched, void *ctx);
void resolver__free(struct resolver *resolver);

/* From now on `past` is asked for processes that ended before they were looked at; NULL = none. */
void resolver__know_past(struct resolver *resolver, access_past_fn past, void *ctx);

/*
 * As symbols__resolve() and symbols__unwind() (symbols.h). Equal stacks are one
 * object, as long as they are among the 1024 that came last.
 *
 * When the resolver fails over it, or the process is in quarantine, the stack has
 * modules and offsets but no names, and is not unwound. -ENOENT, -ENOMEM;
 * -ENOBUFS: as many stacks are held as may be (stack_store.h). -EAGAIN: the resolver
 * could not be started; nobody is blamed for it, and the next question tries again.
 */
int resolver__resolve(struct resolver *resolver, const struct subject *subject, const __u64 *pcs,
		      unsigned int count, __u64 caller, enum stack_source source,
		      struct stack **ret_stack);
int resolver__unwind(struct resolver *resolver, const struct subject *subject,
		     const struct snapshot *snapshot, struct stack **ret_stack);

/*
 * The stack with the names that are known now: debug information may have
 * come since it was made; the same object, with one more reference, when nothing
 * has. -ESRCH: the process is gone and was not looked at.
 */
int resolver__rename(struct resolver *resolver, const struct subject *subject, struct stack *stack,
		     struct stack **ret_stack);

/*
 * Look at the modules of a process, so that they are known when it is gone. -EAGAIN likewise;
 * -ECHILD: it failed over them, or they are in quarantine.
 */
int resolver__look(struct resolver *resolver, const struct subject *subject);

/* As packages__find() (package.h). -ECHILD: the resolver failed over it. -EAGAIN as above. */
int resolver__package(struct resolver *resolver, const struct subject *subject, const char *path,
		      const char *build_id, struct package *ret_package);

/*
 * As scripts_recipe() (script_frames.h): how the kernel's side finds the frames of a program's
 * scripts, in one of its processes. -ESRCH, -EACCES, -EPERM; -ECHILD and -EAGAIN as above.
 */
int resolver__recipe(struct resolver *resolver, const struct subject *subject, __u64 start_code,
		     struct script_recipe *ret_recipe);

/*
 * From now on no question is waited for longer than a fraction of a second, because the agent has
 * other work. A question that is not answered by then goes on, and its answer is thrown away: then
 * each of these functions returns -EINPROGRESS, and the same question is answered sooner when it is
 * asked again, because what it takes was read. Until then they return -EBUSY without asking.
 */
void resolver__hurry(struct resolver *resolver, bool hurries);
/* A sweep begins: it may wait for a while again. */
void resolver__begin_sweep(struct resolver *resolver);
/* The next questions were asked so often before: they are waited for twice as long each time. */
void resolver__be_patient(struct resolver *resolver, unsigned int attempts);
/*
 * Is it, or the opener, at work on a question that nobody waits for? Takes notice of its answer. In
 * a hurry it never waits; otherwise it waits for that answer, until it is late.
 */
bool resolver__is_busy(struct resolver *resolver);
/* The descriptor that can be read when that answer comes; -1 = none. */
int resolver__answers_fd(const struct resolver *resolver);
/* How many questions were not answered, of -EINPROGRESS and -EBUSY. */
__u64 resolver__unanswered(const struct resolver *resolver);

const struct resolver_counts *resolver__counts(const struct resolver *resolver);

/* The child's pid; 0 = none runs. */
pid_t resolver__pid(const struct resolver *resolver);

/* The child's whole life. Returns its exit status. */
int resolver_main(void);

#endif /* SOCKLEAK_RESOLVER_H */
