/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target: a program that is started for the user, as a shell would: with the standard files, the
 * environment, the terminal, the signals and the rights that this process was given. It is held
 * between fork and exec until it is released, so that it can be watched from its first instruction
 * on. It stays in our process group: Ctrl-C and job control reach it, and a pipeline stays one job.
 */
#ifndef SOCKLEAK_TARGET_H
#define SOCKLEAK_TARGET_H

#include <stdbool.h>
#include <sys/types.h>

struct target;
struct text;

/*
 * Fork, and hold the child. Call this before anything is opened or changed that the program must
 * not inherit. `arguments` ends with NULL. `user`: whose rights it gets; NULL = ours. `closed`: a
 * bit (1 << descriptor) for each standard file that it is to find closed. -errno with one line in
 * ret_error. Free with target__free(), which does not end a program that was released.
 */
int target__start(char **arguments, const char *user, unsigned int closed,
		  struct target **ret_target, struct text *ret_error);
void target__free(struct target *target);

pid_t target__pid(const struct target *target);
/* Readable once the program has ended. */
int target__fd(const struct target *target);

/*
 * Let it run. 0: it has been executed, or a signal ended it before. -errno with one line in
 * ret_error: it cannot be executed, or cannot have the user's rights (*ret_is_own: then it is not
 * the program's fault).
 */
int target__release(struct target *target, bool *ret_is_own, struct text *ret_error);

/*
 * Wait for children of ours that have ended and are neither the program nor one of `others`:
 * processes of the program that it had cloned with CLONE_PARENT. Nobody else would, and they would
 * stay as zombies until we end.
 */
void target__reap_adopted(const struct target *target, const pid_t *others, size_t count);

/* Wait until it has ended: its exit status, or 128 + N and *ret_signal if signal N has ended it. */
int target__wait(struct target *target, int *ret_signal);

#endif /* SOCKLEAK_TARGET_H */
