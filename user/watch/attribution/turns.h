/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * turns: work of which so much may be done in one sweep, shared among the users for whose processes
 * it is done. A user may have four times as many turns as are left, as in the kernel
 * (bpf/shares.bpf.h): so one with a thousand processes leaves some for the others. Pure.
 */
#ifndef SOCKLEAK_TURNS_H
#define SOCKLEAK_TURNS_H

#include <stdbool.h>
#include <sys/types.h>

#define TURNS_FACTOR 4
#define TURNS_USERS 32 /* beyond so many in a sweep, the others count as one */

struct turns {
	unsigned int left;
	unsigned int count; /* of users */
	struct {
		uid_t uid;
		unsigned int used;
	} users[TURNS_USERS];
};

/* A sweep begins, in which there are so many. */
void turns_begin(struct turns *turns, unsigned int count);
/* Is there one for a process of this user? */
bool turns_has(struct turns *turns, uid_t uid);
/* Take one for a process of this user. False: it has had its share, or none is left. */
bool turns_take(struct turns *turns, uid_t uid);

#endif /* SOCKLEAK_TURNS_H */
