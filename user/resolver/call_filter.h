/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * call_filter: the system calls that the resolver must not make (seccomp).
 *
 * Under the service's unit the resolver has the agent's user, for another one takes CAP_SETUID,
 * which the agent does not have. It has none of the agent's capabilities, so the kernel keeps it
 * from the agent's memory and descriptors. This filter refuses what one user's processes may still
 * do to each other: signals, limits and priorities, files that the user may write or remove (the
 * textfile, the pinned maps), and a user namespace, in which it would have capabilities again.
 *
 * It is a list of what is refused, not of what is allowed: rpm runs under it, and each C library
 * and file format library makes calls of its own. Refused with EPERM, which the C library's name
 * services take for "not there".
 */
#ifndef SOCKLEAK_CALL_FILTER_H
#define SOCKLEAK_CALL_FILTER_H

/* For this process and its children, for good; needs no_new_privs. -errno: it could not be set. */
int call_filter_enter(void);

#endif /* SOCKLEAK_CALL_FILTER_H */
